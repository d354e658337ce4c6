"""How vggstat writes the figures of its tables, where a column needs more than the number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from vggstat.cost.counting import Counted
from vggstat.cost.report import Report
from vggstat.lint.errata import find_errata, is_lecture
from vggstat.render.page import Named
from vggstat.shapes import Extents, Shape, Sides, describe, spell
from vggstat.units import grouped, mega, percent

__all__ = [
    "UNKNOWN",
    "UNKNOWN_CELL",
    "apart",
    "count_or_dash",
    "count_or_unknown",
    "field_text",
    "is_lecture_case",
    "map_text",
    "part_words",
    "share",
    "size_or_part",
    "size_words",
    "total_or_part",
]

UNKNOWN: Final = "?"
"""What stands for a figure that is there and that nobody knows; what is not there is a dash."""


UNKNOWN_CELL: Final = Named(value=None, text=UNKNOWN)
"""The same as a cell."""


def count_or_dash(value: Any) -> str:
    """A grouped integer; a dash for 0, where a layer has none."""
    return grouped(value) if value else "–"


def count_or_unknown(count: int | None) -> int | Named:
    """A layer's count as a cell; a question mark where it is not known."""
    return UNKNOWN_CELL if count is None else count


def total_or_part(count: int | None, known: int) -> int | Named:
    """A sum as a cell; what is known of it, marked as a part, where not all of it is."""
    if count is not None:
        return count
    return Named(value=None, text=part_words(grouped(known)) if known else UNKNOWN)


def part_words(known: str) -> str:
    """``1,024 + ?``: a sum of which a part is known."""
    return f"{known} + {UNKNOWN}"


def size_words(text: Callable[[int], str], found: Counted) -> str:
    """A size in the words of ``text``; what is known of it, marked as a part, where not all of it is."""
    if found.total is not None:
        return text(found.total)
    return part_words(text(found.known)) if found.known else UNKNOWN


def size_or_part(text: Callable[[int], str], found: Counted) -> str | Named:
    """The same as a cell."""
    words = size_words(text, found)
    return words if found.total is not None else Named(value=None, text=words)


def apart(*sizes: int) -> list[str]:
    """Bytes in MB, with all their digits besides where sizes that differ would read alike."""
    texts = [f"{mega(size)} MB" for size in sizes]
    if len(set(texts)) == len(set(sizes)):
        return texts
    return [f"{grouped(size)} B" for size in sizes]


def map_text(shape: Shape) -> str:
    """A map as people read it: height × width × channels."""
    return describe(shape)


def field_text(field: Sides) -> str:
    """A receptive field in pixels, of height and width where they differ."""
    return "×".join(map(grouped, (field,) if isinstance(field, int) else field))


def sides_text(sides: Extents) -> int | str:
    """A kernel's side, a number where height and width are the same."""
    return sides if isinstance(sides, int) else spell(sides)


def share(part: int | None, whole: int | None) -> str:
    """A share in percent with one decimal; a dash for none of it, a question mark where part or whole is not known."""
    if part == 0:
        return "–"
    return UNKNOWN if part is None or whole is None else percent(part, whole)


def is_lecture_case(report: Report) -> bool:
    """Whether the report is what the lecture's table shows: VGG-16 whole, on its own input, one image in float32.

    The registry of errata says of which network the lecture's total is told.
    """
    graph, workload = report.graph, report.workload
    plain = graph.image == graph.spec.input and workload.batch == 1 and workload.dtype.width == 4
    whole = graph.head in ("adaptive", "flatten") and graph.classes == 1000
    told = any(map(is_lecture, find_errata("memory", report.name)))
    return plain and whole and told
