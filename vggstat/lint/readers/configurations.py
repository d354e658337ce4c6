"""The paper's Tables 1 and 2 as pasted text: a line of network names, then lines of layers, a word each.

Empty cells are lost in such text. The paper's configurations grow from left to right, so that a short line
belongs to the columns at its right end; a lone ``maxpool`` or ``FC-4096`` belongs to all of them. Where the names
do not stand in that order the text is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Row
from vggstat.lint.readers.grid_columns import layers_of, shared_row
from vggstat.lint.readers.headers import read_header
from vggstat.lint.text import Flow, Section

NAME: Final = re.compile(
    r"A,\s?A-LRN|A-LRN|(?<![\w-])[A-E](?![\w-])"
    r"|VGG[-_ ]?(?:11|13|16|19)(?:[-_ ]?(?:BN|LRN|[A-E](?!\w)))?|VGG[-_ ][A-E](?!\w)",
    re.I,
)
_AROUND: Final = re.compile(
    r"(?:\s|[|,;:()\[\]]|\bnetworks?\b|\bconvnet\b|\bconfigurations?\b|\bmodels?\b|\blayers?\b|\bblock\b|output.*)*",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"(?<![\w.])~?\d[\d,.]*\s?[KMG]?(?![\w.])")
_PREFIX: Final = re.compile(r"VGG[-_ ]?", re.IGNORECASE)
_DEPTHS: Final = {"A": "11", "B": "13", "C": "16", "D": "16", "E": "19"}
MAX_GAP: Final = 5
"""Lines from one line of layers to the next, at most."""
MAX_LINES: Final = 200
LEAST_LINES: Final = 6
LEAST_LAYERS: Final = 6
"""Layers of a network, at least, in two of the columns."""


def read(section: Section) -> Iterator[ClaimTable]:
    """Every such table of the section."""
    for index in section.free():
        names = _names(section.lines[index].flow)
        if len(names) > 1:
            tables, end = _columns(section, index, names) or _parameters(section, index, names) or ([], index)
            section.take(index, end)
            yield from tables


def _names(line: Flow) -> list[Flow]:
    """The networks that a line names, if it holds nothing else."""
    if not 3 <= len(line) <= 400 or not _AROUND.fullmatch(NAME.sub(" ", line.text)):
        return []
    return [line.group(match) for match in NAME.finditer(line.text)]


def _depth(name: str) -> str:
    """The number of a network's weight layers, of its number or of its letter in the paper."""
    match = re.search(r"\d\d", name)
    return match[0] if match else _DEPTHS.get(_PREFIX.sub("", name)[:1].upper(), "00")


def _columns(section: Section, start: int, names: Sequence[Flow]) -> tuple[list[ClaimTable], int] | None:
    lines = list(_lines(section, start + 1))
    middles = _middles([rows for _, rows in lines], names)
    columns: list[list[Row]] = [[] for _ in names]
    for _, rows in lines:
        for column, row in _placed(rows, names, middles):
            columns[column].append(row)
    depths = [_depth(name.text) for name in names]
    if (
        depths != sorted(depths)
        or any(len(rows) > len(names) for _, rows in lines)
        or len(lines) < LEAST_LINES
        or sum(len(column) >= LEAST_LAYERS for column in columns) < 2
    ):
        return None
    tables = [
        ClaimTable(dialect="configurations", form="layers", start=name, rows=tuple(rows), title=name.text)
        for name, rows in zip(names, columns, strict=True)
        if len(rows) > 3
    ]
    return tables, lines[-1][0] + 1


def _lines(section: Section, start: int) -> Iterator[tuple[int, list[Row]]]:
    """The lines of layers from a line on, until nothing follows nearby."""
    last = start
    for index in range(start, min(start + MAX_LINES, len(section.lines))):
        line = section.lines[index].flow
        if index in section.taken or index - last > MAX_GAP:
            return
        rows = layers_of(line) if len(line) <= 600 else []
        if rows:
            last = index
            yield index, rows


def _placed(
    rows: Sequence[Row], names: Sequence[Flow], middles: Sequence[float]
) -> Iterator[tuple[int, Row]]:
    """The layers of a line, each with the column that it belongs to."""
    if shared_row([[row] for row in rows]):
        rows = [*rows] * len(names)
    if middles and len(rows) < len(names):
        yield from ((_nearest(row, middles), row) for row in rows)
    elif len(rows) == 1 and rows[0].kind == "lrn":
        yield from ((column, rows[0]) for column, name in enumerate(names) if "LRN" in name.text.upper())
    else:
        yield from zip(range(len(names))[::-1], rows[::-1], strict=False)


def _middle(flow: Flow) -> float:
    """Where the words stand in their line."""
    return flow.origins[0][1] + len(flow) / 2


def _nearest(row: Row, middles: Sequence[float]) -> int:
    return min(range(len(middles)), key=lambda i: abs(_middle(row.flow) - middles[i]))


def _middles(lines: Sequence[Sequence[Row]], names: Sequence[Flow]) -> list[float]:
    """The middles of the columns, if the lines that fill them all stand below the names; else empty."""
    full = [rows for rows in lines if len(rows) == len(names)]
    middles = [_middle(name) for name in names]
    if len(full) < 3 or min(b - a for a, b in pairwise(middles)) < 10:
        return []
    aligned = all(
        abs(_middle(row.flow) - middle) < 5
        for rows in full
        for row, middle in zip(rows, middles, strict=True)
    )
    return middles if aligned else []


def _parameters(section: Section, start: int, names: Sequence[Flow]) -> tuple[list[ClaimTable], int] | None:
    """Names, and below them as many numbers of parameters."""
    near = range(start + 1, min(start + 3, len(section.lines)))
    index = next((i for i in near if section.lines[i].text.strip() and i not in section.taken), start)
    line = section.lines[index].flow
    numbers = list(_NUMBER.finditer(line.text)) if index > start and len(line) < 400 else []
    if len(numbers) != len(names) or line.text[numbers[-1].end() :].strip(" |"):
        return None
    header = read_header(line.text[: numbers[0].start()])
    if header.quantity != "params":
        return None
    before = section.words_before(start, 3).rstrip(" .\n").rpartition("\n")[2][-80:]
    unit, label = header.unit or read_header(before).unit, header.label.strip()
    rows = tuple(
        Row(kind="network", name=name.text, flow=name, cells=(cell,))
        for name, number in zip(names, numbers, strict=True)
        for cell in (Cell(quantity="params", flow=line.group(number).strip(), unit=unit, label=label),)
    )
    return [ClaimTable(dialect="configurations", form="networks", start=names[0], rows=rows)], index + 1
