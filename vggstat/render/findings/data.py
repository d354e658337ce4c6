"""Findings as plain data: the schema that json and jsonl share (version 1)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from vggstat.lint.engine import FileResult
from vggstat.lint.judge import Judgement
from vggstat.lint.model import Evidence, Finding, Support
from vggstat.lint.place import Place
from vggstat.render.width import json_escaped

__all__ = [
    "SCHEMA",
    "LeftOut",
    "evidence_data",
    "file_data",
    "finding_data",
    "json_text",
    "left_out",
    "place_data",
    "relative_path",
    "shown_path",
    "table_data",
]

SCHEMA: Final = 1


def json_text(data: object, *, ascii_only: bool) -> str:
    """Data as JSON on one line, without a control character or the like; in ASCII where the output needs it."""
    return json_escaped(json.dumps(data, ensure_ascii=False), ascii_only)


def shown_path(path: str) -> str:
    """The path as it is printed: with slashes, bytes that are no text replaced, and a name for standard input."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "<stdin>" if path == "-" else text.replace(os.sep, "/")


def relative_path(path: str) -> str:
    """The path as a tool at the working folder has it: relative where it lies below, without ``./``."""
    if path == "-":
        return shown_path(path)
    near = os.path.relpath(path) if os.path.isabs(path) else os.path.normpath(path)
    return path if near.startswith("..") and os.path.isabs(path) else near.replace(os.sep, "/")


def place_data(place: Place) -> dict[str, int]:
    """Line and columns; cell and output where it is a notebook."""
    data = {"line": place.line, "column": place.column, "end_column": place.end_column}
    if place.cell is not None:
        data["cell"] = place.cell
    if place.output is not None:
        data["output"] = place.output
    return data


def finding_data(finding: Finding) -> dict[str, Any]:
    """One finding; keys that say nothing are there all the same."""
    return {
        "code": finding.code,
        "severity": finding.severity,
        **place_data(finding.place),
        "text": finding.text,
        "expected": finding.expected or None,
        "quantity": finding.quantity or None,
        "layer": finding.layer or None,
        "message": finding.message,
        "derivation": finding.derivation or None,
        "notes": list(finding.notes),
        "confidence": finding.confidence,
        "evidence": evidence_data(finding.evidence),
    }


class LeftOut(NamedTuple):
    """A number that nothing was said about: one that was read and could not be judged, or one that was not read."""

    place: Place
    kind: str
    """``unchecked`` or ``unread``."""
    text: str
    """As printed; empty where the reason says what it is about."""
    reason: str

    @property
    def words(self) -> str:
        """``not read: 25.5M (no reader knows this line)``."""
        if self.kind == "unchecked":
            return f"not checked: {self.text} ({self.reason})" if self.text else f"not checked: {self.reason}"
        return f"not read: {self.text} ({self.reason})"


def left_out(result: FileResult) -> list[LeftOut]:
    """The numbers of a file that were not judged, in the order of the document, each with the reason."""
    return sorted(_left_out(result), key=lambda left: (left.place.line, left.place.column, left.kind))


def _left_out(result: FileResult) -> Iterator[LeftOut]:
    for judgement in result.judgements:
        for place, reason in judgement.unchecked:
            line = result.lines[place.line - 1] if place.line <= len(result.lines) else ""
            yield LeftOut(place, "unchecked", line[place.column - 1 : place.end_column - 1].strip(), reason)
    for unread in result.unread:
        yield LeftOut(unread.place, "unread", unread.text, unread.reason)


def evidence_data(evidence: Evidence) -> dict[str, Any] | None:
    """What the document itself says about a finding; None for findings that need none, such as those about markers."""
    if evidence == Evidence():
        return None
    return {
        "column": _support_data(evidence.column),
        "row": _support_data(evidence.row),
        "table": _support_data(evidence.table),
        "slip": evidence.slip or None,
        "bound": evidence.bound,
        "rivals": list(evidence.rivals),
    }


def _support_data(support: Support) -> dict[str, int]:
    return {"agree": support.agree, "differ": support.differ}


def table_data(judgement: Judgement) -> dict[str, Any]:
    """One table: what was recognised, and how many of its claims were judged."""
    place = judgement.table.start.place()
    data: dict[str, Any] = {
        "dialect": judgement.table.dialect,
        "form": judgement.table.form,
        "line": place.line,
        "spec": judgement.spec or None,
        "nearest": judgement.nearest or None,
        "input": list(judgement.input) if judgement.input else None,
        "classes": judgement.classes,
        "convention": judgement.convention,
        "claims": judgement.claims,
        "right": judgement.right,
        "unchecked": len(judgement.unchecked),
    }
    if place.cell is not None:
        data["cell"] = place.cell
    if place.output is not None:
        data["output"] = place.output
    return data


def file_data(result: FileResult, *, passes: bool = False, unchecked: bool = False) -> dict[str, Any]:
    """One file with its tables and findings."""
    data: dict[str, Any] = {
        "path": shown_path(result.path),
        "tables": [table_data(judgement) for judgement in result.judgements],
        "findings": [finding_data(finding) for finding in result.findings],
    }
    if passes:
        data["passes"] = [
            {**place_data(place), "text": text, "under": under}
            for judgement in result.judgements
            for place, text, under in judgement.passes
        ]
    if unchecked:
        data["unchecked"] = [
            {**place_data(place), "reason": reason}
            for judgement in result.judgements
            for place, reason in judgement.unchecked
        ]
        data["unread"] = [
            {**place_data(unread.place), "text": unread.text, "reason": unread.reason}
            for unread in result.unread
        ]
    return data
