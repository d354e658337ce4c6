"""Workflow commands of GitHub Actions: annotations at the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vggstat.lint.engine import FileResult
from vggstat.lint.place import Place
from vggstat.render.findings import Style, Tally
from vggstat.render.findings.data import left_out, relative_path, shown_path
from vggstat.render.findings.summary import summary_line
from vggstat.render.width import quiet, visible

__all__ = ["write"]


def write(results: Iterable[FileResult], tally: Tally, style: Style) -> Iterator[str]:
    """One command a finding; GitHub shows the first ten of a step, so the counts are said as well."""
    for result in results:
        tally.add(result)
        for finding in result.findings:
            kind = "error" if finding.severity == "error" or style.strict else "warning"
            expected = f" (expected {finding.expected})" if finding.expected else ""
            title = f"vggstat {finding.code}"
            yield _command(kind, result.path, finding.place, title, finding.message + expected)
        for left in left_out(result) if style.show_unchecked else ():
            yield _command("notice", result.path, left.place, "vggstat", left.words)
    yield summary_line(tally) + "\n"


def _command(kind: str, path: str, place: Place, title: str, text: str) -> str:
    fields = {
        "file": shown_path(relative_path(path)), "line": place.line, "col": place.column,
        "endColumn": place.end_column, "title": title,
    }  # fmt: skip
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in fields.items())
    return f"::{kind} {properties}::{_data(text)}\n"


def _data(text: str) -> str:
    """The text as a command has it: one line, its lines parted by ``%0A``, what else is no text written out."""
    return "%0A".join(quiet(visible(line).replace("%", "%25"), "%%%02X") for line in text.split("\n"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
