"""SARIF 2.1.0: for code scanning, with regions and a page a rule."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from vggstat.lint.engine import FileResult
from vggstat.lint.model import Finding
from vggstat.lint.place import Place
from vggstat.lint.rules import RULES
from vggstat.render.findings import Style, Tally
from vggstat.render.findings.data import LeftOut, evidence_data, json_text, left_out, relative_path

__all__ = ["write"]


def write(results: Iterable[FileResult], tally: Tally, style: Style) -> Iterator[str]:
    """One run; its results follow file by file."""
    from vggstat.version import __version__

    rules = [
        {
            "id": rule.code,
            "name": "".join(part.capitalize() for part in rule.name.split("-")),
            "shortDescription": {"text": rule.summary},
            "fullDescription": {"text": rule.text},
            "help": {"text": f"vggstat rule {rule.code}"},
            "defaultConfiguration": {"level": rule.severity},
        }
        for rule in RULES
    ]
    driver = {"name": "vggstat", "version": __version__, "rules": rules}
    head = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints"}
    yield (
        '{"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [{'
        + json_text(head, ascii_only=style.ascii_only)[1:-1]
        + ', "results": ['
    )
    order = {rule.code: number for number, rule in enumerate(RULES)}
    separator = "\n"
    for result in results:
        tally.add(result)
        for finding in result.findings:
            yield separator + json_text(
                _result(result.path, finding, order, style), ascii_only=style.ascii_only
            )
            separator = ",\n"
        for left in left_out(result) if style.show_unchecked else ():
            yield separator + json_text(_not_judged(result.path, left), ascii_only=style.ascii_only)
            separator = ",\n"
    yield "\n]}]}\n"


def _result(path: str, finding: Finding, order: dict[str, int], style: Style) -> dict[str, Any]:
    data: dict[str, Any] = {
        "ruleId": finding.code,
        "level": "error" if style.strict else finding.severity,
        "message": {"text": ". ".join((finding.message, *finding.notes))},
        "locations": [_location(path, finding.place)],
        "rank": round(100 * finding.confidence, 1),
    }
    evidence = evidence_data(finding.evidence)
    if evidence is not None:
        data["properties"] = {"evidence": evidence}
    if finding.code in order:
        data["ruleIndex"] = order[finding.code]
    return data


def _not_judged(path: str, left: LeftOut) -> dict[str, Any]:
    """A result that is no problem: the standard has a kind for it, which shows nowhere as one."""
    return {
        "kind": "notApplicable",
        "level": "none",
        "message": {"text": left.words},
        "locations": [_location(path, left.place)],
        "properties": {"kind": left.kind},
    }


def _location(path: str, place: Place) -> dict[str, Any]:
    region = {"startLine": place.line, "startColumn": place.column, "endColumn": place.end_column}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(path)}, "region": region}}


def _uri(path: str) -> str:
    """The file as seen from the working folder; as a whole address where it lies elsewhere."""
    near = "stdin" if path == "-" else relative_path(path)
    return ("file://" if os.path.isabs(near) else "") + quote(os.fsencode(near), safe="/-._~")
