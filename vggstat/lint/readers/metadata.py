"""Figures as code and data name them: ``"num_params": 138357544``, ``gflops = 15.47``, ``{"model": "vgg16", "macs": ...}``.

A figure is of the network that is named last before it, in its line or a few lines above.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row
from vggstat.lint.names import Name, find_names
from vggstat.lint.text import Flow, Section

REACH: Final = 12
"""Lines above a figure in which its network is named."""
MAX_LINE: Final = 2_000
_KEYS: Final[dict[str, tuple[Quantity, str]]] = {
    "num_params": ("params", ""), "n_params": ("params", ""), "num_parameters": ("params", ""),
    "param_count": ("params", ""), "total_params": ("params", ""), "params": ("params", ""), "parameters": ("params", ""),
    "_ops": ("ops", "G"), "gflops": ("ops", "G"), "gmacs": ("ops", "G"), "mflops": ("ops", "M"), "mmacs": ("ops", "M"),
    "flops": ("ops", ""), "macs": ("ops", ""),
}  # fmt: skip
"""What a key claims, and in which unit."""
_PAIR: Final = re.compile(
    r"(?<![\w.-])(?:(?P<mark>[\"'])(?P<key>_?[A-Za-z][A-Za-z_]{2,16})(?P=mark)\s?[:=]|(?P<plain>[A-Za-z]+_[A-Za-z_]{2,16}|[A-Za-z]{3,8}(?==)|[A-Za-z]{4,12}(?=:\s?[\"']))\s?[:=])"
    r"\s?[\"']?(?P<value>\d[\d_,]*(?:\.\d+)?(?:e\d{1,2})?(?:\s?(?:million|billion|[KMGB](?![A-Za-z])))?)[\"']?"
    r"(?=\s*(?:[,})\]#]|$))"
)


_OF_ANOTHER: Final = re.compile(r"[\"'](?:name|layer|type|kind|op|model)[\"']\s?:")
"""What begins to tell of something else: a layer, or a model that is not known."""


def read(section: Section) -> Iterator[ClaimTable]:
    """A table of facts for each line that states some of a network that is named."""
    named: Name | None = None
    at = -REACH
    for index, line in enumerate(section.lines):
        text = line.text[:MAX_LINE]
        names = list(find_names(text))
        rows = list(_rows(line.flow, text, names, named if index - at <= REACH else None))
        if rows and index not in section.taken:
            section.take(index, index + 1)
            yield ClaimTable(dialect="metadata", form="facts", start=line.flow, rows=tuple(rows))
        if names:
            named, at = names[-1], index
        elif _OF_ANOTHER.search(text):
            named = None


def _rows(line: Flow, text: str, names: list[Name], above: Name | None) -> Iterator[Row]:
    """A row a figure, named by its network."""
    for match in _PAIR.finditer(text):
        key = match["key"] or match["plain"]
        claimed = _KEYS.get(key.lower())
        before = [name for name in names if name.end <= match.start()]
        owner = before[-1] if before else above
        if claimed is None or owner is None:
            continue
        quantity, unit = claimed
        flow = line.group(match, "value").sub("_", "")
        label = "_ops MACs" if key == "_ops" else key
        cell = Cell(quantity=quantity, flow=flow, unit=unit, label=label, alone=True)
        yield Row(kind="network", name=owner.text, flow=line, cells=(cell,))
