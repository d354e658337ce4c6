"""What probably happened: how a wrong number may have come about. Words for the reader, never a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vggstat.lint.network import Target
from vggstat.lint.numbers import Number

if TYPE_CHECKING:
    from vggstat.lint.identity.agreement import Identity

ANOTHERS: Final = "that is the "
"""How a note begins that names another layer, or another network, whose number it is."""
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
        if len(different) == 2 and (different[1] - different[0] == 1 or len(found) >= LONG):
            i, j = different
            if found[i] == expected[j] and found[j] == expected[i]:
                return "two digits are swapped"
    if len(found) + 1 == len(expected) and any(
        expected[:i] + expected[i + 1 :] == found for i in range(len(expected))
    ):
        return "a digit is missing"
    if len(found) == len(expected) + 1 and any(
        found[:i] + found[i + 1 :] == expected for i in range(len(found))
    ):
        doubled = any(
            found[i] == found[i - 1] and found[:i] + found[i + 1 :] == expected for i in range(1, len(found))
        )
        return "a digit is doubled" if doubled else "a digit too many"
    return ""


def likely_slip(number: Number, exact: int, target: Target, column: str, identity: Identity) -> str:
    """The likeliest way from ``exact`` to the printed number."""
    other = _other_layer(number, target, column, identity)
    if other:
        return f"{ANOTHERS}value of {other}"
    if number.is_exact:
        slip = digit_slip(number.digits, str(exact))
        if slip:
            return slip
    for factor, words in ((1000, "a thousand times too large"), (1_000_000, "a million times too large")):
        if number.admits(exact * factor):
            return f"{words}: the unit is wrong"
        if exact > factor and number.admits(exact // factor):
            return f"{words.replace('large', 'small')}: a unit is missing"
    if column == "params" and number.whole is not None:
        if number.whole == exact + target.biases:
            return "the biases are counted in it"
        if target.biases and number.whole == exact + 1:
            return "one bias instead of one per output"
        if number.whole == exact - target.biases:
            return "the biases are left out"
    for factor, words in ((2, "twice"), (4, "four times")):
        if number.admits(exact * factor):
            return f"that is {words} the right value"
    for divisor, words in ((2, "half"), (4, "a quarter of")):
        if exact % divisor == 0 and number.admits(exact // divisor):
            return f"that is {words} the right value"
    if not number.is_exact:
        return _scaled_digits(number, exact)
    return ""


def _scaled_digits(number: Number, exact: int) -> str:
    reading = number.readings[0]
    step = number.unit.decimal
    right = str((2 * exact * 10**reading.decimals + step) // (2 * step))
    return digit_slip(number.digits, right)


def _other_layer(number: Number, target: Target, column: str, identity: Identity) -> str:
    """The name of another layer of the network whose value it is."""
    if identity.network is None or not number.readings[0].mantissa or column == "ops":
        return ""
    for other in identity.network.targets:
        counts = (other.params, other.weights) if column == "params" else (other.values,)
        if other.name != target.name and any(count and number.admits(count) for count in counts):
            return other.name
    return ""
