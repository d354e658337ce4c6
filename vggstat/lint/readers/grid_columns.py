"""A grid whose columns are networks and whose cells are layers: the paper's Table 1 and what is made in its manner."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Row, RowKind
from vggstat.lint.readers.grid import Grid, names_network
from vggstat.lint.readers.grid_cells import cut_claim, cut_shape, dims_of
from vggstat.lint.readers.headers import find_unit, read_header
from vggstat.lint.text import Flow

__all__ = ["LAYER", "layers_of", "read_columns", "shared_row"]

LAYER: Final = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?:(?P<conv>conv(?:olution)?[-_ ]?\(?(?P<kernel>[1-9]\d?)(?:\s?[x*]\s?(?P=kernel))?\)?"
    r"\s?[-_]\s?(?P<channels>\d{1,5}))"
    r"|(?P<pool>max[-_ ]?pool(?:ing)?)|(?P<lrn>LRN)|(?P<fc>FC\s?[-_]\s?(?P<features>\d{2,6}))|(?P<softmax>soft-?max)"
    r"|(?P<input>input(?:\s?\(?\s?(?P<size>\d{2,4}\s?[x*]\s?\d{2,4}))?))(?![A-Za-z0-9])"
    r"(?:\s{0,4}[x*]\s?(?P<repeats>\d{1,2})(?!\s?[x*\d]))?",
    re.IGNORECASE,
)
"""One layer in the paper's words: ``conv3-64``, ``maxpool``, ``FC-4096``, ``input (224x224 RGB image)``."""
_KINDS: Final[tuple[RowKind, ...]] = ("conv", "pool", "lrn", "fc", "softmax", "input")
SHARED: Final = frozenset({"pool", "fc", "softmax", "input"})
"""Kinds that stand in one cell for all columns, where the table's merged cells were lost."""


def layer_row(flow: Flow, match: re.Match[str]) -> Row:
    """The row of one layer."""
    kind = next(kind for kind in _KINDS if match[kind])
    cells = []
    for group, quantity in (
        ("kernel", "kernel"),
        ("channels", "channels"),
        ("features", "channels"),
        ("size", "size"),
    ):
        if match[group]:
            cells.append(Cell(quantity=quantity, flow=flow.group(match, group), label="name"))  # type: ignore[arg-type]
    words = flow.group(match)
    repeats = int(match["repeats"]) if match["repeats"] else 1
    return Row(
        kind=kind, name=words.text[:60], flow=words, cells=tuple(cells), repeats=max(1, min(repeats, 16))
    )


_BESIDE: Final = re.compile(r"[\s|,;+*()x\d\[\]{}/<>br-]*|[^|]{0,40}(?:rgb|image)[^|]{0,40}", re.IGNORECASE)


def layers_of(flow: Flow) -> list[Row]:
    """The layers of a cell or a line that holds nothing else."""
    if len(flow) > 2_000:
        return []
    found = list(LAYER.finditer(flow.text))
    if not found or not _BESIDE.fullmatch(LAYER.sub(" ", flow.text)):
        return []
    return [layer_row(flow, match) for match in found]


def shared_row(rows: Sequence[Sequence[Row]]) -> Row | None:
    """The layer that a row of the table shows once for all of its columns, if it does."""
    filled = [cell for cell in rows if cell]
    if len(filled) == 1 and len(filled[0]) == 1 and filled[0][0].kind in SHARED:
        return filled[0][0]
    return None


