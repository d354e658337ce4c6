"""One number as people write it, with its unit and word: for what is typed, where a text is a number or is none."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Final

from vggstat.records import Record
from vggstat.units.reading import BYTE, NO_UNIT, UNITS, ZEROS_IN_TABLES, Reading, Unit, read_digits

_PERCENT: Final = Unit("%", 1)
_OPERATIONS: Final = ("flop", "mac")
_COUNTED: Final = (*_OPERATIONS, "madd", "mult", "op", "param", "weight", "value", "b/s", "bit")
_LONGEST: Final = 80
_LARGEST_EXPONENT: Final = 60
_SUPERSCRIPTS: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_NUMBER: Final = r"""
    (?P<about>(?:(?:[~≈∼～≃]|\\approx|\\sim|approx\.?|about|around|roughly|circa|ca\.?|约|約|약|大约)\s*)*)
    (?P<sign>[+\-−–]?)\s*
    (?P<digits>[0-9](?:[0-9.,_'’]|[\ \u00a0\u2009\u202f](?=[0-9]{3}(?![0-9])))*)
    (?:[eE](?P<e>[+\-−]?[0-9]+)|\s*(?:[×x*·]|\\times|\\cdot)\s*10\s*(?:\^\s*\{?(?P<power>[+\-−]?[0-9]+)\}?|(?P<super>[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+)))?
    (?P<space>[\s\-]*)
    (?P<unit>.*)
"""


class Stated(Record):
    """A number as somebody wrote it, no more exact than its digits say: ``3.2M`` is 32 with one decimal, in ``M``."""

    text: str
    reading: Reading
    """Of its size; a percentage is a hundredth."""
    unit: Unit = NO_UNIT
    """``K M G T P``, ``B`` (bytes or 10^9), ``KB`` ... ``PiB``, ``%``, ``万``, ``亿``, or nothing."""
    power: int = 0
    """Of ten, that it is to be multiplied by: 10 of ``1.5e10``."""
    word: str = ""
    """What is counted, where it is said: ``FLOPs``, ``MACs``, ``parameters``, ``px``."""
    is_negative: bool = False
    approximate: bool = False
    """Whether ``~``, ``≈``, ``about`` or the like stands before it."""
    also: tuple[Stated, ...] = ()
    """Other ways to read the same characters: ``138.357`` as a grouped integer, ``7B`` as bytes."""

    @property
    def scale(self) -> str:
        """Its unit, as a sign."""
        return self.unit.name

    @property
    def factor(self) -> int:
        """What one of its unit is worth."""
        return self.unit.decimal

    @property
    def exact(self) -> Fraction:
        """The number exactly as stated, in units of one: 3,200,000 for ``3.2M``."""
        size = Fraction(self.reading.mantissa * self.factor * 10**self.power, 10**self.reading.decimals)
        return -size if self.is_negative else size

    @property
    def insignificant_zeros(self) -> int:
        """How many zeros at the end of a whole number need not be exact digits.

        With a scale any of them, as long as two digits remain: ``800K`` may be 802,816, ``100K`` not 150,528.
        Without one, only where at least the thousands are zeros: ``138,000,000`` may be 138,357,544, while
        ``589,820``, ``1000`` and ``4000`` are exact. A percentage's zeros are exact too.
        """
        mantissa, decimals = self.reading
        if decimals or self.unit is _PERCENT or not mantissa:
            return 0
        digits = str(mantissa)
        zeros = len(digits) - len(digits.rstrip("0"))
        if self.factor == 1 and (zeros < 3 or mantissa < 10_000):
            return 0
        return max(0, min(zeros, len(digits) - 2))

    def admits(self, exact: int | Decimal | Fraction) -> bool:
        """Whether the exact value, rounded or truncated at the printed precision, reads like this."""
        return self.admitting(exact) is not None

    def admitting(self, exact: int | Decimal | Fraction) -> Stated | None:
        """The likeliest of its readings that the exact value reads like; None where none does."""
        numerator, denominator = exact.as_integer_ratio()
        size = -numerator if self.is_negative else numerator
        scale = self.factor * 10**self.power * denominator
        if self.reading.admits(size, scale, ZEROS_IN_TABLES if self.insignificant_zeros else 0):
            return self
        return next((found for other in self.also if (found := other.admitting(exact))), None)

    @property
    def significant_digits(self) -> int:
        """How many of its digits say something: 4 of ``15.48G``, 3 of ``138,000,000``, 1 of ``0.05``."""
        return max(1, len(str(self.reading.mantissa)) - self.insignificant_zeros)

    def in_binary(self) -> Stated:
        """The same with K, M, G, KB, MB, ... read as powers of 1024, as many tools mean them."""
        unit = self.unit._replace(decimal=self.unit.binary or self.factor)
        return self.replace(unit=unit, also=tuple(other.in_binary() for other in self.also))


def parse_stated(text: str) -> Stated:
    """One number as people write it, with its unit and word; a ``ValueError`` where it is none.

    ``138,357,544``, ``138.357.544``, ``132'863'336``, ``138 357 544``, ``2,3M``, ``~138M``, ``1.38亿``,
    ``13835万``, ``1.5e10``, ``1.5 × 10^10``, ``15.48 GMACs``, ``58MB``, ``58 MiB``, ``89.4 %``, ``−0.1 pt``.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"not a number: {text[:20]!r}... is {len(text)} characters long")
    match = re.fullmatch(_NUMBER, _plain(text), re.VERBOSE | re.IGNORECASE)
    if match is None:
        raise ValueError(f"not a number: {text!r}")
    power = match["e"] or match["power"] or (match["super"] or "0").translate(_SUPERSCRIPTS)
    shift = int(power.replace("−", "-"))
    if abs(shift) > _LARGEST_EXPONENT:
        raise ValueError(f"not a number that counts anything: {text!r}")
    units = _units(match["unit"].strip(), attached=not match["space"])
    statements = [
        Stated(
            text=text,
            reading=reading._replace(decimals=reading.decimals + 2 * (unit is _PERCENT) + max(-shift, 0)),
            unit=unit,
            power=max(shift, 0),
            word=word,
            is_negative=match["sign"] in ("-", "−", "–"),
            approximate=bool(match["about"]),
        )
        for reading in _readings(match["digits"], text)
        for unit, word in units
    ]
    return statements[0].replace(also=tuple(statements[1:]))


def _plain(text: str) -> str:
    """The text with full-width letters, digits and signs (U+FF01 to U+FF5E) as ordinary ones."""
    text = text.strip()
    if text.isascii():
        return text
    return "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)


def _readings(digits: str, text: str) -> tuple[Reading, ...]:
    """Each way to read the digits, the likeliest first; none that has to overlook a separator in an odd place."""
    digits = re.sub("[ \u00a0\u2009\u202f]", " ", digits.rstrip(".,_'’ ")).replace("’", "'")
    readings, well_grouped = read_digits(digits)
    if not well_grouped and re.fullmatch(r"[0-9]+,[0-9]{4,}", digits):
        return readings[1:]
    if not well_grouped or not readings:
        raise ValueError(f"not a number: {text!r} mixes its separators")
    return readings


def _units(text: str, attached: bool) -> list[tuple[Unit, str]]:
    """Each way to read what stands behind the digits, with the word that is left over, the likeliest first."""
    head, _, rest = text.partition(" ")
    rest = rest.strip()
    folded = head.lower()
    if not head:
        return [(NO_UNIT, "")]
    if not (head[0].isalpha() or head[0] in "%°") or (folded[0] == "x" and folded[1:2].isdigit()):
        raise ValueError(f"not a number: {text!r} is no unit")
    if folded.startswith(("%", "percent", "per cent")):
        return [(_PERCENT, text[1:].strip() if head.startswith("%") else rest)]
    for length in (2, 1):
        if not head[:length].isascii() and head[:length] in UNITS:
            return [(UNITS[head[:length]], f"{head[length:]} {rest}".strip())]
    if folded == "b":
        readings = [(UNITS["b"], rest), (BYTE, rest)]
        return readings if attached else readings[::-1]
    whole = UNITS.get(folded) or (UNITS.get(folded + "b") if folded[1:] == "i" else None)
    if whole is not None:
        return [(whole, rest)]
    letter = UNITS.get(folded[0])
    counted = (
        _COUNTED if head[0].isupper() and folded[0] != "b" else _OPERATIONS
    )  # Darknet's BFLOPs: billions
    if letter is not None and folded[1:].startswith(counted):
        return [(letter, f"{head[1:]} {rest}".strip())]
    return [(NO_UNIT, text)]
