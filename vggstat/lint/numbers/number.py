"""A printed number: it stands for every exact value that rounds or truncates to it at its printed precision.

What a comma, a point or a space means is often not decidable from one number, so a ``Number`` has several readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

from vggstat.units.reading import (
    NO_UNIT,
    UNITS,
    ZEROS_IN_TABLES,
    ZEROS_MAY_HIDE,
    Reading,
    Unit,
    parse_unit,
    read_digits,
)

_UNIT_WORDS: Final = "|".join(
    sorted((re.escape(word) for word in UNITS if len(word) > 1 or not word.isascii()), key=len, reverse=True)
)
_NUMBER: Final = (
    r"(?P<sign>(?:~|<|>)?\s?)"
    r"(?P<digits>\d{1,3}(?:(?:\{,\}|\\,|[,.' ])\d{3})+(?![\d])(?:[.,]\d+)?|\d[\d,.']*\d|\d)"
    r"(?P<power>\s?(?:[x*]|\\times|\\cdot)\s?10\s?(?:\^\s?\{?|\*\*)\s?(?P<exp>\d{1,2})\}?"
    r"|[eE]\+?(?P<e>\d{1,2})(?!\w))?"
    r"(?:[ -]?(?P<unit>UNITS[KMGTB](?:(?![A-Za-z])|(?=flop|mac|op|mult|param|add))))?"
)
_OTHER_WORDS: Final = re.compile(r"[^\W\dkmgtbixKMGTBIXe_]")
"""A letter that no plain unit has: only then the words for units are looked for, which take long to compile."""


COMPOUND: Final = re.compile(
    r"(?P<high>\d{1,4})(?P<first>\s?[亿億억]\s?)(?P<low>\d{1,4})(?P<second>\s?(?P<unit>[万萬만]))"
)
"""A number of two units, as Chinese, Japanese and Korean write it: ``1億3836万`` is 13,836 times 10,000."""


class Number(NamedTuple):
    """A printed number: where it stands in its claim, how its digits may be read, and its unit."""

    start: int
    end: int
    text: str
    readings: tuple[Reading, ...]
    unit: Unit
    well_grouped: bool = True
    """False where a separator stands in an odd place: ``14,7456``."""
    hedge: bool = False

    @property
    def _is_rounded(self) -> bool:
        """Whether its last digits may be places only: three zeros, or two of a long one, as ``%g`` rounds."""
        mantissa = self.readings[0].mantissa
        return mantissa % 1000 == 0 or (mantissa >= 10**6 and mantissa % 100 == 0)

    @property
    def zeros(self) -> bool:
        """Whether trailing zeros may be placeholders: before a unit, or three and more of them."""
        return self.unit is not NO_UNIT or self._is_rounded or self.hedge

    def admits(self, exact: int, scale: int | None = None, hide: int = ZEROS_IN_TABLES) -> bool:
        """Whether ``exact`` may stand behind it, with the unit as it says or as ``scale``. ``hide``: how much
        trailing zeros may hide at most."""
        factor = self.unit.decimal if scale is None else scale
        zeros = 0 if not self.zeros else ZEROS_MAY_HIDE if self.hedge else hide
        for reading in self.readings:  # noqa: SIM110 - a generator would take half as long again, and this is asked most
            if reading.admits(exact, factor, zeros):
                return True
        return False

    @property
    def scales(self) -> tuple[int, int]:
        """What its unit may multiply by: as it says, and as a power of 2 where people use it so."""
        return self.unit.decimal, self.unit.binary or self.unit.decimal

    def admits_in(self, exact: int, scales: Iterable[int] = ()) -> bool:
        """Whether ``exact`` may stand behind it with one of these scales; by default with either of its own."""
        return any(self.admits(exact, scale) for scale in scales or self.scales)

    @property
    def is_exact(self) -> bool:
        """Whether it is a whole number to its last digit."""
        return self.unit.decimal == 1 and any(not reading.decimals for reading in self.readings)

    @property
    def whole(self) -> int | None:
        """The integer that it is, where it is one."""
        if self.unit.decimal != 1:
            return None
        return next((reading.mantissa for reading in self.readings if not reading.decimals), None)

    @property
    def approximate(self) -> float:
        """A value near it, for finding out what is meant."""
        reading = self.readings[0]
        return float(reading.mantissa * self.unit.decimal) / float(10**reading.decimals)

    @property
    def digits(self) -> str:
        return re.sub(r"\D", "", self.text)

    @property
    def is_indian(self) -> bool:
        """Whether it is grouped as in India: 13,83,57,544."""
        return re.fullmatch(r"~?\d{1,2}(?:,\d\d)+,\d{3}", self.text.strip()) is not None


@cache
def _compiled(words: bool) -> re.Pattern[str]:
    units = rf"(?:{_UNIT_WORDS})(?![a-z])|" if words else "[KMGT]i?B(?![a-z])|"
    return re.compile(_NUMBER.replace("UNITS", units), re.IGNORECASE)


def number_pattern(text: str) -> re.Pattern[str]:
    """The pattern of a number that serves for this text: with words for units only where it may have some."""
    return _compiled(_OTHER_WORDS.search(text) is not None)


def read_compound(text: str) -> Number | None:
    """The number of two units that is the whole of ``text``; None for any other."""
    match = COMPOUND.fullmatch(text)
    if match is None:
        return None
    reading = Reading(int(match["high"]) * 10_000 + int(match["low"]), 0)
    return Number(0, len(text), text, (reading,), parse_unit(match["unit"]))


def read_match(match: re.Match[str], unit: str) -> Number | None:
    """The number of a match of ``number_pattern``, in ``unit`` where it has none of its own; None for no number."""
    digits = match["digits"].replace("{,}", ",").replace("\\,", " ")
    if len(digits) > 60:
        return None
    readings, well_grouped = read_digits(digits)
    if not readings:
        return None
    named, power = parse_unit(match["unit"] or unit), int(match["exp"] or match["e"] or 0)
    if power and named is NO_UNIT:
        readings, named = readings[:1], Unit(f"e{power}", 10**power)
    elif power:
        mantissa, decimals = readings[0]
        readings = (Reading(mantissa * 10 ** max(power - decimals, 0), max(decimals - power, 0)),)
    start = match.start("digits")
    hedge = "~" in match["sign"]
    if hedge:
        start = match.start() + match["sign"].index("~")
    return Number(start, match.end(), match[0][start - match.start() :], readings, named, well_grouped, hedge)
