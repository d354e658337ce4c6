"""The tables of a document as numbers alone, whatever their headers say: lines with as many cells, one below the other."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import groupby
from typing import Final, NamedTuple

from vggstat.lint.text import Flow
from vggstat.lint.unread import separator, split
from vggstat.units.reading import UNITS

__all__ = ["RawCell", "RawNumber", "RawTable", "raw_tables"]

LEAST_ROWS: Final = 4
MOST_ROWS: Final = 300
"""Rows of a table from which on it is data."""
MOST_COLUMNS: Final = 16
_MAX_LINE: Final = 2_000
_RULE: Final = re.compile(r"[\s|:+=-]*|\s*\\(?:[a-z]*(?:line|rule)\b.*)?")
_PERCENT: Final = r"\d{1,3}(?:\.\d+)?"
_CELL: Final = re.compile(
    rf"[^\w()%]*(?:(?P<only>{_PERCENT})\s?\\?%[^\w()]*"
    rf"|(?P<value>\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:[.,]\d+)?)\s?(?P<unit>[KMGBT]?)(?:i?B|FLOPs?|MACs?|Params?)?[^\w(%]*"
    rf"(?:\(\W{{0,3}}(?P<percent>{_PERCENT})\s?\\?%[^\w()]*\))?[^\w(]*)"
)
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")


class RawNumber(NamedTuple):
    """A number of a cell, and how far from what it is rounded from it may be."""

    value: Fraction
    slack: Fraction
    decimals: int
    flow: Flow

    @property
    def digits(self) -> str:
        return re.sub(r"\D", "", self.flow.text)

    @property
    def step(self) -> Fraction:
        """What its last digit counts."""
        return 2 * self.slack

    def like(self, value: Fraction) -> str:
        """Another value in the form of this one."""
        text = f"{float(value / (self.step * 10**self.decimals)):,.{self.decimals}f}"
        if _GROUPED.fullmatch(self.flow.text):
            return text
        text = text.replace(",", "")
        return text.replace(".", ",") if "," in self.flow.text else text


class RawCell(NamedTuple):
    """What a cell holds: a count, a percentage, or a count with one behind it."""

    value: RawNumber | None
    percent: RawNumber | None


class RawTable(NamedTuple):
    """The cells of a table, row by row, with the lines that they stand in."""

    rows: list[list[RawCell]]
    lines: list[Flow]


def raw_tables(plain: Iterable[Flow], kind: str) -> Iterator[RawTable]:
    """The tables of four rows and more; the first row may be its header, whose ``%`` makes a column one of percentages."""
    lines = []
    for line in plain:
        text = line.text
        if len(text) > _MAX_LINE or (_RULE.fullmatch(text) and text.strip()):
            continue
        sign = separator(text, kind)
        lines.append((line, split(text, sign) if sign else []))
    for count, group in groupby(lines, key=lambda row: len(row[1])):
        table = list(group)
        if count < 2 or not LEAST_ROWS <= len(table) <= MOST_ROWS:
            continue
        in_percent = ["%" in table[0][0].text[slice(*span)] for span in table[0][1]]
        rows = [
            [_cell(line.cut(*span), of) for span, of in zip(spans, in_percent, strict=True)][:MOST_COLUMNS]
            for line, spans in table
        ]
        yield RawTable(rows, [line for line, _ in table])


def _cell(flow: Flow, in_percent: bool) -> RawCell:
    match = _CELL.fullmatch(flow.text)
    if match is None:
        return RawCell(None, None)
    if match["only"] or (in_percent and not match["percent"]):
        group = "only" if match["only"] else "value"
        return RawCell(None, _number(flow, match, group, 1) if not match["unit"] else None)
    percent = _number(flow, match, "percent", 1) if match["percent"] else None
    return RawCell(
        _number(flow, match, "value", UNITS[match["unit"].lower()].decimal if match["unit"] else 1), percent
    )


def _number(flow: Flow, match: re.Match[str], group: str, scale: int) -> RawNumber:
    text = match[group]
    digits = text.replace(",", "" if _GROUPED.fullmatch(text) else ".")
    decimals = len(digits.partition(".")[2])
    return RawNumber(
        Fraction(digits) * scale, Fraction(scale, 2 * 10**decimals), decimals, flow.group(match, group)
    )
