"""What an ONNX file says of its inputs, and the sizes that it leaves open."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import onnx

from vggstat.errors import InputError, UsageError
from vggstat.shapes import Shape
from vggstat.sources.onnx_file.model import Model, names_read, printable
from vggstat.sources.wanted import Wanted

__all__ = ["Inputs", "settle_inputs"]

PICTURE: Final = (1, 3, 4)
"""The channels of grey, of colour, and of colour with transparency."""

SMALLEST: Final = 16
"""Pixels of a side from which three axes are taken for a picture, and not for some tokens."""

SIDE: Final = 224
"""Height and width of an image where the file leaves them open."""

LENGTH: Final = 128
"""Tokens in an example."""


class Inputs(NamedTuple):
    """The inputs with all sizes settled."""

    shapes: dict[str, Shape]
    """By name, with the batch."""
    symbols: dict[str, int]
    """What the file's names of sizes stand for."""
    image: Shape
    """The first input's shape without the batch."""
    batch: int
    notes: tuple[str, ...]
    are_fixed: bool
    """Whether the file itself states all sizes."""


class _Axis(NamedTuple):
    """One axis of an input: its size, or a name that may stand for one."""

    size: int | None
    symbol: str


def settle_inputs(model: Model, wanted: Wanted) -> Inputs:
    """Shapes for all inputs: the file's own, with what it leaves open as it is wanted; an image has sides of 224 where it is not.

    Raises UsageError for a shape that the file does not take or that it lacks, InputError for a file that has no input.
    """
    axes = _inputs(model)
    are_fixed = all(axis.size is not None for sides in axes.values() for axis in sides)
    first = next(iter(axes))
    unknown = next((name for name in wanted.inputs if name not in axes), None)
    if unknown is not None:
        names = ", ".join(map(printable, axes))
        raise UsageError(f"{model.path} has no input {unknown!r}; it has {names}")
    has_batch = _has_batch(axes[first]) and _share_batch(axes.values())
    batch = (axes[first][0].size or 1) if has_batch else 1
    symbols: dict[str, int] = {}
    for name, sides in axes.items():
        own = has_batch and len(sides) > 1
        if own and sides[0].size is None and (name == first or not sides[0].symbol):
            sides[0] = _settled(sides[0], batch, symbols)
        if name in wanted.inputs:
            axes[name] = _as_wanted(model, name, sides, wanted.inputs[name], symbols, skipped=int(own))
    notes = _fill_image(model, first, axes[first], wanted, symbols)
    shapes = {name: _shape(model, name, sides, symbols) for name, sides in axes.items()}
    return Inputs(shapes, symbols, shapes[first][has_batch:] or (1,), batch, tuple(notes), are_fixed)


def _has_batch(axes: Sequence[_Axis]) -> bool:
    """Whether the first axis counts images: not in a vector, nor in three axes that are a picture's own."""
    if len(axes) != 3:
        return len(axes) > 1
    channels, *sides = (axis.size for axis in axes)
    return channels != 3 or any(side is not None and side < SMALLEST for side in sides)


def _share_batch(inputs: Iterable[Sequence[_Axis]]) -> bool:
    """Whether the first axes of all inputs are of one length, where they are known."""
    return len({axes[0].size for axes in inputs if len(axes) > 1} - {None}) < 2


def _inputs(model: Model) -> dict[str, list[_Axis]]:
    """The axes of each input that is not stored in the file and that somebody reads. Raises InputError where there is none."""
    stored = {item.name for item in model.graph.initializer}
    read = {name for node in model.graph.node for name in names_read(node)}
    found = {
        item.name: _axes(item) for item in model.graph.input if item.name in read and item.name not in stored
    }
    if not found:
        _refuse_undefined(model)
        raise InputError(f"{model.path}: it has no input: what it computes depends on nothing")
    for item in model.graph.input:
        _refuse_negative(model, item)
    strange = next((name for name, axes in found.items() if axes is None), None)
    if strange is not None:
        raise InputError(
            f"{model.path}: its input {printable(strange)} is no tensor of a known number of axes"
        )
    return {name: axes for name, axes in found.items() if axes is not None}


def _refuse_undefined(model: Model) -> None:
    """Raises InputError for the first tensor that a node reads and that nothing makes."""
    graph = model.graph
    made = {item.name for item in (*graph.input, *graph.initializer)}
    made |= {item.values.name for item in graph.sparse_initializer}
    made |= {name for node in graph.node for name in node.output}
    for node in graph.node:
        undefined = next((name for name in node.input if name and name not in made), None)
        if undefined is not None:
            told = (
                f"{printable(node.name)} ({printable(node.op_type)})"
                if node.name
                else printable(node.op_type)
            )
            raise InputError(
                f"{model.path}: node {told} reads {printable(undefined)}, which is no input, no stored tensor and made by no "
                "node"
            )


def _refuse_negative(model: Model, item: onnx.ValueInfoProto) -> None:
    """Raises InputError for a side that is less than -1, which is what some files have for an open one."""
    negative = next((dim.dim_value for dim in item.type.tensor_type.shape.dim if dim.dim_value < -1), None)
    if negative is not None:
        raise InputError(f"{model.path}: its input {printable(item.name)} has a side of {negative}")


