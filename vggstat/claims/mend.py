"""Mending documents: marked blocks brought up to date, and wrong numbers replaced where that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.claims.engine import FileResult
from vggstat.claims.markers import Render, find_blocks, fresh_lines, same_text, within_tree
from vggstat.claims.model import Finding
from vggstat.claims.source import Document, join_lines, split_ends
from vggstat.errors import VggstatError

__all__ = ["mend_text"]

UNREADABLE = ("V901", "V904")
"""Findings about a file that was not read as what it is; nothing is written into such a file."""


def mend_text(document: Document, result: FileResult, render: Render, *, unsafe: bool) -> str:
    """The document's text as it should be. Line ends, and everything that is not wrong, stay as they are."""
    if any(finding.code in UNREADABLE for finding in document.problems):
        return document.text
    render = within_tree(render, document.path)
    text = _with_numbers(document.text, result.findings) if unsafe else document.text
    if document.kind == "notebook":
        from vggstat.claims.notebook_mend import mend_cells

        return mend_cells(text, render)
    return _with_blocks(text, document.kind, render)


def _with_numbers(text: str, findings: Sequence[Finding]) -> str:
    """Each fixable finding's text replaced, from the last to the first. A text that is not found is left."""
    lines, ends = split_ends(text)
    done: dict[int, int] = {}
    for finding in sorted(findings, key=lambda f: (f.place.line, f.place.column), reverse=True):
        place = finding.place
        if not finding.fixable or not finding.expected or place.line > len(lines):
            continue
        line = lines[place.line - 1]
        if line[place.column - 1 : place.end_column - 1] != finding.text or place.end_column - 1 > done.get(
            place.line, len(line)
        ):
            continue
        lines[place.line - 1] = line[: place.column - 1] + finding.expected + line[place.end_column - 1 :]
        done[place.line] = place.column - 1
    return join_lines(lines, ends)


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
