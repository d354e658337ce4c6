"""Percentages of a table against one of its rows: what is left of it, or what was taken away, as tables of smaller networks
print them: ``3.93M (73.8%)``, a column ``Reduction (%)``.

Which row, and whether of what is left, is what most percentages of the column say; the others are held against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import groupby, product
from typing import Final, NamedTuple

from vggstat.lint.model import Evidence, Finding, Support
from vggstat.lint.slips import digit_slip
from vggstat.lint.text import Flow, Section
from vggstat.lint.unread import Stretches, plain_lines, separator, speaks_of_figures, split

__all__ = ["find_wrong_reductions"]

LEAST: Final = 3
"""Percentages that have to agree."""
SHARE: Final = Fraction(3, 4)
"""The part of them that has to."""
CLEAR: Final = Fraction(1, 2)
"""Points by which one has to be off, beside what is rounded: a base is often given more exactly elsewhere."""
SLIPPED: Final = 0.9
"""Confidence where one slip of the hand explains it."""
UNEXPLAINED: Final = 0.6
MOST_COLUMNS: Final = 16
_MAX_LINE: Final = 2_000
_RULE: Final = re.compile(r"[\s|:+=-]*|\s*\\(?:[a-z]*(?:line|rule)\b.*)?")
_PERCENT: Final = r"\d{1,3}(?:\.\d+)?"
_SCALES: Final = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}
_CELL: Final = re.compile(
    rf"[^\w()%]*(?:(?P<only>{_PERCENT})\s?\\?%[^\w()]*"
    rf"|(?P<value>\d{{1,3}}(?:,\d{{3}})+|\d+(?:\.\d+)?)\s?(?P<unit>[KMGBT]?)(?:i?B|FLOPs?|MACs?|Params?)?[^\w(%]*"
    rf"(?:\(\W{{0,3}}(?P<percent>{_PERCENT})\s?\\?%[^\w()]*\))?[^\w(]*)"
)
_HEADER: Final = re.compile(r"%")


class _Number(NamedTuple):
    """A number of a cell, and how far from what it is rounded from it may be."""

    value: Fraction
    slack: Fraction
    flow: Flow


class _Cell(NamedTuple):
    """What a cell holds: a count, a percentage, or a count with one behind it."""

    value: _Number | None
    percent: _Number | None


class _Held(NamedTuple):
    """A percentage against the row that most of its column are of."""

    percent: _Number
    exact: Fraction
    slack: Fraction
    value: _Number
    base: _Number

    @property
    def off(self) -> Fraction:
        return abs(self.percent.value - self.exact) - self.slack


def find_wrong_reductions(sections: Iterable[Section], judged: Stretches) -> Iterator[Finding]:
    """The percentages of a document that are not what the others of their column are."""
    for section in sections:
        if "%" in section.text and speaks_of_figures(section.text):
            for table in _tables(section):
                for column in _columns(table):
                    yield from _wrong(column, judged)


def _tables(section: Section) -> Iterator[list[list[_Cell]]]:
    """The rows of each table: lines with as many cells, one below the other."""
    lines = []
    for line in plain_lines(section):
        text = line.text
        if len(text) > _MAX_LINE or (_RULE.fullmatch(text) and text.strip()):
            continue
        sign = separator(text, section.kind)
        lines.append((line, split(text, sign) if sign else []))
    for count, rows in groupby(lines, key=lambda row: len(row[1])):
        table = list(rows)
        if count < 2 or len(table) <= LEAST:
            continue
        in_percent = [_HEADER.search(table[0][0].text, *span) is not None for span in table[0][1]]
        yield [
            [_cell(line.cut(*span), of) for span, of in zip(spans, in_percent, strict=True)][:MOST_COLUMNS]
            for line, spans in table
        ]


def _cell(flow: Flow, in_percent: bool) -> _Cell:
    match = _CELL.fullmatch(flow.text)
    if match is None:
        return _Cell(None, None)
    if match["only"] or (in_percent and not match["percent"]):
        group = "only" if match["only"] else "value"
        return _Cell(None, _number(flow, match, group, 1) if not match["unit"] else None)
    percent = _number(flow, match, "percent", 1) if match["percent"] else None
    return _Cell(_number(flow, match, "value", _SCALES[match["unit"] or ""]), percent)


def _number(flow: Flow, match: re.Match[str], group: str, scale: int) -> _Number:
    digits = match[group].replace(",", "")
    decimals = len(digits.partition(".")[2])
    return _Number(Fraction(digits) * scale, Fraction(scale, 2 * 10**decimals), flow.group(match, group))


def _columns(table: Sequence[Sequence[_Cell]]) -> Iterator[list[_Held]]:
    """The percentages of each column against the counts of one, the way most of them hold."""
    width = range(len(table[0]))
    for here, there in product(width, width):
        percents, values = [row[here].percent for row in table], [row[there].value for row in table]
        if here != there and any(row[here].value for row in table):
            continue
        ways = [
            _held(percents, values, left=left, nearest=nearest)
            for left, nearest in product((True, False), repeat=2)
        ]
        yield max(ways, key=lambda held: sum(one.off <= 0 for one in held))


def _held(
    percents: Sequence[_Number | None], values: Sequence[_Number | None], *, left: bool, nearest: bool
) -> list[_Held]:
    """Each percentage with what it should be. ``left``: of what is left; ``nearest``: of the last row above that has none, and not
    of the first."""
    held: list[_Held] = []
    base: _Number | None = None
    for percent, value in zip(percents, values, strict=True):
        if value is None:
            continue
        if percent is None or percent.value in (0, 100):
            base = value if nearest or base is None else base
        elif base is not None and base.value:
            ratio = 100 * value.value / base.value
            slack = percent.slack + (100 * value.slack + ratio * base.slack) / base.value
            held.append(_Held(percent, ratio if left else 100 - ratio, slack, value, base))
    return held


def _wrong(column: Sequence[_Held], judged: Stretches) -> Iterator[Finding]:
    right = sum(held.off <= 0 for held in column)
    wrong = [held for held in column if held.off > CLEAR]
    if right < LEAST or right < SHARE * len(column):
        return
    for held in wrong:
        if not judged.cover(held.percent.flow.place()):
            yield _finding(held, Support(right, len(wrong)))


def _finding(held: _Held, support: Support) -> Finding:
    text = held.percent.flow.text
    decimals = len(text.partition(".")[2])
    right = f"{float(held.exact):.{decimals}f}"
    slip = digit_slip(re.sub(r"\D", "", text), re.sub(r"\D", "", right))
    of = f"{held.value.flow.text} against {held.base.flow.text}"
    return Finding(
        code="V508",
        severity="error" if slip else "warning",
        place=held.percent.flow.place(),
        text=text,
        message=f"{of} is {right} %, counted as in the other rows, not {text} %",
        expected=right,
        quantity="share",
        notes=(slip,) if slip else (),
        confidence=SLIPPED if slip else UNEXPLAINED,
        evidence=Evidence(column=support, slip=slip),
    )
