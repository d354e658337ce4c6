"""Rows under each other that are read as one line: an arrow leads from the end of each to the next one's beginning."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from vggstat.render.draw.frame import Panel, stacked
from vggstat.render.draw.scene import Item, Polygon, line, moved

__all__ = ["Lane", "arrow", "turning"]

REACH: Final = 10.0
"""How far the arrow leads out into the margins at either side."""


class Lane(NamedTuple):
    """A row laid out, and where a line along its axis meets its first thing and is free of its last."""

    panel: Panel
    axis: float
    entry: float
    exit: float


def arrow(*points: tuple[float, float]) -> tuple[Item, Item]:
    """A line through the points, the last stretch of which is level, with a head at its end."""
    end, axis = points[-1]
    head = ((end - 1, axis), (end - 8, axis - 3.5), (end - 8, axis + 3.5))
    return line("axis", *points[:-1], (end - 6, axis)), Polygon(role="arrow", outlines=(head,))


def turning(lanes: Sequence[Lane], gap: float) -> Panel:
    """The rows under each other, ``gap`` apart, with an arrow around from each to the next."""
    rows = stacked((lane.panel for lane in lanes), gap=gap)
    items = list(rows.items)
    top = 0.0
    for lane, following in pairwise(lanes):
        bottom = lane.panel.height
        turn = bottom + gap / 2
        right = max(lane.exit, lane.panel.width) + REACH
        axis = bottom + gap + following.axis
        way = (
            (lane.exit, lane.axis),
            (right, lane.axis),
            (right, turn),
            (-REACH, turn),
            (-REACH, axis),
            (following.entry, axis),
        )
        items += (moved(part, 0, top) for part in arrow(*way))
        top += bottom + gap
    return Panel(rows.width, rows.height, tuple(items))
