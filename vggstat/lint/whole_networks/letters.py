"""Whether the letters A to E of a table are the configurations of the VGG paper, or somebody else's rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from vggstat.lint.figures import admits, figures_of
from vggstat.lint.model import ClaimTable, Row
from vggstat.lint.names import find_names, tells_letters
from vggstat.lint.network import load_spec
from vggstat.lint.whole_networks.variants import variants_of

MAX_ROWS: Final = 20
"""Rows that are looked at."""
ENOUGH: Final = 2
"""Configurations of which a figure fits, so that nothing needs to say so."""


def are_configurations(table: ClaimTable, rows: Sequence[Row]) -> bool:
    """Whether a letter alone names a network in this table: words say so, or several rows fit their letter."""
    rows = rows[:MAX_ROWS]
    labels = dict.fromkeys(cell.label for row in rows for cell in row.cells)
    line = table.start.origins[0][0].text
    words = "\n".join([table.title, table.context, line, *(row.name for row in rows), *labels])
    return tells_letters(words) or len(_fitting(rows)) >= ENOUGH


def _fitting(rows: Iterable[Row]) -> set[str]:
    """The letters of which a row has a figure that is right."""
    return {
        name.spec for row in rows for name in find_names(row.name) if name.is_letter and _fits(row, name.spec)
    }


def _fits(row: Row, spec: str) -> bool:
    published = next(iter(variants_of(load_spec(spec), norm=False, words="")), None)
    return published is not None and any(
        admits(number, figure)
        for cell in row.cells
        for number in cell.numbers
        for figure in figures_of(published.network, cell.quantity)
    )
