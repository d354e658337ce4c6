"""Whether a printed shape is what leaves the layer."""

from __future__ import annotations

import re
from math import prod

from vggstat.lint.identity.agreement import Identity, shape_agrees
from vggstat.lint.identity.observe import Obs, parse_dims
from vggstat.lint.model import Cell
from vggstat.lint.network import Target
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts
from vggstat.shapes import Shape, describe


def judge_shape(cell: Cell, obs: Obs, target: Target, identity: Identity, verdicts: Verdicts) -> None:
    """A printed shape against the layer's, in the table's order of axes and for its number of images."""
    dims = parse_dims(cell.flow)
    if dims is None:
        verdicts.skip(cell, "no shape can be read in it")
        return
    batch = dims.batch
    if len(target.shape) == 1 and len(dims.numbers) == 2 and not dims.open_batch and 1 not in dims.numbers:
        batch = dims.numbers[0]
    agrees = shape_agrees(obs._replace(dims=dims), target.shape, identity.layout)
    if agrees and batch in (None, identity.batch):
        verdicts.passed(cell, identity.layout)
        return
    if identity.own and obs.in_dims is not None and not _takes(obs, target, identity):
        verdicts.skip(cell, "of another input than the layer before gives")
        return
    is_open = obs.kind in ("zeropad", "avgpool", "flatten", "other")
    if is_open and len(dims.without_batch) == 2 and len(target.shape) == 3:
        verdicts.skip(cell, "two numbers, of which it is not clear what they are")
        return
    if obs.row.type == "container" and (identity.own or identity.missing):
        verdicts.skip(
            cell, "what the module gives is only known from its rows, of which some may have been left out"
        )
        return
    expected = _shape_like(cell.flow.text, target.shape, identity)
    noun = "the image is" if target.kind == "input" else f"{target.title} gives"
    verdicts.fail(
        "V102" if target.kind == "input" else "V101",
        cell.flow,
        f"{noun} {describe(target.shape)}, not {cell.flow.text.strip('[]() ')}",
        expected=expected,
        quantity="shape",
        layer=target.name,
        derivation=_shape_derivation(target),
        notes=(_shape_note(dims.without_batch, target, identity),),
    )


def _takes(obs: Obs, target: Target, identity: Identity) -> bool:
    """Whether the row's own input is the layer's, or that with a slip."""
    assert obs.in_dims is not None
    stated = obs._replace(dims=obs.in_dims)
    if shape_agrees(stated, target.in_shape, identity.layout):
        return True
    return _differs_by_a_slip(obs.in_dims.without_batch, target.in_shape, identity)


def judge_in_shape(cell: Cell, obs: Obs, target: Target, identity: Identity, verdicts: Verdicts) -> None:
    """The shape of what enters a conv, pool or FC layer, as a map or in one line."""
    dims = parse_dims(cell.flow)
    if dims is None or target.kind not in ("conv", "pool", "fc") or obs.row.type == "container":
        verdicts.skip(cell, f"what enters {target.title or 'the row'} is not judged")
        return
    stated = obs._replace(dims=dims)
    flat = (prod(target.in_shape),)
    agrees = any(shape_agrees(stated, shape, identity.layout) for shape in (target.in_shape, flat))
    agrees = agrees or (target.kind == "fc" and prod(dims.without_batch) in flat)
    batch = dims.numbers[0] if len(dims.numbers) == 2 and not dims.open_batch else dims.batch
    if agrees and batch in (None, identity.batch):
        verdicts.passed(cell, identity.layout)
        return
    if identity.own and not _differs_by_a_slip(dims.without_batch, target.in_shape, identity):
        verdicts.skip(cell, "a layer before it may have been left out")
        return
    verdicts.fail(
        "V101",
        cell.flow,
        f"{target.title} takes {describe(target.in_shape)}, not {cell.flow.text.strip('[]() ')}",
        expected=_shape_like(cell.flow.text, target.in_shape, identity),
        quantity="in_shape",
        layer=target.name,
    )


def _differs_by_a_slip(printed: tuple[int, ...], shape: Shape, identity: Identity) -> bool:
    """Whether one side is another by a slip of the hand, and the others are right."""
    if len(printed) != len(shape):
        return True
    sides = shape if len(shape) != 3 or identity.layout == "chw" else (*shape[1:], shape[0])
    wrong = [(a, b) for a, b in zip(printed, sides, strict=True) if a != b]
    return len(wrong) == 1 and bool(digit_slip(str(wrong[0][0]), str(wrong[0][1])))


def _shape_note(printed: tuple[int, ...], target: Target, identity: Identity) -> str:
    """The likely slip: axes in another order, or no padding."""
    if len(target.shape) != 3 or len(printed) != 3:
        return ""
    if sorted(printed) == sorted(target.shape):
        first = "height, width, channels" if identity.layout == "hwc" else "channels, height, width"
        return f"the other shapes of the table are {first}"
    _, height, width = target.shape
    spatial = printed[:2] if identity.layout == "hwc" else printed[1:]
    if target.kind == "conv" and target.kernel:
        unpadded = (height - target.kernel + 1, width - target.kernel + 1)
        if spatial == unpadded:
            return "that is the size without padding; the table's other layers are padded"
    return ""


def _shape_derivation(target: Target) -> str:
    """How the layer's shape comes about."""
    if target.kind in ("conv", "pool") and len(target.in_shape) == 3 and target.kernel:
        before, after = target.in_shape[1], target.shape[1]
        return f"({before} + 2*{target.padding} - {target.kernel})/{target.stride} + 1 = {after}"
    if target.kind == "flatten":
        return "*".join(map(str, target.in_shape)) + f" = {target.shape[0]}"
    return ""


def _shape_like(text: str, shape: Shape, identity: Identity) -> str:
    """The right shape in the form of the printed one."""
    dims = list(re.finditer(r"None|-1|\?|\d+", text))
    sides = shape
    if len(shape) == 3:
        channels, height, width = shape
        sides = (height, width, channels) if identity.layout == "hwc" else shape
    open_or_batch = len(dims) - len(sides)
    if open_or_batch not in (0, 1):
        return ""
    out, start = "", 0
    for match, side in zip(dims, [None, *sides] if open_or_batch else sides, strict=True):
        kept = (
            match[0]
            if side is None and not match[0].isdigit()
            else str(identity.batch if side is None else side)
        )
        out += text[start : match.start()] + kept
        start = match.end()
    return out + text[start:]
