"""A state dict read as layers: which tensors make one, what it learns, and the orders that its layers may stand in.

Names say which tensors belong together and what each is. Kinds come from the numbers of axes. A file may be in the
order of the layers, or sorted by name in one way or another: all these orders are told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from vggstat.net.known import KnownLayer
from vggstat.records import Record
from vggstat.shapes import Shape, square, values
from vggstat.sources.state_dict import Layout, StateDict, StoredTensor, is_counter, split_name

__all__ = ["StoredLayers", "stored_layers"]

STATISTICS: Final = (
    "running_mean",
    "running_var",
    "moving_mean",
    "moving_variance",
    "_mean",
    "_variance",
    "mean",
    "var",
)

NORM_OF_WEIGHT: Final = ("weight_g", "parametrizations.weight.original0")
"""Weight norm keeps a weight's length beside its direction, one for each filter."""

MAIN: Final = (
    "weight",
    "weights",
    "kernel",
    "W",
    "w",
    "weight_orig",
    "weight_v",
    "parametrizations.weight.original1",
)
"""Roles of a weight that may have any shape: a convolution of one filter has a value a channel, and so has a scale."""

MOST_COLORS: Final = 4

LARGEST: Final = 31
"""Kernels that are larger are taken for numbers of channels."""

KERAS_NORM: Final = ("gamma", "beta", "moving_mean", "moving_variance")

LONGEST: Final = 500
"""Characters of a name that its place is told by: a file has room for names of any length."""

LAYOUTS: Final[tuple[Layout, ...]] = ("torch", "keras", "mlx")


class StoredLayers(Record):
    """The layers of a state dict, and what it learns in all."""

    orders: tuple[tuple[KnownLayer, ...], ...]
    """The layers in each order that could be meant, the file's own first."""
    learned: int
    """Values that are learned; those of a tensor with several names once."""
    beside: int = 0
    """Of them those that weight norm keeps beside the weights."""
    tied: tuple[tuple[str, ...], ...] = ()
    """Names of one and the same tensor."""
    remarks: tuple[str, ...] = ()
    """What its tensors show beyond layers: pruning, weight norm, axes of another framework."""

    @property
    def layers(self) -> tuple[KnownLayer, ...]:
        return self.orders[0]


class _Group(NamedTuple):
    """The tensors of one layer, by role, in the order of the file."""

    name: str
    tensors: tuple[tuple[str, StoredTensor], ...]

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(role for role, _ in self.tensors)

    @property
    def learned(self) -> tuple[tuple[str, StoredTensor], ...]:
        """Its parameters, by role."""
        return tuple((role, tensor) for role, tensor in self.tensors if self._is_learned(role, tensor))

    def _is_learned(self, role: str, tensor: StoredTensor) -> bool:
        """Whether a tensor is no buffer: so are ``weight_v`` of spectral norm, and a scale that stands beside a zero point."""
        if tensor.learned is not None:
            return tensor.learned
        if role == "weight_v" and "weight_orig" in self.roles:
            return False
        if role == "scale" and "zero_point" in self.roles:
            return False
        return not is_counter(role, tensor.dtype) and not _is_of_image(role, tensor.shape)

    @property
    def weight(self) -> Shape | None:
        """The shape of its weight: of weight norm, that of the direction."""
        shapes = (
            tensor.shape
            for role, tensor in self.learned
            if role in MAIN or not (role in NORM_OF_WEIGHT or _is_a_value_a_channel(tensor.shape))
        )
        return next((shape for shape in shapes if len(shape) > 1), None)

    @property
    def vectors(self) -> list[tuple[str, int]]:
        """Roles and lengths of what has one axis, counters and masks left out."""
        kept = {role for role, _ in self.learned if role not in NORM_OF_WEIGHT} | set(STATISTICS)
        return [
            (role, tensor.shape[0])
            for role, tensor in self.tensors
            if len(tensor.shape) == 1 and role in kept
        ]


