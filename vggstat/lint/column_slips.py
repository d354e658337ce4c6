"""Columns of numbers that follow from each other in all rows but one, and totals of columns, whatever their headers say.

What a column is of need not be known: where one is a constant times another in all rows but one, that one is a slip, or says
something that the table does not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Final, NamedTuple

from vggstat.lint.model import Evidence, Finding, Support
from vggstat.lint.pages import Page
from vggstat.lint.raw_tables import RawNumber, RawTable
from vggstat.lint.readers.headers import is_total
from vggstat.lint.relations.proportions import most_covered
from vggstat.lint.slips import SWAPPED, digit_slip
from vggstat.lint.unread import Stretches

__all__ = ["find_column_slips"]

LEAST: Final = 4
"""Rows that have to agree; all but one have to."""
SPREAD: Final = 2
"""By how much the numbers of a column have to differ: alike ones are proportional to anything."""
FINE: Final = Fraction(1, 20)
"""The most that rounding may leave open of a ratio."""
SLIPPED: Final = 0.85
"""Confidence where one slip of the hand explains the one that differs."""
UNEXPLAINED: Final = 0.6
CLEAR: Final = Fraction(1, 20)
"""By how much one digit that differs is off at least: what is off by less may be rounded otherwise."""
SWAPPED_CLEAR: Final = Fraction(1, 50)
"""The same of two that are swapped."""
FAR: Final = Fraction(1, 10)
"""By how much one has to be off that no slip explains."""
MOST_UNEXPLAINED: Final = 6
"""Rows that have to agree before it is told."""


class _Odd(NamedTuple):
    """A number that is not what it would be by another column."""

    number: RawNumber
    other: RawNumber
    factor: Fraction
    agree: int

    @property
    def right(self) -> str:
        return self.number.like(self.other.value * self.factor)

    @property
    def slip(self) -> str:
        return digit_slip(self.number.digits, re.sub(r"\D", "", self.right))

    @property
    def is_told(self) -> bool:
        """Whether it is a slip, or so far off among so many that agree that somebody should look."""
        exact = self.other.value * self.factor
        off = abs(self.number.value - exact) / max(exact, self.number.value)
        clear = SWAPPED_CLEAR if self.slip == SWAPPED else CLEAR
        return (bool(self.slip) and off > clear) or (off > FAR and self.agree >= MOST_UNEXPLAINED)


def find_column_slips(pages: Iterable[Page], judged: Stretches) -> Iterator[Finding]:
    """The numbers of a document's tables that are not what the rest of them says, other than those already judged."""
    for page in pages:
        for table in page.tables:
            for finding in (*_ratios(table), *_totals(table)):
                if not judged.cover(finding.place):
                    yield finding


def _ratios(table: RawTable) -> Iterator[Finding]:
    """One finding a row at most: the number that most relations of its row blame."""
    columns: dict[int, dict[int, RawNumber]] = defaultdict(dict)
    for index, (row, line) in enumerate(zip(table.rows, table.lines, strict=True)):
        for column, cell in enumerate(row if not is_total(line.text) else ()):
            if cell.value is not None and cell.value.value:
                columns[column][index] = cell.value
    blamed: dict[int, list[tuple[_Odd, _Odd]]] = defaultdict(list)
    for one, two in combinations(sorted(columns), 2):
        for index, pair in _odd_rows(columns[one], columns[two]):
            blamed[index].append(pair)
    for pairs in blamed.values():
        odd = _culprit(pairs)
        if odd is not None and odd.is_told:
            yield _finding(odd)


