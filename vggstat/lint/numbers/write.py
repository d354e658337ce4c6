"""An exact value written as a printed number is: with its separators, its decimals, its unit."""

from __future__ import annotations

import re

from vggstat.lint.numbers.number import COMPOUND, Number, number_pattern


def format_like(number: Number, exact: int, scale: int | None = None) -> str:
    """``exact`` in the form of ``number``: its separators, its decimals, its unit."""
    factor = number.unit.decimal if scale is None else scale
    digits = number.text.lstrip("~ ")
    reading = next((r for r in number.readings if r.decimals == 0 or factor > 1), number.readings[0])
    if factor == 1:
        reading = next((r for r in number.readings if not r.decimals), reading)
    step = 10**reading.decimals
    mantissa = (2 * exact * step + factor) // (2 * factor)
    compound = COMPOUND.fullmatch(digits)
    if compound:
        high, low = divmod(mantissa, 10_000)
        return f"{high}{compound['first']}{low}{compound['second']}"
    match = number_pattern(digits).match(digits)
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
