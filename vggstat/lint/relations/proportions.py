"""A column that is a constant times another: bytes four times the parameters, FLOPs two times the MACs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Final, NamedTuple

from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.ops_words import says_macs
from vggstat.lint.relations.link import Link, counts_of, exact_of, rounding_of

LEAST: Final = 4
MOST_ROWS: Final = 1_000
MOST_COLUMNS: Final = 8
"""Columns of counts that are held against each other."""
SPREAD: Final = 2
"""By how much the numbers of a column have to differ: alike ones are proportional to anything."""
FINE: Final = Fraction(1, 50)
"""The most that rounding may leave open of a ratio."""
_FAMILY: Final = {"weights": "params", "trainable_params": "params"}
_CODES: Final = {"ops": "V401", "values": "V301", "memory": "V301"}
_Key = tuple[str, str]


class _Pair(NamedTuple):
    """Two numbers of a row."""

    name: str
    first: Number
    cell: Cell
    second: Number

    @property
    def ratios(self) -> tuple[Fraction, Fraction]:
        """The least and the most that the second may be of the first."""
        (a, da), (b, db) = ((exact_of(n), rounding_of(n)) for n in (self.first, self.second))
        return (b - db) / (a + da), (b + db) / max(a - da, Fraction(1, 10**9))


def proportions(table: ClaimTable) -> Iterator[list[Link]]:
    """Of each two columns of counts the second by the first, where one factor holds for most rows."""
    columns: dict[_Key, dict[int, tuple[Cell, Number]]] = defaultdict(dict)
    for index, row in enumerate(table.rows[:MOST_ROWS]):
        for cell, number in counts_of(row):
            if exact_of(number):
                columns[cell.quantity, cell.label][index] = (cell, number)
    for one, two in combinations(list(columns)[:MOST_COLUMNS], 2):
        if _FAMILY.get(one[0], one[0]) == _FAMILY.get(two[0], two[0]) and says_macs(one[1]) == says_macs(
            two[1]
        ):
            continue  # the same of two networks, or before and after
        rows = sorted(columns[one].keys() & columns[two].keys())
        pairs = [_Pair(table.rows[i].name, columns[one][i][1], *columns[two][i]) for i in rows]
        factor = _factor(pairs)
        if factor is not None:
            yield [_link(pair, factor, one[1]) for pair in pairs]


def _factor(pairs: Sequence[_Pair]) -> Fraction | None:
    """The factor that holds for most pairs; None for columns whose numbers are alike, or printed too roughly."""
    fine = [pair for pair in pairs if pair.ratios[1] - pair.ratios[0] <= FINE * pair.ratios[0]]
    firsts = [exact_of(pair.first) for pair in fine]
    if len({pair.second.digits for pair in fine}) < LEAST or max(firsts) < SPREAD * min(firsts):
        return None
    best, held = most_covered([pair.ratios for pair in fine])
    return best if held >= LEAST else None


def most_covered(spans: Sequence[tuple[Fraction, Fraction]]) -> tuple[Fraction, int]:
    """A point that lies in most spans, and in how many."""
    ends = sorted([(low, 0) for low, _ in spans] + [(high, 1) for _, high in spans])
    best, most, open_ = ends[0][0], 0, 0
    for point, closes in ends:
        open_ += -1 if closes else 1
        if open_ > most:
            best, most = point, open_
    return best, most


def _link(pair: _Pair, factor: Fraction, label: str) -> Link:
    low, high = pair.ratios
    expected = format_like(pair.second, round(exact_of(pair.first) * factor))
    message = f"{pair.name}: as in the other rows, it is {float(factor):,.6g} times {label} ({pair.first.text.strip()})"
    code = _CODES.get(pair.cell.quantity, "V201")
    return Link(pair.cell, pair.second, low <= factor <= high, code, message, expected, is_loose=True)
