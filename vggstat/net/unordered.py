"""Layers that hold tensors, held against a network's in whatever order they come.

A file of weights has no order that can be trusted: .safetensors sorts by name, and people name layers as they like. What
it has are shapes: two networks whose layers are the same, each as often, hold the same tensors. An order counts as seen
only where the convolutions stand so that each takes what the one before it makes.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict, deque
from collections.abc import Container, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, Final, NamedTuple

from vggstat.net.alignment import CELLS
from vggstat.net.known import INPUTS, WEIGHTED, KnownLayer
from vggstat.net.match import Match, match_layers

__all__ = ["NEAR", "Agreement", "Held", "agreement", "match_unordered", "seen_order"]

LONGEST: Final = 500
"""Characters of a name that are looked at for numbers."""

CHANGES: Final = 2
"""Settings that a layer may have otherwise than the one in whose place it is put."""


NEAR: Final = Fraction(2, 3)
"""The least share of layers that two networks have in common where one is near the other. A network of half the width has
up to 62 % of them, each in the place of another one: ResNet-18, ResNet-34 and VGG-16 with all channels halved."""


class Agreement(NamedTuple):
    """How many layers two networks have in common."""

    weighted: int
    """Convolutions and FC layers with the same kernel, filters and inputs in both."""
    of: int
    """Convolutions and FC layers of the larger of the two."""
    apart: int
    """Layers of either that the other lacks, norms included, and those that have a bias in one alone."""

    @property
    def is_near(self) -> bool:
        """Whether so many layers agree that the others, which are not many more, are worth telling."""
        return self.share >= NEAR and self.apart <= 2 * self.of

    @property
    def share(self) -> Fraction:
        return Fraction(self.weighted, self.of or 1)


class Held:
    """Layers, and what each is found by: worked out once, and held against many networks."""

    def __init__(self, layers: Sequence[KnownLayer]) -> None:
        self.layers = layers
        self.exact = [_key(layer) for layer in layers]
        self.shapes = [_shape_key(layer) for layer in layers]
        self.dense = [None if layer.dense is None else _shape_key(layer.dense) for layer in layers]
        self.weighted = _weighted(layers)


def agreement(wanted: Sequence[KnownLayer], held: Held) -> Agreement:
    """How many layers of ``wanted`` are among ``held``, by shapes alone."""
    pairs = [
        (layer, place)
        for layer, place in zip(wanted, _places(wanted, held), strict=True)
        if place is not None
    ]
    changed = sum(held.exact[place] != _key(layer) for layer, place in pairs)
    return Agreement(
        weighted=sum(layer.kind in WEIGHTED for layer, _ in pairs),
        of=max(_weighted(wanted), held.weighted),
        apart=len(wanted) + len(held.layers) - 2 * len(pairs) + changed,
    )


def _weighted(layers: Sequence[KnownLayer]) -> int:
    """Layers with a weight of several axes, those of kinds that are not known too."""
    return sum(layer.kind in WEIGHTED or layer.kind.startswith("tensor") for layer in layers)


def match_unordered(wanted: Sequence[KnownLayer], orders: Sequence[Sequence[KnownLayer]]) -> Match:
    """The layers of a file, given in each order that its names could mean, held against a network's.

    Where an order is seen it counts. Else the layers are put where they belong, and what is left where its channels fit.
    """
    seen = seen_order(orders)
    if seen is None or not _is_chain(wanted):
        return match_layers(wanted, _fitted(wanted, orders[0]))
    return match_layers(wanted, _with_norms(seen, orders[0]))


# Layers that are the same


_Key = tuple[Any, ...]


def _key(layer: KnownLayer) -> _Key:
    return layer.kind, *sorted((name, str(value)) for name, value in layer.settings.items())


def _shape_key(layer: KnownLayer) -> _Key:
    """The same but for a bias and the order of axes: what makes it the same layer with something changed."""
    return tuple(entry for entry in _key(layer) if entry[0] not in ("bias", "axes"))


def _places(wanted: Sequence[KnownLayer], held: Held) -> list[int | None]:
    """For each wanted layer the position of one that is the same, or the same but for its bias, each taken once.

    An FC layer may be a convolution over its whole map.
    """
    places: list[int | None] = [None] * len(wanted)
    for keys, key_of, kinds in (
        (held.exact, _key, None),
        (held.shapes, _shape_key, WEIGHTED),
        (held.dense, _shape_key, ("fc",)),
    ):
        lacking = [
            at
            for at, layer in enumerate(wanted)
            if places[at] is None and (kinds is None or layer.kind in kinds)
        ]
        free = _free(keys, set(places)) if lacking else {}
        for at in lacking:
            queue = free.get(key_of(wanted[at]))
            places[at] = queue.popleft() if queue else None
    return places


def _free(keys: Sequence[_Key | None], taken: Container[int | None]) -> dict[_Key, deque[int]]:
    """The positions that are not taken yet, by key, in their order."""
    found: dict[_Key, deque[int]] = defaultdict(deque)
    for position, key in enumerate(keys):
        if key is not None and position not in taken:
            found[key].append(position)
    return found


# Orders that are seen


def _inputs(layer: KnownLayer) -> int:
    return int(layer.settings.get(INPUTS, 0))


def _outputs(layer: KnownLayer) -> int:
    return int(layer.settings.get("filters", layer.settings.get("features", 0)))


def _fits(before: KnownLayer, layer: KnownLayer) -> bool:
    """Whether a layer takes what the one before it makes: an FC layer a map of it, flattened; a convolution each channel
    alone, or half of them (AlexNet's two towers). Of other numbers of groups nearly every layer would fit some other one."""
    made, taken = _outputs(before), _inputs(layer)
    if not made or not taken:
        return False
    if layer.kind == "fc":
        return taken == made or (before.kind != "fc" and taken % made == 0)
    return made == taken or made == 2 * taken or (taken == 1 and _outputs(layer) == made)


def seen_order(orders: Sequence[Sequence[KnownLayer]]) -> list[KnownLayer] | None:
    """The convolutions and FC layers in the order that they run in, where one of the orders shows it; None where none does.

    Of FC layers the channels alone tell the order: they are often named after what they are for.
    """
    for order in orders:
        convs = [layer for layer in order if layer.kind in WEIGHTED and layer.kind != "fc"]
        dense = [layer for layer in order if layer.kind == "fc"]
        if convs and all(_fits(*pair) for pair in pairwise(convs)):
            return convs + _chained(convs[-1], dense)
    return None


def _chained(before: KnownLayer, layers: Sequence[KnownLayer]) -> list[KnownLayer]:
    """The FC layers one after the other, as long as one fits: first what no other one leads to, then what leads back."""
    rest, chain = list(layers), [before]
    made = Counter(map(_outputs, rest))
    while rest:
        fitting = [layer for layer in rest if _fits(chain[-1], layer)] or rest[:1]

        def late(layer: KnownLayer) -> tuple[bool, bool]:
            leads_back = _inputs(layer) == _outputs(layer)
            return made[_inputs(layer)] > leads_back, not leads_back

        following = min(fitting, key=late)
        rest.remove(following)
        made[_outputs(following)] -= 1
        chain.append(following)
    return chain[1:]


def _is_chain(wanted: Sequence[KnownLayer]) -> bool:
    weighted = [layer for layer in wanted if layer.kind in WEIGHTED]
    return all(_fits(*pair) for pair in pairwise(weighted))


def _with_norms(seen: Sequence[KnownLayer], order: Sequence[KnownLayer]) -> list[KnownLayer]:
    """The layers in the order that was seen, each with the norm that goes with it, and what is left at the end.

    A norm goes with the layer of its channels that has the same numbers in its name, or else stands before it in the file,
    or else is the first that has none; where no layer has its channels, with one by name or place alone.
    """
    owners: dict[str, KnownLayer] = {}
    rest: list[KnownLayer] = []
    free = {layer.name: layer for layer in seen}
    numbered = {_numbers(layer.name): layer.name for layer in seen}
    before = ""
    for layer in order:
        if layer.kind in WEIGHTED:
            before = layer.name
            continue
        channels = layer.settings.get("channels", 0)
        near = (numbered.get(_numbers(layer.name), ""), before)
        names = [name for name in near if name in free and _outputs(free[name]) == channels]
        names = names or [name for name, owner in free.items() if _outputs(owner) == channels][:1]
        names = names or [name for name in near if name in free]
        if layer.kind == "bn" and names:
            owners[names[0]] = layer
            del free[names[0]]
        else:
            rest.append(layer)
    pairs = ((layer, owners.get(layer.name)) for layer in seen)
    return [layer for pair in pairs for layer in pair if layer is not None] + rest


def _numbers(name: str) -> tuple[str, ...]:
    return tuple(re.findall("[0-9]+", name[:LONGEST].replace("2d", "")))


# Orders that are made


def _fitted(wanted: Sequence[KnownLayer], held: Sequence[KnownLayer]) -> list[KnownLayer]:
    """The held layers as the wanted ones stand: the same, then those with few other settings; the rest by channels."""
    places = _places(wanted, Held(held))
    taken = {place for place in places if place is not None}
    left = [layer for position, layer in enumerate(held) if position not in taken]
    lacking = sum(place is None for place in places)
    found: list[KnownLayer] = []
    for layer, place in zip(wanted, places, strict=True):
        if place is not None:
            found.append(held[place])
        elif left and lacking * len(left) <= CELLS:
            nearest = min(left, key=lambda other, layer=layer: _changes(layer, other))  # type: ignore[misc]
            if _changes(layer, nearest) <= CHANGES:
                found.append(nearest)
                left.remove(nearest)
    for layer in left:
        found.insert(_place_by_channels(found, layer), layer)
    return found


def _changes(wanted: KnownLayer, found: KnownLayer) -> int:
    """Settings that differ; more than any layer has where the kinds do."""
    if wanted.kind == "fc" and found.dense is not None:
        found = found.dense
    if wanted.kind != found.kind:
        return len(wanted.settings) + CHANGES + 1
    return sum(found.settings.get(name) != value for name, value in wanted.settings.items())


def _place_by_channels(layers: Sequence[KnownLayer], layer: KnownLayer) -> int:
    """After the first layer that makes what it takes; a norm where none follows yet. At the end where there is none."""
    is_norm = layer.kind == "bn"
    channels = layer.settings.get("channels", 0) if is_norm else _inputs(layer)
    for at, before in enumerate(layers):
        following = layers[at + 1].kind if at + 1 < len(layers) else ""
        if channels and _outputs(before) == channels:
            if not is_norm:
                return at + 1 + (following == "bn")
            if following != "bn":
                return at + 1
    return len(layers)
