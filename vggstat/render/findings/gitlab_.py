"""GitLab's code quality report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from vggstat.lint.engine import FileResult
from vggstat.lint.place import Place
from vggstat.render.findings import Style, Tally
from vggstat.render.findings.data import json_text, left_out, relative_path, shown_path

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
            severity = "major" if finding.severity == "error" or style.strict else "minor"
            entry = _entry(path, finding.place, finding.code, finding.message, severity, key)
            yield separator + json_text(entry, ascii_only=style.ascii_only)
            separator = ",\n"
        seen: Counter[tuple[str, str]] = Counter()
        for left in left_out(result) if style.show_unchecked else ():
            key = f"{path}\0{left.kind}\0{left.text}\0{seen[left.kind, left.text]}"
            seen[left.kind, left.text] += 1
            entry = _entry(path, left.place, left.kind, left.words, "info", key)
            yield separator + json_text(entry, ascii_only=style.ascii_only)
            separator = ",\n"
    yield "\n]\n"


def _entry(path: str, place: Place, name: str, text: str, severity: str, key: str) -> dict[str, Any]:
    return {
        "description": text,
        "check_name": name,
        "fingerprint": sha256(key.encode("utf-8", "replace")).hexdigest(),
        "severity": severity,
        "location": {"path": path, "lines": {"begin": place.line}},
    }
