"""What a step of an ONNX graph is read as, and what readers share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from vggstat.net.ops.base import Layer, Param
from vggstat.net.ops.other import Other, Pointwise, Rearranged
from vggstat.shapes import Shape, Sides, even, square, values
from vggstat.sources.onnx_file.operators import LAYOUT, POINTWISE, SETTINGS_ONLY, TORCH_NAMES, VIEWS
from vggstat.sources.onnx_file.rules import RUNTIMES_OWN
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import FLOATING, Constant, Value

__all__ = ["Reading", "along", "learned", "params_of", "plain", "rounded", "sides", "weights"]


class Reading(NamedTuple):
    """A layer as the language would write it, and what stands in its place where the language does not."""

    kind: str
    settings: Mapping[str, Any]
    tensors: tuple[Param, ...] = ()
    seen: type[Layer] = Other
    fields: Mapping[str, Any] = {}
    """What ``seen`` takes beside the shape and the tensors."""
    is_written: bool = True
    """Whether the kind may be one of the language's, and not just an operator's name."""


def plain(step: Step, kind: str = "", settings: Mapping[str, Any] | None = None) -> Reading:
    """An operator by its name, with what it learns and what is set about it in few numbers."""
    told = {name: _short(value) for name, value in step.settings.items()} if settings is None else settings
    seen: type[Layer] = Other
    if not all(isinstance(made, Value | None) for made in step.outputs):
        pass  # what is not known is not nothing
    elif step.op in LAYOUT:
        seen = Rearranged
    elif step.op in POINTWISE or step.op in RUNTIMES_OWN:
        seen = Pointwise
    fields = {"lies_in": "view"} if step.op in VIEWS else {}
    return Reading(
        kind or TORCH_NAMES.get(step.op, step.op),
        {name: value for name, value in told.items() if value is not None},
        learned(step),
        seen,
        fields,
        is_written=bool(kind),
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
    name = "bias" if step.op in ("Add", "Sub") else "weight"
    used = [
        item
        for item in step.inputs
        if isinstance(item, Constant) and item.elements > 1 and _is_learned(item, step)
    ]
    return tuple(param for item in used for param in params_of(item, name, item.shape) if param.elements > 1)


def _is_learned(item: Constant, step: Step) -> bool:
    """Whether it is a tensor of the model's: stored as one, or a scale or shift for each channel of a map."""
    if item.is_literal:
        scales = (
            step.op in ("Mul", "Add") and len(step.after) == 4 and item.shape[-3:] == (step.after[1], 1, 1)
        )
        return scales and item.type in FLOATING
    return True


def params_of(
    item: Constant, name: str, shape: Shape, role: Literal["weight", "bias", "buffer"] | None = None
) -> tuple[Param, ...]:
    """A tensor of the file's as a layer's, or those that it is computed of; a bias by its name, a weight else unless told."""
    own = role or ("bias" if name == "bias" else "weight")
    if item.is_literal:
        return (Param(name, shape, own, path=item.name),)
    learned = item.learned
    if len(learned) == 1 and values(learned[0].shape) == values(shape):
        return (Param(name, shape, own, path=learned[0].name),)
    return tuple(Param(name, one.shape, own, path=one.name) for one in learned)


def weights(step: Step, *names: str, first: int = 1) -> tuple[Param, ...]:
    """The tensors at the positions from ``first`` on, as they are."""
    found: list[Param] = []
    for position, name in enumerate(names, first):
        item = step.constant(position)
        if item is not None:
            found += params_of(item, name, item.shape)
    return tuple(found)


def sides(setting: Any) -> Sides | None:
    """Of a setting along two axes."""
    return square(*setting) if len(setting) == 2 else None


def along(step: Step, name: str, count: int) -> Any:
    """A setting along each axis, 1 where it is not written; one number where two are the same."""
    return even(step.settings.get(name) or [1] * count)


def rounded(value: float) -> float:
    """A number of single precision as people write it."""
    return float(f"{value:.7g}") if isinstance(value, float) else value
