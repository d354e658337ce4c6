"""Percentages of a table against one of its rows: what is left of it, or what was taken away, as tables of smaller networks
print them: ``3.93M (73.8%)``, a column ``Reduction (%)``.

Which row, and whether of what is left, is what most percentages of the column say; the others are held against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import product
from typing import Final, NamedTuple

from vggstat.lint.model import Evidence, Finding, Support
from vggstat.lint.pages import Page
from vggstat.lint.raw_tables import RawCell, RawNumber
from vggstat.lint.slips import digit_slip
from vggstat.lint.unread import Stretches

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


class _Held(NamedTuple):
    """A percentage against the row that most of its column are of."""

    percent: RawNumber
    exact: Fraction
    slack: Fraction
    value: RawNumber
    base: RawNumber

    @property
    def off(self) -> Fraction:
        return abs(self.percent.value - self.exact) - self.slack


def find_wrong_reductions(pages: Iterable[Page], judged: Stretches) -> Iterator[Finding]:
    """The percentages of a document that are not what the others of their column are."""
    for page in pages:
        for table in page.tables if "%" in page.text else ():
            for column in _columns(table.rows):
                yield from _wrong(column, judged)


def _columns(table: Sequence[Sequence[RawCell]]) -> Iterator[list[_Held]]:
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
    percents: Sequence[RawNumber | None], values: Sequence[RawNumber | None], *, left: bool, nearest: bool
) -> list[_Held]:
    """Each percentage with what it should be. ``left``: of what is left; ``nearest``: of the last row above that has none, and not
    of the first."""
    held: list[_Held] = []
    base: RawNumber | None = None
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
    values = {each.value.value for each in column} | {each.base.value for each in column}
    for held in wrong:
        if any(_is_of(held, base) for base in values if base):
            continue  # of another row
        if not judged.cover(held.percent.flow.place()):
            yield _finding(held, Support(right, len(wrong)))


def _is_of(held: _Held, base: Fraction) -> bool:
    """Whether a percentage is that of its count against another row's, either way."""
    ratio = 100 * held.value.value / base
    return min(abs(held.percent.value - ratio), abs(held.percent.value - 100 + ratio)) <= held.slack


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