def _odd_rows(
    first: Mapping[int, RawNumber], second: Mapping[int, RawNumber]
) -> Iterator[tuple[int, tuple[_Odd, _Odd]]]:
    """The only row in which the second column is not a constant times the first, read either way."""
    rows = sorted(first.keys() & second.keys())
    spans = [_span(first[row], second[row]) for row in rows]
    values = [first[row].value for row in rows]
    if (
        len(rows) <= LEAST
        or max(values) < SPREAD * min(values)
        or any(high > (1 + FINE) * low for low, high in spans)
    ):
        return
    point, held = most_covered(spans)
    same = sum(first[row].digits == second[row].digits for row in rows)  # of another measurement of the same
    if held != len(rows) - 1 or 2 * same >= held or len({second[row].digits for row in rows}) < LEAST:
        return
    factor = _simplest(point, min(high for low, high in spans if low <= point <= high))
    row = next(row for row, (low, high) in zip(rows, spans, strict=True) if not low <= factor <= high)
    yield row, (_Odd(second[row], first[row], factor, held), _Odd(first[row], second[row], 1 / factor, held))


def _span(first: RawNumber, second: RawNumber) -> tuple[Fraction, Fraction]:
    """The least and the most that the second may be of the first."""
    least = max(first.value - first.slack, Fraction(1, 10**12))
    return (second.value - second.slack) / (first.value + first.slack), (second.value + second.slack) / least


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of the smallest numbers between two."""
    whole = low.numerator // low.denominator
    if low == whole or whole + 1 <= high:
        return Fraction(whole if low == whole else whole + 1)
    return whole + 1 / _simplest(1 / (high - whole), 1 / (low - whole))


def _culprit(pairs: Sequence[tuple[_Odd, _Odd]]) -> _Odd | None:
    """The number that all relations of a row blame; of a single relation that which is one slip away, of two the later one."""
    odd = [one for pair in pairs for one in pair]
    if len(pairs) > 1:
        common = [
            one for one in odd if all(any(each.number is one.number for each in pair) for pair in pairs)
        ]
        return next((one for one in common if one.slip), common[0] if common else None)
    return next((one for one in odd if one.slip), None)


def _totals(table: RawTable) -> Iterator[Finding]:
    """The totals of a table of which two digits are swapped."""
    at = next((i for i, line in enumerate(table.lines) if i >= LEAST and is_total(line.text)), None)
    for column, cell in enumerate(table.rows[at]) if at is not None else ():
        above = [row[column].value for row in table.rows[:at]]
        terms = [number for number in above if number is not None]
        total = cell.value
        alike = total is not None and all(term.decimals == total.decimals for term in terms if term.value)
        if total is None or len(terms) < LEAST or len(total.digits) < LEAST or not alike:
            continue
        exact = sum((term.value for term in terms), Fraction(0))
        slack = total.slack + sum((term.slack for term in terms), Fraction(0))
        swapped = (value for value in _swaps(total) if abs(exact - value) <= slack)
        right = next(swapped, None) if abs(exact - total.value) > slack else None
        if right is not None:
            message = (
                f"the {len(terms)} numbers above add up to {total.like(exact)}, not to {total.flow.text}"
            )
            yield _made(total, message, total.like(right), SWAPPED, Evidence(slip=SWAPPED), SLIPPED)


def _swaps(number: RawNumber) -> Iterator[Fraction]:
    """What a number is with two neighbouring digits swapped back."""
    digits = number.digits
    for at in range(len(digits) - 1):
        swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        yield int(swapped) * number.step


def _finding(odd: _Odd) -> Finding:
    others = f"in the {odd.agree} other rows the ratio of the two columns is the same"
    message = f"going by the {odd.other.flow.text} in its row it would be {odd.right}: {others}"
    evidence = Evidence(column=Support(odd.agree, 1), slip=odd.slip)
    return _made(odd.number, message, odd.right, odd.slip, evidence, SLIPPED if odd.slip else UNEXPLAINED)


def _made(
    number: RawNumber, message: str, right: str, slip: str, evidence: Evidence, confidence: float
) -> Finding:
    return Finding(
        code="V509",
        severity="error" if slip else "warning",
        place=number.flow.place(),
        text=number.flow.text,
        message=message,
        expected=right,
        notes=(slip,) if slip else (),
        confidence=confidence,
        evidence=evidence,
    )
