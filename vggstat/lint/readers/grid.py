"""Tables of any format as rows of cells, and what they claim.

Markdown, HTML, LaTeX, CSV and aligned columns are all put into a ``Grid``; ``interpret`` finds out what it is: the
layers of one network, networks side by side, the paper's configurations as columns, or nothing of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from vggstat.lint.model import ClaimTable
from vggstat.lint.names import find_names
from vggstat.lint.readers.headers import Header, is_name_header, read_header
from vggstat.lint.readers.layer_words import find_kind
from vggstat.lint.text import Flow, join
from vggstat.records import Record

__all__ = ["Grid", "Sheet", "bare", "interpret", "names_network"]

MAX_COLUMNS: Final = 400
MAX_ROWS: Final = 5_000
MAX_CELL: Final = 400


class Grid(Record):
    """A table as it stands: rows of cells, merged cells filled in."""

    rows: tuple[tuple[Flow, ...], ...]
    start: Flow
    headers: int | None = None
    """How many rows are headers, where the format says so."""
    caption: str = ""
    """The table's own words: its caption, or the line before it."""
    gaps: bool = False
    """Whether the text ends in the middle of it."""
    owner: str = ""
    """The one network that the headings above it name, for a table that could be of facts."""


class Sheet(Record):
    """A grid with its headers read: what the readers of layers and of networks work on."""

    headers: tuple[Header, ...]
    body: tuple[tuple[Flow, ...], ...]
    start: Flow
    caption: str = ""
    gaps: bool = False

    def column(self, index: int) -> list[Flow]:
        """The cells of a column; rows that are too short have none there."""
        return [row[index] for row in self.body if index < len(row)]


_ENCLOSED: Final = re.compile(
    r"\s*(?:(?P<mark>\*{1,3}|_{1,2}|`{1,2}|~~)(?P<inside>[^`]*?)(?P=mark)"
    r"|\\(?:textbf|textit|emph|mathbf|texttt|text|underline|bm|bf)\{(?P<tex>[^{}]*)\})\s*"
)


_LINK: Final = re.compile(r"\[([^\[\]]{1,200})\](?:\([^()]{0,300}\)|\[[^\[\]]{0,60}\])\s*")


def bare(flow: Flow) -> Flow:
    """The cell without markup that encloses it whole, and without spaces around."""
    flow = flow.strip(" \n")
    if not flow.text or flow.text[0] not in "*_`~\\[":
        return flow
    link = _LINK.fullmatch(flow.text) if len(flow) <= MAX_CELL else None
    flow = flow.group(link, 1).strip() if link else flow
    for _ in range(4):
        match = _ENCLOSED.fullmatch(flow.text) if len(flow) <= MAX_CELL else None
        if match is None:
            break
        inside = "inside" if match["inside"] is not None else "tex"
        if inside == "inside" and match["mark"] in match[inside]:
            break
        flow = flow.group(match, inside).strip(" \n")
    return flow


_SINGLE: Final = re.compile(
    r"\W*(?:A-LRN|A,\s?A-LRN|[A-E](?:-(?:LRN|BN))?)(?:\s*[\[(]?\d\d (?:weight )?layers[\])]?)?\W*"
)
_NOT_ONE: Final = re.compile(
    r"^\W*[A-E](?:-\w+)? [-/] [A-E]\b|\bvs\b|\bratio\b|\bdiff|\bdelta|Δ|差|\s/\s", re.IGNORECASE
)


@lru_cache(maxsize=4096)
def names_network(text: str) -> bool:
    """Whether a cell names a network: one of ours, or a known other."""
    text = text[:120]
    if not text or not re.search(r"[A-Za-z]", text) or _NOT_ONE.search(text):
        return False
    return _SINGLE.fullmatch(text) is not None or any(True for _ in find_names(text))


def interpret(grid: Grid, dialect: str) -> Iterator[ClaimTable]:
    """What the table claims of layers or networks; nothing where it is about something else."""
    if len(grid.rows) < 2 or len(grid.rows) > MAX_ROWS or max(map(len, grid.rows)) > MAX_COLUMNS:
        return
    made: dict[int, Flow] = {}
    for cell in (cell for row in grid.rows for cell in row):
        if id(cell) not in made:
            made[id(cell)] = bare(cell)
    # a merged cell stays one object in all of its places, which tells it from equal ones
    grid = grid.replace(rows=tuple(tuple(made[id(cell)] for cell in row) for row in grid.rows))
    from vggstat.lint.readers import (
        grid_columns,
        grid_layers,
        grid_modules,
        grid_networks,
        grid_stages,
        print_model,
    )

    readers = (
        grid_columns.read_columns,
        grid_networks.read_accounts,
        grid_modules.read_modules,
        print_model.read_grid,
    )
    for read in readers:
        tables = list(read(grid, dialect))
        if tables:
            yield from tables
            return
    for candidate in (grid, _transposed(grid)):
        sheet = _sheet(candidate)
        if sheet is None:
            continue
        sheet = grid_stages.with_layers(sheet)
        if grid_layers.is_layers(sheet):
            tables = list(grid_layers.read_layers(sheet, dialect))
        elif grid_networks.is_networks(sheet):
            tables = list(grid_networks.read_networks(sheet, dialect))
        if tables:
            yield from tables
            return
    yield from grid_networks.read_facts(grid, dialect)


def _transposed(grid: Grid) -> Grid:
    """Rows as columns; short rows end in cells without text, which stand where the row ends."""
    width = min(max(map(len, grid.rows)), MAX_COLUMNS)
    if len(grid.rows) > MAX_COLUMNS:
        return grid
    empty = grid.rows[0][0].cut(0, 0) if grid.rows[0] else grid.start.cut(0, 0)
    rows = (tuple(row[index] if index < len(row) else empty for row in grid.rows) for index in range(width))
    return grid.replace(rows=tuple(rows), headers=1)


def _sheet(grid: Grid) -> Sheet | None:
    """The grid with its headers read, if at least one of them is a quantity."""
    count = grid.headers if grid.headers else _count_headers(grid)
    count = min(_extended(grid, count), 3)
    if not count:
        return None
    width = max(map(len, grid.rows))
    headers = []
    for index in range(width):
        words = dict.fromkeys(
            row[index].text for row in grid.rows[:count] if index < len(row) and row[index].text
        )
        headers.append(read_header(" ".join(words)))
    if not any(header.role not in ("other", "index") for header in headers):
        return None
    return Sheet(
        headers=tuple(headers), body=grid.rows[count:], start=grid.start, caption=grid.caption, gaps=grid.gaps
    )


def _count_headers(grid: Grid) -> int:
    """One, if the first row holds words that head columns."""
    first = grid.rows[0]
    heads = [read_header(cell.text) for cell in first if cell.text]
    known = sum(head.role not in ("other", "index") for head in heads)
    known += sum(is_name_header(head.label) for head in heads)
    return 1 if known >= 2 or (known and len(heads) <= 2) else 0


_NUMBERS: Final = re.compile(r"\d")


def _extended(grid: Grid, count: int) -> int:
    """``count``, and rows below the headers that are headers too: words without any number or layer."""
    while 0 < count < min(3, len(grid.rows) - 1):
        row = grid.rows[count]
        words = [cell.text for cell in row if cell.text]
        if not words or any(
            _NUMBERS.search(word) or find_kind(word) or names_network(word) for word in words
        ):
            break
        if sum(read_header(word).role not in ("other", "index") for word in words) < 2:
            break
        count += 1
    return count


def merged(cells: list[Flow]) -> Flow:
    """Cells side by side as one text."""
    return join((cell for cell in cells if cell.text), " ")
