"""What a grid claims: of layers, of networks, or of modules; each reader is asked in turn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Row
from vggstat.lint.readers import (
    grid_columns,
    grid_layers,
    grid_modules,
    grid_networks,
    grid_stages,
    print_model,
)
from vggstat.lint.readers.grid import MAX_COLUMNS, MAX_ROWS, Grid, Sheet, bare, names_network
from vggstat.lint.readers.headers import Header, is_name_header, read_header
from vggstat.lint.readers.layer_words import find_kind
from vggstat.lint.text import Flow, join


def interpret(grid: Grid, dialect: str) -> Iterator[ClaimTable]:
    """What the table claims of layers or networks; nothing where it is about something else."""
    if 2 <= len(grid.rows) <= MAX_ROWS and max(map(len, grid.rows)) <= MAX_COLUMNS:
        found = (list(tables) for tables in _readings(_bared(grid), dialect))
        yield from next(filter(None, found), [])


def _bared(grid: Grid) -> Grid:
    """The grid without marks around its cells. A merged cell stays one object in all of its places, which tells it from
    equal ones."""
    made = {id(cell): cell for row in grid.rows for cell in row}
    made = {key: bare(cell) for key, cell in made.items()}
    return grid.replace(rows=tuple(tuple(made[id(cell)] for cell in row) for row in grid.rows))


def _readings(grid: Grid, dialect: str) -> Iterator[Iterator[ClaimTable]]:
    """What each reader makes of the table, the surest first."""
    yield grid_columns.read_columns(grid, dialect)
    yield grid_networks.read_accounts(grid, dialect)
    yield grid_modules.read_modules(grid, dialect)
    yield print_model.read_grid(grid, dialect)
    for sheet in filter(None, map(_sheet, (grid, _transposed(grid)))):
        full = grid_stages.with_layers(sheet)
        if grid_layers.is_layers(full):
            yield grid_layers.read_layers(full, dialect)
        elif grid_networks.is_networks(full):
            yield grid_networks.read_networks(full, dialect)
        elif grid_layers.is_parts(full):
            yield grid_layers.read_layers(full, dialect)
    yield grid_networks.read_facts(grid, dialect)
    yield _shapes_with_numbers(grid, dialect)
    plain = _sheet(grid)
    if plain is not None:
        yield grid_networks.read_counts(plain, dialect)


LEAST_SHAPES: Final = 4
_SHAPE: Final = re.compile(r"(?!\d{1,3}(?:,\d{3})+$)[\[(]?\d{1,4}\s?[x*,]\s?\d{1,4}\s?[x*,]\s?\d{1,5}[\])]?")
_COUNT: Final = re.compile(r"~?\d{1,3}(?:[,. ]\d{3})+|\d{2,12}|\d+(?:\.\d+)?\s?[KM]")


def _shapes_with_numbers(grid: Grid, dialect: str) -> Iterator[ClaimTable]:
    """A table of maps whose other headers say nothing that is known: its numbers may be those of the maps' values."""
    body = grid.rows[1:]
    width = max(map(len, grid.rows))
    columns = [[row[i] for row in body if i < len(row)] for i in range(width)]
    shapes = [
        i for i, cells in enumerate(columns) if sum(_is(_SHAPE, cell) for cell in cells) >= LEAST_SHAPES
    ]
    if len(shapes) != 1:
        return
    rows = []
    for row in body:
        if shapes[0] < len(row) and _is(_SHAPE, row[shapes[0]]):
            counts = (
                Cell(
                    quantity="figure", flow=cell, label=grid.rows[0][i].text if i < len(grid.rows[0]) else ""
                )
                for i, cell in enumerate(row)
                if i != shapes[0] and _is(_COUNT, cell)
            )
            cells = (Cell(quantity="shape", flow=row[shapes[0]], label="shape"), *counts)
            rows.append(Row(kind="other", name=row[0].text[:60], flow=row[0], cells=cells))
    yield ClaimTable(dialect=dialect, form="layers", start=grid.start, rows=tuple(rows), gaps=True)


def _is(pattern: re.Pattern[str], cell: Flow) -> bool:
    return len(cell) < 40 and pattern.fullmatch(cell.text) is not None


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
    if _is_banner(grid):
        grid = grid.replace(rows=grid.rows[1:])
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
    headers, body = _with_shapes(headers, grid.rows[count:])
    return Sheet(
        headers=tuple(headers),
        body=body,
        start=grid.start,
        caption=grid.caption,
        gaps=grid.gaps or any(_is_gap(row) for row in grid.rows),
    )


def _is_banner(grid: Grid) -> bool:
    """Whether the first row only groups the headers of the second: ``| | Complexity | | Accuracy | |``."""
    if len(grid.rows) < 3 or not any(not cell.text for cell in grid.rows[0]):
        return False
    heads = [[read_header(cell.text) for cell in row if cell.text] for row in grid.rows[:2]]
    known = [sum(head.role not in ("other", "index") for head in row) for row in heads]
    numbers = any(_NUMBERS.search(cell.text) for cell in grid.rows[0])
    return not known[0] and known[1] >= 2 and not numbers


_SIDES: Final = tuple(
    re.compile(rf"(?:out(?:put)?[-_ ]?)?(?:{words})", re.IGNORECASE)
    for words in ("h|height", "w|width", "c|ch|channels|filters|depth|c_?out")
)
"""Headers of columns that hold a side of a map each."""


def _with_shapes(
    headers: list[Header], rows: tuple[tuple[Flow, ...], ...]
) -> tuple[list[Header], tuple[tuple[Flow, ...], ...]]:
    """The columns with height, width and channels as one column of shapes, where the table has one for each."""
    found = [[i for i, head in enumerate(headers) if side.fullmatch(head.label)] for side in _SIDES]
    if any(len(columns) != 1 for columns in found):
        return headers, rows
    sides = [columns[0] for columns in found]
    kept = [i for i in range(len(headers)) if i not in sides]
    merged = tuple(
        (
            *(row[i] for i in kept if i < len(row)),
            join((row[i] for i in sides if i < len(row) and row[i].text), "x"),
        )
        for row in rows
        if row
    )
    return [*(headers[i] for i in kept), read_header("output shape")], merged


_GAP: Final = re.compile(r"(?:\.{2,}|…|⋮|\*\*\.{3}\*\*|\\[vcl]?dots)(?:\s?\([^()]*\))?")


def _is_gap(row: Sequence[Flow]) -> bool:
    """Whether a row says that rows are left out: ``...``."""
    words = [cell.text for cell in row if cell.text]
    return bool(words) and _GAP.fullmatch(words[0]) is not None


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
