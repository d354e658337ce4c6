"""Tables without pipes: comma, semicolon and tab separated values, and columns aligned by spaces."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple
from unicodedata import east_asian_width

from vggstat.lint.model import ClaimTable
from vggstat.lint.readers.grid import Grid, names_network
from vggstat.lint.readers.headers import is_name_header, read_header
from vggstat.lint.readers.interpret import interpret
from vggstat.lint.readers.layer_words import find_kind
from vggstat.lint.text import Flow, Line, Section, join

__all__ = ["read"]

MAX_LINE: Final = 4_000
MAX_ROWS: Final = 5_000


def read(section: Section) -> Iterator[ClaimTable]:
    """Every table of the section."""
    for start, end in _blocks(section):
        if end - start > MAX_ROWS:
            continue
        sign = _separator(section, start, end)
        below = _separator(section, start + 1, end) if not sign and end - start > 3 else ""
        if below and below not in section.lines[start].text:
            start, sign = start + 1, below  # a caption right above the table
        grids = [_separated(section, start, end, sign)] if sign else list(_aligned(section, start, end))
        for grid, first, last in grids:
            tables = list(interpret(grid, "csv" if sign in (",", ";") else "tsv" if sign else "columns"))
            if tables:
                section.take(first, last)
                yield from tables


def _blocks(section: Section) -> Iterator[tuple[int, int]]:
    """Runs of lines that are not empty, and not too long."""
    start: int | None = None
    last = -1
    for index in section.free():
        text = section.lines[index].text
        usable = bool(text.strip()) and len(text) <= MAX_LINE and not text.lstrip().startswith("```")
        if start is not None and (not usable or index != last + 1):
            if last + 1 - start >= 3:
                yield start, last + 1
            start = None
        if usable:
            start = index if start is None else start
            last = index
    if start is not None and last + 1 - start >= 3:
        yield start, last + 1


def _separator(section: Section, start: int, end: int) -> str:
    """The sign that every line has equally often; empty for none."""
    lines = [section.lines[index].text for index in range(start, min(end, start + 40))]
    kinds = {"csv": ",;\t", "tsv": "\t,;"}.get(section.kind, "\t;,")
    for sign in kinds:
        counts = [text.count(sign) if '"' not in text else len(_cuts(text, sign)) for text in lines]
        if (
            counts[0]
            and sum(count == counts[0] for count in counts) >= 0.8 * len(counts)
            and (counts[0] > 1 or section.kind in ("csv", "tsv"))
        ):
            if sign == "," and section.kind not in ("csv", "tsv") and not _heads(lines[0], sign):
                continue
            return sign
    return ""


_NUMBERED: Final = re.compile(r"\d\s?[A-Za-z]{4}")


def _heads(text: str, sign: str) -> bool:
    """Whether a first line is a header and not a sentence with commas."""
    words = [word.strip(" \"'") for word in text.split(sign)]
    if ":" in words[0] or any(_NUMBERED.search(word) for word in words):
        return False  # a line about a layer: "conv1_1: 3x3, 64 filters, 1,792 parameters"
    known = sum(read_header(word).role != "other" or is_name_header(word) for word in words)
    return known >= 2 and all(len(word) < 40 for word in words)


def _cuts(text: str, sign: str) -> list[int]:
    """Where the signs outside quotation marks stand."""
    if '"' not in text:
        return [i for i, letter in enumerate(text) if letter == sign]
    found, quoted = [], False
    for i, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter == sign and not quoted:
            found.append(i)
    return found


def _separated(section: Section, start: int, end: int, sign: str) -> tuple[Grid, int, int]:
    rows = []
    for index in range(start, end):
        line = section.lines[index].flow
        cuts = [-1, *_cuts(line.text, sign)[:401], len(line)]
        rows.append(tuple(_unquoted(line.cut(a + 1, b)) for a, b in pairwise(cuts)))
    first = 1 if section.kind in ("csv", "tsv") else None
    return Grid(rows=tuple(rows), start=section.lines[start].flow, headers=first), start, end


def _unquoted(cell: Flow) -> Flow:
    cell = cell.strip(" \t")
    if len(cell) > 1 and cell.text[0] == cell.text[-1] == '"':
        cell = cell.cut(1, len(cell) - 1).strip()
    return cell


class _Span(NamedTuple):
    """A word or cell of a line, and where it stands on the screen."""

    start: int
    end: int
    flow: Flow


_CELL: Final = re.compile(r"\S+(?: \S+)*")
_WORD: Final = re.compile(r"\S+")
_RULE: Final = re.compile(r"[\s_=+|*~-]{3,}")
_SENTENCE: Final = re.compile(r"\s*\S+(?: \S+){6,}\s*$")
"""A line of one cell with many words: a note below or between the rows."""


def _spans(line: Line, pattern: re.Pattern[str]) -> list[_Span]:
    text = line.text
    if text.isascii():
        return [
            _Span(match.start(), match.end(), line.flow.cut(*match.span()))
            for match in pattern.finditer(text)
        ]
    at, places = 0, []
    for letter in text:
        places.append(at)
        at += 2 if east_asian_width(letter) in "WF" else 1
    places.append(at)
    return [
        _Span(places[match.start()], places[match.end()], line.flow.cut(*match.span()))
        for match in pattern.finditer(text)
    ]


def _aligned(section: Section, start: int, end: int) -> Iterator[tuple[Grid, int, int]]:
    """Columns that are kept apart by two spaces and more."""
    lines = [
        (index, section.lines[index])
        for index in range(start, end)
        if not _RULE.fullmatch(section.lines[index].text)
    ]
    body = next((i for i, (_, line) in enumerate(lines) if _is_row(line)), None)
    if body is None or body == 0 or body > 6:
        return
    last_rule = max(
        (index for index in range(start, end) if _RULE.fullmatch(section.lines[index].text)), default=end
    )
    rows = [(index, _spans(line, _CELL)) for index, line in lines[body:] if not _SENTENCE.match(line.text)]
    above = [spans for index, spans in rows if not lines[body][0] < last_rule <= index] or [
        spans for _, spans in rows
    ]
    columns = _columns(above)
    if len(columns) < 2:
        return
    heads = _header_lines(lines, body)
    if not heads:
        return
    empty = lines[body][1].flow.cut(0, 0)
    titles: list[list[Flow]] = [[] for _ in columns]
    for _, line in heads:
        cells = _spans(line, _CELL)
        words = _spans(line, _WORD)
        for position, cell in enumerate(cells):
            if len(cells) == len(columns):
                titles[position].append(cell.flow)
                continue
            own = [word for word in words if cell.start <= word.start < cell.end]
            whole = (
                sum(_overlap(cell, column) > 0 for column in columns) < 2
            )  # else it heads several, a word each
            for span in own:
                titles[_nearest(cell if whole else span, columns)].append(span.flow)
    made = [tuple(join(words, " ") if words else empty for words in titles)]
    for _, spans in rows:
        row = [empty] * len(columns)
        for span in spans:
            place = _nearest(span, columns)
            row[place] = join([row[place], span.flow], " ") if row[place].text else span.flow
        made.append(tuple(row))
    grid = Grid(
        rows=tuple(_split_digits(made)),
        start=heads[0][1].flow,
        headers=1,
        caption=lines[0][1].text.strip()[:200] if heads[0] != lines[0] else "",
    )
    yield grid, heads[0][0], rows[-1][0] + 1


def _is_row(line: Line) -> bool:
    """Whether a line begins like a row of a table: several cells, of which one names a layer or network."""
    cells = [match[0] for match in _CELL.finditer(line.text)]
    if len(cells) < 2 or not re.search(r"\d", line.text):
        return False
    return any(
        (find_kind(cell) is not None or names_network(cell)) and len(cell) < 40 for cell in cells[:3]
    ) and any(re.match(r"[~\[(]?\d", cell) for cell in cells[1:])


def _columns(rows: Sequence[Sequence[_Span]]) -> list[tuple[int, int]]:
    """Where cells of different rows overlap there is one column."""
    found: list[tuple[int, int]] = []
    for span in sorted((span for row in rows for span in row), key=lambda span: span.start):
        if found and span.start < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], span.end))
        else:
            found.append((span.start, span.end))
        if len(found) > 400:
            return []
    return found


def _overlap(span: _Span, column: tuple[int, int]) -> int:
    """The characters that both take; none or less where they stand apart."""
    return min(span.end, column[1]) - max(span.start, column[0])


def _nearest(span: _Span, columns: Sequence[tuple[int, int]]) -> int:
    """The column that a word stands over, or next to."""

    def distance(column: tuple[int, int]) -> tuple[int, float]:
        overlap = _overlap(span, column)
        return (-overlap if overlap > 0 else 0, max(column[0] - span.end, span.start - column[1], 0))

    return min(range(len(columns)), key=lambda i: distance(columns[i]))


def _header_lines(lines: Sequence[tuple[int, Line]], body: int) -> list[tuple[int, Line]]:
    """The one or two lines above the rows that head its columns."""
    taken: list[tuple[int, Line]] = []
    for entry in reversed(lines[max(0, body - 3) : body]):
        cells = [match[0] for match in _CELL.finditer(entry[1].text)]
        known = sum(read_header(cell).role != "other" or is_name_header(cell) for cell in cells)
        if not cells or (taken and (len(cells) < 2 or not known)) or (not taken and not known):
            break
        taken.insert(0, entry)
    return taken


def _split_digits(rows: Sequence[tuple[Flow, ...]]) -> list[tuple[Flow, ...]]:
    """A column of ``3 1 1`` under ``k s p`` as three."""
    made = [list(row) for row in rows]
    for column in range(len(rows[0]) - 1, -1, -1):
        heads = made[0][column].text.split()
        body = [row[column].text for row in made[1:] if row[column].text]
        if (
            len(heads) < 2
            or len(body) < 2
            or not all(
                re.fullmatch(r"\d+(?: \d+)*", text) and len(text.split()) == len(heads) for text in body
            )
        ):
            continue
        for row in made:
            parts = row[column].split(r" +") if row[column].text else [row[column]] * len(heads)
            row[column : column + 1] = parts
    return [tuple(row) for row in made]