def stored_layers(state: StateDict) -> StoredLayers:
    """What the state dict holds, layer by layer."""
    groups = _groups(state.tensors)
    layout = _layout(groups, state.layout)
    of_fc = _layout_of_fc(groups, layout)
    parts = [part for group in groups if (part := _part(group, layout, of_fc))]
    learned = [tensor for group in groups for _, tensor in group.learned]
    return StoredLayers(
        orders=tuple(_orders(parts)),
        learned=sum(values(tensor.shape) for tensor in _once(learned)),
        beside=sum(
            values(tensor.shape)
            for group in groups
            for role, tensor in group.learned
            if role in NORM_OF_WEIGHT
        ),
        tied=_tied(learned),
        remarks=(*_remarks(groups), *_of_axes(layout, of_fc, state.layout)),
    )


def _groups(tensors: Iterable[StoredTensor]) -> list[_Group]:
    found: dict[str, list[tuple[str, StoredTensor]]] = {}
    for tensor in tensors:
        layer, role = split_name(tensor.name)
        found.setdefault(layer, []).append((role, tensor))
    _join_statistics(found)
    return [_Group(name, tuple(_by_role(held))) for name, held in found.items()]


def _join_statistics(groups: dict[str, list[tuple[str, StoredTensor]]]) -> None:
    """Puts statistics that have a name of their own beside the scale and shift that they go with.

    Flax keeps ``params/stem/bn/scale`` and ``batch_stats/stem/bn/mean``; others have ``parameters.`` and ``buffers.``, or
    ``bn.affine.weight``. They are paired where there are as many of the one as of the other with so many channels.
    """
    scales: dict[Shape, list[str]] = {}
    statistics: dict[Shape, list[str]] = {}
    for name in sorted(groups, key=_natural_key):
        roles = {role for role, tensor in groups[name] if tensor.shape}
        shapes = {tensor.shape for _, tensor in groups[name] if tensor.shape}
        if len(shapes) == 1 and len(shape := shapes.pop()) == 1:
            if roles.issubset(STATISTICS):
                statistics.setdefault(shape, []).append(name)
            elif roles.isdisjoint(STATISTICS) and len(roles) == 2:
                scales.setdefault(shape, []).append(name)
    for shape, names in statistics.items():
        homes = scales.get(shape, [])
        if len(homes) == len(names):
            for home, name in zip(homes, names, strict=True):
                groups[home] += groups.pop(name)


def _by_role(held: list[tuple[str, StoredTensor]]) -> list[tuple[str, StoredTensor]]:
    """The tensors of a layer. Keras 3 numbers them: four vectors are a batch norm's."""
    numbered = [tensor for role, tensor in held if role.startswith("vars/") and len(tensor.shape) == 1]
    return list(zip(KERAS_NORM, numbered, strict=True)) if len(numbered) == len(held) == 4 else held


def _is_of_image(role: str, shape: Shape) -> bool:
    """Whether it is a constant for each channel of an image, which scales or shifts it before the network."""
    return role not in MAIN and _is_a_value_a_channel(shape) and values(shape) <= MOST_COLORS


def _is_a_value_a_channel(shape: Shape) -> bool:
    return len(shape) > 2 and sum(side != 1 for side in shape) <= 1


def _once(tensors: Iterable[StoredTensor]) -> Iterator[StoredTensor]:
    """The tensors, each once however many names it has."""
    seen: set[str] = set()
    for tensor in tensors:
        if not tensor.memory or tensor.memory not in seen:
            yield tensor
        seen.add(tensor.memory)


def _tied(tensors: Iterable[StoredTensor]) -> tuple[tuple[str, ...], ...]:
    found: dict[str, list[str]] = {}
    for tensor in tensors:
        if tensor.memory and values(tensor.shape):
            found.setdefault(tensor.memory, []).append(tensor.name)
    return tuple(tuple(names) for names in found.values() if len(names) > 1)


