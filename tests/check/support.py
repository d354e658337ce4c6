"""What the tests of ``check`` share."""

from __future__ import annotations

from vggstat.cli.blocks import render_block
from vggstat.lint.config import Settings
from vggstat.lint.engine import FileResult, check_text


def check(text: str | bytes, name: str = "notes.md", settings: Settings | None = None) -> FileResult:
    """The result of a text under a file name."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
    return check_text(name, data, settings or Settings(), render_block)


def codes(text: str | bytes, name: str = "notes.md", settings: Settings | None = None) -> list[str]:
    """The codes of its findings."""
    return [finding.code for finding in check(text, name, settings).findings]


def found(text: str | bytes, name: str = "notes.md") -> list[tuple[int, str, str, str]]:
    """Line, code, text and expected text of its findings."""
    return [(f.place.line, f.code, f.text, f.expected) for f in check(text, name).findings]
