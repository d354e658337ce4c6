"""Layers in the paper's short form, one a line: ``- conv3-64``, ``maxpool``, ``FC-4096`` in a list or in a column of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Row
from vggstat.lint.text import Line, Section

LEAST: Final = 6
"""Lines that make a listing."""
LEAST_WIDTHS: Final = 3
_ITEM: Final = re.compile(
    r"[\s*+|>`\d.)-]*(?:(?:conv\d?|fc|dense)[- ]?\d?-(?P<claim>\d{2,5})|(?:max|avg)?-?pool(?:ing)?(?:[- ]?\d)?|lrn|relu|soft-?max"
    r"|flatten|dropout|input[^|]{0,30})[\s|`,;]*",
    re.IGNORECASE,
)
_RULE: Final = re.compile(r"[\s|:-]+")


def read(section: Section) -> Iterator[ClaimTable]:
    """A row of widths for each run of such lines."""
    free = [index for index in section.free() if not _RULE.fullmatch(section.lines[index].text or "x")]
    for is_item, run in groupby(free, lambda index: _ITEM.fullmatch(section.lines[index].text) is not None):
        indexes = list(run)
        if is_item and len(indexes) >= LEAST:
            lines = [section.lines[index] for index in indexes]
            cells = tuple(_widths(lines))
            if len(cells) >= LEAST_WIDTHS:
                section.take(indexes[0], indexes[-1] + 1)
                start = lines[0].flow
                row = Row(kind="network", name="", flow=start, cells=cells)
                yield ClaimTable(dialect="list", form="facts", start=start, rows=(row,))


def _widths(lines: Sequence[Line]) -> Iterator[Cell]:
    for line in lines:
        match = _ITEM.fullmatch(line.text)
        if match is not None and match["claim"]:
            label = line.text.strip(" \t*+|>`-,;")
            yield Cell(quantity="channels", flow=line.flow.group(match, "claim"), label=label, alone=True)
