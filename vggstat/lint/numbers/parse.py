"""From digits to ``Number``: separators, powers of ten, signs of approximation, units."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from vggstat.lint.numbers.number import Number
from vggstat.units.reading import NO_UNIT, UNITS, Reading, Unit, parse_unit, read_digits

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
    power = match["exp"] or match["e"]
    if power:
        readings = tuple(
            Reading(r.mantissa * 10 ** max(int(power) - r.decimals, 0), max(r.decimals - int(power), 0))
            for r in readings[:1]
        )
    named = parse_unit(match["unit"] or "") if match["unit"] else parse_unit(unit)
    if power and readings[0].mantissa:
        named = Unit(f"e{power}", 10 ** int(power)) if named is NO_UNIT else named
        if named.name.startswith("e"):
            readings = read_digits(digits)[0][:1]
    start = match.start("digits")
    hedge = "~" in match["sign"]
    if hedge:
        start = match.start() + match["sign"].index("~")
    return Number(start, match.end(), match[0][start - match.start() :], readings, named, well_grouped, hedge)
