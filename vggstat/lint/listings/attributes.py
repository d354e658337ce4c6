"""Numbers in a layer's name or arguments: kernel, channels, stride, size."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod
from typing import Final

from vggstat.lint.identity.agreement import Identity
from vggstat.lint.model import Cell
from vggstat.lint.network import Target
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts

_NOUNS: Final = {"channels": "outputs", "in_channels": "inputs", "size": "output size"}


def judge_attribute(cell: Cell, target: Target, identity: Identity, verdicts: Verdicts) -> None:
    """The numbers of one attribute against the layer's; two for height and width, or one for both."""
    numbers = _integers(cell)
    expected = _expected(cell, target)
    if not expected or not numbers or None in expected:
        verdicts.skip(cell, f"nothing is known about {cell.quantity} of {target.name}")
        return
    values = [value for value in expected if value is not None]
    values = (values * len(numbers) if len(values) == 1 else values)[: len(numbers)]
    zero_padded = cell.quantity == "padding" and any(o.kind == "zeropad" for o in identity.observations)
    if numbers == values and not zero_padded:
        verdicts.passed(cell)
        return
    reason = "the padding is a row of its own" if zero_padded else _unsettled(cell, target, identity, numbers)
    if reason:
        verdicts.skip(cell, reason)
        return
    what = _NOUNS.get(cell.quantity, cell.quantity.replace("_", " "))
    verdicts.fail(
        "V103",
        cell.flow,
        f"{target.title} has {what} {'×'.join(map(str, values))}, not {cell.flow.text.strip()}",
        expected=_replace_ints(cell.flow.text, values),
        quantity=cell.quantity,
        layer=target.name,
        notes=(digit_slip("".join(map(str, numbers)), "".join(map(str, values))),),
    )


def _integers(cell: Cell) -> list[int]:
    grouped = r"\d{1,3}(?:,\d{3})+(?!\d)|" if cell.quantity in ("channels", "in_channels", "biases") else ""
    return [int(text.replace(",", "")) for text in re.findall(rf"{grouped}\d{{1,9}}", cell.flow.text)]


def _expected(cell: Cell, target: Target) -> tuple[int | None, ...]:
    """What the layer has; empty where nothing is known of such an attribute."""
    is_map = len(target.in_shape) == 3
    wanted: dict[str, tuple[int | None, ...]] = {
        "kernel": (target.kernel,),
        "channels": (target.shape[0],),
        "in_channels": (target.in_shape[0] if is_map else prod(target.in_shape),),
        "stride": (target.stride,),
        "padding": (target.padding,),
        "size": target.shape[1:] if len(target.shape) == 3 else (1,),
        "receptive_field": (target.field,),
        "biases": (target.biases,),
    }
    return wanted.get(cell.quantity, ())


def _unsettled(cell: Cell, target: Target, identity: Identity, numbers: Sequence[int]) -> str:
    """Why a number that is not the layer's may be right all the same; empty where it may not."""
    if target.kind == "pool" and cell.quantity in ("kernel", "padding", "stride") and identity.own:
        return "the window of a pool cannot be told from shapes"
    if cell.quantity == "in_channels" and target.kind == "fc" and _open_image(identity, target, numbers[0]):
        return "the size of the image is not known"
    return ""


def _open_image(identity: Identity, target: Target, inputs: int) -> bool:
    """Whether no shape tells the image, and some image gives the first FC layer so many inputs."""
    maps = [t for t in identity.targets if len(t.shape) == 3]
    first = next((t for t in identity.targets if t.kind == "fc"), None)
    shaped = any(obs.dims for obs in identity.observations)
    return first is target and not shaped and bool(maps) and inputs % maps[-1].shape[0] == 0


def _replace_ints(text: str, values: Sequence[int]) -> str:
    """The text with these numbers in the places of its own."""
    left = list(values)
    return re.sub(r"\d+", lambda match: str(left.pop(0)) if left else match[0], text)
