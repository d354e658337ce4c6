"""From files to results: which files, which readers, which findings."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from vggstat.claims.config import Settings
from vggstat.claims.judge import Judgement, judge
from vggstat.claims.model import Finding
from vggstat.claims.readers import DIALECTS, find_reader
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
Render = Callable[[list[str]], str]


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


def find_files(arguments: Iterable[str], settings: Settings) -> Iterator[str]:
    """The files that the arguments name: a file as it is, a folder's files of known endings, in order.

    Raises InputError for a path that does not exist.
    """
    seen: set[tuple[int, int]] = set()
    for argument in arguments:
        if argument == "-":
            yield argument
        elif os.path.isdir(argument):
            yield from _walk(argument, settings, seen)
        elif os.path.lexists(argument) or os.path.exists(argument):
            yield argument
        else:
            raise InputError(f"{argument}: there is no such file or folder")


def _walk(folder: str, settings: Settings, seen: set[tuple[int, int]]) -> Iterator[str]:
    """Files below a folder. Links to folders are followed once, so that a loop of them ends."""
    try:
        status = os.stat(folder)
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
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
                yield from _walk(path, settings, seen)
        elif os.path.splitext(entry.name)[1].lower() in KINDS and entry.is_file():
            yield path


def check_files(
    paths: Iterable[str], settings: Settings, render: Render | None = None
) -> Iterator[FileResult]:
    """The result of each file, one at a time."""
    for path in paths:
        yield check_text(path, _read(path), settings, render)


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
    judgements: list[Judgement] = []
    for section in sections(document):
        judgements.extend(_read_section(section, forced))
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


def _read_section(section: Section, forced: Spec | None) -> Iterator[Judgement]:
    for dialect in DIALECTS:
        if not dialect.may_read(section):
            continue
        for table in find_reader(dialect.name)(section):
            before = section.words_before(section.index_of(table.start))
            words = "\n".join(part for part in (section.title, before) if part)
            yield judge(table.replace(context=words), forced)


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
