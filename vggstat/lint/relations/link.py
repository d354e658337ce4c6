"""A number, and what it follows to be from the rest of its table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import NamedTuple

from vggstat.lint.model import Cell, Row
from vggstat.lint.numbers import Number
from vggstat.lint.slips import digit_slip

_COUNTS = ("params", "weights", "trainable_params", "ops", "values", "memory", "param_bytes")


class Link(NamedTuple):
    """A number, and what it follows to be from the rest of the table."""

    cell: Cell
    number: Number
    holds: bool
    code: str
    message: str
    """What follows: ``conv3: a map of 13x13x384 has 64,896 values``."""
    expected: str
    is_loose: bool = False
    """Whether it may follow from another column as well: then only one slip of the hand in all is told."""

    @property
    def slip(self) -> str:
        """The slip that leads from what follows to what is printed."""
        return digit_slip(self.number.digits, re.sub(r"\D", "", self.expected))

    @property
    def is_wrong(self) -> bool:
        return not self.holds and (bool(self.slip) or not self.is_loose)


def number_of(cell: Cell) -> Number | None:
    """The only number of a cell."""
    return cell.numbers[0] if len(cell.numbers) == 1 and len(cell.parts) == 1 else None


def counts_of(row: Row) -> Iterator[tuple[Cell, Number]]:
    """The cells of a row that hold one count each, with their numbers."""
    for cell in row.cells:
        number = number_of(cell) if cell.quantity in _COUNTS else None
        if number is not None:
            yield cell, number


def exact_of(number: Number) -> Fraction:
    """What is printed, by the likeliest reading."""
    reading = number.readings[0]
    return Fraction(reading.mantissa * number.unit.decimal, 10**reading.decimals)


def rounding_of(number: Number) -> Fraction:
    """How far from what it is rounded from a number may be."""
    if number.is_exact:
        return Fraction(0)
    return Fraction(number.unit.decimal, 2 * 10 ** number.readings[0].decimals)
