"""A layer as a labelled box: what the flat styles are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vggstat.cost.report import Report
from vggstat.render.draw.frame import FIGURE_SIZE, LegendItem, Panel
from vggstat.render.draw.kinds import kinds_in, legend_words
from vggstat.render.draw.metrics import ASCENT, DESCENT, fitted
from vggstat.render.draw.scene import Group, Item, Label, Polygon, Rectangle

__all__ = ["CHIP", "chip", "kind_items", "marked"]

CHIP: Final = 24.0
"""Height of a box with one line."""
STRIPE: Final = 5.0
"""Width of the stripe at a box's left edge, in the strong colour of its kind."""
LINE: Final = 18.0
"""What each further line adds to it."""


def chip(
    lines: Sequence[str],
    kind: str | None,
    width: float,
    tip: str,
    *,
    rows: int = 1,
    bold: bool = False,
    role: str = "text",
) -> Panel:
    """A box with room for ``rows`` lines of text, in the colours of a kind or without any; the first may be bold."""
    height = CHIP + LINE * (rows - 1)
    start = (CHIP + (ASCENT - DESCENT) * FIGURE_SIZE + LINE * (rows - len(lines))) / 2
    items: list[Item] = []
    if kind is not None:
        items.append(Group(tip=tip, shapes=marked(kind, width, height)))
    for number, text in enumerate(lines):
        heavy = bold and number == 0
        items.append(
            Label(
                text=fitted(text, FIGURE_SIZE, width - STRIPE - 4, bold=heavy),
                x=(width + STRIPE) / 2,
                y=start + LINE * number,
                size=FIGURE_SIZE,
                anchor="middle",
                bold=heavy,
                role=role,
            )
        )
    return Panel(width, height, tuple(items))


def marked(kind: str, width: float, height: float) -> tuple[Polygon | Rectangle, ...]:
    """The box of a kind: light, with a stripe that is darker, and hatched where the kind is."""
    stripe: Polygon | Rectangle = Rectangle(role=f"{kind}-side", x=0, y=0, width=STRIPE, height=height)
    return (Rectangle(role=f"{kind}-label", x=0, y=0, width=width, height=height), stripe)


def kind_items(reports: Sequence[Report]) -> list[LegendItem]:
    """One legend item for each kind of layer that occurs."""
    items = []
    for kind in kinds_in(reports, softmax=True):
        words = legend_words(kind, reports, softmax=True)
        swatch = Panel(26, 16, (Group(tip=words, shapes=marked(kind, 26, 16)),))
        items.append(LegendItem(swatch, words))
    return items