def read_columns(grid: Grid, dialect: str) -> Iterator[ClaimTable]:
    """A table of layers for each column that a network heads."""
    head = next(
        (i for i, row in enumerate(grid.rows[:4]) if sum(names_network(cell.text) for cell in row) >= 1), None
    )
    if (
        head is None
        or sum(len(LAYER.findall(" ; ".join([cell.text for cell in row]))) for row in grid.rows) < 6
    ):
        return
    first = grid.rows[head]
    columns = [
        i
        for i, cell in enumerate(first)
        if names_network(cell.text) and read_header(cell.text).quantity in (None, "weight_layers")
    ]
    if (
        sum(
            LAYER.search(row[i].text) is not None
            for row in grid.rows[head + 1 :]
            for i in columns
            if i < len(row)
        )
        < 6
    ):
        return
    outputs = [
        i for i, cell in enumerate(first) if i not in columns and read_header(cell.text).role == "shape"
    ]
    left_over = [
        i
        for i in range(len(first))
        if i not in columns
        and i not in outputs
        and sum(LAYER.match(row[i].text) is not None for row in grid.rows[head + 1 :] if i < len(row)) > 2
        and not _names_blocks(grid, head, i)
    ]
    layers: dict[int, list[Row]] = {i: [] for i in columns}
    totals: dict[int, list[Cell]] = {i: [] for i in columns}
    above: Sequence[Flow] = ()
    for cells in grid.rows[head + 1 :]:
        own = [
            cell.cut(0, 0) if i < len(above) and cell is above[i] else cell for i, cell in enumerate(cells)
        ]
        above = cells
        _read_row(own, columns, outputs, layers, totals)
    for i in columns:
        if len(layers[i]) < 3:
            continue
        yield ClaimTable(
            dialect=dialect,
            form="layers",
            start=first[i],
            rows=tuple(layers[i]),
            totals=tuple(totals[i]),
            title=f"{first[i].text} {grid.caption[:200]}".strip(),
            gaps=grid.gaps or bool(left_over),
        )


def _names_blocks(grid: Grid, head: int, column: int) -> bool:
    """Whether a column repeats no layer of its own: ``input``, ``block1``."""
    words = [row[column].text for row in grid.rows[head + 1 :] if column < len(row)]
    return sum(re.match(r"conv|max", word, re.IGNORECASE) is not None for word in words) == 0


def _read_row(
    cells: Sequence[Flow],
    columns: Sequence[int],
    outputs: Sequence[int],
    layers: dict[int, list[Row]],
    totals: dict[int, list[Cell]],
) -> None:
    found = [layers_of(cell) for cell in cells]
    if not any(found):
        _read_total(cells, columns, totals)
        return
    image = next((row for part in found for row in part if row.kind == "input"), None)
    shared = image or (shared_row(found) if sum(bool(cell.text) for cell in cells) == 1 else None)
    if image is not None and not image.cells:
        image = shared = _with_size(image, [cell for i, cell in enumerate(cells) if i not in outputs])
    shapes = [shape for i in outputs if i < len(cells) and (shape := cut_shape(cells[i])) is not None]
    for i in columns:
        rows = [shared] if shared is not None else (found[i] if i < len(found) else [])
        if shapes and rows:
            rows = [*rows[:-1], _with_shape(rows[-1], shapes[0])]
        layers[i].extend(rows)


def _with_size(image: Row, cells: Sequence[Flow]) -> Row:
    """The image, with the size that stands in a cell of its own."""
    for cell in cells:
        match = re.search(r"\d{2,4}\s?[x*]\s?\d{2,4}", cell.text)
        if match:
            return image.replace(cells=(Cell(quantity="size", flow=cell.group(match), label="name"),))
    return image


def _with_shape(row: Row, shape: Flow) -> Row:
    if dims_of(shape) == 2 or (dims_of(shape) == 1 and row.kind != "fc"):
        return row
    return row.replace(cells=(*row.cells, Cell(quantity="shape", flow=shape, label="output")))


def _read_total(cells: Sequence[Flow], columns: Sequence[int], totals: dict[int, list[Cell]]) -> None:
    """A row of parameters below the layers."""
    label = next((cell for cell in cells if cell.text), None)
    if label is None:
        return
    header = read_header(label.text)
    if header.quantity not in ("params", "weights", "ops"):
        return
    for i in columns:
        claim = cut_claim(cells[i]) if i < len(cells) and cells[i] is not label else None
        if claim is not None:
            totals[i].append(
                Cell(
                    quantity=header.quantity,
                    flow=claim,
                    unit=header.unit or find_unit(label.text),
                    label=header.label,
                )
            )
