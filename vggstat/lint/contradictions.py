"""What is said of a number that is right, but in another way than the settings, its unit, its column or its label say."""

from __future__ import annotations

from vggstat.lint.model import Cell, Severity
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.ops_words import says_flops, says_macs
from vggstat.lint.policy import ConventionPolicy
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


def enter_other_mega(
    policy: ConventionPolicy, cell: Cell, number: Number, exact: int, verdicts: Verdicts
) -> bool:
    """Enter a size that is right with the base of MB that the settings exclude; False where it is none."""
    if not (number.unit.bytes and policy.size and number.admits_in(exact)):
        return False
    (scale,) = policy.scales(number)
    found = "MB of 10^6 bytes" if scale == number.unit.binary else "MB of 2^20 bytes"
    expected = format_like(number, exact, scale)
    enter_other_convention(cell, number, found, policy.words("size"), verdicts, expected=expected)
    return True


def enter_mixture(
    cell: Cell,
    number: Number,
    found: str,
    wanted: str,
    expected: str,
    verdicts: Verdicts,
    *,
    severity: Severity = "error",
    layer: str = "",
    derivation: str = "",
    claim: bool = True,
) -> None:
    """A number that is counted in another way (``found``) than the others of its table are (``wanted``)."""
    subject = f"{layer}: " if layer else ""
    verdicts.wrong_part(
        "V601",
        cell,
        number,
        f"{subject}{number.text.strip()} is {found}, the others are {wanted}: {expected} here",
        severity=severity,
        expected=expected,
        layer=layer,
        derivation=derivation,
        claim=claim,
    )


def enter_mislabelled(
    cell: Cell, number: Number, found: str, label: str, verdicts: Verdicts, *, macs: bool
) -> bool:
    """Enter a count of operations that is called what its rule does not count; False where it is not. ``found``: the
    rule in words; ``macs``: whether it counts one for each multiply-accumulate."""
    if macs and says_flops(label):
        words = "multiply-accumulates (MACs), of which each is two FLOPs, but is called FLOPs"
    elif not macs and says_macs(label):
        words = "FLOPs at two per multiply-accumulate, but is called MACs"
    else:
        return False
    message = f"{number.text.strip()} is right as {found}: {words}"
    verdicts.wrong_part("V602", cell, number, message, severity="warning")
    return True


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
