"""From files to results: which files, which readers, which findings."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property, partial
from typing import Final, TypeVar

from vggstat.errors import InputError, VggstatError
from vggstat.lint.config import Settings
from vggstat.lint.files import Complain, find_files, raise_error, read_file
from vggstat.lint.judge import Judgement, judge
from vggstat.lint.model import Finding
from vggstat.lint.policy import ConventionPolicy
from vggstat.lint.readers import DIALECTS, Dialect, find_reader
from vggstat.lint.sections import sections
from vggstat.lint.source import MAX_LINES, Document, open_document, split_lines
from vggstat.lint.sums import with_sums
from vggstat.lint.text import Section
from vggstat.lint.unread import Unread, find_unread, speaks_of_figures, speaks_of_networks
from vggstat.lint.veto import weighed
from vggstat.net.spec import Spec
from vggstat.records import Record

__all__ = ["Fault", "FileResult", "check_document", "check_files", "check_text", "find_files"]

_HEADINGS: Final = {
    "markdown": re.compile(r"\s{0,3}(?:#{1,6}\s|\*\*\S)"),
    "latex": re.compile(r"\s*\\(?:(?:sub)*section\b|chapter\b|noindent \\textbf)"),
    "html": re.compile(r"\s*<h[1-6]\b", re.IGNORECASE),
}
Render = Callable[[list[str]], str]
Fault = Callable[[str, str, Exception], None]
"""What is done about a fault of our own, so that everything else is read all the same: file, part, exception.

Without one, as in a library, the exception is raised.
"""
_T = TypeVar("_T")


class FileResult(Record):
    """What was found in one file."""

    path: str
    judgements: tuple[Judgement, ...]
    findings: tuple[Finding, ...]
    lines: tuple[str, ...]
    """The file's lines, for showing them."""
    unread: tuple[Unread, ...] = ()
    """Numbers that look like figures of networks and that no reader has taken."""
    fixed: int = 0
    """Numbers that were rewritten, or are in a patch."""
    hidden: int = 0
    """Findings that are not shown for want of confidence."""

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors

    @property
    def claims(self) -> int:
        return sum(judgement.claims for judgement in self.judgements)


def check_files(
    paths: Iterable[str],
    settings: Settings,
    render: Render | None = None,
    complain: Complain | None = None,
    fault: Fault | None = None,
) -> Iterator[FileResult]:
    """The result of each file, one at a time. One that cannot be read goes to ``complain``, or raises InputError."""
    for path in paths:
        try:
            data = read_file(path)
        except InputError as error:
            (complain or raise_error)(error)
            continue
        yield check_text(path, data, settings, render, fault)


def check_text(
    path: str, data: bytes, settings: Settings, render: Render | None = None, fault: Fault | None = None
) -> FileResult:
    """The result of a file's bytes."""
    nothing = FileResult(path=path, judgements=(), findings=(), lines=())
    return _tried(
        lambda: check_document(open_document(path, data), settings, render, fault), nothing, path, "", fault
    )


def _tried(task: Callable[[], _T], otherwise: _T, path: str, part: str, fault: Fault | None) -> _T:
    """What the task gives; ``otherwise`` where it fails and somebody takes the fault."""
    try:
        return task()
    except VggstatError:
        raise
    except Exception as error:
        if fault is None:
            raise
        fault(path, part, error)
        return otherwise


