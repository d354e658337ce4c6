"""Tables pasted with one cell a line: the headers below one another, then the cells of each row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.model import ClaimTable
from vggstat.lint.readers.grid import Grid, names_network
from vggstat.lint.readers.headers import is_name_header, read_header
from vggstat.lint.readers.interpret import interpret
from vggstat.lint.readers.layer_words import find_kind
from vggstat.lint.text import Flow, Section

MAX_CELL: Final = 60
MAX_COLUMNS: Final = 9
LEAST: Final = 3
"""Rows that make a table; fewer are lines that follow one another by chance."""
MAX_ROWS: Final = 500


def read(section: Section) -> Iterator[ClaimTable]:
    """Every such table of the section. Empty lines between cells are allowed."""
    lines = [index for index in section.free() if section.lines[index].text.strip()]
    at = 0
    while at + 2 * LEAST < len(lines):
        rows = _rows(section, lines, at)
        tables = (
            list(interpret(Grid(rows=tuple(rows), start=rows[0][0], headers=1), "stacked")) if rows else []
        )
        end = at + len(rows) * len(rows[0]) if tables else at + 1
        if tables:
            section.take(lines[at], lines[end - 1] + 1)
        yield from tables
        at = end


def _rows(section: Section, lines: Sequence[int], at: int) -> list[tuple[Flow, ...]]:
    """Headers and rows from a line on; empty where there are none."""
    first = section.lines[lines[at]].text
    if len(first) > MAX_CELL or not is_name_header(first.strip()) or _names(first):
        return []
    width = _width(section, lines, at)
    if not width:
        return []
    rows: list[tuple[Flow, ...]] = []
    for start in range(at, min(len(lines), at + MAX_ROWS * width), width):
        cells = [section.lines[index].flow.strip() for index in lines[start : start + width]]
        if len(cells) < width or any(len(cell) > MAX_CELL for cell in cells):
            break
        if rows and not _names(cells[0].text):
            break
        rows.append(tuple(cells))
    return rows if len(rows) > LEAST else []


def _names(text: str) -> bool:
    return find_kind(text) is not None or names_network(text)


def _width(section: Section, lines: Sequence[int], at: int) -> int:
    """The number of headers: lines up to the first that names a layer or network. One of them is a quantity."""
    headers: list[str] = []
    for width in range(1, MAX_COLUMNS + 1):
        if at + width >= len(lines):
            return 0
        text = section.lines[lines[at + width]].text.strip()
        if len(text) > MAX_CELL:
            return 0
        if _names(text) and not _is_quantity(text):
            return width if any(map(_is_quantity, headers)) else 0
        headers.append(text)
    return 0


def _is_quantity(header: str) -> bool:
    return read_header(header).role not in ("other", "index")
