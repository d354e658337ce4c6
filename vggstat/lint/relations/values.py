"""The values of a map are height x width x channels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import prod
from typing import Final

from vggstat.lint.identity.observe import parse_dims
from vggstat.lint.model import ClaimTable
from vggstat.lint.numbers import format_like
from vggstat.lint.relations.link import Link, number_of

_VALUES: Final = ("values", "memory", "figure")


def map_values(table: ClaimTable) -> Iterator[list[Link]]:
    """The columns of values: height x width x channels of the map in the same row."""
    columns: dict[str, list[Link]] = defaultdict(list)
    for row in table.rows:
        shape = next((cell for cell in row.cells if cell.quantity == "shape"), None)
        dims = parse_dims(shape.claim) if shape is not None else None
        if shape is None or dims is None or len(dims.without_batch) != 3:
            continue
        values = prod(dims.without_batch)
        for cell in row.cells:
            number = number_of(cell) if cell.quantity in _VALUES else None
            if number is not None:
                message = f"{row.name}: a map of {shape.flow.text} has {values:,} values"
                link = Link(cell, number, number.admits(values), "V301", message, format_like(number, values))
                columns[cell.label].append(link)
    yield from columns.values()
