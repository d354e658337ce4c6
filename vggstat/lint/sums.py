"""A total in a sentence below a table, held against its rows as they are printed, whatever network they are of:
``Total: 901,766 parameters``.

Only a slip of the hand is told: any other difference may
have a reason that the table does not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.judge import Judgement
from vggstat.lint.model import Cell, Evidence, Finding, Support
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.veto import BY_THE_ROWS, printed_sum

REACH: Final = 8
"""Lines from the last row of a table to its total."""
LEAST: Final = 3
"""Rows whose sum is told from a number by chance."""


def with_sums(judgements: Sequence[Judgement]) -> Iterator[Judgement]:
    """The judgements; a count of parameters that nothing else is known about is held against the sum of the table above."""
    above: Judgement | None = None
    for judgement in judgements:
        if judgement.table.form == "layers":
            above = judgement
        elif above is not None and not judgement.spec and judgement.unchecked and _is_near(above, judgement):
            judgement = _with_sum(judgement, above)
        yield judgement


def _is_near(above: Judgement, below: Judgement) -> bool:
    last = above.table.rows[-1].flow.place().line if above.table.rows else 0
    return 0 < below.table.start.place().line - last <= REACH


def _with_sum(judgement: Judgement, above: Judgement) -> Judgement:
    total = printed_sum(above.table)
    rows = len(above.table.rows)
    if total is None or rows < LEAST or above.table.totals or above.table.gaps:
        return judgement
    for row in judgement.table.rows:
        for cell in row.cells:
            number = cell.number
            if number is None or number.whole is None or cell.quantity != "params":
                continue
            if number.whole == total or digit_slip(str(number.whole), str(total)):
                return _judged(judgement, cell, number, total, rows)
    return judgement


def _judged(judgement: Judgement, cell: Cell, number: Number, total: int, rows: int) -> Judgement:
    """The judgement with its verdict on a number that is the sum of so many rows, or one slip away from it."""
    place = cell.flow.place()
    left = tuple(entry for entry in judgement.unchecked if entry[0] != place)
    if number.whole == total:
        passes = (*judgement.passes, (place, cell.flow.text, "the sum of the table above"))
        return judgement.replace(unchecked=left, passes=passes, right=judgement.right + 1)
    slip = digit_slip(str(number.whole), str(total))
    finding = Finding(
        code="V501",
        severity="error",
        place=place,
        text=cell.flow.text,
        message=f"the rows of the table add up to {total:,}, not to {number.text.strip()}",
        expected=format_like(number, total),
        quantity="params",
        notes=(slip,),
        confidence=BY_THE_ROWS,
        evidence=Evidence(table=Support(rows, 0), slip=slip),
    )
    return judgement.replace(unchecked=left, findings=(*judgement.findings, finding))
