"""A summary that prints three digits of each count: what it is rounded from leaves room, and beyond that it adds up."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from vggstat.lint.conventions import FLOAT32, PARAM_WIDTHS
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.relations.link import exact_of, number_of, rounding_of
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts

_MB: Final = 10**6


class _Span(NamedTuple):
    """The least and the most that a printed number may stand for; some are rounded, and some cut."""

    low: Fraction
    high: Fraction

    def meets(self, other: _Span) -> bool:
        return self.low <= other.high and other.low <= self.high


def _span(number: Number) -> _Span:
    exact, half = exact_of(number), rounding_of(number)
    return _Span(exact - half, exact + 2 * half)


def _sum(spans: Sequence[_Span]) -> _Span:
    return _Span(
        sum((span.low for span in spans), Fraction(0)), sum((span.high for span in spans), Fraction(0))
    )


def judge_rounded(table: ClaimTable, verdicts: Verdicts) -> None:
    """Judge the total against the outermost rows, against its parts, and the size against the total."""
    cells = {cell.quantity: cell for cell in table.totals}
    numbers = {name: number for name, cell in cells.items() if (number := number_of(cell)) is not None}
    rows = [
        number
        for row in table.rows
        if "." not in row.name
        for cell in row.cells
        if (number := number_of(cell)) is not None
    ]
    for row in table.rows:
        for cell in row.cells:
            verdicts.skip(cell, "it has too few digits")
    for name, cell in cells.items():
        if name not in ("params", "param_bytes"):
            verdicts.skip(cell, "it has too few digits")
    total = numbers.get("params")
    if total is None:
        return
    parts = [numbers[name] for name in ("trainable_params", "frozen_params") if name in numbers]
    for terms, of in ((rows, "rows"), (parts if len(parts) == 2 else [], "two parts")):
        if terms and not _sum([_span(term) for term in terms]).meets(_span(total)):
            right = format_like(total, round(sum(map(exact_of, terms))))
            message = f"the {of} add up to {right}, not to {total.text.strip()}"
            verdicts.wrong_part("V501", cells["params"], total, message, severity="warning")
            return
    if rows:
        verdicts.passed(cells["params"], "sum of the rows")
    else:
        verdicts.skip(cells["params"], "no row is shown")
    if "param_bytes" in numbers:
        _judge_size(cells["param_bytes"], numbers["param_bytes"], total, verdicts)


def _judge_size(cell: Cell, size: Number, total: Number, verdicts: Verdicts) -> None:
    count, exact, half = _span(total), exact_of(size), rounding_of(size)
    printed = _Span(exact - half, exact + half)
    if any(printed.meets(_Span(count.low * width, count.high * width)) for width in PARAM_WIDTHS):
        verdicts.passed(cell, "bytes of the parameters")
        return
    low, high = (float(end * FLOAT32 / _MB) for end in count)
    right = f"{FLOAT32 * float(exact_of(total)) / _MB:.3f}"
    message = f"{total.text.strip()} parameters in float32 are {low:,.3f} to {high:,.3f} MB, not {size.text.strip()}"
    slip = digit_slip(size.digits, right.replace(".", ""))
    verdicts.wrong_part("V211", cell, size, message, notes=(slip,))
