"""What is shown, before it has a form: a view makes a ``Page``, a format turns the page into text.

    Page(title, aside, parts, notes, data)
        Table(columns, rows, ...)       rows of raw cells; ``Column.text`` makes them text
        Text(lines)                     sentences, wrapped at words
        Listing(text)                   lines kept as they are: a look-alike, a YAML file
        Alternative(listing, table)     one figure in two forms: for the eye, and for formats that have tables

Nothing here knows a format, a width or an encoding, and nothing here computes a figure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from vggstat.records import Record
from vggstat.units import grouped

__all__ = [
    "BLANK",
    "NOTHING",
    "RULE",
    "SIGN_ROLES",
    "Alternative",
    "Column",
    "Listing",
    "Named",
    "Page",
    "Part",
    "Row",
    "Styled",
    "Table",
    "Target",
    "Text",
    "cell_role",
    "cell_text",
    "cell_value",
    "default_text",
    "heading",
    "indentation",
    "listing",
    "note",
    "row",
    "total",
]

NOTHING = "–"
"""How a cell of ``None`` is printed: the figure has no meaning here, or is not known."""

BLANK = "\u00a0"
"""Before the text of a cell, a blank that indents it in every format."""

SIGN_ROLES = {
    "+": "added",
    "-": "removed",
    "~": "changed",
    "✓": "good",
    "✗": "bad",
    "?": "unsure",
}
"""The role (and so the colour) that each row sign has; ``=`` has none."""


class Target(Record):
    """The place a page is rendered for. Renderers believe it, and never ask ``sys.stdout``."""

    width: int | None = None
    """Columns available; ``None`` for as many as the tables need."""
    encoding: str = "utf-8"
    """The encoding the text will be written in; what it cannot say is replaced."""
    color: bool = False
    """Whether escape sequences for colour may be used."""
    terminal: bool = False
    """Whether a person is looking at a terminal."""


def default_text(cell: Any) -> str:
    """A cell as text where its column says nothing else: integers grouped, tuples joined by ``×``."""
    if isinstance(cell, int) and not isinstance(cell, bool):
        return grouped(cell)
    if isinstance(cell, tuple | list):
        return "×".join(map(str, cell))
    return str(cell)


class Column(Record):
    """One column of a table: a key, a heading, and the way its cells become text."""

    key: str
    """The name in CSV and for ``--columns``."""
    header: str | tuple[str, ...] = ""
    """One line or several; fewer than the neighbours' stand on the lower ones."""
    label: str = ""
    """The heading in words where the header is too short to be understood alone (``kernel`` for ``k``)."""
    align: str = "left"
    """``left``, ``right`` or ``center``."""
    text: Callable[[Any], str] = default_text
    """The text of a cell; never asked for ``None`` (printed as ``–``) or a string (printed as it is)."""
    priority: int = 0
    """0 is never dropped; the higher, the earlier. Columns of one priority are dropped together."""
    role: str = ""
    """What the cells are about, for colour: ``memory``, ``params``, ..."""
    min_width: int = 0
    """The least width in text."""
    gap: int = 2
    """Blanks before the column in text."""
    whole: bool = False
    """Whether its texts stay on one line however narrow the place is."""
    overhang: int = 0
    """How far a header may reach into the gaps at either side before it widens the column."""

    @property
    def header_lines(self) -> tuple[str, ...]:
        """The header as a tuple of lines, none for an empty one."""
        lines = (self.header,) if isinstance(self.header, str) else self.header
        return lines if any(lines) else ()

    @property
    def heading(self) -> str:
        """The heading on one line: the label, or the header's lines joined."""
        return self.label or " ".join(line for line in self.header_lines if line)


class Styled(Record):
    """A cell with a role of its own (``strong``, ``memory``, ``added``, ...) besides its column's."""

    value: Any
    role: str


class Named(Record):
    """A cell that is shown as ``text`` where people read, and is ``value`` in CSV."""

    value: Any
    text: str


class Row(Record):
    """A row of raw cells, in the order of the columns; cells missing at the end are empty.

    ``None`` prints as ``–``, an empty string as nothing. In a row that is not ``body``, a string in the first
    column or in a left-aligned one runs over the empty cells after it.
    """

    cells: tuple[Any, ...] = ()
    kind: str = "body"
    """``body``, ``total``, ``heading``, ``note``, or ``rule`` (a line across the page, without cells)."""
    sign: str = ""
    """``=``, ``+``, ``-``, ``~``, ``✓``, ``✗``, ``?`` or nothing; stands before the first column."""


RULE = Row(kind="rule")


def row(*cells: Any, sign: str = "") -> Row:
    """A row of the table's body."""
    return Row(cells=cells, sign=sign)


def total(*cells: Any) -> Row:
    """A row of totals."""
    return Row(cells=cells, kind="total")


def heading(text: str) -> Row:
    """A row that heads the rows below it."""
    return Row(cells=(text,), kind="heading")


def note(text: str) -> Row:
    """A remark between rows."""
    return Row(cells=(text,), kind="note")


