"""How vggstat writes the figures of its tables, where a column needs more than the number."""

from __future__ import annotations

from typing import Any

from vggstat.cost.report import Report
from vggstat.lint.errata import find_errata, is_lecture
from vggstat.shapes import Shape, Sides, describe, spell
from vggstat.units import grouped, percent

__all__ = ["count_or_dash", "field_text", "is_lecture_case", "map_text", "share"]


def count_or_dash(value: Any) -> str:
    """A grouped integer; a dash for 0, where a layer has none."""
    return grouped(value) if value else "–"


def map_text(shape: Shape) -> str:
    """A map as people read it: height × width × channels."""
    return describe(shape)


def field_text(field: Sides) -> str:
    """A receptive field in pixels, of height and width where they differ."""
    return "×".join(map(grouped, (field,) if isinstance(field, int) else field))


def sides_text(sides: Sides) -> int | str:
    """A kernel's side, a number where height and width are the same."""
    return sides if isinstance(sides, int) else spell(sides)


def share(part: int, whole: int) -> str:
    """A share in percent with one decimal; a dash for none of it."""
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
