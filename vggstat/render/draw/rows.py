"""Breaking a long row of things into several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

__all__ = ["needed", "rows_of"]


class Wide(Protocol):
    """Something with a width."""

    @property
    def width(self) -> float: ...


Thing = TypeVar("Thing", bound=Wide)


def needed(row: Sequence[Wide], alley: float) -> float:
    """The width of things side by side, ``alley`` apart."""
    return sum(thing.width for thing in row) + alley * (len(row) - 1)


def rows_of(things: Sequence[Thing], limit: float, alley: float) -> list[list[Thing]]:
    """The things in as few rows as they fit in, and those about equally wide."""
    rows = _filled(things, limit, alley)
    fewest = len(rows)
    low, high = 0.0, limit
    # By halving: the narrowest limit that still makes so few rows. 2^-12 of a picture's width is no pixel.
    for _ in range(12):
        middle = (low + high) / 2
        narrower = _filled(things, middle, alley)
        if len(narrower) > fewest:
            low = middle
        else:
            high, rows = middle, narrower
    return rows


def _filled(things: Sequence[Thing], limit: float, alley: float) -> list[list[Thing]]:
    rows: list[list[Thing]] = [[]]
    for thing in things:
        if rows[-1] and needed([*rows[-1], thing], alley) > limit:
            rows.append([])
        rows[-1].append(thing)
    return rows
