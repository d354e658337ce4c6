"""One order for a network's layers, whatever order its forward pass runs its branches in: as its edges have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.net.known import KnownLayer

__all__ = ["COMMUTATIVE", "in_order"]

COMMUTATIVE: Final = ("add", "multiply")
"""Kinds whose inputs may come in any order."""


def in_order(layers: Sequence[KnownLayer]) -> Sequence[KnownLayer]:
    """The layers with each one's inputs before it: of a concatenation in their order, of a sum the longest way first.

    A chain, and layers without edges, are returned as they are.
    """
    if any(layer.reads is None for layer in layers) or all(
        layer.reads == (at - 1,) for at, layer in enumerate(layers)
    ):
        return layers
    reads = [_sorted_inputs(layers, at) for at in range(len(layers))]
    order = list(_after_inputs(reads))
    place = {old: new for new, old in enumerate(order)}
    return [
        layers[old].replace(reads=tuple(place.get(other, other) for other in reads[old])) for old in order
    ]


def _sorted_inputs(layers: Sequence[KnownLayer], at: int) -> tuple[int, ...]:
    inputs = layers[at].reads or ()
    if layers[at].kind not in COMMUTATIVE or len(inputs) < 2:
        return inputs
    return tuple(sorted(inputs, key=lambda other: _rank(layers, other)))


def _rank(layers: Sequence[KnownLayer], at: int) -> tuple[int, str, str]:
    """What tells one input of a sum from another wherever the branches stand: how far back it goes, and what it is."""
    steps, here = 0, at
    nearest = ["", ""]
    while here >= 0 and steps < len(layers):
        layer = layers[here]
        if steps < len(nearest):
            nearest[steps] = f"{layer.kind} {sorted(layer.settings.items(), key=lambda item: item[0])}"
        if len(layer.reads or ()) != 1:
            break
        here, steps = (layer.reads or (-1,))[0], steps + 1
    return -steps, nearest[0], nearest[1]


def _after_inputs(reads: Sequence[tuple[int, ...]]) -> Iterator[int]:
    """The positions in the order of their inputs, depth first; what nobody reads comes in its own order."""
    read = {other for inputs in reads for other in inputs}
    seen: set[int] = set()
    for end in (at for at in range(len(reads)) if at not in read):
        stack = [(end, iter(reads[end]))]
        seen.add(end)
        while stack:
            at, rest = stack[-1]
            following = next((other for other in rest if other >= 0 and other not in seen), None)
            if following is None:
                stack.pop()
                yield at
            else:
                seen.add(following)
                stack.append((following, iter(reads[following])))
