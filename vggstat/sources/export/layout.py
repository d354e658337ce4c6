"""Python source on lines of a width, broken where a formatter breaks it."""

from __future__ import annotations

import json
from keyword import iskeyword
from typing import Final, NamedTuple, Union

__all__ = ["WIDTH", "Brackets", "Text", "before", "flat", "is_name", "lines", "quoted"]

WIDTH: Final = 100
"""Columns of a line."""

INDENT: Final = 4


class Brackets(NamedTuple):
    """What stands in brackets, with all that stands before and behind: ``self.conv1 = nn.Conv2d(3, 64)``."""

    head: str
    """Up to the opening bracket, and that."""
    items: tuple[Text, ...]
    tail: str = ")"
    """The closing bracket, and all behind it."""


Text = Union[str, Brackets]  # noqa: UP007 - of two types of which one is not there yet


def flat(text: Text) -> str:
    """The text on one line, however long."""
    if isinstance(text, str):
        return text
    return text.head + ", ".join(map(flat, text.items)) + text.tail


def lines(text: Text, depth: int, behind: str = "") -> list[str]:
    """The lines of a text at a depth of indentation: one if it fits, else broken at its outermost brackets.

    What a call has in them stands on one line where it fits there; else, and in a list, each item has a line with a
    comma of its own.
    """
    margin = " " * (INDENT * depth)
    whole = f"{margin}{flat(text)}{behind}"
    if isinstance(text, str) or not text.items or len(whole) <= WIDTH:
        return [whole]
    opening, closing = margin + text.head, f"{margin}{text.tail}{behind}"
    inside = ", ".join(map(flat, text.items))
    if text.head[-1] == "(" and len(inside) + len(margin) + INDENT <= WIDTH:
        return [opening, f"{margin}{' ' * INDENT}{inside}", closing]
    comma = "," if len(text.items) > 1 or text.head[-1] != "(" else ""
    return [opening, *(line for item in text.items for line in lines(item, depth + 1, comma)), closing]


def before(words: str, text: Text) -> Text:
    """A text with something before it."""
    return words + text if isinstance(text, str) else text._replace(head=words + text.head)


def is_name(word: str) -> bool:
    """Whether a word can be a name in Python."""
    return word.isidentifier() and not iskeyword(word)


def quoted(word: str) -> str:
    """A word as a string in the source."""
    return json.dumps(word)
