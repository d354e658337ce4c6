"""Parameters of networks that do not ship, as the libraries that hold them count them."""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from vggstat.lint.numbers import Number, format_like
from vggstat.lint.ops_words import CLOSE
from vggstat.lint.qualifiers import without_qualifiers
from vggstat.lint.slips import digit_slip

LEAST_DIGITS: Final = 4
"""Digits of a count that is one slip away from a published one by more than chance."""
ROUNDED: Final = 1e-5
"""How far off a count is that was rounded to six digits."""


class Elsewhere(NamedTuple):
    """A network of somebody else's library. ``params``: each count with the library that states it, the plainest first."""

    name: str
    params: tuple[tuple[int, str], ...]


class Slipped(NamedTuple):
    """A published count from which one slip of the hand leads to a printed number."""

    params: int
    source: str
    slip: str
    expected: str
    """The count in the form of the number."""


def slip_of_count(network: Elsewhere, number: Number) -> Slipped | None:
    """The count of a network that a number is a slip of; None for no such, and for one that other versions explain."""
    for count, source in network.params:
        expected = format_like(number, count)
        slip = digit_slip(number.digits, re.sub(r"\D", "", expected))
        if slip and len(number.digits) >= LEAST_DIGITS and _is_off(number, count):
            return Slipped(count, source, slip, expected)
    return None


def _is_off(number: Number, count: int) -> bool:
    """Whether a count is exact, or off by more than other versions of the same network are."""
    off = abs(number.approximate / count - 1)
    return off >= CLOSE or (number.is_exact and len(number.digits) > LEAST_DIGITS and off >= ROUNDED)


def find_elsewhere(words: str) -> Elsewhere | None:
    """The network that a label names with nothing else beside it; None for any other."""
    known = _read()
    return known.get(_key(words)) or known.get(_key(without_qualifiers(words)))


def _key(words: str) -> str:
    return re.sub(r"[^a-z0-9]", "", words.lower())


@cache
def _read() -> dict[str, Elsewhere]:
    """The networks by each way to spell their names."""
    from importlib.resources import files

    found: dict[str, Elsewhere] = {}
    text = (files("vggstat.lint") / "elsewhere.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, keys, counts = line.split("\t")
        pairs = (entry.split(" ", 1) for entry in counts.split("; "))
        network = Elsewhere(name, tuple((int(count), source) for count, source in pairs))
        found.update(dict.fromkeys(keys.split(), network))
    return found
