"""Two sequences side by side, fewest edits first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

__all__ = ["CELLS", "Alignment", "align"]

L = TypeVar("L")
R = TypeVar("R")

CELLS: Final = 2_000_000
"""Pairs of positions that are looked at, at most, for two long sequences: a second or two."""

NARROW: Final = 1
"""How far from its own place a position is looked for at first: most networks that are compared hardly differ."""


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

    Edit distance by dynamic programming, from the ends to the beginnings. Each position is looked for within a band
    around its own place, which grows until no way out of it can be cheaper. Only for sequences of over a thousand
    places that hardly agree it stops before, at ``CELLS``, and the way is then the cheapest that was looked at.
    """
    table = _Table(left, right, change, remove, add)
    return Alignment(table.cheapest(), table.cost)


class _Table:
    """What is left to pay from each pair of positions on, within a band around the diagonal."""

    def __init__(
        self,
        left: Sequence[L],
        right: Sequence[R],
        change: Callable[[L, R], int],
        remove: Callable[[L], int],
        add: Callable[[R], int],
    ) -> None:
        self.left, self.right, self.change = left, right, change
        self.removals = [remove(item) for item in left]
        self.additions = [add(item) for item in right]
        self.rest_left = _rests(self.removals)
        self.rest_right = _rests(self.additions)
        least = min([*self.removals, *self.additions], default=1)
        longest = max(len(left), len(right))
        apart = abs(len(left) - len(right))  # no way from one end to the other stays nearer
        self.band = min(longest, apart if apart > NARROW and len(left) * (2 * apart + 1) <= CELLS else NARROW)
        self._fill()
        # Each step off the diagonal is a removal or an addition: a way that leaves the band costs more than these.
        while self.band < longest and self.cost > self.band * least:
            wider = min(longest, 2 * self.band)
            if len(left) * (2 * wider + 1) > CELLS:
                break
            self.band = wider
            self._fill()

    @property
    def cost(self) -> int:
        return self.at(0, 0)

    def at(self, i: int, j: int) -> int:
        """The price from positions ``i`` and ``j`` on; beside the band, of what is left without a match."""
        if i == len(self.left):
            return self.rest_right[j]
        place = j - i + self.band
        if j == len(self.right) or not 0 <= place <= 2 * self.band:
            return self.rest_left[i] + self.rest_right[j]
        return self.rows[i][place]

    def _fill(self) -> None:
        band, ends, change, additions = self.band, len(self.right), self.change, self.additions
        below = [self.rest_right[j] if 0 <= j <= ends else 0 for j in self._places(len(self.left))]
        self.rows: list[list[int]] = [below] * len(self.left)
        for i in range(len(self.left) - 1, -1, -1):
            here = [0] * (2 * band + 1)
            item, removal = self.left[i], self.removals[i]
            last = min(ends - 1, i + band)
            beside = self.rest_left[i] + self.rest_right[last + 1]
            if last + 1 <= i + band and last + 1 >= i - band:
                here[last + 1 - i + band] = beside
            for j in range(last, max(0, i - band) - 1, -1):
                place = j - i + band
                under = below[place - 1] if place else self.rest_left[i + 1] + self.rest_right[j]
                # The smallest of three, written out: this line runs for every pair of every network tried.
                beside += additions[j]
                if under + removal < beside:
                    beside = under + removal
                changed = below[place] + change(item, self.right[j])
                if changed < beside:
                    beside = changed
                here[place] = beside
            self.rows[i] = below = here

    def _places(self, i: int) -> range:
        """The positions of the band that stand beside position ``i``."""
        return range(i - self.band, i + self.band + 1)

    def cheapest(self) -> list[tuple[int | None, int | None]]:
        """The pairs of the cheapest way."""
        pairs: list[tuple[int | None, int | None]] = []
        i = j = 0
        while i < len(self.left) or j < len(self.right):
            here = self.at(i, j)
            both = i < len(self.left) and j < len(self.right)
            if both and here == self.at(i + 1, j + 1) + self.change(self.left[i], self.right[j]):
                pairs.append((i, j))
                i, j = i + 1, j + 1
            elif i < len(self.left) and here == self.at(i + 1, j) + self.removals[i]:
                pairs.append((i, None))
                i += 1
            else:
                pairs.append((None, j))
                j += 1
        return pairs


def _rests(prices: Sequence[int]) -> list[int]:
    """The sum of the prices from each position on."""
    rests = [0]
    for price in reversed(prices):
        rests.append(rests[-1] + price)
    return rests[::-1]
