"""Numbers as text, and text as numbers.

Numbers as text: integers and ratios of integers only, rounded half up (half away from zero) in integer
arithmetic, so that what is printed is the correct rounding of the exact value. ``MB`` is 10^6 bytes and
``MiB`` 2^20. A minus sign is ``−`` (U+2212), as wide as a plus sign.

Text as numbers: ``parse_stated`` reads one number as people write it; a ``Stated`` knows which exact values
its digits admit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vggstat.records import Record

if TYPE_CHECKING:
    from decimal import Decimal
    from fractions import Fraction

__all__ = [
    "GIBI",
    "GIGA",
    "KILO",
    "MEBI",
    "MEGA",
    "Stated",
    "gibi",
    "giga",
    "grouped",
    "lecture_short",
    "mebi",
    "mega",
    "parse_stated",
    "percent",
    "quotient",
    "ratio",
    "short",
    "signed",
]

KILO = 10**3
MEGA = 10**6
GIGA = 10**9
MEBI = 2**20
GIBI = 2**30

_MINUS = "−"
_SHORT = ((KILO, "K"), (MEGA, "M"), (GIGA, "G"), (10**12, "T"))


# Numbers as text


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


# Text as numbers


class Stated(Record):
    """A number as somebody wrote it: ``mantissa * 10^exponent`` of a unit, no more exact than its digits say.

    ``3.2M`` is mantissa 32, exponent -1, scale ``M``.
    """

    text: str
    mantissa: int
    exponent: int
    """The power of ten of the last digit; negative for decimals."""
    scale: str = ""
    """``K M G T P``, ``B`` (bytes or 10^9), ``KB`` ... ``TiB``, ``%``, ``万``, ``亿``, or nothing."""
    word: str = ""
    """What is counted, where it is said: ``FLOPs``, ``MACs``, ``parameters``, ``px``."""
    factor: int = 1
    """What one of the scale is worth (a ``%`` is worth ``1 / divisor``)."""
    divisor: int = 1
    approximate: bool = False
    """Whether ``~``, ``≈``, ``about`` or the like stands before it."""
    also: tuple[Stated, ...] = ()
    """Other ways to read the same characters: ``138.357`` as a grouped integer, ``7B`` as bytes."""

    @property
    def value(self) -> Decimal:
        """The number exactly as stated, in units of one: 3,200,000 for ``3.2M``."""
        from decimal import Decimal

        return self._units(Decimal(self.mantissa))

    def _units(self, number: Decimal) -> Decimal:
        from decimal import Context

        exact = Context(prec=400)
        scaled = exact.multiply(exact.scaleb(number, self.exponent), exact.create_decimal(self.factor))
        return exact.divide(scaled, exact.create_decimal(self.divisor))

    @property
    def insignificant_zeros(self) -> int:
        """How many zeros at the end of a whole number need not be exact digits.

        With a scale any of them, as long as two digits remain: ``800K`` may be 802,816, ``100K`` not 150,528.
        Without one, only where at least the thousands are zeros: ``138,000,000`` may be 138,357,544, while
        ``589,820``, ``1000`` and ``4000`` are exact. A percentage's zeros are exact too.
        """
        if self.exponent < 0 or self.scale == "%" or not self.mantissa:
            return 0
        digits = str(abs(self.mantissa))
        zeros = len(digits) - len(digits.rstrip("0"))
        if self.factor == 1 and (zeros < 3 or abs(self.mantissa) < 10_000):
            return 0
        return max(0, min(zeros, len(digits) - 2))

    def bounds(self) -> tuple[int, int, int]:
        """``(low, high, denominator)``: the sizes admitted are ``low <= size * denominator < high``.

        A correct rounding lies half a step to either side of the exact value, a truncation less than a step
        below it; the sign is left aside, as truncation is towards zero. Nobody truncates to two digits (130M
        for 138M): where zeros leave no more than two, only a rounding is admitted.
        """
        zeros = self.insignificant_zeros
        step = 10**zeros
        size = abs(self.mantissa)
        above = step if zeros and size < 100 * step else 2 * step
        up, down = (10**self.exponent, 1) if self.exponent >= 0 else (1, 10**-self.exponent)
        scale = self.factor * up
        return (2 * size - step) * scale, (2 * size + above) * scale, 2 * down * self.divisor

    def admits(self, exact: int | Decimal | Fraction) -> bool:
        """Whether the exact value, rounded or truncated at the printed precision, reads like this."""
        return self.admitting(exact) is not None

    def admitting(self, exact: int | Decimal | Fraction) -> Stated | None:
        """The likeliest of its readings that the exact value reads like; None where none does."""
        numerator, denominator = exact.as_integer_ratio()
        low, high, scale = self.bounds()
        size = -numerator if self.mantissa < 0 else numerator
        if low * denominator <= size * scale < high * denominator:
            return self
        return next((found for other in self.also if (found := other.admitting(exact))), None)

    @property
    def significant_digits(self) -> int:
        """How many of its digits say something: 4 of ``15.48G``, 3 of ``138,000,000``, 1 of ``0.05``."""
        return max(1, len(str(abs(self.mantissa))) - self.insignificant_zeros)

    def in_binary(self) -> Stated:
        """The same with K, M, G, KB, MB, ... read as powers of 1024, as many tools mean them."""
        power = "KMGTP".find(self.scale[:1]) + 1 if self.scale else 0
        also = tuple(other.in_binary() for other in self.also)
        return self.replace(factor=1024**power if power else self.factor, also=also)


_DECIMAL_SCALES = {"k": KILO, "m": MEGA, "g": GIGA, "t": 10**12, "p": 10**15}
_WORD_SCALES = {
    "thousand": ("K", KILO),
    "million": ("M", MEGA),
    "millions": ("M", MEGA),
    "mio": ("M", MEGA),
    "mn": ("M", MEGA),
    "billion": ("G", GIGA),
    "billions": ("G", GIGA),
    "bn": ("G", GIGA),
    "mrd": ("G", GIGA),
    "trillion": ("T", 10**12),
    "byte": ("B", 1),
    "bytes": ("B", 1),
}
_EAST_ASIAN_SCALES = {
    "万": ("万", 10**4),
    "萬": ("万", 10**4),
    "만": ("万", 10**4),
    "百万": ("M", MEGA),
    "千万": ("千万", 10**7),
    "亿": ("亿", 10**8),
    "億": ("亿", 10**8),
    "억": ("亿", 10**8),
    "十亿": ("G", GIGA),
}
_OPERATIONS = ("flop", "mac")
_COUNTED = (*_OPERATIONS, "madd", "mult", "op", "param", "weight", "value", "b/s", "bit")
_LONGEST = 80
_LARGEST_EXPONENT = 60

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_NUMBER = r"""
    (?P<about>(?:(?:[~≈∼～≃]|\\approx|\\sim|approx\.?|about|around|roughly|circa|ca\.?|约|約|약|大约)\s*)*)
    (?P<sign>[+\-−–]?)\s*
    (?P<digits>[0-9](?:[0-9.,_'’]|[\ \u00a0\u2009\u202f](?=[0-9]{3}(?![0-9])))*)
    (?:[eE](?P<e>[+\-−]?[0-9]+)|\s*(?:[×x*·]|\\times|\\cdot)\s*10\s*(?:\^\s*\{?(?P<power>[+\-−]?[0-9]+)\}?|(?P<super>[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]+)))?
    (?P<space>[\s\-]*)
    (?P<unit>.*)
"""


def parse_stated(text: str) -> Stated:
    """One number as people write it, with its unit and word; a ``ValueError`` where it is none.

    ``138,357,544``, ``138.357.544``, ``132'863'336``, ``138 357 544``, ``2,3M``, ``~138M``, ``1.38亿``,
    ``13835万``, ``1.5e10``, ``1.5 × 10^10``, ``15.48 GMACs``, ``58MB``, ``58 MiB``, ``89.4 %``, ``−0.1 pt``.
    """
    import re

    if len(text) > _LONGEST:
        raise ValueError(f"not a number: {text[:20]!r}... is {len(text)} characters long")
    match = re.fullmatch(_NUMBER, _plain(text), re.VERBOSE | re.IGNORECASE)
    if match is None:
        raise ValueError(f"not a number: {text!r}")
    power = match["e"] or match["power"] or (match["super"] or "0").translate(_SUPERSCRIPTS)
    shift = int(power.replace("−", "-"))
    if abs(shift) > _LARGEST_EXPONENT:
        raise ValueError(f"not a number that counts anything: {text!r}")
    sign = -1 if match["sign"] in ("-", "−", "–") else 1
    units = _units(match["unit"].strip(), attached=not match["space"])
    statements = [
        Stated(
            text=text,
            mantissa=sign * mantissa,
            exponent=shift - decimals,
            scale=scale,
            word=word,
            factor=factor,
            divisor=100 if scale == "%" else 1,
            approximate=bool(match["about"]),
        )
        for mantissa, decimals in _readings(match["digits"], text)
        for scale, factor, word in units
    ]
    return statements[0].replace(also=tuple(statements[1:]))


def _plain(text: str) -> str:
    """The text with full-width letters, digits and signs (U+FF01 to U+FF5E) as ordinary ones."""
    text = text.strip()
    if text.isascii():
        return text
    return "".join(chr(ord(c) - 0xFEE0) if "\uff01" <= c <= "\uff5e" else c for c in text)


def _readings(digits: str, text: str) -> list[tuple[int, int]]:
    """``(mantissa, number of decimals)`` of each way to read the digits, the likeliest first."""
    import re

    digits = re.sub("[ \u00a0\u2009\u202f]", " ", digits.rstrip(".,_'’ ")).replace("’", "'")
    if digits.isdigit():
        return [(int(digits), 0)]
    found: list[tuple[int, int]] = []
    for group, point in ((",", "."), ("'", "."), (" ", "."), ("_", "."), (".", ","), (" ", ","), ("'", ",")):
        mark, dot = re.escape(group), re.escape(point)
        match = re.fullmatch(rf"([1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+)(?:{dot}([0-9]+))?", digits)
        if match:
            decimals = match[2] or ""
            found.append((int(match[1].replace(group, "") + decimals), len(decimals)))
    for point in ".,":
        match = re.fullmatch(rf"([0-9]+){re.escape(point)}([0-9]+)", digits)
        if match:
            # a comma before three digits groups them, a point before three digits is a decimal point
            found.insert(0 if point == "." else len(found), (int(match[1] + match[2]), len(match[2])))
    if not found:
        raise ValueError(f"not a number: {text!r} mixes its separators")
    return list(dict.fromkeys(found))


def _units(unit: str, attached: bool) -> list[tuple[str, int, str]]:
    """``(scale, factor, word)`` of each way to read what stands behind the digits, the likeliest first."""
    head, _, rest = unit.partition(" ")
    rest = rest.strip()
    folded = head.lower()
    if not head:
        return [("", 1, "")]
    if not (head[0].isalpha() or head[0] in "%°") or (folded[0] == "x" and folded[1:2].isdigit()):
        raise ValueError(f"not a number: {unit!r} is no unit")
    if folded.startswith(("%", "percent", "per cent")):
        return [("%", 1, unit[1:].strip() if head.startswith("%") else rest)]
    for length in (2, 1):
        if head[:length] in _EAST_ASIAN_SCALES:
            scale, factor = _EAST_ASIAN_SCALES[head[:length]]
            return [(scale, factor, (head[length:] + " " + rest).strip())]
    if folded in _WORD_SCALES:
        scale, factor = _WORD_SCALES[folded]
        return [(scale, factor, rest)]
    if folded == "b":
        readings = [("B", GIGA, rest), ("B", 1, rest)]
        return readings if attached else readings[::-1]
    factor = _DECIMAL_SCALES.get(folded[0], 0)
    letter = folded[0].upper()
    if factor and folded in "kmgt":
        return [(letter, factor, rest)]
    if factor and folded[1:] in ("b", "byte", "bytes"):
        return [(letter + "B", factor, rest)]
    if factor and folded[1:] in ("i", "ib"):
        return [(letter + "iB", 1024 ** ("KMGTP".index(letter) + 1), rest)]
    if folded[0] == "b" and folded[1:].startswith(_OPERATIONS):  # Darknet's BFLOPs: billions
        return [("G", GIGA, (head[1:] + " " + rest).strip())]
    if factor and folded[1:].startswith(_COUNTED if head[0].isupper() else _OPERATIONS):
        return [(letter, factor, (head[1:] + " " + rest).strip())]
    return [("", 1, unit)]
