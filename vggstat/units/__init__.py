"""Numbers as text. ``reading`` and ``stated`` have the other way: text as numbers.

Integers and ratios of integers only, rounded half up (half away from zero) in integer arithmetic, so that what is
printed is the correct rounding of the exact value. ``MB`` is 10^6 bytes and ``MiB`` 2^20. A minus sign is ``−``
(U+2212), as wide as a plus sign.
"""

from __future__ import annotations

from collections.abc import Callable

KILO = 10**3
MEGA = 10**6
GIGA = 10**9
MEBI = 2**20
GIBI = 2**30

_MINUS = "−"
_SHORT = ((KILO, "K"), (MEGA, "M"), (GIGA, "G"), (10**12, "T"))


def grouped(number: int) -> str:
    """The integer with commas between groups of three digits: ``138,357,544``."""
    return f"{number:,}".replace("-", _MINUS)


def quotient(numerator: int, denominator: int, digits: int) -> str:
    """``numerator / denominator`` with so many decimals, rounded half up, grouped: ``1,722.99``."""
    negative = (numerator < 0) != (denominator < 0)
    top, bottom = abs(numerator) * 10**digits, abs(denominator)
    scaled = (2 * top + bottom) // (2 * bottom)
    whole, decimals = divmod(scaled, 10**digits)
    text = f"{whole:,}.{decimals:0{digits}d}" if digits else f"{whole:,}"
    return _MINUS + text if negative and scaled else text


def _in_units(number: int, unit: int, digits: int) -> str:
    """``number / unit`` with so many decimals; with as many as show two digits of it where those were all zeros."""
    size = 2 * abs(number)
    if digits and number and size * 10**digits < unit:
        while size * 10**digits < 19 * unit:
            digits += 1
    return quotient(number, unit, digits)


def mega(number: int, digits: int = 2) -> str:
    """Millions, as of bytes in MB: 553,430,176 is ``553.43``, and 1,288 is ``0.0013``, not nothing."""
    return _in_units(number, MEGA, digits)


def mebi(number: int, digits: int = 2) -> str:
    """Units of 2^20, as of bytes in MiB: 553,430,176 is ``527.79``."""
    return _in_units(number, MEBI, digits)


def giga(number: int, digits: int = 2) -> str:
    """Units of 10^9: 15,470,264,320 is ``15.47``."""
    return _in_units(number, GIGA, digits)


def gibi(number: int, digits: int = 2) -> str:
    """Units of 2^30, as of bytes in GiB."""
    return _in_units(number, GIBI, digits)


def percent(part: int, whole: int, digits: int = 1) -> str:
    """The share as ``89.4 %``; ``–`` of nothing."""
    return f"{quotient(100 * part, whole, digits)} %" if whole else "–"


def ratio(number: int, base: int, digits: int = 3) -> str:
    """``number / base`` as ``1.038``; ``–`` where the base is nothing."""
    return quotient(number, base, digits) if base else "–"


def signed(number: int, text: Callable[[int], str] = grouped) -> str:
    """A difference with its sign, its size in the words of ``text``: ``+5,309,696``, ``−0.1``, ``0``."""
    size = text(abs(number))
    if not number:
        return size
    return f"+{size}" if number > 0 else _MINUS + size


def short(number: int, digits: int = 2) -> str:
    """The number in K, M, G or T from 10,000 on, with decimals: ``138.36M``; below that all its digits."""
    if number < 0:
        return _MINUS + short(-number, digits)
    if number < 10_000:
        return grouped(number)
    for unit, letter in _SHORT:
        # what would round to a thousand of a unit belongs to the next one: 999,999 is 1.00M, not 1000.00K
        if 2 * number * 10**digits < (2000 * 10**digits - 1) * unit:
            return quotient(number, unit, digits) + letter
    return quotient(number, 10**12, digits) + "T"


def lecture_short(number: int) -> str:
    """The number as the CS231n lecture prints it: ``4096``, ``25K``, ``150K``, ``3.2M``.

    All digits below 10,000; from there on two significant digits, rounded half up: K below 10^6, M above.
    """
    if number < 10_000:
        return str(number)
    step = 10 ** (len(str(number)) - 2)
    rounded = (2 * number + step) // (2 * step) * step
    if rounded < MEGA:
        return f"{rounded // KILO}K"
    whole, rest = divmod(rounded, MEGA)
    return f"{whole}.{rest // 10**5}M" if rest or whole < 10 else f"{whole}M"
