"""How vggstat writes the figures of its tables, where a column needs more than the number."""

from __future__ import annotations

from typing import Any, Final

from vggstat.cost.counting import Counted
from vggstat.cost.report import Report
from vggstat.lint.errata import find_errata, is_lecture
from vggstat.render.page import Named
from vggstat.shapes import Shape, Sides, describe, spell
from vggstat.units import grouped, percent

__all__ = [
    "UNKNOWN",
    "count_or_dash",
    "count_or_unknown",
    "field_text",
    "is_lecture_case",
    "map_text",
    "not_counted_words",
    "part_words",
    "share",
    "total_or_part",
]

UNKNOWN: Final = "?"
"""What stands for a figure that is there and that nobody knows; what is not there is a dash."""

MOST_NAMED: Final = 4
"""Layers that a sentence names."""


def count_or_dash(value: Any) -> str:
    """A grouped integer; a dash for 0, where a layer has none."""
    return grouped(value) if value else "–"


def count_or_unknown(count: int | None) -> int | Named:
    """A layer's count as a cell; a question mark where it is not known."""
    return Named(value=None, text=UNKNOWN) if count is None else count


def total_or_part(count: int | None, known: int) -> int | Named:
    """A sum as a cell; what is known of it, marked as a part, where not all of it is."""
    return Named(value=None, text=part_words(grouped(known))) if count is None else count


def part_words(known: str) -> str:
    """``1,024 + ?``: a sum of which a part is known."""
    return f"{known} + {UNKNOWN}"


def map_text(shape: Shape) -> str:
    """A map as people read it: height × width × channels."""
    return describe(shape)


def field_text(field: Sides) -> str:
    """A receptive field in pixels, of height and width where they differ."""
    return "×".join(map(grouped, (field,) if isinstance(field, int) else field))


def sides_text(sides: Sides) -> int | str:
    """A kernel's side, a number where height and width are the same."""
    return sides if isinstance(sides, int) else spell(sides)


def not_counted_words(found: Counted) -> str:
    """The layers that a total leaves out, in words: ``2 layers are not counted: lstm (net.py:12), fft``."""
    left = found.not_counted
    names = [f"{one.name} ({one.place})" if one.place else one.name for one in left[:MOST_NAMED]]
    which = ", ".join(names) + (f" and {len(left) - MOST_NAMED:,} more" if len(left) > MOST_NAMED else "")
    return f"{'1 layer is' if len(left) == 1 else f'{len(left):,} layers are'} not counted: {which}"


def share(part: int | None, whole: int | None) -> str:
    """A share in percent with one decimal; a dash for none of it, a question mark where part or whole is not known."""
    if part is None or whole is None:
        return UNKNOWN
    return percent(part, whole) if part else "–"


def is_lecture_case(report: Report) -> bool:
    """Whether the report is what the lecture's table shows: VGG-16 whole, on its own input, one image in float32.

    The registry of errata says of which network the lecture's total is told.
    """
    graph, workload = report.graph, report.workload
    plain = graph.image == graph.spec.input and workload.batch == 1 and workload.dtype.width == 4
    whole = graph.head in ("adaptive", "flatten") and graph.classes == 1000
    told = any(map(is_lecture, find_errata("memory", report.name)))
    return plain and whole and told
