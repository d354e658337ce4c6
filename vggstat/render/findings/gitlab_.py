"""GitLab's code quality report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from vggstat.lint.engine import FileResult
from vggstat.render.findings import Style, Tally
from vggstat.render.findings.data import json_text, relative_path, shown_path

__all__ = ["write"]


def write(results: Iterable[FileResult], tally: Tally, style: Style) -> Iterator[str]:
    """A JSON array; the fingerprint holds no line number, so that a finding stays the same when text moves."""
    yield "["
    separator = "\n"
    for result in results:
        tally.add(result)
        path = shown_path(relative_path(result.path))
        for number, finding in enumerate(result.findings):
            twins = sum((f.code, f.text) == (finding.code, finding.text) for f in result.findings[:number])
            key = f"{path}\0{finding.code}\0{finding.text}\0{finding.layer}\0{twins}"
            entry = {
                "description": finding.message,
                "check_name": finding.code,
                "fingerprint": sha256(key.encode("utf-8", "replace")).hexdigest(),
                "severity": "major" if finding.severity == "error" or style.strict else "minor",
                "location": {"path": path, "lines": {"begin": finding.place.line}},
            }
            yield separator + json_text(entry, ascii_only=style.ascii_only)
            separator = ",\n"
    yield "\n]\n"
