"""Which row of a document is which layer of a network: an alignment of two sequences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

A = TypeVar("A")
B = TypeVar("B")


class Alignment(NamedTuple):
    """Pairs of indexes (row, layer); None where one side has no partner; and what it cost."""

    pairs: tuple[tuple[int | None, int | None], ...]
    cost: float


def align(
    rows: Sequence[A],
    layers: Sequence[B],
    distance: Callable[[A, B], float | None],
    row_cost: Callable[[A], float],
    layer_cost: Callable[[B], float],
) -> Alignment:
    """The cheapest way to pair rows and layers without changing their order.

    ``distance`` is what a pair costs, None where the two cannot be one; ``row_cost`` and ``layer_cost`` are
    what it costs to leave one without a partner. Needleman & Wunsch (1970).
    """
    straight = _zip(rows, layers, distance)
    if straight is not None:
        return straight
    width = len(layers) + 1
    gaps = [layer_cost(layer) for layer in layers]
    line = [0.0]
    for gap in gaps:
        line.append(line[-1] + gap)
    moves: list[bytearray] = [bytearray([1] * width)]
    for row in rows:
        alone = row_cost(row)
        current = [line[0] + alone]
        made = bytearray([2] * width)
        for j, layer in enumerate(layers):
            best, move = current[j] + gaps[j], 1
            if line[j + 1] + alone < best:
                best, move = line[j + 1] + alone, 2
            pair = distance(row, layer)
            if pair is not None and line[j] + pair <= best:
                best, move = line[j] + pair, 0
            current.append(best)
            made[j + 1] = move
        line = current
        moves.append(made)
    return Alignment(tuple(_trace(moves, len(rows), len(layers))), line[-1])


def _zip(
    rows: Sequence[A], layers: Sequence[B], distance: Callable[[A, B], float | None]
) -> Alignment | None:
    """The straight pairing, where both are equally long and nothing differs."""
    if len(rows) != len(layers):
        return None
    if any(distance(row, layer) != 0 for row, layer in zip(rows, layers, strict=True)):
        return None
    return Alignment(tuple((i, i) for i in range(len(rows))), 0.0)


def _trace(moves: list[bytearray], i: int, j: int) -> list[tuple[int | None, int | None]]:
    pairs: list[tuple[int | None, int | None]] = []
    while i or j:
        move = moves[i][j] if i and j else (2 if i else 1)
        if move == 0:
            i, j = i - 1, j - 1
            pairs.append((i, j))
        elif move == 1:
            j -= 1
            pairs.append((None, j))
        else:
            i -= 1
            pairs.append((i, None))
    return pairs[::-1]
