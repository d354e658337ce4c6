"""Two sequences side by side, fewest edits first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

__all__ = ["Alignment", "align"]

L = TypeVar("L")
R = TypeVar("R")


class Alignment(NamedTuple):
    """Pairs of positions, None where the other side has nothing there, and the price of all edits.

    Prices are integers, so that equal ones are equal.
    """

    pairs: list[tuple[int | None, int | None]]
    cost: int


def align(
    left: Sequence[L],
    right: Sequence[R],
    change: Callable[[L, R], int],
    remove: Callable[[L], int],
    add: Callable[[R], int],
) -> Alignment:
    """The cheapest way to turn ``left`` into ``right``. Among equals, what is new or missing comes late.

    Edit distance by dynamic programming, from the ends to the beginnings.
    """
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in range(len(left), -1, -1):
        for j in range(len(right), -1, -1):
            options = []
            if i < len(left) and j < len(right):
                options.append(table[i + 1][j + 1] + change(left[i], right[j]))
            if i < len(left):
                options.append(table[i + 1][j] + remove(left[i]))
            if j < len(right):
                options.append(table[i][j + 1] + add(right[j]))
            table[i][j] = min(options, default=0)
    pairs: list[tuple[int | None, int | None]] = []
    i = j = 0
    while i < len(left) or j < len(right):
        both = i < len(left) and j < len(right)
        if both and table[i][j] == table[i + 1][j + 1] + change(left[i], right[j]):
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif i < len(left) and table[i][j] == table[i + 1][j] + remove(left[i]):
            pairs.append((i, None))
            i += 1
        else:
            pairs.append((None, j))
            j += 1
    return Alignment(pairs, table[0][0])
