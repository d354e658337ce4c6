"""Whether a printed shape is what leaves the layer."""

from __future__ import annotations

import re
from math import prod
from typing import Final

from vggstat.lint.identity.agreement import Identity, shape_agrees
from vggstat.lint.identity.observe import Dims, Obs, parse_dims
from vggstat.lint.model import Cell
from vggstat.lint.network import Target
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts
from vggstat.shapes import Shape, describe

_DIM: Final = re.compile(r"None|-1|\?|\d+")


def judge_shape(cell: Cell, obs: Obs, target: Target, identity: Identity, verdicts: Verdicts) -> None:
    """A printed shape of what leaves or enters a layer, in the table's order of axes and for its number of images."""
    entering = cell.quantity == "in_shape"
    shape = target.in_shape if entering else target.shape
    dims = parse_dims(cell.flow)
    reason = _unjudged(dims, obs, target, entering=entering)
    if reason or dims is None:
        verdicts.skip(cell, reason)
        return
    shapes = (shape, (prod(shape),)) if entering else (shape,)  # what enters may be said in one line
    stated = obs._replace(dims=dims)
    agrees = any(shape_agrees(stated, each, identity.layout) for each in shapes)
    agrees = agrees or (entering and target.kind == "fc" and prod(dims.without_batch) == prod(shape))
    if agrees and _batch(dims, shape) in (None, identity.batch):
        verdicts.passed(cell, identity.layout)
        return
    if identity.own and _is_behind_a_gap(dims, obs, target, identity, entering=entering):
        verdicts.skip(cell, "a layer before it may have been left out")
        return
    if obs.row.type == "container" and (identity.own or identity.missing):
        reason = "what the module gives is only known from its rows, of which some may have been left out"
        verdicts.skip(cell, reason)
        return
    is_image = target.kind == "input" and not entering
    noun = "the image is" if is_image else f"{target.title} {'takes' if entering else 'gives'}"
    verdicts.fail(
        "V102" if is_image else "V101",
        cell.flow,
        f"{noun} {describe(shape)}, not {cell.flow.text.strip('[]() ')}",
        expected=_shape_like(cell.flow.text, shape, identity),
        quantity=cell.quantity,
        layer=target.name,
        derivation="" if entering else _shape_derivation(target),
        notes=() if entering else (_shape_note(dims.without_batch, target, identity),),
    )


def _unjudged(dims: Dims | None, obs: Obs, target: Target, *, entering: bool) -> str:
    """Why a shape cannot be judged; empty where it can."""
    if dims is None:
        return "no shape can be read in it"
    if entering and (target.kind not in ("conv", "pool", "fc") or obs.row.type == "container"):
        return f"what enters {target.title or 'the row'} is not judged"
    is_open = not entering and obs.kind in ("zeropad", "avgpool", "flatten", "other")
    if is_open and len(dims.without_batch) == 2 and len(target.shape) == 3:
        return "two numbers, of which it is not clear what they are"
    return ""


def _batch(dims: Dims, shape: Shape) -> int | None:
    """The number of images of a printed shape; None where it says none."""
    if len(shape) == 1 and len(dims.numbers) == 2 and not dims.open_batch and 1 not in dims.numbers:
        return dims.numbers[0]
    return dims.batch


def _is_behind_a_gap(dims: Dims, obs: Obs, target: Target, identity: Identity, *, entering: bool) -> bool:
    """Whether the row takes another map than the one before it gives, and no slip of one side is why."""
    shown = dims if entering else obs.in_dims
    if shown is None or shape_agrees(obs._replace(dims=shown), target.in_shape, identity.layout):
        return False
    return _follows(shown, obs, identity) or not _differs_by_a_slip(
        shown.without_batch, target.in_shape, identity
    )


def _follows(shown: Dims, obs: Obs, identity: Identity) -> bool:
    """Whether the row takes what the row before it is said to give."""
    before: Dims | None = None
    for other in identity.observations:
        if other.row is obs.row:
            return before is not None and before.without_batch == shown.without_batch
        before = other.dims or before
    return False


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
    sides = shape
    if len(shape) == 3:
        channels, height, width = shape
        sides = (height, width, channels) if identity.layout == "hwc" else shape
    open_or_batch = len(_DIM.findall(text)) - len(sides)
    if open_or_batch not in (0, 1):
        return ""
    new = iter([None, *sides] if open_or_batch else sides)

    def side_like(match: re.Match[str]) -> str:
        side = next(new)
        if side is None:
            return str(identity.batch) if match[0].isdigit() else match[0]
        return str(side)

    return _DIM.sub(side_like, text)
