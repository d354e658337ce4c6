"""Feature maps as solids in cabinet projection: height and depth for the map's sides, thickness for channels.

Sides and channels are drawn as their square roots: 224 and 7 pixels, 64 and 4096 channels then fit one picture,
and any two lengths of one kind can still be compared. A side of 224 is twice as long as one of 56. What recedes
is drawn at half its length, at an angle of 40 degrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final, NamedTuple

from vggstat.cost.report import Report, Row
from vggstat.render.draw.kinds import kind_of
from vggstat.render.draw.scene import Point, Polygon
from vggstat.render.draw.theme import HATCHES
from vggstat.shapes import Shape

__all__ = ["SHEET", "Scale", "Solid", "channels_of", "make_scale", "sides_of", "solid_of"]

RIGHT: Final = 0.383
"""Half of cos 40°: how far to the right a length of 1 recedes."""
UP: Final = 0.321
"""Half of sin 40°."""
SHEET: Final = 3.0
"""Thickness of what keeps its map: it makes no new channels that could be drawn."""
TALLEST: Final = 176.0
THICKEST: Final = 66.0
THICKEST_MAP: Final = 28.0
THINNEST: Final = 1.0


class Scale(NamedTuple):
    """Lengths in the picture: ``side`` times the root of pixels, ``channel`` times the root of channels."""

    side: float
    channel: float

    def shrunk(self, factor: float) -> Scale:
        """A smaller one: channels by this factor, sides by the root of it, as they also give the heights."""
        return Scale(self.side * sqrt(factor), self.channel * factor)

    def length(self, pixels: int) -> float:
        return self.side * sqrt(pixels)

    def thickness(self, channels: int) -> float:
        return max(THINNEST, self.channel * sqrt(channels))


class Solid(NamedTuple):
    """A block of ``thickness`` (to the right) by ``height`` by a depth that recedes by (``right``, ``up``)."""

    kind: str
    thickness: float
    height: float
    right: float
    up: float

    @property
    def reach(self) -> float:
        """How far above and below the axis it reaches."""
        return (self.height + self.up) / 2

    def shapes(self, x: float, axis: float) -> tuple[Polygon, ...]:
        """Its three visible faces, the middle of its left end at ``x`` on the axis."""
        left, bottom = x - self.right / 2, axis + self.reach
        top, end = bottom - self.height, left + self.thickness
        front = ((left, bottom), (left, top), (end, top), (end, bottom))
        back: Point = (end + self.right, top - self.up)
        upper = ((left, top), (left + self.right, back[1]), back, (end, top))
        side = ((end, top), back, (back[0], bottom - self.up), (end, bottom))
        faces = [
            Polygon(role=f"{self.kind}-{name}", outlines=(outline,))
            for name, outline in (("front", front), ("top", upper), ("side", side))
        ]
        hatch = f"hatch-{self.kind}"
        if hatch in HATCHES:
            faces.append(Polygon(role=hatch, outlines=(front, side)))
        return tuple(faces)


def make_scale(reports: Sequence[Report], width: float) -> Scale:
    """The largest scale at which the longest stage fits ``width``."""
    shapes = [row.output_shape for report in reports for row in report.rows]
    longest = max(max(sides_of(shape)) for shape in shapes)
    most = max(channels_of(shape) for shape in shapes)
    deepest = max((shape[0] for shape in shapes if len(shape) == 3), default=1)
    tallest = min(TALLEST, width / 4)
    # Twelve solids stand side by side at most (blocks.MOST_SOLIDS), in their gaps of 4.
    thickest = min(THICKEST, (width - RIGHT * tallest) / 12 - 4)
    channel = min(6.0, thickest / sqrt(most), THICKEST_MAP / sqrt(deepest))
    return Scale(side=min(40.0, tallest / sqrt(longest)), channel=channel)


def solid_of(row: Row, scale: Scale) -> Solid:
    """The solid of a layer's output."""
    height, width = sides_of(row.output_shape)
    depth = scale.length(width)
    kind = kind_of(row)
    thickness = SHEET if kind == "sheet" else scale.thickness(channels_of(row.output_shape))
    return Solid(kind, thickness, scale.length(height), RIGHT * depth, UP * depth)


def sides_of(shape: Shape) -> tuple[int, int]:
    """Height and width of a map; a vector is one pixel. Of other shapes the last two axes behind the first, as there are."""
    sides = (*shape[1:], 1) if len(shape) == 2 else (1, 1, *shape[1:])
    return sides[-2], sides[-1]


def channels_of(shape: Shape) -> int:
    """Of a map, or the features of a vector; a single number, and what is not known, has one."""
    return shape[0] if shape else 1
