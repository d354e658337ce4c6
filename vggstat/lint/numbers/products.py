"""Products and sums as documents write them, read by a small bounded parser; nothing is ever run."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from vggstat.units.reading import UNITS, read_digits

MAX_DEPTH: Final = 32
MAX_BITS: Final = 400


class Expression(NamedTuple):
    """A product or sum: its value as a fraction, and the plain numbers in it."""

    start: int
    end: int
    text: str
    numerator: int
    denominator: int
    atoms: tuple[int, ...]
    slack: int = 0
    """How far from its value the sum of what its terms are rounded from may be: ``7.5K + 80K`` has 50 + 500."""

    @property
    def value(self) -> int | None:
        """The integer that it comes to."""
        whole, rest = divmod(self.numerator, self.denominator)
        return None if rest else whole

    @property
    def digits(self) -> str:
        return re.sub(r"\D", "", self.text)


_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d[\d,.']*)|(?P<sign>\*\*|[()\[\]+*/^x-]|²|³)"
    r"|(?P<unit>[KMG](?![A-Za-z])))\s*",
    re.I,
)


class _Parser:
    """Sums of products of numbers, with brackets, powers and quotients; bounded in depth and in size."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.atoms: list[int] = []
        self.signs = 0
        self.slack = 0
        self.share = 0.0
        """The part of a product that its rounded factors may be off by."""
        self.is_sum = True

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
            self.is_sum = False
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
        readings, _ = read_digits(token["number"].rstrip(",.'"))
        if not readings:
            return None
        self.at = token.end()
        value, below = readings[0].mantissa, 10 ** readings[0].decimals
        if not readings[0].decimals:
            self.atoms.append(value)
        unit = self.peek()
        if unit is not None and unit["unit"]:
            self.at = unit.end()
            step = UNITS[unit["unit"].lower()].decimal
            value *= step
            self.slack += -(-step // (2 * below))
            self.share += 0.5 / max(readings[0].mantissa, 1)
        return value, below


def _slack(parser: _Parser, value: tuple[int, int]) -> int:
    """How far off the value its rounded terms or factors may take it."""
    return parser.slack if parser.is_sum else int(parser.share * value[0] / value[1])


def read_expression(text: str, offset: int) -> Expression | None:
    """The product or sum that ``text`` begins with; None where it is none. ``offset``: where the text stands."""
    parser = _Parser(text)
    value = parser.sum(0)
    if value is None or not parser.signs:
        return None
    end = len(text[: parser.at].rstrip())
    if text[parser.at :].lstrip()[:1].isdigit():
        return None
    return Expression(
        offset,
        offset + end,
        text[:end],
        value[0],
        value[1],
        tuple(parser.atoms),
        parser.slack * parser.is_sum,
    )
