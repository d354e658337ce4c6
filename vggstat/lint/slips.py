"""What probably happened: how a wrong number may have come about. Words for the reader, never a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vggstat.lint.network import Target
from vggstat.lint.numbers import Number

if TYPE_CHECKING:
    from vggstat.lint.identity.agreement import Identity

ANOTHERS: Final = "that is the "
"""How a note begins that names another layer, or another network, whose number it is."""
SWAPPED: Final = "two digits are swapped"
LONG: Final = 6
"""Digits of a number in which two that are swapped need not stand side by side to be told from chance."""


def digit_slip(found: str, expected: str) -> str:
    """The difference of two strings of digits, if it is one slip of the hand; else nothing."""
    if found == expected or not found or not expected:
        return ""
    if len(found) == len(expected):
        different = [i for i, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b]
        if len(different) == 1:
            return "one digit differs"
        i, j = different[0], different[-1]
        near = len(different) == 2 and (j - i == 1 or len(found) >= LONG)
        return SWAPPED if near and found[i] + found[j] == expected[j] + expected[i] else ""
    if _lacks_one(found, expected):
        return "a digit is missing"
    if _lacks_one(expected, found):
        doubled = (i for i in range(1, len(found)) if found[i] == found[i - 1])
        return (
            "a digit is doubled"
            if any(found[:i] + found[i + 1 :] == expected for i in doubled)
            else "a digit too many"
        )
    return ""


def _lacks_one(short: str, long: str) -> bool:
    return len(short) + 1 == len(long) and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


_FACTORS: Final = (
    (1000, 1, "a thousand times too large: the unit is wrong"),
    (1, 1000, "a thousand times too small: a unit is missing"),
    (1_000_000, 1, "a million times too large: the unit is wrong"),
    (1, 1_000_000, "a million times too small: a unit is missing"),
    (2, 1, "that is twice the right value"),
    (4, 1, "that is four times the right value"),
    (1, 2, "that is half the right value"),
    (1, 4, "that is a quarter of the right value"),
)


def likely_slip(number: Number, exact: int, target: Target, column: str, identity: Identity) -> str:
    """The likeliest way from ``exact`` to the printed number."""
    other = _other_layer(number, target, column, identity)
    if other:
        return f"{ANOTHERS}value of {other}"
    slip = digit_slip(number.digits, str(exact)) if number.is_exact else ""
    if slip:
        return slip
    if column == "params" and number.whole is not None:
        words = {
            target.biases: "the biases are counted in it",
            1: "one bias instead of one per output" if target.biases else "",
            -target.biases: "the biases are left out",
        }.get(number.whole - exact)
        if words:
            return words
    for times, part, words in _FACTORS:
        if exact * times >= part and number.admits(exact * times // part):
            return words
    return "" if number.is_exact else _scaled_digits(number, exact)


def _scaled_digits(number: Number, exact: int) -> str:
    reading = number.readings[0]
    step = number.unit.decimal
    right = str((2 * exact * 10**reading.decimals + step) // (2 * step))
    return digit_slip(number.digits, right)


def _other_layer(number: Number, target: Target, column: str, identity: Identity) -> str:
    """The name of another layer of the network whose value it is."""
    if not number.readings[0].mantissa or column == "ops":
        return ""
    for other in identity.targets:
        counts = (other.params, other.weights) if column == "params" else (other.values,)
        if other.name != target.name and any(count and number.admits(count) for count in counts):
            return other.name
    return ""
