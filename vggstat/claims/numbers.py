"""Numbers and products as documents write them, read by a small bounded parser; nothing is ever run.

A printed number stands for every exact value that rounds or truncates to it at its printed precision. What a
comma, a point or a space means is often not decidable from one number, so a ``Number`` has several readings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final, NamedTuple

from vggstat.claims.text import Flow

__all__ = [
    "UNITS", "Expression", "Number", "Part", "Reading", "Unit", "claim_parts", "clean", "format_like", "parse_numbers",
    "parse_unit",
]  # fmt: skip

MAX_LENGTH: Final = 400
"""Characters of one claim; a longer one is nobody's product."""
MAX_DEPTH: Final = 32
MAX_BITS: Final = 400
ZEROS_MAY_HIDE: Final = 80
"""Trailing zeros of a whole number hide at most 1/80 of it: ``140M`` is 138,357,544, ``130M`` is not."""
ZEROS_IN_TABLES: Final = 200
"""In a table they hide less: ``800K`` is 802,816, ``570K`` is not 573,440 between ``573K`` and ``286K``."""


class Unit(NamedTuple):
    """What a unit multiplies by: as it says, and as a power of 2 where people use it so."""

    name: str
    decimal: int
    binary: int = 0
    bytes: bool = False


def _units() -> dict[str, Unit]:
    units = {}
    for sign, power in (("k", 1), ("m", 2), ("g", 3), ("t", 4)):
        name = sign.upper()
        units[sign] = Unit(name, 1000**power, 1024**power)
        units[sign + "b"] = Unit(name + "B", 1000**power, 1024**power, bytes=True)
        units[sign + "bytes"] = units[sign + "byte"] = units[sign + "b"]
        units[sign + "ib"] = Unit(name + "iB", 1024**power, 0, bytes=True)
    units["b"] = Unit("B", 10**9)
    units["byte"] = units["bytes"] = Unit("bytes", 1, 0, bytes=True)
    words = {
        10**3: "thousand tausend mille mil тыс тысяч 千 천",
        10**4: "万 萬 만",
        10**6: "million millions mio mln mn millionen millones milhões milioni милл млн миллион миллиона "
        "миллионов 百万 백만",
        10**8: "亿 億 억",
        10**9: "billion billions bn mrd milliarden milliards млрд миллиардов миллиарда 十亿 십억",
        10**7: "千万 천만",
    }
    for factor, names in words.items():
        for name in names.split():
            units[name] = Unit(name, factor)
    units["megabytes"] = units["megabyte"] = units["mb"]
    units["gigabytes"] = units["gigabyte"] = units["gb"]
    units["mebibytes"] = units["mib"]
    units["megas"], units["gigas"], units["kilo"] = units["m"], units["g"], units["k"]
    units["mega"], units["giga"], units["kilobyte"] = units["m"], units["g"], units["kb"]
    return units


UNITS: Final = _units()
NO_UNIT: Final = Unit("", 1)


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
    def zeros(self) -> bool:
        """Whether trailing zeros may be placeholders: before a unit, or three and more of them."""
        return self.unit is not NO_UNIT or self.readings[0].mantissa % 1000 == 0 or self.hedge

    def admits(self, exact: int, scale: int | None = None, hide: int = ZEROS_IN_TABLES) -> bool:
        """Whether ``exact`` may stand behind it, with the unit as it says or as ``scale``. ``hide``: how much
        trailing zeros may hide at most."""
        factor = self.unit.decimal if scale is None else scale
        zeros = ZEROS_MAY_HIDE if self.hedge else hide
        return any(reading.admits(exact, factor, zeros if self.zeros else 0) for reading in self.readings)

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


class Expression(NamedTuple):
    """A product or sum: its value as a fraction, and the plain numbers in it."""

    start: int
    end: int
    text: str
    numerator: int
    denominator: int
    atoms: tuple[int, ...]

    @property
    def value(self) -> int | None:
        """The integer that it comes to."""
        whole, rest = divmod(self.numerator, self.denominator)
        return None if rest else whole

    @property
    def digits(self) -> str:
        return re.sub(r"\D", "", self.text)


Part = Number | Expression

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


@cache
def _number_pattern(words: bool) -> re.Pattern[str]:
    units = rf"(?:{_UNIT_WORDS})(?![a-z])|" if words else "[KMGT]i?B(?![a-z])|"
    return re.compile(_NUMBER.replace("UNITS", units), re.IGNORECASE)


