"""Marked blocks of a document brought up to date."""

from __future__ import annotations

from vggstat.errors import VggstatError
from vggstat.lint.markers import Render, find_blocks, fresh_lines, same_text, within_tree
from vggstat.lint.source import Document, join_lines, split_ends

__all__ = ["may_be_written", "mend_text"]

UNREADABLE = ("V901", "V904")
"""Findings about a file that was not read as what it is; nothing is written into such a file."""


def mend_text(document: Document, render: Render) -> str:
    """The document's text as it should be. Line ends, and everything that is not wrong, stay as they are."""
    if not may_be_written(document):
        return document.text
    render = within_tree(render, document.path)
    if document.kind == "notebook":
        from vggstat.lint.notebook_mend import mend_cells

        return mend_cells(document.text, render)
    return _with_blocks(document.text, document.kind, render)


def may_be_written(document: Document) -> bool:
    """Whether the file was read as what it is."""
    return not any(finding.code in UNREADABLE for finding in document.problems)


def _with_blocks(text: str, kind: str, render: Render) -> str:
    lines, ends = split_ends(text)
    blocks, problems = find_blocks(lines, kind)
    if problems:
        return text
    for block in reversed(blocks):
        try:
            fresh = fresh_lines(block, kind, render)
        except VggstatError:
            continue
        if fresh is not None and not same_text(block.held(lines), fresh):
            ends[block.start + 1 : block.end] = [ends[block.start]] * len(fresh)
            lines[block.start + 1 : block.end] = fresh
    return join_lines(lines, ends)
