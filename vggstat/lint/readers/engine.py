"""One engine for what tools print: a dialect is a ``Layout``, its patterns and what their groups mean.

A listing is a stretch of lines that hold rows or totals, with few others between. Its lines are joined, so that a line's
end cuts nothing, and a row reaches from its head to the next head.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import zip_longest
from typing import Final, NamedTuple, TypeVar

from vggstat.lint.model import Cell, ClaimTable, Row, RowKind
from vggstat.lint.readers.claims import claims
from vggstat.lint.text import Flow, Section, join
from vggstat.records import Record

T = TypeVar("T")
MakeRow = Callable[[Flow, re.Match[str], int], Row | None]
MakeTotals = Callable[[Flow, re.Match[str], int], Iterable[Cell]]
GAP: Final = re.compile(r"^[ |*#/>%-]*(?:\. ?\.|…|⋮)[ .|…*]*$", re.MULTILINE)
"""A line that says that rows are left out."""
RULE: Final = re.compile(r"(?=.*\S)[\s_=+|:*#/>.…-]*")
TITLE_LINES: Final = 3
"""Lines before a listing, and of it, in which the network is named."""


def runs(
    section: Section, read: Callable[[Flow], T | None], gap: int, again: Callable[[T, T], bool]
) -> Iterator[list[tuple[int, T]]]:
    """Lines that ``read`` makes something of, as indexes with what it makes, in stretches: another begins more than ``gap``
    lines after the last line, or where ``again`` is true of what was made and what was made before."""
    run: list[tuple[int, T]] = []
    for index in section.free():
        found = read(section.lines[index].flow)
        if found is None:
            continue
        if run and (index - run[-1][0] > gap or again(found, run[-1][1])):
            yield run
            run = []
        run.append((index, found))
    if run:
        yield run


def take(section: Section, run: Iterable[tuple[int, T]]) -> None:
    """Mark the lines of a stretch as read, and not those between them."""
    section.taken.update(index for index, _ in run)


def without(flow: Flow, prefix: re.Pattern[str]) -> Flow:
    """A text without what stands before it."""
    match = prefix.match(flow.text)
    return flow.cut(match.end()) if match else flow


def count_layers(rows: Iterable[Row]) -> int:
    """How many of the rows are of layers that every network has."""
    return sum(row.kind in ("conv", "pool", "fc") for row in rows)


def named_as_first(row: Row, first: Row | None) -> bool:
    """Whether a row is called what the first one is: where names are unique, another listing begins."""
    return first is not None and row.name == first.name


def begins_with_input(row: Row, first: Row | None) -> bool:
    """Whether a row is an input after other rows: another listing begins."""
    return first is not None and row.kind == "input"


def line_from(text: Flow, start: int, stop: int) -> Flow:
    """The rest of a line, up to ``stop`` at most."""
    end = text.text.find("\n", start, stop)
    return text.cut(start, stop if end < 0 else end)


def _groups(match: re.Match[str], name: str) -> list[str]:
    """The groups of a match that are called so (``name``, ``name_2``) and that hold something."""
    return [group for group in _called(match.re, name) if match[group]]


@cache
def _called(pattern: re.Pattern[str], name: str) -> tuple[str, ...]:
    return tuple(group for group in pattern.groupindex if group.startswith(name))


def _said(matches: Iterable[re.Match[str]], name: str) -> str:
    """What the first group of that name holds; empty for none."""
    return next((match[group] for match in matches for group in _groups(match, name)), "")


class _Part(NamedTuple):
    """A row, or the claims of a total, from its head to where the next begins."""

    head: re.Match[str]
    stop: int
    row: Row | None
    totals: tuple[Cell, ...]


class Layout(Record):
    """What the listings of one tool look like, and how they are read. All patterns are linear."""

    name: str
    row: re.Pattern[str]
    """The head of a row. A group named like a quantity is a claim (``kernel_2`` is a second one); ``name`` and ``type``
    (``type_2``) are what the row is called; ``words`` say more of it in no fixed order."""
    fields: tuple[re.Pattern[str], ...] = ()
    """What may stand in the row besides, with groups as in a head."""
    labels: Mapping[str, str] = {}
    """What a group's column is called, where the group's own name is not it."""
    units: Mapping[str, str] = {}
    """The unit of a group's column."""
    kind: Callable[[str], RowKind | None] = lambda word: None  # noqa: ARG005
    """The kind of layer that a ``type`` means, or a ``name`` where there is no type."""
    words: Callable[[Flow, RowKind | None], Iterable[Cell]] = lambda words, kind: ()  # noqa: ARG005
    """What the group ``words`` claims; it fills in what no other group says."""
    total: re.Pattern[str] | None = None
    """A total, with groups as in a head."""
    header: re.Pattern[str] | None = None
    """A line that begins another listing."""
    line: re.Pattern[str] | None = None
    """What a line of a listing holds, where a row or a total may be cut by the line's end."""
    rest: re.Pattern[str] = RULE
    """Lines after the last one that belong to it."""
    proof: re.Pattern[str] | None = None
    """What must stand in a listing for it to be of this tool."""
    title: re.Pattern[str] | None = None
    """What names the network, with a group ``title``."""
    gap: int = 5
    """From a row or total to the next it is so many lines at most."""
    least: int = 2
    """Rows that make a listing."""
    least_layers: int = 0
    """Conv, pool and FC layers that make a listing."""
    has_totals: bool = False
    """Whether the tool always prints totals: without them, its listing is cut."""
    sparse: bool = False
    """Whether lines of others stand between those of a listing: they are left to others."""
    family: str = ""
    again: Callable[[Row, Row | None], bool] = lambda row, first: False  # noqa: ARG005
    """Whether a row begins another listing than the one whose first row is given."""
    join: Callable[[Iterable[Flow]], Flow] = lambda lines: join(lines, "\n")
    make_row: MakeRow | None = None
    """A row of its head and the text up to its end, where patterns alone do not say what stands there."""
    make_totals: MakeTotals | None = None
    """The claims of a total, likewise."""
    finish: Callable[[ClaimTable, Flow], ClaimTable] = lambda table, text: table  # noqa: ARG005
    """What is to be said of a listing once all of its text is known."""

    def read(self, section: Section) -> Iterator[ClaimTable]:
        """Every listing of the section, whose lines are then taken."""
        for run in runs(section, self._begins, self.gap, lambda begins, _: begins):
            end = self._extended(section, run[-1][0] + 1)
            between = range(run[0][0], end)
            lines = (
                [index for index, _ in run] if self.sparse else [i for i in between if i not in section.taken]
            )
            text = self.join(section.lines[index].flow for index in lines)
            if self.proof is not None and not self.proof.search(text.text):
                continue  # another tool's, as most that have such lines: not worth reading
            start = 0
            for parts in self._listings(text):
                whole = text.cut(start, parts[-1].stop)
                table = self._table(section, whole, parts)
                start = parts[-1].stop
                if table is None:
                    continue
                first, behind = section.index_of(whole), parts[-1].head.end()
                last = section.index_of(text.cut(behind - 1, behind)) if start < len(text) else end
                section.taken.update(lines[bisect_left(lines, first) : bisect_right(lines, last)])
                yield table

    def _begins(self, line: Flow) -> bool | None:
        """Whether a line begins another listing; None where it is of no listing at all."""
        if self.header is not None and self.header.search(line.text):
            return True
        patterns = (self.line,) if self.line is not None else (self.row, self.total)
        return False if any(pattern and pattern.search(line.text) for pattern in patterns) else None

    def _extended(self, section: Section, end: int) -> int:
        """``end``, or behind the lines from there on that belong to the last one."""
        while (
            end < len(section.lines)
            and end not in section.taken
            and self.rest.fullmatch(section.lines[end].text)
        ):
            end += 1
        return end

    def _listings(self, text: Flow) -> Iterator[list[_Part]]:
        """The rows and totals of each listing in a text; one ends before a row that follows a total."""
        parts: list[_Part] = []
        for part in self._parts(text):
            if parts and part.row and (parts[-1].row is None or self.again(part.row, parts[0].row)):
                yield parts
                parts = []
            parts.append(part)
        if parts:
            yield parts

    def _parts(self, text: Flow) -> Iterator[_Part]:
        make_row, make_totals = self.make_row or self._row, self.make_totals or self._totals
        patterns = (self.row, self.total) if self.total else (self.row,)
        found = [match for pattern in patterns for match in pattern.finditer(text.text)]
        found.sort(key=lambda match: match.start())
        for head, after in zip_longest(found, found[1:]):
            stop = after.start() if after else len(text)
            if head.re is self.total:
                yield _Part(head, stop, None, tuple(make_totals(text, head, stop)))
            elif (row := make_row(text, head, stop)) is not None:
                yield _Part(head, stop, row, ())

    def _totals(self, text: Flow, head: re.Match[str], _end: int) -> Iterator[Cell]:
        yield from claims(text, head, self.labels, self.units)

    def _row(self, text: Flow, head: re.Match[str], stop: int) -> Row:
        found = (pattern.search(text.text, head.start(), stop) for pattern in self.fields)
        matches = [head, *(match for match in found if match)]
        name, type_ = (_said(matches, group) for group in ("name", "type"))
        kind = self.kind(type_ or name) or "other"
        cells = [cell for match in matches for cell in claims(text, match, self.labels, self.units)]
        known = {cell.quantity for cell in cells}
        for group in _groups(head, "words"):
            more = self.words(text.group(head, group), kind)
            cells.extend(cell for cell in more if cell.quantity not in known)
        flow = text.group(head).strip(" |\n")
        return Row(
            kind=kind, name=(name or type_).replace("\n", ""), type=type_, flow=flow, cells=tuple(cells)
        )

    def _table(self, section: Section, text: Flow, parts: Sequence[_Part]) -> ClaimTable | None:
        rows = tuple(part.row for part in parts if part.row is not None)
        totals = tuple(cell for part in parts for cell in part.totals)
        proven = self.proof is None or self.proof.search(text.text)
        if len(rows) < self.least or count_layers(rows) < self.least_layers or not proven:
            return None
        index = section.index_of(text)
        table = ClaimTable(
            dialect=self.name,
            form="layers",
            start=section.lines[index].flow,
            rows=rows,
            totals=totals,
            title=self._title(f"{section.words_before(index, TITLE_LINES)}\n{text.text}"),
            gaps=(self.has_totals and not totals) or GAP.search(text.text) is not None,
            family=self.family,
            wrapped=any(row.kind == "network" for row in rows),
        )
        return self.finish(table, text)

    def _title(self, words: str) -> str:
        near = "\n".join(words.split("\n", 2 * TITLE_LINES)[: 2 * TITLE_LINES])
        match = self.title.search(near) if self.title else None
        return match["title"] if match else ""