class Table(Record):
    """Columns and rows, under a title that shares the header's line where it fits."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: str = ""
    notes: tuple[str, ...] = ()
    """Lines right under the table; leading blanks indent them."""
    name: str = ""
    """A name for machines (the id in HTML)."""
    main: bool = False
    """Whether this is the page's table in CSV; where none is, the first is."""
    indent: int = 0
    """Blanks before header and rows, not before the title and the notes."""
    close: bool = False
    """Whether it follows the part above without a blank line (of all parts)."""

    @property
    def signed(self) -> bool:
        """Whether any row has a sign."""
        return any(row.sign for row in self.rows)

    def cells(self, row: Row) -> tuple[Any, ...]:
        """The row's cells, as many as there are columns."""
        missing = len(self.columns) - len(row.cells)
        if missing < 0:
            raise ValueError(f"a row has {len(row.cells)} cells for {len(self.columns)} columns")
        return row.cells + ("",) * missing

    def texts(self, row: Row) -> list[str]:
        """The texts of the row's cells."""
        return [cell_text(column, cell) for column, cell in zip(self.columns, self.cells(row), strict=True)]

    def spans(self, row: Row) -> list[tuple[int, int]]:
        """``(column, columns taken)`` of each cell: a text outside the body takes the empty ones after it."""
        texts = self.texts(row)
        if row.kind == "body":
            return [(at, 1) for at in range(len(texts))]
        found: list[tuple[int, int]] = []
        at = 0
        while at < len(texts):
            end = at + 1
            if texts[at] and self.runs_over(row, at):
                while end < len(texts) and not texts[end]:
                    end += 1
            found.append((at, end - at))
            at = end
        return found

    def runs_over(self, row: Row, at: int) -> bool:
        """Whether the cell is a text that runs over the empty cells after it."""
        if row.kind == "body" or (at and self.columns[at].align != "left"):
            return False
        return isinstance(cell_value(self.cells(row)[at]), str)


class Text(Record):
    """Sentences, wrapped at words; a ``(label, sentence)`` hangs after its label."""

    lines: tuple[str | tuple[str, str], ...]
    label_width: int = 0
    """The least width of the labels' column, with the gap after it."""
    indent: int = 0
    close: bool = False


class Listing(Record):
    """Lines that are never wrapped. ``spans`` are ``(start, end, role)``, offsets in ``text``, in order."""

    text: str
    language: str = ""
    """For Markdown's code fence: ``yaml``, ``text``, ..."""
    spans: tuple[tuple[int, int, str], ...] = ()
    indent: int = 0
    close: bool = False
    narrow: Listing | None = None
    """The same with less on each line, for a place that is too narrow for this."""

    def fitting(self, room: int) -> Listing:
        """This, or what there is for a narrower place where a line is wider than ``room``."""
        widest = max(map(len, self.text.split("\n")))
        if self.narrow is None or self.indent + widest <= room:
            return self
        return self.narrow.fitting(room)

    def lines(self) -> list[list[tuple[str, str]]]:
        """The lines, each a list of ``(text, role)``."""
        pieces: list[tuple[str, str]] = []
        at = 0
        for start, end, role in self.spans:
            pieces += [(self.text[at:start], ""), (self.text[start:end], role)]
            at = end
        pieces.append((self.text[at:], ""))
        lines: list[list[tuple[str, str]]] = [[]]
        for text, role in pieces:
            first, *others = text.split("\n")
            lines[-1].append((first, role))
            lines.extend([(other, role)] for other in others)
        kept = [[(text, role) for text, role in line if text] for line in lines]
        return kept if kept[-1] else kept[:-1]


def listing(pieces: Iterable[str | tuple[str, str]], language: str = "text", close: bool = False) -> Listing:
    """A listing put together from texts and ``(text, role)``."""
    texts: list[str] = []
    spans: list[tuple[int, int, str]] = []
    at = 0
    for piece in pieces:
        text, role = (piece, "") if isinstance(piece, str) else piece
        if role:
            spans.append((at, at + len(text), role))
        texts.append(text)
        at += len(text)
    return Listing(text="".join(texts), language=language, spans=tuple(spans), close=close)


class Alternative(Record):
    """One figure in two forms: text and rich show the listing, all others the table."""

    listing: Listing
    table: Table

    @property
    def close(self) -> bool:
        """Whether it follows the part above without a blank line."""
        return self.listing.close


Part = Table | Text | Listing | Alternative


class Page(Record):
    """Everything one command shows: a title with something aside of it, parts, and notes under everything."""

    title: str
    aside: str = ""
    """Stands right-aligned on the title's line, or under the title where that is too short."""
    parts: tuple[Part, ...] | Callable[[], tuple[Part, ...]] = ()
    """Given as a function where they are as long as the network: JSON has no use for them."""
    notes: tuple[str, ...] = ()
    """Lines under everything; leading blanks indent them."""
    data: Callable[[], Any] = dict
    """Gives what JSON prints, with an iterator for a list that is not made whole; called by the json format only."""
    bare: bool = False
    """Whether text and rich leave out title and margin: the page imitates another program's output."""

    @property
    def shown(self) -> tuple[Part, ...]:
        """The parts; made anew each time where they are given as a function."""
        return self.parts() if callable(self.parts) else self.parts

    @property
    def tables(self) -> tuple[Table, ...]:
        """All tables, those of alternatives too, in order."""
        parts = (part.table if isinstance(part, Alternative) else part for part in self.shown)
        return tuple(part for part in parts if isinstance(part, Table))


def cell_text(column: Column, cell: Any) -> str:
    """The text of a cell of this column: the only place where a cell becomes text."""
    if isinstance(cell, Named):
        return cell.text
    value = cell_value(cell)
    if value is None:
        return NOTHING
    return value if isinstance(value, str) else column.text(value)


def indentation(text: str) -> int:
    """How many blanks that are to be kept stand before a cell's text."""
    return len(text) - len(text.lstrip(BLANK))


def cell_value(cell: Any) -> Any:
    """The raw value of a cell, without its style."""
    return cell.value if isinstance(cell, Styled | Named) else cell


def cell_role(column: Column, cell: Any) -> str:
    """The role of a cell: its own, or else its column's."""
    return cell.role if isinstance(cell, Styled) else column.role
