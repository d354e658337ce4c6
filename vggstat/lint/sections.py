"""The sections of a document, of whatever kind it is."""

from __future__ import annotations

import os
from collections.abc import Iterator

from vggstat.lint.source import MAX_LINE, MAX_LINES, Document, page_text, split_lines
from vggstat.lint.text import Line, Section, fold

__all__ = ["sections"]


def sections(document: Document) -> Iterator[Section]:
    """The sections of a document in reading order."""
    if document.kind == "notebook":
        from vggstat.lint.notebook import notebook_sections

        yield from notebook_sections(document)
        return
    title = os.path.basename(document.path)
    lines = split_lines(document.text)
    tabs = _are_cells(lines)
    made = [
        Line(_fold_cells(text[:MAX_LINE]) if number in tabs else fold(text[:MAX_LINE]), number)
        for number, text in enumerate(lines[:MAX_LINES], start=1)
    ]
    page = Section(document.kind, made, title)
    yield page
    if document.kind == "html":
        yield from page_text(page)


def _are_cells(lines: list[str]) -> set[int]:
    """The numbers of the lines in which tabs part cells: at least two lines in a row with equally many, within the text."""
    found: set[int] = set()
    before = 0
    for number, text in enumerate(lines[:MAX_LINES], start=1):
        count = text.strip().count("\t")
        if count and count == before:
            found.update((number - 1, number))
        before = count
    return found


def _fold_cells(text: str) -> str:
    """A line of tab-separated values, folded but for its tabs."""
    return "\t".join(map(fold, text.split("\t")))