def _number_regex(text: str) -> re.Pattern[str]:
    return _number_pattern(_OTHER_WORDS.search(text) is not None)


def clean(flow: Flow) -> Flow:
    """Without Markdown's and LaTeX's marks, and with LaTeX's signs as plain ones."""
    text = flow.text
    if "\\" in text:
        flow = flow.sub(r"\\(?:times|ast|cdot)\b", "*").sub(
            r"\\(?:left|right|bf|mathbf|mathrm|text|approx"
            r"|sim)\b",
            "",
        )
        flow = flow.sub(r"\\(?=[*_|x~()\[\]#$&])", "").sub(r"\\[,;:! ]", " ").sub(r"\{,\}", ",")
    if "$" in text or "`" in text or "{" in text:
        flow = flow.sub(r"\{,\}", ",").sub(r"[$`]", "")
    if "**" in text or "__" in text:
        flow = flow.sub(r"^\s*(?:\*\*|__)|(?:\*\*|__)\s*$", "")
    return flow.strip(" \n")


def parse_unit(word: str) -> Unit:
    """The unit that a header's word names (``M``, ``MB``, ``GFLOPs``, ``Units.GIGABYTES``); none for an unknown one."""
    bare = word.strip().lower().removeprefix("units.")
    for name in (bare, bare.removesuffix("s"), re.sub(r"[- ]?(?:flop|mac|op|mult|param|add).*$", "", bare)):
        if name in UNITS:
            return UNITS[name]
    return NO_UNIT


def parse_numbers(text: str, unit: str = "") -> Iterator[Number]:
    """Every number of ``text``, left to right."""
    for match in _number_regex(text[:100_000]).finditer(text[:100_000]):
        number = _number(match, unit)
        if number is not None:
            yield number


def _number(match: re.Match[str], unit: str) -> Number | None:
    digits = match["digits"].replace("{,}", ",").replace("\\,", " ")
    if len(digits) > 60:
        return None
    readings, well_grouped = _readings(digits)
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
            readings = _readings(digits)[0][:1]
    start = match.start("digits")
    hedge = "~" in match["sign"]
    if hedge:
        start = match.start() + match["sign"].index("~")
    return Number(start, match.end(), match[0][start - match.start() :], readings, named, well_grouped, hedge)


def _readings(digits: str) -> tuple[tuple[Reading, ...], bool]:
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
    if not all(groups) or not tail:
        return (), False
    well = all(len(group) == 3 for group in groups[1:])
    if well:
        return (Reading(int(plain), len(tail)),), True
    return (Reading(int(plain), 0), Reading(int(plain), len(tail))), False


_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d[\d,.']*)|(?P<sign>\*\*|[()\[\]+*/^x-]|²|³)"
    r"|(?P<unit>[KMG](?![A-Za-z])))\s*",
    re.I,
)
_EQUALS: Final = re.compile(r"(?<=[^\s~=])\s*(?:~\s?=|=\s?~|={1,2}>?|->|→|⇒|~)\s*")


@lru_cache(maxsize=8192)
def claim_parts(text: str, unit: str = "") -> tuple[Part, ...]:
    """The parts of a claim around its ``=`` signs: products and numbers. Empty where there is none.

    ``unit`` is the header's, for a number that is bare.
    """
    parts: list[Part] = []
    start = 0
    text = text[:MAX_LENGTH]
    for match in [*_EQUALS.finditer(text), None]:
        end = match.start() if match else len(text)
        piece = text[start:end]
        part = _part(piece, start, unit)
        if part is not None:
            parts.append(part)
        elif piece.strip() and not parts and match is None:
            return ()
        start = match.end() if match else end
    return tuple(parts)


def _part(piece: str, start: int, unit: str) -> Part | None:
    bare = piece.strip()
    if not bare:
        return None
    offset = start + piece.index(bare)
    match = _number_regex(bare).match(bare)
    if match and not re.match(r"\s*[*xX+/^(\[²³-]", bare[match.end() :]):
        number = _number(match, unit)
        if number is not None:
            return number._replace(
                start=offset + number.start, end=offset + number.end, text=bare[number.start : number.end]
            )
    return _expression(bare, offset)


