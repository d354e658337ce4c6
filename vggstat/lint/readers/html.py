"""Tables of HTML, in pages, in Markdown, and in the outputs of notebooks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import ClaimTable
from vggstat.lint.readers.grid import Grid
from vggstat.lint.readers.headings import Headings
from vggstat.lint.readers.interpret import interpret
from vggstat.lint.readers.markup import Piece, pieces
from vggstat.lint.text import Flow, Section, join

__all__ = ["read"]

MAX_SPAN: Final = 400
MAX_CELLS: Final = 200_000
_SPAN: Final = re.compile(r"\b(?P<which>row|col)span\s*=\s*[\"']?\s*(?P<count>\d{1,4})", re.IGNORECASE)
_BREAKS: Final = frozenset({"br", "p", "div", "li", "\n"})


class _Table:
    """A table while it is read."""

    def __init__(self, piece: Piece) -> None:
        self.first = piece
        self.rows: list[list[Flow | None]] = []
        self.parts: list[Flow] = []
        self.caption: list[str] = []
        self.where = ""
        self.spans = (1, 1)
        self.headers = 0
        self.in_head = False
        self.cells = 0
        self.all_heads = True
        self.below: list[tuple[int, int, int, int, Flow]] = []
        """Cells that are merged down: the row and column of the first, how far down and across, and what it holds."""
        self.column = 0
        """The column of the row that is read before which no place is free."""

    def open(self, piece: Piece) -> None:
        self.close()
        if piece.tag == "tr":
            if (
                self.rows
                and self.in_head is False
                and self.all_heads
                and len(self.rows) == self.headers + 1
                and self.cells
            ):
                self.headers += 1
            self.rows.append([])
            self.column = 0
            self.all_heads = True
        elif piece.tag in ("td", "th"):
            if not self.rows:
                self.rows.append([])
            found = {
                match["which"].lower(): min(int(match["count"]), MAX_SPAN)
                for match in _SPAN.finditer(piece.attributes)
            }
            self.spans = (max(found.get("row", 1), 1), max(found.get("col", 1), 1))
            self.where = "cell"
            self.all_heads = self.all_heads and piece.tag == "th"
            self.parts = [piece.flow.cut(len(piece.flow))]
        elif piece.tag == "caption":
            self.where = "caption"
        elif piece.tag == "thead":
            self.in_head = True

    def text(self, piece: Piece) -> None:
        if self.where == "caption":
            self.caption.append(piece.flow.text)
        elif self.where == "cell":
            self.parts.append(piece.flow)

    def close(self) -> None:
        """The end of a cell or a caption, written or not."""
        if self.where == "cell":
            self.cells += 1
            self._place(join(self.parts).strip(" \n"))
        self.where = ""

    def _place(self, cell: Flow) -> None:
        """The cell in the first free place of the row, and in the places that it is merged over."""
        row = len(self.rows) - 1
        cells = self.rows[row]
        column = next(
            (i for i in range(self.column, len(cells)) if cells[i] is None), max(self.column, len(cells))
        )
        down, across = self.spans
        if self.cells + down * across > MAX_CELLS:
            down = across = 1
        self.cells += down * across - 1
        self.column = column + across
        for step in range(across):
            self._put(row, column + step, cell)
        if down > 1:
            self.below.append((row, column, down, across, cell))

    def _put(self, row: int, column: int, cell: Flow) -> None:
        cells = self.rows[row]
        while len(cells) <= column:
            cells.append(None)
        if cells[column] is None:
            cells[column] = cell

    def begin_row(self) -> None:
        """Cells merged down from rows above."""
        row = len(self.rows) - 1
        self.below = [merged for merged in self.below if row < merged[0] + merged[2]]
        for _, column, _, across, cell in self.below:
            for step in range(across):
                self._put(row, column + step, cell)

    def grid(self) -> Grid | None:
        self.close()
        empty = self.first.flow.cut(0, 0)
        rows = tuple(
            tuple(cell if cell is not None else empty for cell in row)
            for above, row in zip([[], *self.rows], self.rows, strict=False)
            if row and any(i >= len(above) or cell is not above[i] for i, cell in enumerate(row))
        )
        if len(rows) < 2 or max(map(len, rows)) < 2:
            return None
        headers = self.headers if 0 < self.headers < len(rows) else None
        return Grid(
            rows=rows,
            start=self.first.flow,
            headers=headers,
            caption=" ".join("".join(self.caption).split())[:300],
        )


def read(section: Section) -> Iterator[ClaimTable]:
    """Every table that is about layers or networks, inner ones too."""
    stack: list[_Table] = []
    headings = Headings(section)
    for piece in pieces(section.lines):
        if piece.tag == "table" and not piece.close:
            if len(stack) < 8:
                stack.append(_Table(piece))
            continue
        if not stack:
            continue
        table = stack[-1]
        if piece.tag == "table":
            stack.pop()
            yield from _finish(section, table, piece.line, headings)
        elif piece.tag in ("tr", "td", "th", "caption", "thead") and not piece.close:
            table.open(piece)
            if piece.tag == "tr":
                table.begin_row()
        elif piece.tag in ("td", "th", "tr", "caption"):
            table.close()
        elif piece.tag in ("thead", "tbody"):
            table.close()
            if piece.tag == "thead" and piece.close and table.rows:
                table.headers, table.in_head = len(table.rows), False
        elif piece.tag == "":
            table.text(piece)
        elif piece.tag in _BREAKS and table.where == "cell":
            table.parts.append(Flow(" ", (0,), (piece.flow.origins[0],)))
        elif piece.tag == "sup" and not piece.close and table.where == "cell":
            table.parts.append(Flow("^", (0,), (piece.flow.origins[0],)))
    for table in stack:
        yield from _finish(section, table, len(section.lines) - 1, headings, cut=True)


def _finish(
    section: Section, table: _Table, last: int, headings: Headings, cut: bool = False
) -> Iterator[ClaimTable]:
    grid = table.grid()
    if grid is None or any(index in section.taken for index in range(table.first.line, last + 1)):
        return
    owner = headings.owner(table.first.line) if max(map(len, grid.rows)) == 2 else ""
    tables = list(interpret(grid.replace(gaps=cut, owner=owner), "html"))
    if tables:
        section.take(table.first.line + 1, last)
        for index in {table.first.line, last}:
            if re.fullmatch(
                r"\s*(?:</?(?:table|div|figure|tbody|tr)\b[^<>]*>\s*)*", section.lines[index].text[:2_000]
            ):
                section.take(index, index + 1)
    yield from tables
