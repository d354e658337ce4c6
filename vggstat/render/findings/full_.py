"""For people: each finding with its line of the file, a caret under the number, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from vggstat.lint.engine import FileResult
from vggstat.lint.model import Evidence, Finding, Support
from vggstat.lint.place import Place
from vggstat.render.findings import Style, Tally
from vggstat.render.findings.concise_ import headline
from vggstat.render.findings.data import left_out, shown_path
from vggstat.render.findings.summary import describe_table, summary_line
from vggstat.render.width import quiet, visible, width

__all__ = ["write"]

SPAN: Final = 110
"""Columns of a source line that are shown, around the finding."""
FEW: Final = 3
"""Numbers of a column or table from which on it is worth saying how many of them agree."""
Line = list[tuple[str, str]]
"""Texts of a line, each with its role; as they are in the document."""
_COLORS: Final = {"error": "31", "warning": "33", "caret": "31"}


def write(results: Iterable[FileResult], tally: Tally, style: Style) -> Iterator[str]:
    """Findings with their lines; then what was recognised; then the counts."""
    for result in results:
        tally.add(result)
        for line in _result(result, style):
            yield _printed(line, style)
    yield summary_line(tally) + "\n"


def _printed(line: Line, style: Style) -> str:
    """The line as it is printed: harmless whatever the document holds, and in colour where there is some."""
    pieces = [(visible(text), role) for text, role in line]
    plain = "".join(text for text, _ in pieces)
    if not style.color or quiet(plain) != plain:
        return quiet(plain) + "\n"
    return "".join(f"\x1b[{_COLORS[role]}m{text}\x1b[0m" if role else text for text, role in pieces) + "\n"


def _result(result: FileResult, style: Style) -> Iterator[Line]:
    prose = _places_in_prose(result)
    for finding in result.findings:
        yield from _finding(result, finding, in_prose=finding.place in prose)
    yield from _passes(result, style)
    for judgement in result.judgements if result.findings or style.show_passes else ():
        yield [(f"{shown_path(result.path)}: {describe_table(judgement)}.", "")]


def _places_in_prose(result: FileResult) -> set[Place]:
    """Where findings stand in sentences and lists, which have no columns."""
    return {
        finding.place
        for judgement in result.judgements
        if judgement.table.form == "facts"
        for finding in judgement.findings
    }


def _finding(result: FileResult, finding: Finding, *, in_prose: bool) -> Iterator[Line]:
    yield [(headline(result.path, finding), finding.severity)]
    gutter = " " * (len(str(finding.place.line)) + 1)
    line = result.lines[finding.place.line - 1] if finding.place.line <= len(result.lines) else ""
    if line and finding.text:
        yield from _source(line, finding)
    details = [finding.derivation] if finding.derivation and not _says(finding) else []
    evidence = _evidence(finding, in_prose)
    notes = [note for note in finding.notes if note != finding.evidence.slip]
    for detail in (*details, *notes, *((evidence,) if evidence else ())):
        yield [(f"{gutter} │ {detail}", "")]
    yield []


def _evidence(finding: Finding, in_prose: bool) -> str:
    """``12 of 13 numbers in this column agree; one digit differs``; empty where the document says nothing about it."""
    evidence = finding.evidence
    parts = [_agreement(evidence, in_prose)]
    if evidence.slip:
        parts.append(evidence.slip)
    if evidence.rivals:
        parts.append(f"it may also be {' or '.join(evidence.rivals)}")
    return "; ".join(part for part in parts if part)


def _agreement(evidence: Evidence, in_prose: bool) -> str:
    """How many of the numbers around agree; empty where hardly any stand there."""
    near: tuple[tuple[Support, str], ...] = ((evidence.column, "this column"), (evidence.table, "this table"))
    if in_prose:
        near = ((evidence.table, "this passage"),)
    for support, where in near:
        if support.agree + support.differ >= FEW:
            verb = "agrees" if support.agree == 1 else "agree"
            return f"{support.agree or 'none'} of {support.agree + support.differ} numbers in {where} {verb}"
    return ""


def _says(finding: Finding) -> bool:
    return any(finding.derivation.split(" = ")[0] in note for note in finding.notes)


def _source(line: str, finding: Finding) -> Iterator[Line]:
    start, end = finding.place.column - 1, finding.place.end_column - 1
    first = max(0, min(start - 20, len(line) - SPAN)) if len(line) > SPAN and end > SPAN else 0
    gutter = " " * len(str(finding.place.line))
    before = width(visible(line[first:start].replace("\t", " ")))
    carets = "^" * max(1, min(width(visible(line[start:end])), SPAN - before))
    expected = f" expected {finding.expected}" if finding.expected else ""
    yield [(f" {gutter} │", "")]
    yield [(f" {finding.place.line} │ {line[first : first + SPAN]}".replace("\t", " "), "")]
    yield [(f" {gutter} │ {' ' * before}", ""), (carets, "caret"), (expected, "")]


def _passes(result: FileResult, style: Style) -> Iterator[Line]:
    path = shown_path(result.path)
    for judgement in result.judgements:
        if style.show_passes:
            for place, text, under in judgement.passes:
                yield [
                    (f"{path}:{place.line}:{place.column}: right: {text}{f' ({under})' if under else ''}", "")
                ]
    for left in left_out(result) if style.show_unchecked else ():
        yield [(f"{path}:{left.place.line}:{left.place.column}: {left.words}", "")]
