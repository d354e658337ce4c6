"""A printed number as an interval: how its digits may be read, and what its unit multiplies by.

It stands for every exact value that rounds or truncates to it at its printed precision. What a comma, a point or a
space means is often not decidable from one number, so there may be several readings.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple


class Unit(NamedTuple):
    """What a unit multiplies by: as it says, and as a power of 2 where people use it so."""

    name: str
    decimal: int
    binary: int = 0
    bytes: bool = False


_WORDS: Final = {
    ("K", 10**3): "thousand tausend mille mil тыс тысяч 千 천",
    ("万", 10**4): "万 萬 만",
    ("M", 10**6): "million millions mio mln mn millionen millones milhões milioni милл млн миллион миллиона "
    "миллионов triệu 百万 백만",
    ("千万", 10**7): "千万 천만",
    ("亿", 10**8): "亿 億 억",
    (
        "G",
        10**9,
    ): "billion billions bn mrd milliarden milliards miliardi tỷ млрд миллиардов миллиарда 十亿 십억",
    ("T", 10**12): "trillion",
}
"""Words for powers of ten, by the sign that says the same."""


def _units() -> dict[str, Unit]:
    units = {name: Unit(*key) for key, names in _WORDS.items() for name in names.split()}
    for power, (sign, prefix) in enumerate(
        (("k", "kilo"), ("m", "mega"), ("g", "giga"), ("t", "tera"), ("p", "peta")), start=1
    ):
        letter, decimal, binary = sign.upper(), 1000**power, 1024**power
        in_bytes = Unit(letter + "B", decimal, binary, bytes=True)
        units.update(dict.fromkeys((sign, prefix, prefix + "s"), Unit(letter, decimal, binary)))
        spelled = (sign + "b", sign + "byte", sign + "bytes", prefix + "byte", prefix + "bytes")
        units.update(dict.fromkeys(spelled, in_bytes))
        units.update(
            dict.fromkeys((sign + "ib", prefix[:2] + "bibytes"), Unit(letter + "iB", binary, bytes=True))
        )
    units["b"] = Unit("B", 10**9)
    units["byte"] = units["bytes"] = BYTE
    return units


BYTE: Final = Unit("B", 1, bytes=True)
UNITS: Final = _units()
NO_UNIT: Final = Unit("", 1)


def parse_unit(word: str) -> Unit:
    """The unit that a header's word names (``M``, ``MB``, ``GFLOPs``, ``Units.GIGABYTES``); none for an unknown one."""
    bare = word.strip().lower().removeprefix("units.")
    for name in (bare, bare.removesuffix("s"), re.sub(r"[- ]?(?:flop|mac|op|mult|param|add).*$", "", bare)):
        if name in UNITS:
            return UNITS[name]
    return NO_UNIT


ZEROS_MAY_HIDE: Final = 80
"""Trailing zeros of a whole number hide at most 1/80 of it: ``140M`` is 138,357,544, ``130M`` is not."""
ZEROS_IN_TABLES: Final = 200
"""In a table they hide less: ``800K`` is 802,816, ``570K`` is not 573,440 between ``573K`` and ``286K``."""


PADDED_FROM: Final = 2
"""Decimals from which on a last zero may be the printer's: ``60.190`` is 60.19 in a column of three decimals."""


class Reading(NamedTuple):
    """One way to read the digits: ``mantissa`` × 10^-``decimals``."""

    mantissa: int
    decimals: int

    def admits(self, exact: int, scale: int, zeros: int) -> bool:
        """Whether ``exact`` rounds or truncates to this number of ``scale``. ``zeros``: the part of it that trailing
        zeros may hide, as 1/zeros; 0 where they are digits."""
        wanted = exact * 10**self.decimals
        if _within(self.mantissa, 1, scale, wanted):
            return True
        if self.decimals > PADDED_FROM and self.mantissa % 10 == 0:
            return Reading(self.mantissa // 10, self.decimals - 1).admits(exact, scale, zeros)
        if not zeros or self.decimals or not self.mantissa:
            return False
        near = abs(self.mantissa * scale - wanted) * zeros <= wanted
        step = 10
        while self.mantissa % step == 0:
            digits = self.mantissa // step
            if near and _within(digits, step, scale, wanted):
                return True
            if digits >= 10 and _rounds(digits, step, scale, wanted):
                return True  # two digits and more may be rounded as far as they go: 220K is 215,040
            step *= 10
        return False


def _rounds(mantissa: int, step: int, scale: int, wanted: int) -> bool:
    low, unit = mantissa * step * scale, step * scale
    return 2 * low - unit <= 2 * wanted <= 2 * low + unit


def _within(mantissa: int, step: int, scale: int, wanted: int) -> bool:
    low, unit = mantissa * step * scale, step * scale
    return low <= wanted < low + unit or _rounds(mantissa, step, scale, wanted)


def read_digits(digits: str) -> tuple[tuple[Reading, ...], bool]:
    """How the digits may be read, the likeliest first, and whether separators stand where they should."""
    marks = {sign for sign in digits if not sign.isdigit()}
    plain = re.sub(r"\D", "", digits)
    if not marks:
        return (Reading(int(plain), 0),), True
    if len(marks) == 2:
        return _two_marks(digits, plain)
    if len(marks) > 2:
        return (), False
    mark = marks.pop()
    groups = digits.split(mark)
    if any(not group for group in groups):
        return (), False
    grouped = len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:]) and groups[0] != "0"
    decimal = Reading(int(plain), len(groups[-1]))
    whole = Reading(int(plain), 0)
    if len(groups) == 2 and mark in ".,":
        if not grouped:
            if mark == "," and len(groups[1]) > 3:
                return (whole, decimal), False
            return (decimal,), True
        return ((whole, decimal) if mark == "," else (decimal, whole)), True
    return (whole,), grouped


def _two_marks(digits: str, plain: str) -> tuple[tuple[Reading, ...], bool]:
    """``1,234.5`` and ``1.234,5``: the last mark is the decimal one if it occurs once."""
    last = max(digits.rfind(mark) for mark in ".,'")
    head, tail = digits[:last], digits[last + 1 :]
    if digits[last] in head:
        return (Reading(int(plain), 0),), False
    groups = re.split(r"[.,' ]", head)
    if not all(groups) or not tail.isdigit():
        return (), False
    well = all(len(group) == 3 for group in groups[1:])
    if well:
        return (Reading(int(plain), len(tail)),), True
    return (Reading(int(plain), 0), Reading(int(plain), len(tail))), False
