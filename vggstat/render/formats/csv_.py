"""Comma-separated values (RFC 4180, lines ended by a newline) of the page's main table.

Raw values: integers without separators, ``None`` as nothing, a tuple as ``64x224x224``, a tuple of those with
arrows between. Only rows of the body: whoever sums a column gets its total, not twice its total.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any

from vggstat.errors import UsageError
from vggstat.render.page import Page, Table, Target, cell_value
from vggstat.render.width import cleaner, quiet

__all__ = ["pieces"]


def pieces(page: Page, target: Target) -> Iterator[str]:
    """The main table (or else the first) with the columns' keys as its header."""
    rows = _rows(_main(page), cleaner(target.encoding))
    writer = csv.writer(_Through(), lineterminator="\n")
    # writerow returns what the file's write does.
    return (quiet(str(writer.writerow(cells))) for cells in rows)


class _Through:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def _rows(table: Table, clean: Callable[[str], str]) -> Iterator[list[str]]:
    signed = table.signed
    yield ["sign"] * signed + [clean(column.key) for column in table.columns]
    for row in table.rows:
        if row.kind == "body":
            cells = [_raw(cell_value(cell), clean) for cell in table.cells(row)]
            yield [clean(row.sign)] * signed + cells


def _main(page: Page) -> Table:
    tables = page.tables
    if not tables:
        raise UsageError("there is no table on this page, so nothing to print as csv")
    return next((table for table in tables if table.main), tables[0])


def _raw(value: Any, clean: Callable[[str], str]) -> str:
    return clean(_text(value))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, tuple | list):
        return str(value)
    nested = any(isinstance(part, tuple | list) for part in value)
    return (" -> " if nested else "x").join(map(_text, value))
