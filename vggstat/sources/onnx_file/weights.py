"""Weights that do not fit the map that they are for: the library's own rules look at windows, and not at channels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final

from vggstat.shapes import Shape
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import Constant, Value

__all__ = ["wrong_weights"]


def wrong_weights(step: Step) -> str:
    """What is wrong with the weights of a node, in words; empty where they fit its map, or where that is not known.

    A setting of another type than its operator takes is for the library's rule to tell.
    """
    check = CHECKS.get(step.op)
    before = _shape(step, 0)
    return check(step, before) if check is not None and before is not None and len(before) > 1 else ""


def _shape(step: Step, position: int) -> Shape | None:
    item = step.entering(position)
    return item.shape if isinstance(item, Constant | Value) else None


def _convolution(step: Step, before: Shape, *, weight: int, bias: int | None = None) -> str:
    shape, groups = _shape(step, weight), step.settings.get("group", 1)
    if shape is None or not isinstance(groups, int):
        return ""
    wrong = _window(step, before, shape)
    if wrong:
        return wrong
    filters, inputs = shape[:2]
    if groups < 1 or filters % groups:
        return f"{filters} filters cannot be in {groups} groups"
    if inputs * groups != before[1]:
        return _of_channels(inputs * groups, before[1], groups)
    return "" if bias is None else _vector(step, bias, "bias", filters)


def _transposed(step: Step, before: Shape) -> str:
    shape, groups = _shape(step, 1), step.settings.get("group", 1)
    if shape is None or not isinstance(groups, int):
        return ""
    wrong = _window(step, before, shape)
    if wrong:
        return wrong
    inputs, filters = shape[:2]
    if groups < 1 or inputs % groups:
        return f"{inputs} channels cannot be in {groups} groups"
    if inputs != before[1]:
        return _of_channels(inputs, before[1], 1)
    return _vector(step, 2, "bias", filters * groups)


def _window(step: Step, before: Shape, weight: Shape) -> str:
    """Of a weight and its map: as many axes, and the sides that the node itself states."""
    if len(weight) != len(before):
        return f"its weight has {len(weight)} axes, and its map {len(before)}"
    kernel = step.settings.get("kernel_shape")
    if isinstance(kernel, list) and tuple(kernel) != weight[2:]:
        return f"it states the kernel {_sides(kernel)}, and its weight has {_sides(weight[2:])}"
    return ""


def _of_channels(taken: int, given: int, groups: int) -> str:
    of_groups = f" in {groups} groups" if groups > 1 else ""
    return f"its weight takes a map of {taken:,} channels{of_groups}, and the map has {given:,}"


def _vector(step: Step, position: int, what: str, length: int) -> str:
    """Of a value a channel: as many as there are."""
    shape = _shape(step, position)
    if shape is None or shape == (length,):
        return ""
    return f"its {what} has the shape {list(shape)}, and there are {length:,} channels"


def _norm(step: Step, before: Shape, *, vectors: tuple[str, ...]) -> str:
    if not step.settings.get("spatial", 1):  # before opset 9: a value for each place
        return ""
    told = (_vector(step, place, what, before[1]) for place, what in enumerate(vectors, start=1))
    return next(filter(None, told), "")


def _prelu(step: Step, before: Shape) -> str:
    """Slopes that can be spread over the map; those of a vector over its last axis."""
    slopes = _shape(step, 1)
    if slopes is None or _spreads(slopes, before):
        return ""
    return f"its slopes have the shape {list(slopes)}, which does not spread over a map of {list(before)}"


def _spreads(shape: Shape, over: Shape) -> bool:
    pairs = zip(reversed(shape), reversed(over), strict=False)
    return len(shape) <= len(over) and all(side in (1, whole) for side, whole in pairs)


def _sides(sides: Iterable[int]) -> str:
    return "×".join(map(str, sides))


CHECKS: Final[Mapping[str, Callable[[Step, Shape], str]]] = {
    "Conv": partial(_convolution, weight=1, bias=2),
    "ConvInteger": partial(_convolution, weight=1),
    "QLinearConv": partial(_convolution, weight=3, bias=8),
    "ConvTranspose": _transposed,
    "BatchNormalization": partial(_norm, vectors=("scale", "bias", "mean", "variance")),
    "InstanceNormalization": partial(_norm, vectors=("scale", "bias")),
    "PRelu": _prelu,
}
"""What is looked at, by operator."""
