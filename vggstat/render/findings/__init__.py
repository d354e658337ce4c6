"""Findings of ``check`` as text: one file a format.

A format is a module with ``write(results, tally, style) -> Iterator[str]``: pieces of text as the files are read, so
that memory does not grow with their number. The tally is complete once the last result has been taken. Words of
documents and names of files leave a format in its own escapes: nothing that it yields does anything to a terminal, or
to the log of a CI but what the format is there for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, cast

from vggstat.errors import UsageError

if TYPE_CHECKING:
    from vggstat.lint.engine import FileResult
    from vggstat.lint.model import Finding

__all__ = ["FORMATS", "FOR_PEOPLE", "Style", "Tally", "Write", "find_format"]

FOR_PEOPLE: Final = ("full", "concise")
FORMATS: Final = (*FOR_PEOPLE, "json", "jsonl", "github", "gitlab", "junit", "sarif")
LISTED: Final = 200
"""Findings that are kept for a step's summary, whatever their number."""


class Style(NamedTuple):
    """What a format may use of the place it is written to, and what was asked for."""

    color: bool = False
    show_passes: bool = False
    show_unchecked: bool = False
    strict: bool = False
    ascii_only: bool = False
    """Whether JSON is to be written in ASCII: where the output's encoding lacks most signs."""


class Tally:
    """Counts over all files.

    ``min_confidence``: that of the findings that are shown; ``fixing``: whether numbers are rewritten, or would be.
    """

    def __init__(self, min_confidence: float = 0.0, fixing: Literal["", "fix", "diff"] = "") -> None:
        self.min_confidence = min_confidence
        self.fixing = fixing
        self.judged = 0
        """Tables of which at least one figure was judged."""
        self.listed: list[tuple[str, Finding]] = []
        """The first findings, each with its file's path."""
        self.files = self.tables = self.claims = self.right = self.unchecked = self.errors = self.warnings = 0
        self.fixed = self.hidden = self.unread = 0

    def add(self, result: FileResult) -> None:
        """Count one file."""
        self.files += 1
        self.tables += len(result.judgements)
        self.judged += sum(judgement.claims > len(judgement.unchecked) for judgement in result.judgements)
        self.claims += result.claims
        self.right += sum(judgement.right for judgement in result.judgements)
        self.unchecked += sum(len(judgement.unchecked) for judgement in result.judgements)
        self.errors += result.errors
        self.warnings += result.warnings
        self.fixed += result.fixed
        self.hidden += result.hidden
        self.unread += len(result.unread)
        self.listed += [(result.path, finding) for finding in result.findings[: LISTED - len(self.listed)]]

    def as_dict(self) -> dict[str, int]:
        """The counts as JSON has them."""
        names = (
            "files",
            "tables",
            "claims",
            "right",
            "unchecked",
            "unread",
            "errors",
            "warnings",
            "hidden",
            "fixed",
        )
        return {name: getattr(self, name) for name in names}


Write = Callable[[Iterable["FileResult"], Tally, Style], Iterator[str]]


def find_format(name: str) -> Write:
    """The format of that name. Raises UsageError with the known ones."""
    if name not in FORMATS:
        raise UsageError(f"unknown format {name!r}: expected one of {', '.join(FORMATS)}")
    return cast(Write, import_module(f"vggstat.render.findings.{name}_").write)
