"""What counters write into a printed torch module: ptflops before its arguments, fvcore on a line after them.

``Conv2d(1.79 k, 0.001% Params, 89.92 MMac, 0.580% MACs, 3, 64, kernel_size=(3, 3))`` and ``#params: 1.79K, #flops: 86.7M``.
A module that holds others shows the sum of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.model import Cell, Group, Row
from vggstat.lint.text import Flow

__all__ = ["module_counts", "module_groups"]

_PERCENT: Final = r"\d{1,3}(?:\.\d{1,6})?%"
PTFLOPS: Final = re.compile(
    rf"\s*(?P<params>\d[\d.]{{0,12}}(?:\s?[kKMG])?), {_PERCENT} Params, "
    rf"(?P<ops>\d[\d.]{{0,12}}(?:\s?[KMG](?=Mac))?)\s?Macs?, {_PERCENT} MACs(?:,\s*)?",
)
FVCORE: Final = re.compile(
    r"\s*#params: (?P<params>[\d.]{1,12}[KMG]?)(?:, #flops: (?P<ops>[\d.]{1,12}[KMGT]?))?(?:, #acts: [\d.]{1,12}[KMG]?)?"
)
_BELOW: Final = re.compile(
    r"[ \t]*\n[ \t]*(?P<arguments>[^\n#()]{0,100}(?:\([^()\n]{0,60}\)[^()\n#]{0,60}){0,6})\n"
)
_OPENED: Final = re.compile(r"(?:^|\n)(?P<indent>[ ]{0,60})(?:\(\w{1,40}\): )?[A-Z]\w{0,40}\([ ]*\n")
MOST: Final = 200
"""Modules of a printed model that hold others and are looked at."""


def module_counts(flow: Flow, match: re.Match[str]) -> tuple[Flow | None, list[Cell]]:
    """The arguments of a module that ``match`` found, without what a counter put there, and the counter's cells."""
    if match["end"] is None:
        below = _BELOW.match(flow.text, match.end("class") + 1)
        counts = FVCORE.match(flow.text, below.end()) if below else None
        if below is None or counts is None:
            return None, []
        return flow.group(below, "arguments"), list(_cells(flow, counts, "#flops"))
    if not match["arguments"]:
        return None, []
    counts = PTFLOPS.match(flow.text, match.start("arguments"))
    if counts is None:
        return flow.group(match, "arguments"), []
    rest = flow.cut(min(counts.end(), match.end("arguments")), match.end("arguments"))
    return rest, list(_cells(flow, counts, "MACs"))


def _cells(flow: Flow, counts: re.Match[str], ops: str) -> Iterator[Cell]:
    yield Cell(quantity="params", flow=flow.group(counts, "params"), label="Params")
    if counts["ops"]:
        yield Cell(quantity="ops", flow=flow.group(counts, "ops"), label=ops)


def module_groups(flow: Flow, rows: Sequence[Row]) -> list[Group]:
    """The counts of modules that hold others, each as the sum of the rows inside."""
    found: list[Group] = []
    starts = _starts(flow, rows)
    for opened in list(_OPENED.finditer(flow.text))[:MOST]:
        counts = PTFLOPS.match(flow.text, opened.end()) or FVCORE.match(flow.text, opened.end())
        if counts is None:
            continue
        end = flow.text.find(f"\n{opened['indent']})", counts.end())
        inside = tuple(
            i for i, start in enumerate(starts) if opened.end() <= start and (end < 0 or start < end)
        )
        label = "MACs" if counts.re is PTFLOPS else "#flops"
        found.extend(Group(cell=cell, rows=inside) for cell in _cells(flow, counts, label) if inside)
    return found


def _starts(flow: Flow, rows: Sequence[Row]) -> list[int]:
    """Where each row begins in the flow that all were cut from."""
    pieces = list(zip(flow.starts, flow.origins, strict=True))
    found, at = [], 0
    for row in rows:
        line, index = row.flow.origin(0)
        while at + 1 < len(pieces) and pieces[at][1][0] is not line:
            at += 1
        found.append(pieces[at][0] + index - pieces[at][1][1])
    return found
