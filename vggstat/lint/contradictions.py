"""What is said of a number that is right, but in another way than the settings or its unit say."""

from __future__ import annotations

from vggstat.lint.model import Cell
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.verdicts import Verdicts

PRECISE = 4
"""Digits that agree by chance in one of some thousand numbers."""


def enter_other_convention(
    cell: Cell,
    number: Number,
    found: str,
    wanted: str,
    verdicts: Verdicts,
    *,
    expected: str = "",
    layer: str = "",
    derivation: str = "",
) -> None:
    """A number that is right only under another convention than the settings state.

    ``found`` says how it is counted, ``wanted`` how it is to be."""
    right = f": {expected}" if expected else ""
    verdicts.wrong_part(
        "V603",
        cell,
        number,
        f"{number.text.strip()} is right only as {found}, but the settings count {wanted}{right}",
        expected=expected,
        layer=layer,
        derivation=derivation,
    )


def is_plain_binary(number: Number, exact: int) -> bool:
    """Whether the number is a count that is right in units of 1024, but not in those of 1000."""
    unit = number.unit
    return (
        bool(unit.binary)
        and not unit.bytes
        and number.admits(exact, unit.binary)
        and not number.admits(exact)
    )


def is_precise(number: Number) -> bool:
    """Whether it has so many digits that it is no accident what they agree with."""
    return len(str(number.readings[0].mantissa)) >= PRECISE


def binary_unit(number: Number) -> str:
    """What its unit has to be for a count in units of 1024: ``M = 2^20``."""
    return f"{number.unit.name} = 2^{number.unit.binary.bit_length() - 1}"


def enter_binary(cell: Cell, number: Number, exact: int, noun: str, verdicts: Verdicts) -> None:
    """A count to many digits that is right in units of 1024, which nothing around it says."""
    expected = format_like(number, exact)
    verdicts.binary.add(exact)
    verdicts.wrong_part(
        "V604",
        cell,
        number,
        f"{number.text.strip()} is right only with {binary_unit(number)}, which nothing here says: "
        f"{exact:,} {noun} are {expected}",
        severity="warning",
        expected=expected,
    )
