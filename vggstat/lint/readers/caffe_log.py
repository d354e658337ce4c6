"""What Caffe logs when it sets up a network: ``Setting up conv1_1`` and ``Top shape: 10 64 224 224 (32112640)``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Row
from vggstat.lint.readers.layer_words import find_kind
from vggstat.lint.text import Section

__all__ = ["read"]

SETTING: Final = re.compile(r"Setting up (?P<name>[\w./-]{1,60})\s*$")
TOP: Final = re.compile(r"Top shape: (?P<shape>\d{1,6}(?: \d{1,7}){1,3}) \((?P<values>\d{1,12})\)")
MAX_LINE: Final = 400
MAX_GAP: Final = 40
"""Lines of other messages between two layers."""
_PASSING: Final = frozenset({"loss", "accuracy", "label", "silence", "prob"})


def read(section: Section) -> Iterator[ClaimTable]:
    """Every network that is set up in the section."""
    rows: list[tuple[int, Row]] = []
    seen: set[str] = set()
    name = ""
    for index in [*section.free(), len(section.lines) + MAX_GAP + 1]:
        inside = index < len(section.lines)
        line = section.lines[index].flow if inside and len(section.lines[index].text) <= MAX_LINE else None
        setting = SETTING.search(line.text) if line is not None else None
        again = setting is not None and rows and setting["name"] in seen
        if rows and (index - rows[-1][0] > MAX_GAP or again):
            yield from _finish(section, [row for _, row in rows], rows[0][0], rows[-1][0])
            rows, seen = [], set()
        if setting:
            name = setting["name"]
        top = TOP.search(line.text) if line is not None and name else None
        if line is None or top is None or name.lower() in _PASSING:
            continue
        kind = find_kind(name) or "other"
        cells = (
            Cell(quantity="shape", flow=line.group(top, "shape"), label="Top shape"),
            Cell(quantity="values", flow=line.group(top, "values"), label="Top shape"),
        )
        seen.add(name)
        rows.append((index, Row(kind=kind, name=name, flow=line.strip(), cells=cells)))
        name = ""


def _finish(section: Section, rows: list[Row], start: int, last: int) -> Iterator[ClaimTable]:
    if sum(row.kind in ("conv", "pool", "fc") for row in rows) < 3:
        return
    for index in range(start, last + 1):
        text = section.lines[index].text[:MAX_LINE]
        if TOP.search(text) or SETTING.search(text):
            section.take(index, index + 1)
    yield ClaimTable(
        dialect="caffe-log", form="layers", start=section.lines[start].flow, rows=tuple(rows), gaps=True
    )
