"""Whether the first axis of an ONNX file's input counts images: where no operator mixes what lies along it.

The axis is followed from step to step as the number of steps of the axes outside of it, ``outer``, which no reshape
changes: of an axis that is folded with others it tells the place within. What cannot be followed is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Final, NamedTuple

from vggstat.shapes import Shape
from vggstat.sources.onnx_file.inference import Run
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import Constant, Value

__all__ = ["mixing_step"]


class _Place(NamedTuple):
    """Where the axis lies in a value: within which of its axes, and how many outer steps that axis has beside it."""

    axis: int
    offset: int
    shape: Shape

    @property
    def from_behind(self) -> int:
        return len(self.shape) - self.axis

    def moved_to(self, axis: int, shape: Shape) -> int:
        """The ``outer`` of it as this axis of another value."""
        return prod(shape[:axis]) * self.offset


class _MixedError(Exception):
    """An operator mixes what lies along the axis."""


_Rule = Callable[[Step, list[_Place | None]], int | None]
"""Of a step, and the places in each of its inputs, the ``outer`` in its first output; None where it is lost."""


def mixing_step(run: Run, batch: int) -> Step | None:
    """The first step that mixes along the first axis of the inputs, of ``batch``; None where none is seen to."""
    outers: dict[int, int] = {value.number: 1 for value in run.inputs.values() if value.shape[:1] == (batch,)}
    for step in run.steps:
        places = [
            _place(item.shape, outers[item.number], batch)
            if isinstance(item, Value) and item.number in outers
            else None
            for item in step.inputs
        ]
        if not any(places) or not step.is_known:
            continue
        try:
            outer = RULES.get(step.op, _kept)(step, places)
        except _MixedError:
            return step
        for made in step.outputs:
            # Of several outputs those of the first one's shape are alike; others are not followed.
            if outer is not None and isinstance(made, Value) and made.shape == step.after:
                outers[made.number] = outer
    return None


def _place(shape: Shape, outer: int, batch: int) -> _Place | None:
    """The axis that holds it whole; None where it lies across several."""
    before = 1
    for axis, size in enumerate(shape):
        if before <= outer and outer % before == 0 and before * size % (outer * batch) == 0:
            return _Place(axis, outer // before, shape)
        before *= size
    return None


def _one(found: list[int | None]) -> int | None:
    """Where it lies in what is made of several inputs. Raises _MixedError where it lies along two axes then."""
    known = {outer for outer in found if outer is not None}
    if len(known) > 1:
        raise _MixedError
    return next(iter(known), None)


def _refuse(place: _Place | None, *axes: int) -> None:
    """Raises _MixedError where it is one of the axes that are worked along."""
    if place is not None and place.axis in {axis % len(place.shape) for axis in axes}:
        raise _MixedError


def _reshaped(_: Step, places: list[_Place | None]) -> int | None:
    first = places[0]
    return None if first is None else first.moved_to(first.axis, first.shape)


def _kept(step: Step, places: list[_Place | None]) -> int | None:
    """Axes from behind are the same where they have the same size: of functions of each value, pads, parts."""
    after = step.after
    found: list[int | None] = [
        place.moved_to(len(after) - place.from_behind, after)
        for place in places
        if place is not None
        and place.from_behind <= len(after)
        and after[-place.from_behind] == place.shape[place.axis]
    ]
    return _one(found)


def _transposed(step: Step, places: list[_Place | None]) -> int | None:
    first = places[0]
    if first is None:
        return None
    order = step.settings.get("perm") or range(len(first.shape))[::-1]
    return first.moved_to(list(order).index(first.axis), step.after)


def _matmul(step: Step, places: list[_Place | None]) -> int | None:
    one, other = [*places, None][:2]
    if any(place is not None and len(place.shape) < 2 for place in (one, other)):
        return None
    _refuse(one, -1)
    _refuse(other, -2)
    return _one(
        [place and place.moved_to(len(step.after) - place.from_behind, step.after) for place in (one, other)]
    )


def _gemm(step: Step, places: list[_Place | None]) -> int | None:
    one, other = [*places, None][:2]
    _refuse(one, 0 if step.settings.get("transA", 0) else 1)
    _refuse(other, 1 if step.settings.get("transB", 0) else 0)
    return _one([one and one.moved_to(0, step.after), other and other.moved_to(1, step.after)])


def _along(step: Step, places: list[_Place | None]) -> int | None:
    """Along one axis, or before version 13 along it and all behind it."""
    axis = int(step.settings.get("axis", -1 if step.version >= 13 else 1))
    rank = len(step.before)
    _refuse(places[0], *([axis] if step.version >= 13 else range(axis % rank, rank)))
    return _reshaped(step, places)


def _normalized(step: Step, places: list[_Place | None]) -> int | None:
    """Over an axis and all behind it."""
    rank = len(step.before)
    _refuse(places[0], *range(int(step.settings.get("axis", -1)) % rank, rank))
    return _reshaped(step, places)


def _reduced(step: Step, places: list[_Place | None]) -> int | None:
    first = places[0]
    if first is None:
        return None
    rank = len(first.shape)
    axes = step.integers("axes", 1) or (() if step.settings.get("noop_with_empty_axes") else range(rank))
    _refuse(first, *axes)
    gone = {axis % rank for axis in axes}
    shape = tuple(1 if axis in gone else size for axis, size in enumerate(first.shape))
    return first.moved_to(first.axis, shape)


def _recurrent(step: Step, places: list[_Place | None]) -> int | None:
    """The sequence is the first axis, or with layout 1 the second."""
    first = places[0]
    if first is None:
        return None
    by_batch = bool(step.settings.get("layout", 0))
    _refuse(first, 1 if by_batch else 0)
    return first.moved_to(0 if by_batch else 2, step.after) if len(step.after) == 4 else None


def _windowed(step: Step, places: list[_Place | None]) -> int | None:
    """Windows slide along all axes from the third on; convolutions mix the channels, unless they are in groups."""
    first = places[0]
    if first is None:
        return None
    _refuse(first, *range(2, len(first.shape)))
    if "Conv" in step.op and step.settings.get("group", 1) == 1:
        _refuse(first, 1)
    return first.moved_to(0, step.after) if first.axis == 0 else None


def _joined(step: Step, places: list[_Place | None]) -> int | None:
    """Behind what has no such axis nothing is a further image."""
    axis = int(step.settings.get("axis", 0)) % len(step.after)
    along = [place is not None and place.axis == axis for place in places]
    if any(along) and not all(along):
        raise _MixedError
    return None if any(along) else _kept(step, places)


def _gathered(step: Step, places: list[_Place | None]) -> int | None:
    """Rows of a table by their numbers, or what stands at one place along an axis."""
    data, index = [*places, None][:2]
    axis = int(step.settings.get("axis", 0)) % max(1, len(step.before))
    if data is None:
        return index.moved_to(axis + index.axis, step.after) if index is not None else None
    chosen = step.constant(1)
    if data.axis == axis:
        if isinstance(chosen, Constant) and chosen.elements == 1:
            raise _MixedError
        return None
    if index is not None or chosen is None:
        return None
    behind = data.axis > axis
    return data.moved_to(data.axis + (len(chosen.shape) - 1 if behind else 0), step.after)


def _attended(step: Step, places: list[_Place | None]) -> int | None:
    for place in places[:3]:
        _refuse(place, -2)
    return _kept(step, places[:1])


RULES: Final[Mapping[str, _Rule]] = {
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), _reshaped),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Hardmax"), _along),
    **dict.fromkeys(("LayerNormalization", "RMSNormalization"), _normalized),
    **dict.fromkeys(
        ("ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1", "ReduceL2"), _reduced
    ),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), _recurrent),
    **dict.fromkeys(
        ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"), _windowed
    ),
    "Transpose": _transposed,
    "MatMul": _matmul,
    "Gemm": _gemm,
    "Concat": _joined,
    "Gather": _gathered,
    "Attention": _attended,
}
"""By operator; of all others axes that keep their size from behind are taken for the same."""
