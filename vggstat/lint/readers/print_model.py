"""What ``print(model)`` shows of a torch module: ``(0): Conv2d(3, 64, kernel_size=(3, 3), stride=(1, 1), ...)``.

Also run together on a few lines, behind comment signs, as Python code (``nn.Conv2d(3, 64, 3, padding=1)``) in an
output, and in a table of names and modules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row, RowKind
from vggstat.lint.readers.grid import Grid
from vggstat.lint.readers.print_counts import module_counts, module_groups
from vggstat.lint.readers.torch_kinds import torch_kind
from vggstat.lint.text import Flow, Section, join

__all__ = ["read", "read_grid"]

MODULE: Final = re.compile(
    r"(?:\((?P<name>[\w.]{1,40})\)\s?:\s?"
    r"|(?P<path>\b(?:features|classifier|avgpool|layers?|conv|block|fc)[\w.]{0,40})\s*[|,&]\s*\"?)"
    r"(?P<class>[A-Z]\w{1,40})\((?!\s*\(\w{1,40}\)\s?:)"
    r"(?P<arguments>[^()\n]{0,200}(?:\([^()\n]{0,60}\)[^()\n]{0,120}){0,8})?(?P<end>\))?"
)
OPEN: Final = re.compile(r"(?:^|[\s=:])(?P<class>[A-Z]\w{1,40})\((?:\s*$|\s*(?=\(\w{1,40}\)\s?:))")
_ARGUMENT: Final = re.compile(
    r"(?P<key>[a-z_]+)\s?=\s?(?P<value>\([^()]{0,40}\)|[^\s,()]{1,40})|(?P<plain>\([^()]{0,40}\)|[^\s,()]{1,20})"
)
_FIELDS: Final[dict[str, Quantity]] = {
    "kernel_size": "kernel",
    "stride": "stride",
    "padding": "padding",
    "in_features": "in_channels",
    "out_features": "channels",
    "in_channels": "in_channels",
    "out_channels": "channels",
    "num_features": "channels",
    "output_size": "size",
}
_ORDER: Final[dict[str, tuple[Quantity, ...]]] = {
    "conv": ("in_channels", "channels", "kernel", "stride", "padding"),
    "fc": ("in_channels", "channels"),
    "pool": ("kernel", "stride", "padding"),
    "avgpool": ("size",),
    "bn": ("channels",),
}
_BLOCK: Final = re.compile(
    r"\b(?:Inception|Bottleneck|BasicBlock|DenseLayer|InvertedResidual|Attention|Transformer|Upsample|ConvTranspose)"
)
_AFTER: Final = re.compile(r"[\s#/*|>]*\)[\s)]*|\s*(?:[a-z_]+=|\d+, \d|#params: ).*")
"""Lines that belong to the last module: closing brackets, and its arguments where a counter put them on lines."""
MAX_GAP: Final = 6


def read(section: Section) -> Iterator[ClaimTable]:
    """Every printed module of the section."""
    for start, end in _clusters(section):
        lines = [section.lines[index].flow for index in range(start, end)]
        flow = join(lines, "\n")
        rows = _rows(flow)
        groups = module_groups(flow, rows)
        if sum(row.kind in ("conv", "fc", "pool") for row in rows) < 3:
            continue
        section.take(start, end)
        name = next((match["class"] for line in lines[:3] if (match := OPEN.search(line.text))), "")
        yield ClaimTable(
            dialect="print-model",
            form="layers",
            start=lines[0],
            rows=tuple(rows),
            groups=tuple(groups),
            title="" if name == "Sequential" else name,
            gaps=re.search(r"^[\s#/*|]*(?:\.{3}|…)", flow.text, re.MULTILINE) is not None
            or _BLOCK.search(flow.text) is not None,
        )


def _clusters(section: Section) -> Iterator[tuple[int, int]]:
    """Ranges of lines from a module to the closing brackets of the last; a new opening begins another."""
    start: int | None = None
    last = 0
    for index in section.free():
        text = section.lines[index].text
        if len(text) > 50_000:
            continue
        opening = OPEN.search(text) is not None and "):" not in text and text.strip()[:1].isalpha()
        if start is not None and (index - last > MAX_GAP or opening):
            yield start, _closed(section, last)
            start = None
        if MODULE.search(text) or opening:
            start = index if start is None else start
            last = index
    if start is not None:
        yield start, _closed(section, last)


def _closed(section: Section, last: int) -> int:
    """The line after the closing brackets that follow."""
    index = last + 1
    while (
        index < len(section.lines)
        and index not in section.taken
        and _AFTER.fullmatch(section.lines[index].text[:300])
    ):
        index += 1
    return index


def _rows(flow: Flow) -> list[Row]:
    rows = []
    for match in MODULE.finditer(flow.text):
        kind = torch_kind(match["class"])
        if kind is None or (kind == "other" and match["end"] is None):
            continue
        name = match["name"] or match["path"]
        arguments, counts = module_counts(flow, match)
        cells = (*counts, *(_cells(arguments, kind) if arguments is not None else ()))
        rows.append(
            Row(
                kind=_global(kind, match), name=name, type=match["class"], flow=flow.group(match), cells=cells
            )
        )
    return rows


def _global(kind: RowKind, match: re.Match[str]) -> RowKind:
    """An adaptive pool to one value is a global one."""
    if kind == "avgpool" and re.search(
        r"output_size=(?:1\b|\(1, ?1\))|^\s*(?:1|\(1, ?1\))\s*$", match["arguments"] or ""
    ):
        return "gap"
    return kind


def _cells(arguments: Flow, kind: RowKind) -> Iterator[Cell]:
    """The arguments by their names, and the first ones by their order."""
    order = _ORDER.get(kind)
    if not order:
        return
    position = 0
    for match in _ARGUMENT.finditer(arguments.text):
        if match["key"]:
            quantity = _FIELDS.get(match["key"])
            value = arguments.group(match, "value")
        else:
            quantity = order[position] if position < len(order) else None
            value = arguments.group(match, "plain")
            position += 1
        if quantity in order and re.fullmatch(r"\(?[\d, ]+\)?", value.text):
            yield Cell(quantity=quantity, flow=value, label="name")


_CALL: Final = re.compile(r"(?P<class>[A-Z]\w{1,40})\((?P<arguments>[^\n]{0,300})\)")


def read_grid(grid: Grid, dialect: str) -> Iterator[ClaimTable]:
    """A table of two columns: a module's name and what torch prints of it."""
    rows = []
    for cells in grid.rows:
        if len(cells) < 2 or len(cells) > 3 or len(cells[-1]) > 400:
            continue
        module = cells[-1].sub(r"\\(?=_)", "")
        match = _CALL.fullmatch(module.text)
        kind = torch_kind(match["class"]) if match else None
        if match is None or kind is None:
            continue
        found = tuple(_cells(module.group(match, "arguments"), kind)) if match["arguments"] else ()
        rows.append(
            Row(kind=kind, name=cells[-2].text[:60], type=match["class"], flow=join(cells, " "), cells=found)
        )
    if sum(row.kind in ("conv", "fc", "pool") for row in rows) >= 3:
        yield ClaimTable(
            dialect=dialect, form="layers", start=grid.start, rows=tuple(rows), title=grid.caption
        )
