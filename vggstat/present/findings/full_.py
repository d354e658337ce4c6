"""For people: each finding with its line of the file, a caret under the number, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from vggstat.claims.engine import FileResult
from vggstat.claims.model import Finding
from vggstat.present.findings import Style, Tally
from vggstat.present.findings.concise_ import headline
from vggstat.present.findings.data import shown_path
from vggstat.present.findings.summary import describe_table, summary_line
from vggstat.present.width import visible, width

__all__ = ["write"]

SPAN: Final = 110
"""Columns of a source line that are shown, around the finding."""
_COLORS: Final = {"error": "31", "warning": "33", "code": "1", "caret": "31", "dim": "2"}


def write(results: Iterable[FileResult], tally: Tally, style: Style) -> Iterator[str]:
    """Findings with their lines; then what was recognised; then the counts."""
    for result in results:
        tally.add(result)
        for finding in result.findings:
            yield from _finding(result, finding, style)
        yield from _passes(result, style)
        for judgement in result.judgements if result.findings or style.show_passes else ():
            yield f"{shown_path(result.path)}: {describe_table(judgement)}.\n"
    yield summary_line(tally) + "\n"


def _finding(result: FileResult, finding: Finding, style: Style) -> Iterator[str]:
    head = visible(headline(result.path, finding))
    yield _paint(head.replace(f" {finding.code} ", f" {finding.code} ", 1), finding.severity, style) + "\n"
    gutter = " " * (len(str(finding.place.line)) + 1)
    line = result.lines[finding.place.line - 1] if finding.place.line <= len(result.lines) else ""
    if line and finding.text:
        yield from _source(line, finding, style)
    details = [finding.derivation] if finding.derivation and not _says(finding) else []
    for detail in (*details, *finding.notes):
        yield f"{gutter} │ {visible(detail)}\n"
    yield "\n"


def _says(finding: Finding) -> bool:
    return any(finding.derivation.split(" = ")[0] in note for note in finding.notes)


def _source(line: str, finding: Finding, style: Style) -> Iterator[str]:
    start, end = finding.place.column - 1, finding.place.end_column - 1
    first = max(0, min(start - 20, len(line) - SPAN)) if len(line) > SPAN and end > SPAN else 0
    shown = visible(line[first : first + SPAN].replace("\t", " "))
    gutter = " " * len(str(finding.place.line))
    before = width(visible(line[first:start].replace("\t", " ")))
    carets = "^" * max(1, min(width(visible(line[start:end])), SPAN - before))
    expected = f" expected {visible(finding.expected)}" if finding.expected else ""
    yield f" {gutter} │\n"
    yield f" {finding.place.line} │ {shown}\n"
    yield f" {gutter} │ {' ' * before}{_paint(carets, 'caret', style)}{expected}\n"


def _passes(result: FileResult, style: Style) -> Iterator[str]:
    path = shown_path(result.path)
    for judgement in result.judgements:
        if style.show_passes:
            for place, text, under in judgement.passes:
                yield f"{path}:{place.line}:{place.column}: right: {visible(text)}{f' ({under})' if under else ''}\n"
        if style.show_unchecked:
            for place, reason in judgement.unchecked:
                yield f"{path}:{place.line}:{place.column}: unchecked: {reason}\n"


def _paint(text: str, role: str, style: Style) -> str:
    return f"\x1b[{_COLORS[role]}m{text}\x1b[0m" if style.color else text
