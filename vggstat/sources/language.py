"""From what was seen in somebody's model to the layer of the language that it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from vggstat.errors import ShapeError
from vggstat.net.ops import find_kind
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.add import Add
from vggstat.net.ops.base import Layer, Param
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.multiply import Multiply
from vggstat.net.ops.part import Crop, Split
from vggstat.shapes import Shape

__all__ = ["PART", "layer_of_language"]

PART: Final = "part"
"""The kind of a layer that hands on a part of a map."""


def layer_of_language(
    kind: str,
    settings: Mapping[str, Any],
    entering: tuple[Shape, ...],
    shape: Shape,
    tensors: Sequence[Param],
    *,
    in_place: bool = True,
) -> Layer | None:
    """The layer of that kind that makes this shape of what enters with the same tensors; None where there is none.

    ``settings`` are by the language's names, and some of them may be such as the language does not write. ``in_place`` says
    whether a sum may be written over the first map.
    """
    try:
        layer = _written(kind, settings, entering, in_place=in_place)
        if layer is None or layer.out_shape(*entering) != shape:
            return None
        return layer if _learned(layer.params(*entering)) == _learned(tensors) else None
    except (ShapeError, TypeError, ValueError, ArithmeticError):
        return None


def _written(
    kind: str, settings: Mapping[str, Any], entering: tuple[Shape, ...], *, in_place: bool
) -> Layer | None:
    several = len(entering) > 1
    if kind == "add" and several:
        return Add(in_place=in_place)
    if kind in ("concat", "multiply") and several:
        return Concat() if kind == "concat" else Multiply()
    if kind == PART:
        start, makes = settings["start"], settings["makes"]
        kept = makes[1:] == entering[0][1:]
        return Split(start=start, makes=makes) if kept else Crop(start=start, makes=makes)
    if several or (found := find_kind(kind)) is None:
        return None
    fields = {name: value for name, value in settings.items() if name != "inputs"}
    if found.layer is AdaptiveAvgPool:
        sides = fields.pop("output")
        height, width = (sides, None) if isinstance(sides, int) else sides
        return AdaptiveAvgPool(output=height, width=width)
    return found.layer(**fields)


def _learned(tensors: Sequence[Param]) -> list[Shape]:
    """What they learn; a batch norm may have no statistics of its own."""
    return [param.shape for param in tensors if param.role != "buffer"]