class _Parser:
    """Sums of products of numbers, with brackets, powers and quotients; bounded in depth and in size."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.atoms: list[int] = []
        self.signs = 0

    def peek(self) -> re.Match[str] | None:
        return _TOKEN.match(self.text, self.at)

    def sum(self, depth: int) -> tuple[int, int] | None:
        left = self.product(depth)
        while left is not None and (token := self.peek()) and token["sign"] in ("+", "-"):
            self.at = token.end()
            self.signs += 1
            right = self.product(depth)
            if right is None:
                return None
            sign = 1 if token["sign"] == "+" else -1
            left = (left[0] * right[1] + sign * right[0] * left[1], left[1] * right[1])
        return left

    def product(self, depth: int) -> tuple[int, int] | None:
        left = self.power(depth)
        while left is not None and (token := self.peek()):
            sign = token["sign"]
            if sign in ("*", "x", "X", "/"):
                self.at = token.end()
            elif sign not in ("(", "["):
                break
            self.signs += 1
            right = self.power(depth)
            if right is None or (sign == "/" and not right[0]):
                return None
            if sign == "/":
                right = (right[1], right[0])
            left = (left[0] * right[0], left[1] * right[1])
            if left[0].bit_length() > MAX_BITS:
                return None
        return left

    def power(self, depth: int) -> tuple[int, int] | None:
        base = self.atom(depth)
        token = self.peek()
        if base is None or token is None or token["sign"] not in ("^", "**", "²", "³"):
            return base
        self.at = token.end()
        self.signs += 1
        exponent = {"²": 2, "³": 3}.get(token["sign"])
        if exponent is None:
            match = re.compile(r"\{?(\d{1,2})\}?").match(self.text, self.at)
            if match is None or int(match[1]) > 20:
                return None
            self.at, exponent = match.end(), int(match[1])
        if base[0].bit_length() * exponent > MAX_BITS:
            return None
        return base[0] ** exponent, base[1] ** exponent

    def atom(self, depth: int) -> tuple[int, int] | None:
        token = self.peek()
        if token is None or depth > MAX_DEPTH:
            return None
        if token["sign"] in ("(", "["):
            self.at = token.end()
            self.signs += 1
            inside = self.sum(depth + 1)
            closing = self.peek()
            if inside is None or closing is None or closing["sign"] not in (")", "]"):
                return None
            self.at = closing.end()
            return inside
        if token["number"] is None or len(token["number"]) > 40:
            return None
        readings, _ = _readings(token["number"].rstrip(",.'"))
        if not readings:
            return None
        self.at = token.end()
        value, below = readings[0].mantissa, 10 ** readings[0].decimals
        if not readings[0].decimals:
            self.atoms.append(value)
        unit = self.peek()
        if unit is not None and unit["unit"]:
            self.at = unit.end()
            value *= UNITS[unit["unit"].lower()].decimal
        return value, below


def _expression(text: str, offset: int) -> Expression | None:
    parser = _Parser(text)
    value = parser.sum(0)
    if value is None or not parser.signs:
        return None
    end = len(text[: parser.at].rstrip())
    if text[parser.at :].lstrip()[:1].isdigit():
        return None
    return Expression(offset, offset + end, text[:end], value[0], value[1], tuple(parser.atoms))


def format_like(number: Number, exact: int, scale: int | None = None) -> str:
    """``exact`` in the form of ``number``: its separators, its decimals, its unit."""
    factor = number.unit.decimal if scale is None else scale
    digits = number.text.lstrip("~ ")
    reading = next((r for r in number.readings if r.decimals == 0 or factor > 1), number.readings[0])
    if factor == 1:
        reading = next((r for r in number.readings if not r.decimals), reading)
    step = 10**reading.decimals
    mantissa = (2 * exact * step + factor) // (2 * factor)
    match = _number_regex(digits).match(digits)
    body = match["digits"] if match else digits
    tail = digits[len(body) :]
    if reading.decimals:
        whole, part = divmod(mantissa, step)
        mark = next((sign for sign in reversed(body) if not sign.isdigit()), ".")
        text = f"{_grouped(whole, body[: body.rfind(mark)])}{mark}{part:0{reading.decimals}d}"
    else:
        text = _grouped(mantissa, body)
    return ("~" if number.text.startswith("~") else "") + text + tail


def _grouped(value: int, like: str) -> str:
    mark = re.search(r"\{,\}|\\,|[,.' ]", like)
    plain = len(like) > 3 and mark is None
    sign = mark[0] if mark else ("" if plain or value < 10_000 else ",")
    return f"{value:,}".replace(",", sign)
