"""Text as the readers of ``vggstat check`` get it."""

from __future__ import annotations

from vggstat.lint.model import ClaimTable
from vggstat.lint.readers import DIALECTS, find_reader
from vggstat.lint.text import Line, Section, fold

Cells = list[tuple[str, str]]


def make(text: str, kind: str = "markdown") -> Section:
    lines = text.replace("\r\n", "\n").split("\n")
    folded = ["\t".join(map(fold, line.split("\t"))) if kind == "tsv" else fold(line) for line in lines]
    return Section(kind, [Line(line, number) for number, line in enumerate(folded, start=1)])


def read(text: str, dialect: str, kind: str = "markdown") -> list[ClaimTable]:
    """The tables that one dialect finds."""
    return list(find_reader(dialect)(make(text, kind)))


def read_all(text: str, kind: str = "markdown") -> list[ClaimTable]:
    """The tables that all dialects but prose find, in their order."""
    section = make(text, kind)
    return [
        table
        for dialect in DIALECTS
        if dialect.name != "prose" and dialect.may_read(section)
        for table in find_reader(dialect.name)(section)
    ]


def cells(table: ClaimTable, row: int) -> Cells:
    """Quantity and text of the cells of a row, without those of its name."""
    return [(cell.quantity, cell.flow.text) for cell in table.rows[row].cells if cell.label != "name"]


def said(table: ClaimTable, row: int) -> Cells:
    """Quantity and text of what a row's name says."""
    return [(cell.quantity, cell.flow.text) for cell in table.rows[row].cells if cell.label == "name"]


def kinds(table: ClaimTable) -> list[str]:
    return [row.kind for row in table.rows]


def totals(table: ClaimTable) -> list[tuple[str, str, str]]:
    return [(cell.quantity, cell.flow.text, cell.unit) for cell in table.totals]


def places(text: str, table: ClaimTable) -> list[tuple[str, str]]:
    """For each cell: its flow, and what stands in the file at its place."""
    lines = text.replace("\r\n", "\n").split("\n")
    found = []
    for cell in [*(cell for row in table.rows for cell in row.cells), *table.totals]:
        place = cell.flow.place()
        found.append((cell.flow.text, fold(lines[place.line - 1][place.column - 1 : place.end_column - 1])))
    return found
