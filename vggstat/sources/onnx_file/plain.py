"""Nodes in the form that the readers of layers know: what one node does in two ways is two, what has two names has one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from vggstat.shapes import Shape
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import Constant, Value

__all__ = ["apart", "in_plain_form", "windows_along"]


Form = Callable[[Step], Iterator[Step]]


def in_plain_form(steps: Sequence[Step]) -> list[Step]:
    """The steps with quantized operators as the products that they are, and a part for each share of a split."""
    return [plain for step in steps for plain in _form(step)(step)]


def _form(step: Step) -> Form:
    return FORMS.get(step.op, _as_it_is) if step.is_known else _as_it_is


def _as_it_is(step: Step) -> Iterator[Step]:
    yield step


def _taking(op: str, *positions: int) -> Form:
    """An operator that does what another does with some of its inputs: the others are scales and zero points."""

    def form(step: Step) -> Iterator[Step]:
        inputs = tuple(step.entering(position) for position in positions)
        yield step._replace(op=op, inputs=inputs)

    return form


def _shares(step: Step) -> Iterator[Step]:
    """Of a map, or of tokens: a part for each share that somebody reads."""
    axis = step.settings.get("axis", 0) % max(1, len(step.before))
    sizes = step.integers("split", 1)
    start = 0
    for place, made in enumerate(step.outputs):
        if isinstance(made, Value):
            starts = [0] * len(step.before)
            starts[axis] = start
            yield step._replace(
                op="Part", settings={"start": tuple(starts)}, inputs=step.inputs[:1], outputs=(made,)
            )
        start += sizes[place] if sizes else -(-step.before[axis] // len(step.outputs))


def _slice(step: Step) -> Iterator[Step]:
    """A part where it starts somewhere and leaves nothing out in between."""
    starts, steps = step.integers("starts", 1), step.integers("steps", 4)
    axes = step.integers("axes", 3)
    if axes is None and step.entering(3) is None:
        axes = tuple(range(len(starts or ())))
    rank = len(step.before)
    known = starts is not None and axes is not None and all(-rank <= axis < rank for axis in axes)
    if starts is None or axes is None or not known or any(one != 1 for one in steps or ()):
        yield step
        return
    start = [0] * rank
    for axis, first in zip(axes, starts, strict=False):
        size = step.before[axis]
        start[axis] = min(first, size) if first >= 0 else max(0, first + size)
    yield step._replace(op="Part", settings={"start": tuple(start)}, inputs=step.inputs[:1])


def _mean(step: Step) -> Iterator[Step]:
    """Over the whole of a map it is a global average pool; without the axes that it goes over, a flatten as well."""
    axes = step.integers("axes", 1)
    before, after = step.before, step.outputs[0]
    if not isinstance(after, Value) or len(before) != 4 or sorted(axis % 4 for axis in axes or ()) != [2, 3]:
        yield step
        return
    pooled = _between(step, (*before[:2], 1, 1), after.type)
    kept = len(after.shape) == 4
    yield step._replace(
        op="GlobalAveragePool",
        inputs=step.inputs[:1],
        outputs=step.outputs if kept else (pooled,),
        settings={},
    )
    if not kept:
        yield step._replace(op="Flatten", inputs=(pooled,), settings={})


def _between(step: Step, shape: Shape, kind: int) -> Value:
    """A value that no node of the file makes, on the way to what the step makes. Numbers of the file's are 0 and above."""
    return Value(-1 - step.number, shape, kind)


FORMS: Final[Mapping[str, Form]] = {
    "QLinearConv": _taking("Conv", 0, 3, 8),
    "ConvInteger": _taking("Conv", 0, 1),
    "QLinearMatMul": _taking("MatMul", 0, 3),
    "MatMulInteger": _taking("MatMul", 0, 1),
    "Split": _shares,
    "Slice": _slice,
    "ReduceMean": _mean,
}


def apart(steps: Sequence[Step]) -> list[Step]:
    """The steps with a padding of its own in front of each convolution whose own is not the same on both sides."""
    return [plain for step in steps for plain in _with_padding(step)]


def _with_padding(step: Step) -> Iterator[Step]:
    pads = _pads(step) if step.is_known and step.op in ("Conv", "MaxPool", "AveragePool", "LpPool") else None
    if pads is None:
        yield step
        return
    begins, ends = pads
    if step.op == "Conv" and len(begins) == 2 and not _is_same(step, begins, ends):
        shape = (*step.before[:2], *map(sum, zip(step.before[2:], begins, ends, strict=True)))
        wider = _between(step, shape, step.values[0].type)
        sides = [0, 0, *begins, 0, 0, *ends]
        yield step._replace(op="Pad", settings={"pads": sides}, inputs=step.inputs[:1], outputs=(wider,))
        step = step._replace(inputs=(wider, *step.inputs[1:]))
        begins = ends = (0, 0)
    settings = {name: value for name, value in step.settings.items() if name != "auto_pad"}
    yield step._replace(settings={**settings, "pads": [*begins, *ends]})


Pads = tuple[tuple[int, ...], tuple[int, ...]]


def _pads(step: Step) -> Pads | None:
    """What stands before and behind along each axis; None where it is not as the operator has it."""
    sizes = step.before[2:]
    windows = windows_along(step)
    if windows is None or len(windows) != len(sizes):
        return None
    mode = step.settings.get("auto_pad", "NOTSET")
    if mode in ("SAME_UPPER", "SAME_LOWER"):
        totals = [
            max((-(-size // stride) - 1) * stride + extent - size, 0)
            for size, (extent, stride) in zip(sizes, windows, strict=True)
        ]
        less = tuple(total // 2 for total in totals)
        more = tuple(total - total // 2 for total in totals)
        return (less, more) if mode == "SAME_UPPER" else (more, less)
    own = step.settings.get("pads") if mode == "NOTSET" else None
    pads = tuple(own or [0] * (2 * len(sizes)))
    if len(pads) != 2 * len(sizes):
        return None
    return pads[: len(sizes)], pads[len(sizes) :]


def windows_along(step: Step) -> list[tuple[int, int]] | None:
    """How far a window reaches and how far it steps, along each axis; None where the kernel is not known."""
    weight = step.entering(1) if step.op == "Conv" else None
    kernel: Sequence[int] = step.settings.get("kernel_shape") or (
        weight.shape[2:] if isinstance(weight, Value | Constant) else ()
    )
    strides = step.settings.get("strides") or [1] * len(kernel)
    dilations = step.settings.get("dilations") or [1] * len(kernel)
    if not kernel or not len(kernel) == len(strides) == len(dilations) or min(strides) < 1:
        return None
    return [
        (dilation * (side - 1) + 1, stride)
        for side, stride, dilation in zip(kernel, strides, dilations, strict=True)
    ]


def _is_same(step: Step, begins: Sequence[int], ends: Sequence[int]) -> bool:
    """Whether as many rows behind as before make the same: then those beyond are never read."""
    windows = windows_along(step) or []
    return all(
        (size + 2 * begin - extent) // stride == (size + begin + end - extent) // stride
        for size, (extent, stride), begin, end in zip(step.before[2:], windows, begins, ends, strict=True)
    )
