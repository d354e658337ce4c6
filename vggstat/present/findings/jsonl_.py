"""One JSON object a line: a finding each, and a summary at the end."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from vggstat.claims.engine import FileResult
from vggstat.present.findings import Style, Tally
from vggstat.present.findings.data import SCHEMA, finding_data, shown_path, table_data

__all__ = ["write"]


def write(results: Iterable[FileResult], tally: Tally, style: Style) -> Iterator[str]:  # noqa: ARG001
    """Objects of ``type`` table, finding and summary."""
    for result in results:
        tally.add(result)
        path = shown_path(result.path)
        for judgement in result.judgements:
            yield _line("table", {"path": path, **table_data(judgement)})
        for finding in result.findings:
            yield _line("finding", {"path": path, **finding_data(finding)})
    yield _line("summary", dict(tally.as_dict()))


def _line(kind: str, data: dict[str, object]) -> str:
    return json.dumps({"schema": SCHEMA, "type": kind, **data}, ensure_ascii=False) + "\n"