def check_document(
    document: Document, settings: Settings, render: Render | None = None, fault: Fault | None = None
) -> FileResult:
    """The result of one document. ``render`` turns a marked block's command into its text."""
    path = document.path
    forced = settings.spec_for(path)
    policy = settings.convention_for(path)
    judgements: list[Judgement] = []
    parts: list[Section] = []
    for section in sections(document):
        parts.append(section)
        headings = _Headings(section)
        for dialect in DIALECTS:
            found = _read_section(section, dialect, headings, forced, policy)
            # extended one by one: what comes before a fault is kept
            _tried(partial(judgements.extend, found), None, path, f"reader {dialect.name}", fault)
    if any(judgement.binary for judgement in judgements):
        from vggstat.lint.units_of_1024 import settle_units

        as_read = judgements
        judgements = _tried(
            lambda: settle_units(as_read, document.text, forced), as_read, path, "units of 1024", fault
        )
    if any(judgement.table.form != "facts" for judgement in judgements):
        judgements = list(with_sums(judgements))
    lines = tuple(split_lines(document.text))
    problems = _problems(document, lines, judged=bool(judgements))
    findings = [*problems, *(f for judgement in judgements for f in judgement.findings)]
    about = [part for part in parts if speaks_of_networks(part.text)]
    if about:
        from vggstat.lint.unknown_numbers import find_unknown

        findings += _tried(lambda: list(find_unknown(about, judgements)), [], path, "arithmetic", fault)
    if "vggstat" in document.text:
        from vggstat.lint.markers import judge_markers
        from vggstat.lint.suppress import suppress

        findings += _tried(lambda: judge_markers(document, lines, render), [], path, "marked blocks", fault)
        loud = findings
        findings = _tried(
            lambda: suppress(document, lines, judgements, loud), loud, path, "ignoring comments", fault
        )
    once = {(finding.place, finding.code): finding for finding in reversed(findings)}  # by several readers
    wanted = [finding for finding in reversed(once.values()) if settings.wants(finding.code, document.path)]
    hidden = {finding for finding in wanted if finding.confidence < settings.min_confidence}
    shown = [_with_text(finding, lines) for finding in wanted if finding not in hidden]
    shown.sort(key=lambda finding: (finding.place.line, finding.place.column, finding.code))
    return FileResult(
        path=document.path,
        judgements=tuple(judgements),
        findings=tuple(shown),
        lines=lines,
        unread=_tried(lambda: find_unread(parts, judgements), (), path, "numbers that are not read", fault),
        hidden=len(hidden),
    )


def _problems(document: Document, lines: Sequence[str], *, judged: bool) -> Iterator[Finding]:
    """What is wrong with the file itself. That data is read only in part is nothing to whoever keeps no figures in it."""
    for problem in document.problems:
        if problem.code != "V903" or judged or speaks_of_figures("\n".join(lines[MAX_LINES:])):
            yield problem


def _read_section(
    section: Section, dialect: Dialect, headings: _Headings, forced: Spec | None, policy: ConventionPolicy
) -> Iterator[Judgement]:
    """What one reader finds in a section, judged."""
    if not dialect.may_read(section):
        return
    for table in find_reader(dialect.name)(section):
        start = section.index_of(table.start)
        before = (section.title, headings.above(start), section.words_before(start))
        words = "\n".join(part for part in before if part)
        yield weighed(judge(table.replace(context=words, policy=policy), forced), forced=forced is not None)


class _Headings:
    """The headings and captions of a section of Markdown, LaTeX or HTML; looked for when the first table asks."""

    def __init__(self, section: Section) -> None:
        self._section = section

    @cached_property
    def _indexes(self) -> list[int]:
        pattern = _HEADINGS.get(self._section.kind)
        lines = self._section.lines if pattern is not None else []
        return [index for index, line in enumerate(lines) if pattern and pattern.match(line.text)]

    def above(self, index: int) -> str:
        """The nearest heading above a line, however far, with the line below it; empty for none."""
        at = bisect_left(self._indexes, index)
        lines = self._section.lines[self._indexes[at - 1] : self._indexes[at - 1] + 2] if at else []
        return "\n".join(line.text.replace("$\\times$", "x") for line in lines)


def _with_text(finding: Finding, lines: tuple[str, ...]) -> Finding:
    """The finding with its text as it stands in the file."""
    place = finding.place
    if not finding.text or place.line > len(lines):
        return finding
    text = lines[place.line - 1][place.column - 1 : place.end_column - 1]
    if text == finding.text:
        return finding
    expected = finding.expected
    if "{,}" in text:
        expected = expected.replace(",", "{,}")
    elif "\\," in text:
        expected = expected.replace(",", "\\,").replace(" ", "\\,")
    return finding.replace(text=text, expected=expected)
