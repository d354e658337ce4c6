"""A column that is the product of another: the values of each map are its height x width x channels.

What most rows of a table say of each other, the others are held against, whatever network they are of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import prod
from typing import Final, NamedTuple

from vggstat.lint.identity.observe import parse_dims
from vggstat.lint.judge import Judgement
from vggstat.lint.model import Cell, Evidence, Finding, Row, Support
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.veto import BY_THE_ROWS

LEAST: Final = 4
"""Rows that have to agree before another one is held against them."""
SHARE: Final = 0.75
_QUANTITIES: Final = ("values", "memory", "figure")


class _Pair(NamedTuple):
    """A number with the values of the map in its row."""

    row: Row
    cell: Cell
    number: Number
    values: int


def with_values(judgement: Judgement) -> Judgement:
    """The judgement of a listing with findings about values that are not those of their row's map."""
    if judgement.spec or judgement.table.form != "layers":
        return judgement
    columns: dict[str, list[_Pair]] = defaultdict(list)
    for pair in _pairs(judgement.table.rows):
        columns[pair.cell.label].append(pair)
    findings = list(judgement.findings)
    known = {finding.place.line for finding in findings}
    for pairs in columns.values():
        right = [pair for pair in pairs if pair.number.admits(pair.values)]
        if len(right) < LEAST or len(right) < SHARE * len(pairs):
            continue
        support = Support(len(right), len(pairs) - len(right))
        wrong = (pair for pair in pairs if not pair.number.admits(pair.values))
        findings += [_finding(pair, support) for pair in wrong if pair.cell.flow.place().line not in known]
    return judgement.replace(findings=tuple(findings))


def _pairs(rows: tuple[Row, ...]) -> Iterator[_Pair]:
    for row in rows:
        shape = next((cell for cell in row.cells if cell.quantity == "shape"), None)
        dims = parse_dims(shape.claim) if shape is not None else None
        if dims is None or len(dims.without_batch) != 3:
            continue
        for cell in row.cells:
            if cell.quantity in _QUANTITIES and len(cell.numbers) == 1:
                yield _Pair(row, cell, cell.numbers[0], prod(dims.without_batch))


def _finding(pair: _Pair, support: Support) -> Finding:
    number = pair.number
    shape = next(cell.flow.text for cell in pair.row.cells if cell.quantity == "shape")
    return Finding(
        code="V301",
        severity="error",
        place=pair.cell.claim.place(number.start, number.end),
        text=number.text.strip(),
        message=f"{pair.row.name}: a map of {shape} has {pair.values:,} values, not {number.text.strip()}",
        expected=format_like(number, pair.values),
        quantity="values",
        derivation=f"{shape} = {pair.values:,}",
        confidence=BY_THE_ROWS,
        evidence=Evidence(column=support, table=support),
    )
