"""The end of a summary whose rows are left out: the lines of totals that tools print below a listing, which follow from
each other. The number of parameters is left to those who know the network that the text names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.model import ClaimTable
from vggstat.lint.readers.engine import runs, take
from vggstat.lint.readers.totals import TOTAL, read_total
from vggstat.lint.text import Flow, Section

GAP: Final = 3
"""Lines from one total to the next, at most."""


def read(section: Section) -> Iterator[ClaimTable]:
    """Every stretch of totals that begins with the number of parameters and says something else of them."""
    for run in runs(section, _total, GAP, lambda match, _: match["params"] is not None):
        totals = [
            cell for index, match in run for cell in read_total(section.lines[index].flow, match, match.end())
        ]
        quantities = [cell.quantity for cell in totals]
        if quantities[:1] != ["params"] or len(quantities) < 2:
            continue
        take(section, run[1:])
        yield ClaimTable(
            dialect="bare-totals",
            form="layers",
            start=section.lines[run[0][0]].flow,
            totals=tuple(totals),
            gaps=True,
            family=_family(quantities, run[0][1]),
        )


def _total(line: Flow) -> re.Match[str] | None:
    return TOTAL.search(line.text)


def _family(quantities: Sequence[str], first: re.Match[str]) -> str:
    """The tool that prints such totals."""
    if "ops" in quantities:
        return "torchinfo"
    if "pass_bytes" in quantities:
        return "torchsummary"
    return "keras" if first["size"] else ""
