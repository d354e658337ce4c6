"""``<!-- vggstat: ignore[501] reason -->``: silences a rule for the next table, and says so where it silences nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from vggstat.errors import UsageError
from vggstat.lint.config import parse_code
from vggstat.lint.judge import Judgement
from vggstat.lint.model import Finding
from vggstat.lint.place import Place
from vggstat.lint.source import Document

__all__ = ["suppress"]

_IGNORE: Final = re.compile(
    r"(?:<!--|%|#|//|\.\.)\s*vggstat:\s*ignore(?P<file>-file)?\s*(?:\[(?P<codes>[^\]\n]{0,200})\])?[^\n]{0,500}"
)


def suppress(
    document: Document, lines: Sequence[str], judgements: Sequence[Judgement], findings: list[Finding]
) -> list[Finding]:
    """The findings that no comment silences, and one for each comment that silences none."""
    tables = sorted(judgements, key=lambda judgement: judgement.table.start.place().line)
    fenced = False
    for number, line in enumerate(lines, start=1):
        if document.kind == "markdown" and line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        match = _IGNORE.search(line) if "vggstat" in line else None
        if match is None or fenced or line.count("`", 0, match.start()) % 2:
            continue
        place = Place(number, match.start() + 1, match.end() + 1)
        try:
            codes = tuple(
                parse_code(word, "ignore") for word in (match["codes"] or "").split(",") if word.strip()
            )
        except UsageError as error:
            findings.append(
                Finding(code="V921", severity="warning", place=place, text=match[0], message=str(error))
            )
            continue
        silenced = _silenced(match["file"] is not None, number, codes, tables, findings)
        if not silenced:
            what = "anything in this file" if match["file"] else "anything in the next table"
            findings.append(
                Finding(
                    code="V920",
                    severity="warning",
                    place=place,
                    text=match[0],
                    message=f"it does not silence {what}",
                )
            )
        findings = [finding for finding in findings if finding not in silenced]
    return findings


def _silenced(
    whole_file: bool,
    line: int,
    codes: tuple[str, ...],
    tables: Sequence[Judgement],
    findings: Sequence[Finding],
) -> list[Finding]:
    if whole_file:
        candidates = list(findings)
    else:
        table = next((table for table in tables if table.table.start.place().line >= line), None)
        candidates = [f for f in findings if f.place.line == line]
        if table is not None:
            own = {(finding.code, finding.place) for finding in table.findings}
            candidates += [finding for finding in findings if (finding.code, finding.place) in own]
    return [f for f in candidates if not f.code.startswith("V92") and (not codes or f.code.startswith(codes))]
