"""The values of a document as YAML: what is short on one line in brackets, the rest in lines of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from json import dumps
from re import fullmatch
from typing import Any, Final

__all__ = ["WIDTH", "Data", "block_lines", "flow", "long_list", "number", "quoted"]

Data = Any
"""A text that needs no quotes, a number, a truth value, a list, or a mapping whose keys are such texts."""

WIDTH: Final = 110
"""Columns of a line, where it can be broken."""

ON_ONE_LINE: Final = "branches"
"""Mappings that begin with this key stand on one line with the others where they fit."""

PLAIN: Final = r"[A-Za-z0-9](?:[\w .()×/&+-]*[\w.()+-])?"
"""Texts that mean themselves in YAML without quotes, in brackets too."""


def flow(data: Data) -> str:
    """A value on one line."""
    if isinstance(data, str):
        return data
    if isinstance(data, Mapping):
        return "{" + ", ".join(f"{key}: {flow(value)}" for key, value in data.items()) + "}"
    if isinstance(data, list | tuple):
        return "[" + ", ".join(map(flow, data)) + "]"
    return number(data)


def number(value: float) -> str:
    """A truth value or a number as the language reads them: without a fraction where there is none."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if value == int(value) else repr(value)


def quoted(text: str) -> str:
    """A text of somebody's, in quotes where YAML would read it otherwise."""
    words = ("null", "true", "false", "yes", "no", "on", "off")
    plain = fullmatch(PLAIN, text) and text.lower() not in words
    return text if plain else dumps(text, ensure_ascii=False)


def block_lines(data: Data, indent: int) -> list[str]:
    """A value in lines: the first without its indentation, which is for whoever puts something before it."""
    if isinstance(data, Mapping):
        return list(_mapping(data, indent))
    if isinstance(data, list) and not _is_short(data, indent):
        if _is_of_texts(data):
            return long_list(data, indent, begins=indent)
        return list(_items(data, indent))
    return [flow(data)]


def _items(items: Sequence[Data], indent: int) -> Iterator[str]:
    """``- item`` for each."""
    for count, item in enumerate(items):
        first, *others = block_lines(item, indent + 2)
        yield f"{' ' * indent if count else ''}- {first}"
        yield from others


def _mapping(data: Mapping[str, Data], indent: int) -> Iterator[str]:
    """``key: value`` for each, or all on one line where that is plain to read."""
    if len(data) > 1 and next(iter(data)) == ON_ONE_LINE and _fits(data, indent):
        yield flow(data)
        return
    for count, (key, value) in enumerate(data.items()):
        start = f"{' ' * indent if count else ''}{key}:"
        if isinstance(value, Mapping) or _fits(value, indent + len(key) + 2):
            yield f"{start} {flow(value)}"
            continue
        if _is_of_texts(value):
            first, *others = long_list(value, indent + 2, begins=indent + len(key) + 2)
            yield f"{start} {first}"
        else:
            yield start
            first, *others = block_lines(value, indent + 2)
            yield f"{' ' * (indent + 2)}{first}"
        yield from others


def _fits(data: Data, indent: int) -> bool:
    return indent + len(flow(data)) <= WIDTH


def _is_short(items: Sequence[Data], indent: int) -> bool:
    """Whether a list is plain to read on one line: at most one unit among its layers."""
    units = sum(isinstance(item, Mapping) and _is_unit(item) for item in items)
    return _fits(items, indent) and (not units or (units == 1 and len(flow(items)) <= WIDTH * 3 // 4))


def _is_unit(item: Mapping[str, Data]) -> bool:
    return any(isinstance(value, list) for value in item.values())


def _is_of_texts(data: Data) -> bool:
    return isinstance(data, list) and all(isinstance(item, str) for item in data)


def long_list(items: Sequence[str], indent: int, *, begins: int) -> list[str]:
    """A list of texts in brackets, over as many lines as it takes; ``begins`` is the column of the first, without which
    that one is.
    """
    lines = [""]
    column = begins + 1
    for count, item in enumerate(items):
        text = f"{item}]" if count == len(items) - 1 else f"{item},"
        if lines[-1] and column + len(text) + 1 > WIDTH:
            lines.append(text)
            column = indent + 1 + len(text)
        else:
            lines[-1] += f" {text}" if lines[-1] else text
            column += len(text) + 1
    return ["[" + lines[0], *(" " * (indent + 1) + line for line in lines[1:])]
