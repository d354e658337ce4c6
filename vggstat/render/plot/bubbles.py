"""Names beside bubbles, placed so that they meet neither each other nor a bubble."""

from __future__ import annotations

from math import cos, pi, sin
from typing import NamedTuple

from vggstat.render.draw.metrics import text_width
from vggstat.render.draw.scene import Box

__all__ = ["Bubble", "Place", "own_place", "place_labels"]

SIZE = 11.0
"""Pixels of the names' font."""
LINE = 13.0
GAP = 3.0
DIRECTIONS = (0, 4, 2, 6, 1, 7, 3, 5)
"""Eighths of a turn that are tried: right, left, below, above, then between."""
RINGS = (0, 6, 12, 20, 28, 40, 54, 70, 90, 110, 135, 160)
"""Pixels away from the bubble's edge that are tried."""


class Bubble(NamedTuple):
    """A circle with a name, in pixels from the upper left."""

    x: float
    y: float
    radius: float
    text: str


class Place(NamedTuple):
    """The middle of a name, and where the line from the bubble's middle to it ends."""

    x: float
    y: float
    line_x: float
    line_y: float


def place_labels(
    bubbles: list[Bubble], width: float, height: float, avoid: list[Bubble] | None = None
) -> list[Place | None]:
    """The place of each bubble's name: the nearest that is free; None where none is.

    Names keep away from each other, from bubbles and from the circles of ``avoid``, and no line to a name goes
    through another name.
    """
    circles = [*bubbles, *(avoid or [])]
    boxes: list[Box] = []
    dots: list[tuple[float, float]] = []
    places: list[Place | None] = []
    for bubble in bubbles:
        free = [
            _placed(bubble, box, x, y)
            for x, y in _candidates(bubble)
            if _is_free(box := _box(bubble, x, y), boxes, circles, width, height)
        ]
        clear = (
            place
            for place in free
            if not any(_holds(box, dot) for box in boxes for dot in _dots(bubble, place))
            and not any(_holds(_box(bubble, place.x, place.y), dot) for dot in dots)
        )
        # Rather a line through a name than one name on another.
        place = next(clear, free[0] if free else None)
        if place is None:
            places.append(None)
            continue
        boxes.append(_box(bubble, place.x, place.y))
        dots += _dots(bubble, place)
        places.append(place)
    return places


def own_place(bubble: Bubble) -> Place:
    """On the bubble itself."""
    return Place(bubble.x, bubble.y, bubble.x, bubble.y)


def _placed(bubble: Bubble, box: Box, x: float, y: float) -> Place:
    """The name in that box, with a line to its nearest point where it stands apart."""
    end_x = min(max(bubble.x, box.left), box.right)
    end_y = min(max(bubble.y, box.top), box.bottom)
    away = ((end_x - bubble.x) ** 2 + (end_y - bubble.y) ** 2) ** 0.5
    near = away <= bubble.radius + 2 * GAP
    return Place(x, y, bubble.x if near else end_x, bubble.y if near else end_y)


def _dots(bubble: Bubble, place: Place) -> list[tuple[float, float]]:
    """Points along the line to a name; none where there is no line."""
    if (place.line_x, place.line_y) == (bubble.x, bubble.y):
        return []
    across, down = place.line_x - bubble.x, place.line_y - bubble.y
    return [(bubble.x + across * part / 12, bubble.y + down * part / 12) for part in range(1, 12)]


def _holds(box: Box, dot: tuple[float, float]) -> bool:
    return box.left < dot[0] < box.right and box.top < dot[1] < box.bottom


def _candidates(bubble: Bubble) -> list[tuple[float, float]]:
    half = text_width(bubble.text, SIZE) / 2
    found = []
    for ring in RINGS:
        for eighth in DIRECTIONS:
            away = bubble.radius + GAP + ring
            right, down = cos(eighth * pi / 4), sin(eighth * pi / 4)
            found.append((bubble.x + right * (away + half), bubble.y + down * (away + LINE / 2)))
    return found


def _box(bubble: Bubble, x: float, y: float) -> Box:
    half = text_width(bubble.text, SIZE) / 2
    return Box(x - half, y - LINE / 2, x + half, y + LINE / 2)


def _is_free(box: Box, taken: list[Box], bubbles: list[Bubble], width: float, height: float) -> bool:
    if not box.inside(Box(0.0, 0.0, width, height)) or any(box.overlaps(other) for other in taken):
        return False
    return not any(_touches(box, bubble) for bubble in bubbles)


def _touches(box: Box, bubble: Bubble) -> bool:
    """Whether the box reaches into the circle."""
    across = max(box.left - bubble.x, 0.0, bubble.x - box.right)
    down = max(box.top - bubble.y, 0.0, bubble.y - box.bottom)
    return across**2 + down**2 < bubble.radius**2