def _remarks(groups: Sequence[_Group]) -> Iterator[str]:
    """What is done to weights before they are used, in sentences."""
    pruned = sum("weight_mask" in group.roles for group in groups)
    if pruned:
        yield f"{_layers(pruned)} pruned: weight_orig under weight_mask. Parameters count what is stored, zeros too."
    normed = sum(not group.roles.isdisjoint(NORM_OF_WEIGHT) for group in groups)
    if normed:
        yield f"{_layers(normed)} under weight norm: a length for each filter is learned beside the weight's direction."
    spectral = sum(
        "weight_u" in group.roles or "parametrizations.weight.0._u" in group.roles for group in groups
    )
    if spectral:
        yield f"{_layers(spectral)} under spectral norm: its vectors u and v are not learned."


def _layers(count: int) -> str:
    return "1 layer is" if count == 1 else f"{count:,} layers are"


# Axes


class _Reading(NamedTuple):
    filters: int
    inputs: int
    kernel: tuple[int, int]


def _read_conv(shape: Shape, layout: Layout, bias: int | None) -> _Reading:
    """A weight's axes. A last 1 of Keras's is one filter for each channel, of a depthwise convolution, or one for all."""
    a, b, c, d = shape
    if layout == "keras":
        return _Reading(c, 1, (a, b)) if d == 1 != bias else _Reading(d, c, (a, b))
    return _Reading(a, b, (c, d)) if layout == "torch" else _Reading(a, d, (b, c))


def _implausible(reading: _Reading, bias: int | None) -> tuple[bool, bool, bool, int]:
    """How unlikely a reading is: a bias of another length, a huge kernel, one that is not square, a larger one."""
    height, width = reading.kernel
    largest = max(height, width)
    return bias is not None and bias != reading.filters, largest > LARGEST, height != width, largest


def _bias(group: _Group) -> int | None:
    """The length of its bias; of what has a weight, it is the vector that is no statistic."""
    return next((length for role, length in group.vectors if role not in STATISTICS), None)


def _layout(groups: Iterable[_Group], own: Layout) -> Layout:
    """The axes of the convolutions: the format's own, unless all of them together are likelier in another order."""
    convs = [
        (weight, _bias(group))
        for group in groups
        if (weight := group.weight) is not None and len(weight) == 4
    ]

    def unlikely(layout: Layout) -> tuple[int, ...]:
        read = [_implausible(_read_conv(weight, layout, bias), bias) for weight, bias in convs]
        return tuple(map(sum, zip(*read, strict=True)))

    return min(LAYOUTS, key=lambda layout: (unlikely(layout), layout != own))


def _layout_of_fc(groups: Iterable[_Group], of_convs: Layout) -> Layout:
    """The axes of the FC layers, by the lengths of their biases: Paddle has Keras's there, and torch's of convolutions."""
    votes: Counter[Layout] = Counter()
    for group in groups:
        weight, bias = group.weight, _bias(group)
        if weight is not None and len(weight) == 2 and bias in weight and weight[0] != weight[1]:
            votes["torch" if bias == weight[0] else "keras"] += 1
    return max(("torch", "keras"), key=lambda layout: (votes[layout], layout == _usual(of_convs)))


def _usual(of_convs: Layout) -> Layout:
    return "keras" if of_convs == "keras" else "torch"


AXES: Final = {
    "torch": "out × in × height × width, as torch has them",
    "keras": "height × width × in × out, as TensorFlow has them",
    "mlx": "out × height × width × in, as MLX has them",
}


def _of_axes(layout: Layout, of_fc: Layout, own: Layout) -> Iterator[str]:
    """Axes that the format would have in another order, in sentences."""
    if layout != own:
        yield f"The axes of its convolutions are {AXES[layout]}."
    if of_fc != _usual(layout):
        yield f"The axes of its FC weights are {'out × in' if of_fc == 'torch' else 'in × out'}."


# Layers


def _part(group: _Group, layout: Layout, of_fc: Layout) -> KnownLayer | None:
    """The layer that a group of tensors makes; None for counters and constants alone."""
    weight, vectors = group.weight, group.vectors
    if weight is None:
        is_norm = any(
            role not in ("mean", "var") for role, _ in vectors
        )  # what normalizes an image has no more
        return _norm(group.name, vectors) if is_norm else None
    if len(weight) == 4:
        return _conv(group.name, weight, _bias(group), layout)
    if len(weight) == 2:
        return KnownLayer(kind="fc", name=group.name, settings=_fc(weight, _bias(group), of_fc))
    return KnownLayer(kind=f"tensor of {len(weight)} axes", name=group.name)


