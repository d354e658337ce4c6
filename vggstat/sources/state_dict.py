"""What a file of weights holds: tensors with names and shapes, read as layers.

Names only say which tensors belong together. Kinds come from the numbers of axes, and the order that fits a
network best is taken: files are written in the order of layers, or sorted by name in one way or another.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

from vggstat.net.known import KnownLayer
from vggstat.records import Record
from vggstat.shapes import Shape, square, values

__all__ = ["NameStyle", "StateDict", "StoredTensor", "name_style", "readings"]

Layout = Literal["torch", "keras"]
"""Axes of a convolution's weight: torch has out, in, height, width and (out, in) for FC; Keras height, width,
in, out and (in, out)."""

NameStyle = Literal["torchvision", "Caffe", "Keras", "other"]


class StoredTensor(NamedTuple):
    """One tensor of a file."""

    name: str
    shape: Shape
    dtype: str


class StateDict(Record):
    """The tensors of a file, in its order."""

    origin: str
    format: str
    """In words: ``torch file``, ``safetensors``, ``Keras HDF5``."""
    layout: Layout
    tensors: tuple[StoredTensor, ...]
    note: str = ""
    """What there is to say about how it was read."""

    @property
    def values(self) -> int:
        """All values, counters and statistics included."""
        return sum(values(tensor.shape) for tensor in self.tensors)


ROLES: Final = (
    "weight|bias|kernel|gamma|beta|running_mean|running_var|moving_mean|moving_variance|num_batches_tracked"
    "|W|w|b|vars/[0-9]+"
)
SPLIT: Final = re.compile(rf"(?P<layer>.*?)[./_]?(?P<role>{ROLES})(?:_[0-9]+)?(?::0)?")
STATISTICS: Final = ("running_mean", "running_var", "moving_mean", "moving_variance")

STYLES: Final[tuple[tuple[NameStyle, str], ...]] = (
    ("torchvision", r"(features|classifier)\.\d+"),
    ("Caffe", r"conv\d+(_\d+)?|fc\d+(-conv)?"),
    ("Keras", r"(.*/)?(block\d+_conv\d+|fc\d+|predictions|(conv2d|dense|batch_normalization)(_\d+)?)(/.*)?"),
)


class _Group(NamedTuple):
    """The tensors of one layer, by role, in the order of the file."""

    name: str
    tensors: tuple[tuple[str, Shape], ...]


def name_style(state: StateDict) -> NameStyle:
    """Whose names the layers carry; ``other`` where not all are of one style."""
    names = [group.name for group in _groups(state.tensors)]
    for style, pattern in STYLES:
        if names and all(re.fullmatch(pattern, name) for name in names):
            return style
    return "other"


def split_name(name: str) -> tuple[str, str]:
    """``(layer, role)`` of a tensor's name."""
    match = re.fullmatch(SPLIT, name)
    return (match["layer"], match["role"]) if match else (name, "")


def _groups(tensors: Iterable[StoredTensor]) -> list[_Group]:
    found: dict[str, list[tuple[str, Shape]]] = {}
    for tensor in tensors:
        layer, role = split_name(tensor.name)
        found.setdefault(layer.removeprefix("module."), []).append((role, tensor.shape))
    return [_Group(name, tuple(held)) for name, held in found.items()]


def readings(state: StateDict) -> Iterator[tuple[KnownLayer, ...]]:
    """The layers of a file, once in each order that could be meant, the file's own first."""
    parts = [part for group in _groups(state.tensors) if (part := _part(group, state.layout))]
    seen: list[list[str]] = []
    for order in (_as_it_is, _natural, _convs_first, _numbered):
        arranged = order(parts)
        names = [part.name for part in arranged]
        if names not in seen:
            seen.append(names)
            yield tuple(arranged)


def _as_it_is(parts: list[KnownLayer]) -> list[KnownLayer]:
    return parts


def _natural(parts: list[KnownLayer]) -> list[KnownLayer]:
    """By name, numbers by their value."""
    return sorted(parts, key=lambda part: _natural_key(part.name))


def _convs_first(parts: list[KnownLayer]) -> list[KnownLayer]:
    """By name, FC layers last: ``classifier`` would stand before ``features``."""
    return sorted(parts, key=lambda part: (part.kind == "fc", _natural_key(part.name)))


