"""Marked blocks in the cells of a notebook brought up to date; every other byte of the file stays.

A source is one string, or a list of strings, as a rule one a line. What stands between two markers is replaced where
it stands in the JSON: inside a string, or string by string with the commas and indents that the file has.
"""

from __future__ import annotations

import json
from typing import NamedTuple

from vggstat.errors import VggstatError
from vggstat.lint.markers import Block, Render, find_blocks, fresh_lines, same_text
from vggstat.lint.notebook import MarkedCell, SourceText, decoded, marked_cells

__all__ = ["mend_cells"]


class _Point(NamedTuple):
    """A place in the file: inside a string, or (``between``) at the quotation mark that opens one."""

    offset: int
    between: bool


class _Patch(NamedTuple):
    start: int
    end: int
    text: str


def mend_cells(text: str, render: Render) -> str:
    """The notebook's text with the blocks of its cells as their commands print them."""
    ascii_only = text.isascii() and "\\u" in text
    patches = [
        _patch(text, cell, block, fresh, ascii_only)
        for cell in marked_cells(text)
        for block, fresh in _stale(cell, render)
    ]
    for patch in reversed(patches):
        text = text[: patch.start] + patch.text + text[patch.end :]
    return text


def _stale(cell: MarkedCell, render: Render) -> list[tuple[Block, list[str]]]:
    """The blocks of a cell that are out of date, and what should stand in each; none where its markers are not in order."""
    blocks, problems = find_blocks(cell.lines, cell.kind)
    stale = []
    for block in () if problems else blocks:
        try:
            fresh = fresh_lines(block, cell.kind, render)
        except VggstatError:
            continue
        if fresh is not None and not same_text(block.held(cell.lines), fresh):
            stale.append((block, fresh))
    return stale


def _patch(text: str, cell: MarkedCell, block: Block, fresh: list[str], ascii_only: bool) -> _Patch:
    """What is to be written instead of the lines between a block's markers."""
    start, end = _point(cell, block.start + 1), _point(cell, block.end)
    return_sign = "\r" if cell.lines[block.start].endswith("\r") else ""
    lines = [json.dumps(f"{line}{return_sign}\n", ensure_ascii=ascii_only) for line in fresh]
    separator = _separator(text, cell.pieces) if start.between or end.between else ""
    if start.between and end.between:
        return _Patch(start.offset, end.offset, "".join(line + separator for line in lines))
    inside = "".join(line[1:-1] for line in lines)
    opening = '"' if start.between else ""
    closing = f'"{separator}' if end.between else ""
    return _Patch(start.offset, end.offset, opening + inside + closing)


def _point(cell: MarkedCell, line: int) -> _Point:
    """Where a line of a cell begins in the file."""
    at = sum(len(text) + 1 for text in cell.lines[:line])
    for piece in cell.pieces:
        if not at:
            return _Point(piece.offset - 1, True)
        if at < len(piece):
            return _Point(piece.offset + _raw_offset(piece, at), False)
        at -= len(piece)
    raise AssertionError("a marker stands in one of the strings")


def _raw_offset(piece: SourceText, index: int) -> int:
    """Where the character at ``index`` begins in the string as the file has it."""
    if "\\" not in piece.raw:
        return index
    return next(offset for at, (_, offset) in enumerate(decoded(piece.raw)) if at == index)


def _separator(text: str, pieces: list[SourceText]) -> str:
    """What stands between two strings of the list: comma, line end, indent."""
    first, second = pieces[:2]
    return text[first.offset + len(first.raw) + 1 : second.offset - 1]