def _axes(item: onnx.ValueInfoProto) -> list[_Axis] | None:
    """None where it is no tensor, or of any number of axes. In some files a batch, or a side of a map, of 0 or -1 is open."""
    kind = item.type.tensor_type
    if not item.type.HasField("tensor_type") or not kind.HasField("shape"):
        return None
    rank = len(kind.shape.dim)
    return [
        _Axis(
            dim.dim_value
            if dim.HasField("dim_value")
            and dim.dim_value >= (1 if rank == 4 or (rank > 1 and not place) else 0)
            else None,
            dim.dim_param,
        )
        for place, dim in enumerate(kind.shape.dim)
    ]


def _settled(axis: _Axis, size: int, symbols: dict[str, int]) -> _Axis:
    if axis.symbol:
        symbols.setdefault(axis.symbol, size)
    return _Axis(size, axis.symbol)


def _as_wanted(
    model: Model, name: str, axes: Sequence[_Axis], shape: Shape, symbols: dict[str, int], *, skipped: int
) -> list[_Axis]:
    """The axes with the sizes that were given, after a batch that is ``skipped``. Raises UsageError where the file has others."""
    chosen = axes[skipped:]
    fits = len(shape) == len(chosen) and all(
        axis.size in (None, size) for axis, size in zip(chosen, shape, strict=True)
    )
    if not fits:
        raise _other(model, name, axes, "×".join(map(str, shape)))
    settled = [_settled(axis, size, symbols) for axis, size in zip(chosen, shape, strict=True)]
    return [*axes[:skipped], *settled]


class _Image(NamedTuple):
    """Where the axes of an image stand."""

    channels: int
    height: int
    width: int


def _image(axes: Sequence[_Axis]) -> _Image | None:
    """Of four axes, or of three without a batch: channels first, unless only the last can be those of a picture."""
    if len(axes) != 4 and (len(axes) != 3 or _has_batch(axes)):
        return None
    first = len(axes) - 3
    if axes[-1].size in PICTURE and axes[first].size not in PICTURE:
        return _Image(first + 2, first, first + 1)
    return _Image(first, first + 1, first + 2)


def _fill_image(
    model: Model, name: str, axes: list[_Axis], wanted: Wanted, symbols: dict[str, int]
) -> list[str]:
    """Settles the axes of an image as it is wanted, and says what was chosen. Raises UsageError where the file has others."""
    places = _image(axes)
    if places is None:
        if wanted.image is not None:
            raise UsageError(
                f"{model.path}: its input {printable(name)} is not an image: give its shape by name, as in "
                f"{_example(name, axes)}"
            )
        return []
    own = tuple(axes)
    channels, *sides = wanted.image or (None, None, None)
    if axes[places.channels].size is None:
        channels = channels or _channels(model, name)
    chosen = []
    for place, size in zip(places, (channels, *sides), strict=True):
        axis = axes[place]
        if axis.size is None and axis.symbol not in symbols:
            chosen += [place] if size is None and place != places.channels else []
            size = SIDE if size is None and place != places.channels else size
            axes[place] = axis if size is None else _settled(axis, size, symbols)
        elif size is not None and size != (symbols.get(axis.symbol) if axis.size is None else axis.size):
            raise _other(
                model, name, own, "×".join(str(one) for one in (channels, *sides) if one is not None)
            )
    return (
        [f"The file leaves the size of its image open: {SIDE} pixels unless --input says another."]
        if chosen
        else []
    )


def _example(name: str, axes: Sequence[_Axis]) -> str:
    """The option that gives the shape: the file's own sizes, and usual ones where they are open."""
    inner = list(axes[1:] if _has_batch(axes) else axes)
    usual = (3, SIDE, SIDE) if len(inner) == 3 else (LENGTH,) * len(inner)
    sizes = (str(axis.size or size) for axis, size in zip(inner, usual, strict=True))
    return f"--input {printable(name)}={'x'.join(sizes)}"


def _other(model: Model, name: str, axes: Sequence[_Axis], asked: str) -> UsageError:
    own = "×".join("?" if axis.size is None else str(axis.size) for axis in axes)
    return UsageError(
        f"{model.path}: its input {printable(name)} is {own or 'a single number'} with the batch, not {asked}: only what "
        "is ? there can be chosen"
    )


def _channels(model: Model, name: str) -> int | None:
    """The channels that the first convolution on an input takes."""
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Conv" and node.input[:1] == [name] and len(node.input) > 1:
            weight = shapes.get(node.input[1], ())
            groups = next((item.i for item in node.attribute if item.name == "group"), 1)
            return weight[1] * groups if len(weight) > 1 else None
    return None


def _shape(model: Model, name: str, axes: Iterable[_Axis], symbols: Mapping[str, int]) -> Shape:
    """The sizes. Raises UsageError where one is open still."""
    sides, sizes = list(axes), []
    for axis in sides:
        size = symbols.get(axis.symbol) if axis.size is None else axis.size
        if size is None:
            called = f" ({printable(axis.symbol)})" if axis.symbol else ""
            raise UsageError(
                f"{model.path}: its input {printable(name)} has an axis{called} whose length the file leaves open: give "
                f"the shape without the batch, as in {_example(name, sides)}"
            )
        sizes.append(size)
    return tuple(sizes)
