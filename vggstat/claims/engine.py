"""From files to results: which files, which readers, which findings."""

from __future__ import annotations

import os
import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from vggstat.claims.config import Settings
from vggstat.claims.judge import Judgement, judge
from vggstat.claims.model import Finding
from vggstat.claims.readers import DIALECTS, find_reader
from vggstat.claims.settled import Settled
from vggstat.claims.source import KINDS, Document, open_document, sections, split_lines
from vggstat.claims.text import Section
from vggstat.errors import InputError
from vggstat.records import Record
from vggstat.spec.model import Spec

__all__ = ["FileResult", "check_document", "check_files", "check_text", "find_files"]

SKIPPED: Final = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        "__pycache__",
        "node_modules",
        ".venv",
        "venv",
        ".tox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".ipynb_checkpoints",
        "site-packages",
        ".eggs",
        "dist",
        "build",
    }
)
MAX_BYTES: Final = 200_000_000
_HEADINGS: Final = {
    "markdown": re.compile(r"\s{0,3}(?:#{1,6}\s|\*\*\S)"),
    "latex": re.compile(r"\s*\\(?:(?:sub)*section\b|chapter\b|noindent \\textbf)"),
    "html": re.compile(r"\s*<h[1-6]\b", re.IGNORECASE),
}
Render = Callable[[list[str]], str]
Complain = Callable[[InputError], None]
"""What is done about a file or folder that cannot be read, so that the others are read all the same."""


class FileResult(Record):
    """What was found in one file."""

    path: str
    judgements: tuple[Judgement, ...]
    findings: tuple[Finding, ...]
    lines: tuple[str, ...]
    """The file's lines, for showing them."""

    @property
    def errors(self) -> int:
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors

    @property
    def claims(self) -> int:
        return sum(judgement.claims for judgement in self.judgements)


def find_files(
    arguments: Iterable[str], settings: Settings, complain: Complain | None = None
) -> Iterator[str]:
    """The files that the arguments name: a file as it is, a folder's files of known endings, in order.

    A pattern (``docs/**/*.md``) that no shell has replaced stands for what it matches. A path that does not exist,
    or a folder that cannot be read, goes to ``complain``; without it, InputError is raised.
    """
    complain = complain or _raise
    seen: set[tuple[int, int]] = set()
    for argument in arguments:
        matches = [argument]
        if not (argument == "-" or os.path.lexists(argument)):
            matches = _matching(argument)
            if not matches:
                what = (
                    "no file matches this pattern"
                    if _is_pattern(argument)
                    else "there is no such file or folder"
                )
                complain(InputError(f"{argument}: {what}"))
        for path in matches:
            if path != "-" and os.path.isdir(path):
                yield from _walk(path, settings, seen, complain)
            else:
                yield path


def _raise(error: InputError) -> None:
    raise error


def _is_pattern(argument: str) -> bool:
    return any(sign in argument for sign in "*?[")


def _matching(argument: str) -> list[str]:
    if not _is_pattern(argument):
        return []
    from glob import glob

    return sorted(glob(argument, recursive=True))


def _walk(folder: str, settings: Settings, seen: set[tuple[int, int]], complain: Complain) -> Iterator[str]:
    """Files below a folder. Links to folders are followed once, so that a loop of them ends."""
    try:
        status = os.stat(folder)
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        complain(InputError(f"{folder}: {error.strerror or error}"))
        return
    if (status.st_dev, status.st_ino) in seen:
        return
    seen.add((status.st_dev, status.st_ino))
    for entry in entries:
        path = os.path.join(folder, entry.name) if folder != "." else entry.name
        if settings.excludes(path):
            continue
        try:
            is_folder = entry.is_dir()
        except OSError:
            continue
        if is_folder:
            if entry.name not in SKIPPED:
                yield from _walk(path, settings, seen, complain)
        elif os.path.splitext(entry.name)[1].lower() in KINDS and entry.is_file():
            yield path


def check_files(
    paths: Iterable[str], settings: Settings, render: Render | None = None, complain: Complain | None = None
) -> Iterator[FileResult]:
    """The result of each file, one at a time. One that cannot be read goes to ``complain``, or raises InputError."""
    for path in paths:
        try:
            data = _read(path)
        except InputError as error:
            (complain or _raise)(error)
            continue
        yield check_text(path, data, settings, render)


def _read(path: str) -> bytes:
    try:
        if path == "-":
            import sys

            return sys.stdin.buffer.read()
        if not os.path.isfile(path) and not path.startswith("/dev/"):
            raise InputError(f"{path}: it is not a file")
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{path}: more than {MAX_BYTES // 10**6} MB, which is no document")
    return data


def check_text(path: str, data: bytes, settings: Settings, render: Render | None = None) -> FileResult:
    """The result of a file's bytes."""
    return check_document(open_document(path, data), settings, render)


def check_document(document: Document, settings: Settings, render: Render | None = None) -> FileResult:
    """The result of one document. ``render`` turns a marked block's command into its text."""
    forced = settings.spec_for(document.path)
    settled = settings.convention_for(document.path)
    judgements: list[Judgement] = []
    for section in sections(document):
        judgements.extend(_read_section(section, forced, settled))
    if any(judgement.binary for judgement in judgements):
        from vggstat.claims.units_of_1024 import settle_units

        judgements = settle_units(judgements, document.text, forced)
    findings = [*document.problems, *(f for judgement in judgements for f in judgement.findings)]
    lines = tuple(split_lines(document.text))
    if "vggstat" in document.text:
        from vggstat.claims.markers import judge_markers
        from vggstat.claims.suppress import suppress

        findings.extend(judge_markers(document, lines, render))
        findings = suppress(document, lines, judgements, findings)
    shown = [
        _with_text(finding, lines) for finding in findings if settings.wants(finding.code, document.path)
    ]
    shown.sort(key=lambda finding: (finding.place.line, finding.place.column, finding.code))
    return FileResult(
        path=document.path, judgements=tuple(judgements), findings=tuple(dict.fromkeys(shown)), lines=lines
    )


def _read_section(section: Section, forced: Spec | None, settled: Settled) -> Iterator[Judgement]:
    headings: list[int] | None = None
    for dialect in DIALECTS:
        if not dialect.may_read(section):
            continue
        for table in find_reader(dialect.name)(section):
            if headings is None:
                headings = _headings(section)
            start = section.index_of(table.start)
            before = (section.title, _heading(section, headings, start), section.words_before(start))
            words = "\n".join(part for part in before if part)
            yield judge(table.replace(context=words, settled=settled), forced)


def _headings(section: Section) -> list[int]:
    """The lines of Markdown, LaTeX or HTML that are headings or captions."""
    pattern = _HEADINGS.get(section.kind)
    return [] if pattern is None else [i for i, line in enumerate(section.lines) if pattern.match(line.text)]


def _heading(section: Section, headings: list[int], index: int) -> str:
    """The nearest heading above a line, however far, with the line below it; empty for none."""
    at = bisect_left(headings, index)
    lines = section.lines[headings[at - 1] : headings[at - 1] + 2] if at else []
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
