"""What a step of an ONNX graph is read as, and what readers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from vggstat.net.ops.base import Layer, Param
from vggstat.net.ops.other import Other, Pointwise, Rearranged
from vggstat.shapes import Shape, Sides, square
from vggstat.sources.onnx_file.operators import LAYOUT, POINTWISE, SETTINGS_ONLY, VIEWS
from vggstat.sources.onnx_file.rules import VALUE_BY_VALUE
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import FLOATING, Constant, Value

__all__ = ["Reading", "along", "learned", "param_of", "plain", "rounded", "sides", "weights"]


class Reading(NamedTuple):
    """A layer as the language would write it, and what stands in its place where the language does not."""

    kind: str
    settings: Mapping[str, Any]
    tensors: tuple[Param, ...] = ()
    seen: type[Layer] = Other
    fields: Mapping[str, Any] = {}
    """What ``seen`` takes beside the shape and the tensors."""


def plain(step: Step, kind: str = "", settings: Mapping[str, Any] | None = None) -> Reading:
    """An operator by its name, with what it learns and what is set about it in few numbers."""
    told = {name: _short(value) for name, value in step.settings.items()} if settings is None else settings
    seen: type[Layer] = Other
    if not all(isinstance(made, Value | None) for made in step.outputs):
        pass  # what is not known is not nothing
    elif step.op in LAYOUT:
        seen = Rearranged
    elif step.op in POINTWISE or step.op in VALUE_BY_VALUE:
        seen = Pointwise
    fields = {"lies_in": "view"} if step.op in VIEWS else {}
    return Reading(
        kind or step.op,
        {name: value for name, value in told.items() if value is not None},
        learned(step),
        seen,
        fields,
    )


def _short(value: Any) -> Any:
    """A setting as it is told: numbers and words, a few of them at most."""
    if isinstance(value, list) and len(value) <= 8 and all(isinstance(item, int | float) for item in value):
        return tuple(value)
    return value if isinstance(value, int | float) or (isinstance(value, str) and len(value) <= 40) else None


def learned(step: Step) -> tuple[Param, ...]:
    """The tensors of a model that take part in arithmetic: not single numbers, nor what is written into nodes."""
    if step.op in SETTINGS_ONLY:
        return ()
    return tuple(
        param_of(item, "bias" if step.op in ("Add", "Sub") else "weight", item.shape)
        for item in step.inputs
        if isinstance(item, Constant)
        and item.type in FLOATING
        and item.elements > 1
        and _is_stored(item, step)
    )


def _is_stored(item: Constant, step: Step) -> bool:
    """Whether it is a tensor of the model's: stored as one, or a scale or shift for each channel of a map."""
    if not item.is_literal:
        return True
    shape = item.shape[-3:]
    return step.op in ("Mul", "Add") and len(step.after) == 4 and shape == (step.after[1], 1, 1)


def param_of(
    item: Constant, name: str, shape: Shape, role: Literal["weight", "bias", "buffer"] | None = None
) -> Param:
    """A tensor of the file's as a layer's; a bias by its name, a weight else unless told."""
    return Param(name, shape, role or ("bias" if name == "bias" else "weight"), path=item.root)


def weights(step: Step, *names: str, first: int = 1) -> tuple[Param, ...]:
    """The tensors at the positions from ``first`` on, as they are."""
    found = []
    for position, name in enumerate(names, first):
        item = step.constant(position)
        if item is not None:
            found.append(param_of(item, name, item.shape))
    return tuple(found)


def sides(values: Any) -> Sides | None:
    """Of a setting along two axes."""
    return square(*values) if len(values) == 2 else None


def along(step: Step, name: str, count: int) -> Any:
    """A setting along each axis, 1 where it is not written; one number where two are the same."""
    values = step.settings.get(name) or [1] * count
    return sides(values) or tuple(values)


def rounded(value: float) -> float:
    """A number of single precision as people write it."""
    return float(f"{value:.7g}") if isinstance(value, float) else value
