"""Mending documents: marked blocks brought up to date, and wrong numbers replaced where that is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.claims.engine import FileResult
from vggstat.claims.markers import Render, find_blocks, fresh_lines
from vggstat.claims.model import Finding
from vggstat.claims.source import Document
from vggstat.errors import VggstatError

__all__ = ["mend_text"]


def mend_text(document: Document, result: FileResult, render: Render, *, unsafe: bool) -> str:
    """The document's text as it should be. Line ends, and everything that is not wrong, stay as they are."""
    if any(finding.code == "V901" for finding in result.findings):
        return document.text
    text = document.text
    if unsafe:
        text = _with_numbers(text, result.findings)
    return text if document.kind == "notebook" else _with_blocks(text, document.kind, render)


def _with_numbers(text: str, findings: Sequence[Finding]) -> str:
    """Each fixable finding's text replaced, from the last to the first. A text that is not found is left."""
    lines = text.splitlines(keepends=True) if "\r" in text else text.split("\n")
    keep = "" if "\r" in text else "\n"
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
    return keep.join(lines)


def _with_blocks(text: str, kind: str, render: Render) -> str:
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(end)
    blocks, problems = find_blocks(lines, kind)
    if problems:
        return text
    for block in reversed(blocks):
        try:
            fresh = fresh_lines(block, kind, render)
        except VggstatError:
            continue
        if fresh is not None and [line.rstrip() for line in lines[block.start + 1 : block.end]] != [
            line.rstrip() for line in fresh
        ]:
            lines[block.start + 1 : block.end] = fresh
    return end.join(lines)
