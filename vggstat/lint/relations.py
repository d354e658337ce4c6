"""A column that is the product of another: the values of each map are its height x width x channels.

What most rows of a table say of each other, the others are held against, whatever network they are of.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from math import prod
from typing import Final, NamedTuple

from vggstat.lint.identity.observe import parse_dims
from vggstat.lint.model import Cell, ClaimTable, Row
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.verdicts import Verdicts

LEAST: Final = 4
"""Rows that have to agree before another one is held against them."""
SHARE: Final = 0.75
_QUANTITIES: Final = ("values", "memory", "figure")


class _Pair(NamedTuple):
    """A number with the values of the map in its row."""

    row: Row
    cell: Cell
    number: Number
    shape: str
    values: int

    @property
    def agrees(self) -> bool:
        return self.number.admits(self.values)


def judge_values(table: ClaimTable, verdicts: Verdicts) -> None:
    """Judge the values of maps that nothing else was said of, where most rows of a column are those of their map."""
    columns: dict[str, list[_Pair]] = defaultdict(list)
    for pair in _pairs(table.rows):
        columns[pair.cell.label].append(pair)
    for pairs in columns.values():
        right = sum(pair.agrees for pair in pairs)
        if right < LEAST or right < SHARE * len(pairs):
            continue
        for pair in pairs:
            if verdicts.retract(pair.cell):
                _judge(pair, verdicts)


def _pairs(rows: tuple[Row, ...]) -> Iterator[_Pair]:
    for row in rows:
        shape = next((cell for cell in row.cells if cell.quantity == "shape"), None)
        dims = parse_dims(shape.claim) if shape is not None else None
        if shape is None or dims is None or len(dims.without_batch) != 3:
            continue
        for cell in row.cells:
            if cell.quantity in _QUANTITIES and len(cell.numbers) == 1:
                yield _Pair(row, cell, cell.numbers[0], shape.flow.text, prod(dims.without_batch))


def _judge(pair: _Pair, verdicts: Verdicts) -> None:
    derivation = f"{pair.shape} = {pair.values:,}"
    if pair.agrees:
        verdicts.passed(pair.cell, derivation)
        return
    verdicts.wrong_part(
        "V301",
        pair.cell,
        pair.number,
        f"{pair.row.name}: a map of {pair.shape} has {pair.values:,} values, not {pair.number.text.strip()}",
        expected=format_like(pair.number, pair.values),
        quantity="values",
        derivation=derivation,
    )