def _numbered(parts: list[KnownLayer]) -> list[KnownLayer]:
    """By the number at the end of the name: ``conv2d``, ``batch_normalization``, ``conv2d_1``, ..."""

    def key(part: KnownLayer) -> tuple[bool, tuple[int, str], bool]:
        numbers = re.findall(r"[0-9]+", part.name.replace("2d", ""))
        return part.kind == "fc", _size(numbers[-1] if numbers else ""), part.kind != "conv"

    return sorted(parts, key=key)


def _natural_key(name: str) -> list[tuple[int, str]]:
    return [
        _size(word) if word[0] in "0123456789" else (-1, word) for word in re.findall(r"[0-9]+|[^0-9]+", name)
    ]


def _size(digits: str) -> tuple[int, str]:
    """A key that puts numbers in order, however long: ``int`` reads 4,300 digits and no more."""
    plain = digits.lstrip("0")
    return len(plain), plain


def _part(group: _Group, layout: Layout) -> KnownLayer | None:
    """The layer that a group of tensors makes; None for counters alone."""
    weight = next((shape for _, shape in group.tensors if len(shape) > 1), None)
    vectors = [(role, shape[0]) for role, shape in group.tensors if len(shape) == 1]
    if weight is None:
        return _norm(group.name, vectors) if vectors else None
    bias = next((length for role, length in vectors if role not in STATISTICS), None)
    if len(weight) == 4:
        return KnownLayer(kind="conv", name=group.name, settings=_conv(weight, bias, layout))
    if len(weight) == 2:
        return KnownLayer(kind="fc", name=group.name, settings=_fc(weight, bias, layout))
    return KnownLayer(kind=f"tensor of {len(weight)} axes", name=group.name)


def _norm(name: str, vectors: list[tuple[str, int]]) -> KnownLayer:
    lengths = {length for _, length in vectors}
    statistics = [role for role, _ in vectors if role in STATISTICS]
    if len(vectors) == 1 and not statistics:
        return KnownLayer(kind="bias without a weight", name=name)
    # Keras 3 numbers the tensors of a layer: gamma, beta, moving mean and variance are four.
    numbered = sum(role.startswith("vars/") for role, _ in vectors)
    return KnownLayer(
        kind="bn",
        name=name,
        settings={
            "channels": vectors[0][1] if len(lengths) == 1 else tuple(length for _, length in vectors),
            "affine": len(vectors) - len(statistics) >= 2,
            "statistics": len(statistics) == 2 or numbered == 4,
        },
    )


def _conv(shape: Shape, bias: int | None, layout: Layout) -> dict[str, Any]:
    own = _read_conv(shape, layout)
    other = _read_conv(shape, "torch" if layout == "keras" else "keras")
    transposed = _implausible(other, bias) < _implausible(own, bias)
    read = other if transposed else own
    return {
        "filters": read.filters,
        "kernel": square(*read.kernel),
        "bias": bias is not None,
        "inputs": read.inputs,
        "axes": _swapped(shape) if transposed else None,
    }


class _Reading(NamedTuple):
    filters: int
    inputs: int
    kernel: tuple[int, int]


def _read_conv(shape: Shape, layout: Layout) -> _Reading:
    a, b, c, d = shape
    return _Reading(a, b, (c, d)) if layout == "torch" else _Reading(d, c, (a, b))


def _implausible(reading: _Reading, bias: int | None) -> tuple[bool, bool, int]:
    """How unlikely a reading is: a bias of another length, a kernel that is not square, a large kernel."""
    height, width = reading.kernel
    return bias is not None and bias != reading.filters, height != width, max(height, width)


def _fc(shape: Shape, bias: int | None, layout: Layout) -> dict[str, Any]:
    out, into = shape if layout == "torch" else (shape[1], shape[0])
    transposed = bias is not None and bias == into != out
    if transposed:
        out, into = into, out
    return {
        "features": out,
        "bias": bias is not None,
        "inputs": into,
        "axes": _swapped(shape) if transposed else None,
    }


def _swapped(shape: Shape) -> str:
    return "×".join(map(str, shape))
