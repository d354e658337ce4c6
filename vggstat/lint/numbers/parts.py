"""A claim as its parts: the products and numbers around its equals signs."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from vggstat.lint.numbers.number import Number, number_pattern, read_compound, read_match
from vggstat.lint.numbers.products import Expression, read_expression
from vggstat.lint.text import Flow

MAX_LENGTH: Final = 400
"""Characters of one claim; a longer one is nobody's product."""
Part = Number | Expression
_EQUALS: Final = re.compile(r"(?<=[^\s~=])\s*(?:~\s?=|=\s?~|={1,2}>?|->|→|⇒|~)\s*")


def clean(flow: Flow) -> Flow:
    """Without Markdown's and LaTeX's marks, and with LaTeX's signs as plain ones."""
    text = flow.text
    if "\\" in text:
        flow = flow.sub(r"\\(?:times|ast|cdot)(?![A-Za-z])", "*")
        flow = flow.sub(r"\\(?:left|right|bf|mathbf|mathrm|text|approx|sim)\b", "")
        flow = flow.sub(r"\\(?=[*_|x~()\[\]#$&])", "").sub(r"\\[,;:! ]", " ").sub(r"\{,\}", ",")
    if "$" in text or "`" in text or "{" in text:
        flow = flow.sub(r"\{,\}", ",").sub(r"[$`]", "")
    if "**" in text or "__" in text:
        flow = flow.sub(r"^\s*(?:\*\*|__)|(?:\*\*|__)\s*$|(?<=[=~] )\*\*(?=\d)|(?<=[=~])\*\*(?=\d)", "")
    return flow.strip(" \n")


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
    compound = read_compound(bare.lstrip("~约約약 "))
    if compound is not None:
        at = start + piece.rindex(compound.text)
        return compound._replace(start=at, end=at + len(compound.text))
    match = number_pattern(bare).match(bare)
    if match and not re.match(r"\s*[*xX+/^(\[²³-]", bare[match.end() :]):
        number = read_match(match, unit)
        if number is not None:
            return number._replace(
                start=offset + number.start, end=offset + number.end, text=bare[number.start : number.end]
            )
    return read_expression(bare, offset)
