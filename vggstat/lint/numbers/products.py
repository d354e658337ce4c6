"""Products and sums as documents write them, read by a small bounded parser; nothing is ever run."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final, NamedTuple

from vggstat.units.reading import UNITS, read_digits

MAX_DEPTH: Final = 32
MAX_BITS: Final = 400
MAX_NUMBER: Final = 40


class Expression(NamedTuple):
    """A product or sum: its value as a fraction, and the plain numbers in it."""

    start: int
    end: int
    text: str
    exact: Fraction
    atoms: tuple[int, ...]
    slack: int = 0
    """How far from its value the sum of what its terms are rounded from may be: ``7.5K + 80K`` has 50 + 500."""

    @property
    def value(self) -> int | None:
        """The integer that it comes to."""
        return self.exact.numerator if self.exact.denominator == 1 else None

    @property
    def digits(self) -> str:
        return re.sub(r"\D", "", self.text)


_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d(?:[\d,.']*\d)?)|(?P<sign>\*\*|[()\[\]+*/^x-]|²|³)"
    r"|(?P<unit>[KMG](?![A-Za-z])))\s*",
    re.I,
)


class _NotAProductError(Exception):
    """The text is none, or one that is too deep or too large."""


class _Parser:
    """Sums of products of numbers, with brackets, powers and quotients; bounded in depth and in size."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.atoms: list[int] = []
        self.signs = 0
        self.slack = 0
        self.is_sum = True

    def peek(self) -> str:
        """The sign that comes next; empty for none."""
        token = _TOKEN.match(self.text, self.at)
        return (token["sign"] or "") if token is not None else ""

    def take(self) -> re.Match[str]:
        """The token that comes next, which is behind then."""
        token = _TOKEN.match(self.text, self.at)
        if token is None:
            raise _NotAProductError
        self.at = token.end()
        self.signs += bool(token["sign"])
        return token

    def sum(self, depth: int) -> Fraction:
        total = self.product(depth)
        while (sign := self.peek()) in ("+", "-"):
            self.take()
            term = self.product(depth)
            total += term if sign == "+" else -term
        return total

    def product(self, depth: int) -> Fraction:
        value = self.power(depth)
        while (sign := self.peek()) in ("*", "x", "X", "/", "(", "["):
            if sign not in ("(", "["):
                self.take()
            self.is_sum = False
            factor = self.power(depth)
            if sign == "/" and not factor:
                raise _NotAProductError
            value = _bounded(value / factor if sign == "/" else value * factor)
        return value

    def power(self, depth: int) -> Fraction:
        base = self.atom(depth)
        if self.peek() not in ("^", "**", "²", "³"):
            return base
        exponent = {"²": 2, "³": 3}.get(self.take()["sign"]) or self.exponent()
        if base.numerator.bit_length() * exponent > MAX_BITS:
            raise _NotAProductError
        return base**exponent

    def exponent(self) -> int:
        match = re.compile(r"\{?(\d{1,2})\}?").match(self.text, self.at)
        if match is None or int(match[1]) > 20:
            raise _NotAProductError
        self.at = match.end()
        return int(match[1])

    def atom(self, depth: int) -> Fraction:
        token = self.take()
        if depth > MAX_DEPTH:
            raise _NotAProductError
        if token["sign"] in ("(", "["):
            inside = self.sum(depth + 1)
            if self.take()["sign"] not in (")", "]"):
                raise _NotAProductError
            return inside
        number = token["number"] or ""
        readings, _ = read_digits(number.rstrip(",.'")) if 0 < len(number) <= MAX_NUMBER else ((), True)
        if not readings:
            raise _NotAProductError
        mantissa, decimals = readings[0]
        if not decimals:
            self.atoms.append(mantissa)
        return Fraction(mantissa, 10**decimals) * self.unit(10**decimals)

    def unit(self, below: int) -> int:
        """What a number's unit multiplies by; ``below``: the steps of its last digit in one of them."""
        unit = _TOKEN.match(self.text, self.at)
        if unit is None or not unit["unit"]:
            return 1
        self.at = unit.end()
        step = UNITS[unit["unit"].lower()].decimal
        self.slack += -(-step // (2 * below))
        return step


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() > MAX_BITS:
        raise _NotAProductError
    return value


def read_expression(text: str, offset: int) -> Expression | None:
    """The product or sum that ``text`` begins with; None where it is none. ``offset``: where the text stands."""
    parser = _Parser(text)
    try:
        value = parser.sum(0)
    except _NotAProductError:
        return None
    end = len(text[: parser.at].rstrip())
    if not parser.signs or text[parser.at :].lstrip()[:1].isdigit():
        return None
    slack = parser.slack if parser.is_sum else 0
    return Expression(offset, offset + end, text[:end], value, tuple(parser.atoms), slack)
