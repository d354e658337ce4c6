"""Drawings of networks: a report becomes a scene, a scene becomes SVG.

    draw((report,), DrawOptions(style="blocks"))    an SVG document as text

A style is a function from reports and a width to a ``Scene`` (labels with measured boxes, shapes); ``svg`` writes
it. Styles and writer know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final, cast

from vggstat.cost.report import Report
from vggstat.errors import UsageError
from vggstat.records import Record
from vggstat.render.draw.scene import Scene

__all__ = ["STYLES", "WIDTH", "DrawOptions", "draw", "make_scene"]

STYLES: Final = ("blocks", "columns", "flow")
WIDTH: Final = 960
"""The width that a picture is laid out for: the sizes of its texts are for a slide, and for 600 pixels."""


class DrawOptions(Record):
    """How networks are drawn."""

    style: str = "blocks"
    theme: str = "auto"
    """``light``, ``dark``, or ``auto``, which follows the reader's screen."""
    width: int = WIDTH
    """In CSS pixels; texts keep their size, so a narrower picture is taller."""
    ident: str = "vggstat"
    """Begins every id in the SVG: give each picture of an HTML page its own."""


def make_scene(reports: Sequence[Report], style: str, width: int = WIDTH) -> Scene:
    """The picture before it is SVG. Raises UsageError for an unknown style."""
    if style not in STYLES:
        raise UsageError(f"unknown style {style!r}: expected {', '.join(STYLES[:-1])} or {STYLES[-1]}")
    module = import_module(f"vggstat.render.draw.{style}")
    make = cast("Callable[[Sequence[Report], float], Scene]", getattr(module, f"draw_{style}"))
    return make([_drawn(report) for report in reports], float(width))


def _drawn(report: Report) -> Report:
    """The report without the rows of parameters that nothing uses: they make no map. They stay in its totals."""
    if not report.graph.unused:
        return report
    rows = tuple(row for row in report.rows if row.kind != "unused")
    return report.replace(
        rows=rows, blocks=tuple(block for block in report.blocks if any(row in rows for row in block.rows))
    )


def draw(reports: Sequence[Report], options: DrawOptions | None = None) -> str:
    """The networks as one SVG document."""
    from vggstat.render.draw.svg import render_svg
    from vggstat.render.draw.theme import find_theme

    chosen = options or DrawOptions()
    theme = find_theme(chosen.theme)
    return render_svg(make_scene(reports, chosen.style, chosen.width), theme, chosen.ident)
