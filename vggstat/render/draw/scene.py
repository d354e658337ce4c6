"""What is in a picture, before it is SVG: shapes and labels with known places.

Lengths are in the picture's own units (CSS pixels at its natural width), x to the right, y downwards. Everything
here can be measured, so that a test can ask whether two labels touch without looking at the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from vggstat.records import Record
from vggstat.render.draw.metrics import ASCENT, DESCENT, text_width

__all__ = ["Box", "Group", "Item", "Label", "Point", "Polygon", "Rectangle", "Scene", "line", "moved"]

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


class Box(NamedTuple):
    """A rectangle by its edges."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        """Whether the two share an area (edges may touch)."""
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)

    def inside(self, other: Box) -> bool:
        """Whether it lies within ``other``."""
        wide = other.left <= self.left and self.right <= other.right
        return wide and other.top <= self.top and self.bottom <= other.bottom


class Label(Record):
    """One line of text. ``y`` is its baseline, ``x`` where its anchor stands."""

    text: str
    x: float
    y: float
    size: float
    anchor: Anchor = "start"
    bold: bool = False
    role: str = "text"

    @property
    def width(self) -> float:
        return text_width(self.text, self.size, bold=self.bold)

    @property
    def box(self) -> Box:
        """What it covers at most, in any font of the stack."""
        left = self.x - self.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]
        return Box(left, self.y - ASCENT * self.size, left + self.width, self.y + DESCENT * self.size)


class Polygon(Record):
    """One or more outlines drawn as one; an open one is a line."""

    role: str
    outlines: tuple[tuple[Point, ...], ...]
    closed: bool = True

    @property
    def box(self) -> Box:
        xs = [x for outline in self.outlines for x, _ in outline]
        ys = [y for outline in self.outlines for _, y in outline]
        return Box(min(xs), min(ys), max(xs), max(ys))


class Rectangle(Record):
    """An upright rectangle, with round corners if ``radius`` says so."""

    role: str
    x: float
    y: float
    width: float
    height: float
    radius: float = 0.0

    @property
    def box(self) -> Box:
        return Box(self.x, self.y, self.x + self.width, self.y + self.height)


class Group(Record):
    """Shapes that are one thing, and what a pointer on them is told."""

    tip: str
    shapes: tuple[Polygon | Rectangle, ...]


Item = Label | Polygon | Rectangle | Group


class Scene(Record):
    """A whole picture. Items are painted in order."""

    width: float
    height: float
    title: str
    description: str
    items: tuple[Item, ...]

    @property
    def labels(self) -> tuple[Label, ...]:
        return tuple(item for item in self.items if isinstance(item, Label))

    @property
    def shapes(self) -> Iterator[Polygon | Rectangle]:
        """All shapes, those in groups too."""
        for item in self.items:
            if isinstance(item, Group):
                yield from item.shapes
            elif not isinstance(item, Label):
                yield item


def line(role: str, *points: Point) -> Polygon:
    """An open line through the points."""
    return Polygon(role=role, outlines=(points,), closed=False)


def moved(item: Item, x: float, y: float) -> Item:
    """The item, so much further right and down."""
    if isinstance(item, Group):
        return Group(tip=item.tip, shapes=tuple(_moved_shape(shape, x, y) for shape in item.shapes))
    if isinstance(item, Label):
        return item.replace(x=item.x + x, y=item.y + y)
    return _moved_shape(item, x, y)


def _moved_shape(shape: Polygon | Rectangle, x: float, y: float) -> Polygon | Rectangle:
    if isinstance(shape, Rectangle):
        return shape.replace(x=shape.x + x, y=shape.y + y)
    return shape.replace(
        outlines=tuple(tuple((at + x, down + y) for at, down in outline) for outline in shape.outlines)
    )
