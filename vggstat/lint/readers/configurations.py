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

__all__ = ["read"]

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
MAX_GAP: Final = 4


def read(section: Section) -> Iterator[ClaimTable]:
    """Every such table of the section."""
    free = sorted(section.free())
    at = 0
    while at < len(free):
        index = free[at]
        names = _names(section.lines[index].flow)
        if len(names) < 2:
            at += 1
            continue
        tables, end = _columns(section, index, names)
        if not tables:
            tables, end = _parameters(section, index, names)
        if tables:
            section.take(index, end)
            yield from tables
        while at < len(free) and free[at] < max(end, index + 1):
            at += 1


def _names(line: Flow) -> list[Flow]:
    """The networks that a line names, if it holds nothing else."""
    if not 3 <= len(line) <= 400:
        return []
    found = list(NAME.finditer(line.text))
    rest = NAME.sub(" ", line.text)
    if len(found) < 2 or not _AROUND.fullmatch(rest):
        return []
    return [line.group(match) for match in found]


def _grows(names: Sequence[Flow]) -> bool:
    """Whether no network is shallower than the one before."""

    def depth(name: str) -> str:
        match = re.search(r"\d\d", name)
        letter = re.sub(r"(?i)^VGG[-_ ]?", "", name)[:1].upper()
        return (
            match[0] if match else {"A": "11", "B": "13", "C": "16", "D": "16", "E": "19"}.get(letter, "00")
        )

    depths = [depth(name.text) for name in names]
    return depths == sorted(depths)


def _columns(section: Section, start: int, names: Sequence[Flow]) -> tuple[list[ClaimTable], int]:
    columns: list[list[Row]] = [[] for _ in names]
    middles = _middles(section, start, names)
    idle, end, lines = 0, start + 1, 0
    doubtful = False
    for index in range(start + 1, min(start + 200, len(section.lines))):
        line = section.lines[index].flow
        if index in section.taken or idle > MAX_GAP:
            break
        rows = _layers(line)
        if not rows:
            idle += 1
            continue
        idle, end, lines = 0, index + 1, lines + 1
        shared = shared_row([[row] for row in rows])
        if shared is not None:
            rows = [shared] * len(names)
        doubtful = doubtful or len(rows) > len(names)
        if middles and len(rows) < len(names):
            for row in rows:
                columns[_nearest(row, middles)].append(row)
        elif len(rows) == 1 and rows[0].kind == "lrn":
            doubtful = doubtful or not any("LRN" in name.text.upper() for name in names)
            for name, column in zip(names, columns, strict=True):
                column.extend(rows if "LRN" in name.text.upper() else ())
        else:
            for column, row in zip(columns[::-1], rows[::-1], strict=False):
                column.append(row)
    if lines < 6 or doubtful or not _grows(names) or sum(len(column) > 5 for column in columns) < 2:
        return [], start + 1
    tables = [
        ClaimTable(dialect="configurations", form="layers", start=name, rows=tuple(rows), title=name.text)
        for name, rows in zip(names, columns, strict=True)
        if len(rows) > 3
    ]
    return tables, end


def _middle(flow: Flow) -> float:
    """Where the words stand in their line."""
    return flow.origins[0][1] + len(flow) / 2


def _middles(section: Section, start: int, names: Sequence[Flow]) -> list[float]:
    """The middles of the columns, if the lines that fill them all stand below the names; else empty."""
    full = [
        rows
        for index in range(start + 1, min(start + 60, len(section.lines)))
        if len(rows := _layers(section.lines[index].flow)) == len(names)
    ]
    middles = [_middle(name) for name in names]
    if len(full) < 3 or min(b - a for a, b in pairwise(middles)) < 10:
        return []
    aligned = all(
        abs(_middle(row.flow) - middle) < 5
        for rows in full
        for row, middle in zip(rows, middles, strict=True)
    )
    return middles if aligned else []


def _nearest(row: Row, middles: Sequence[float]) -> int:
    return min(range(len(middles)), key=lambda i: abs(_middle(row.flow) - middles[i]))


def _layers(line: Flow) -> list[Row]:
    """The layers of a line that holds nothing else."""
    return layers_of(line) if len(line) <= 600 else []


def _parameters(section: Section, start: int, names: Sequence[Flow]) -> tuple[list[ClaimTable], int]:
    """Names, and below them as many numbers of parameters."""
    for index in range(start + 1, min(start + 3, len(section.lines))):
        line = section.lines[index].flow
        if not line.text.strip() or index in section.taken:
            continue
        numbers = list(_NUMBER.finditer(line.text)) if len(line) < 400 else []
        label = line.text[: numbers[0].start()] if numbers else ""
        header = read_header(label)
        if (
            len(numbers) != len(names)
            or header.quantity != "params"
            or line.text[numbers[-1].end() :].strip(" |")
        ):
            break
        unit = (
            header.unit
            or read_header(section.words_before(start, 3).rstrip(" .\n").rpartition("\n")[2][-80:]).unit
        )
        rows = tuple(
            Row(
                kind="network",
                name=name.text,
                flow=name,
                cells=(
                    Cell(
                        quantity="params",
                        flow=line.group(number).strip(),
                        unit=unit,
                        label=header.label.strip(),
                    ),
                ),
            )
            for name, number in zip(names, numbers, strict=True)
        )
        return [ClaimTable(dialect="configurations", form="networks", start=names[0], rows=rows)], index + 1
    return [], start + 1