def _norm(name: str, vectors: list[tuple[str, int]]) -> KnownLayer:
    lengths = {length for _, length in vectors}
    statistics = [role for role, _ in vectors if role in STATISTICS]
    if len(vectors) == 1 and not statistics:
        return KnownLayer(kind="bias without a weight", name=name)
    return KnownLayer(
        kind="bn",
        name=name,
        settings={
            "channels": vectors[0][1] if len(lengths) == 1 else tuple(length for _, length in vectors),
            "affine": len(vectors) - len(statistics) >= 2,
            "statistics": len(statistics) == 2,
        },
    )


def _conv(name: str, shape: Shape, bias: int | None, layout: Layout) -> KnownLayer:
    """A convolution, and the FC layer that it is over its whole map; a transposed one where the bias shows it."""
    if layout == "torch" and bias == shape[1] != shape[0]:
        kernel = square(shape[2], shape[3])
        settings = {"filters": shape[1], "kernel": kernel, "bias": True, "inputs": shape[1], "axes": None}
        if _implausible(_read_conv(shape, "keras", bias), bias)[0]:
            return KnownLayer(kind="upconv", name=name, settings=settings)
    own = _read_conv(shape, layout, bias)
    other = _read_conv(shape, "torch" if layout == "keras" else "keras", bias)
    transposed = _implausible(other, bias) < _implausible(own, bias)
    read = other if transposed else own
    axes = _swapped(shape) if transposed else None
    kernel = square(*read.kernel)
    shared: dict[str, Any] = {"bias": bias is not None, "axes": axes}
    return KnownLayer(
        kind="conv",
        name=name,
        settings={"filters": read.filters, "kernel": kernel, "inputs": read.inputs, **shared},
        dense=KnownLayer(
            kind="fc",
            name=name,
            settings={
                "features": read.filters,
                "inputs": read.inputs * read.kernel[0] * read.kernel[1],
                **shared,
            },
        ),
    )


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


# Orders


def _orders(parts: list[KnownLayer]) -> Iterator[tuple[KnownLayer, ...]]:
    """The layers in each order that could be meant, once each, the file's own first."""
    seen: list[list[str]] = []
    for order in (list, _natural, _convs_first, _numbered):
        arranged = order(parts)
        names = [part.name for part in arranged]
        if names not in seen:
            seen.append(names)
            yield tuple(arranged)


def _natural(parts: list[KnownLayer]) -> list[KnownLayer]:
    """By name, numbers by their value."""
    return sorted(parts, key=lambda part: _natural_key(part.name))


def _convs_first(parts: list[KnownLayer]) -> list[KnownLayer]:
    """By name, FC layers last: ``classifier`` would stand before ``features``."""
    return sorted(parts, key=lambda part: (part.kind == "fc", _natural_key(part.name)))


def _numbered(parts: list[KnownLayer]) -> list[KnownLayer]:
    """By the number at the end of the name: ``conv2d``, ``batch_normalization``, ``conv2d_1``, ..."""

    def key(part: KnownLayer) -> tuple[bool, tuple[int, str], bool]:
        numbers = re.findall(r"[0-9]+", part.name[:LONGEST].replace("2d", ""))
        return part.kind == "fc", _size(numbers[-1] if numbers else ""), part.kind != "conv"

    return sorted(parts, key=key)


def _natural_key(name: str) -> list[tuple[int, str]]:
    return [
        _size(word) if word[0] in "0123456789" else (-1, word)
        for word in re.findall(r"[0-9]+|[^0-9]+", name[:LONGEST])
    ]


def _size(digits: str) -> tuple[int, str]:
    """A key that puts numbers in order, however long: ``int`` reads 4,300 digits and no more."""
    plain = digits.lstrip("0")
    return len(plain), plain
