"""One JSON object a line: a finding each, and a summary at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vggstat.lint.engine import FileResult
from vggstat.render.findings import Style, Tally
from vggstat.render.findings.data import (
    SCHEMA,
    finding_data,
    json_text,
    left_out,
    place_data,
    shown_path,
    table_data,
)

__all__ = ["write"]


def write(results: Iterable[FileResult], tally: Tally, style: Style) -> Iterator[str]:
    """Objects of ``type`` table, finding and summary; unchecked and unread, a number each, where they are asked for."""
    for result in results:
        tally.add(result)
        path = shown_path(result.path)
        for judgement in result.judgements:
            yield _line("table", {"path": path, **table_data(judgement)}, style)
        for finding in result.findings:
            yield _line("finding", {"path": path, **finding_data(finding)}, style)
        for left in left_out(result) if style.show_unchecked else ():
            yield _line(
                left.kind,
                {"path": path, **place_data(left.place), "text": left.text, "reason": left.reason},
                style,
            )
    yield _line("summary", dict(tally.as_dict()), style)


def _line(kind: str, data: dict[str, object], style: Style) -> str:
    return json_text({"schema": SCHEMA, "type": kind, **data}, ascii_only=style.ascii_only) + "\n"
