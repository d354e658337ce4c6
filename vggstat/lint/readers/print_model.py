"""What ``print(model)`` shows of a torch module: ``(0): Conv2d(3, 64, kernel_size=(3, 3), stride=(1, 1), ...)``.

Also run together on a few lines, behind comment signs, as Python code (``nn.Conv2d(3, 64, 3, padding=1)``) in an
output, and in a table of names and modules; and with what counters write into it. ptflops writes before the arguments,
``Conv2d(1.79 k, 0.001% Params, 89.92 MMac, 0.580% MACs, 3, 64, kernel_size=(3, 3))``, fvcore on a line after them,
``#params: 1.79K, #flops: 86.7M``. A module that holds others shows the sum of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Group, Quantity, Row, RowKind
from vggstat.lint.readers.claims import claims
from vggstat.lint.readers.engine import Layout, count_layers
from vggstat.lint.readers.grid import Grid
from vggstat.lint.readers.torch_kinds import torch_kind
from vggstat.lint.text import Flow, join

_SHARE: Final = r"\d{1,3}(?:\.\d{1,6})?%"
_PTFLOPS: Final = (
    rf"\s*(?P<params>\d[\d.]{{0,12}}(?:\s?[kKMG])?), {_SHARE} Params, "
    rf"(?P<ops>\d[\d.]{{0,12}}(?:\s?[KMG](?=Mac))?)\s?Macs?, {_SHARE} MACs(?:,\s*)?"
)
_FVCORE: Final = (
    r"\s*#params: (?P<params_2>[\d.]{1,12}[KMG]?)(?:, #flops: (?P<ops_2>[\d.]{1,12}[KMGT]?))?"
    r"(?:, #acts: [\d.]{1,12}[KMG]?)?"
)
_LABELS: Final = {"params": "Params", "params_2": "Params", "ops": "MACs", "ops_2": "#flops"}
_NAME: Final = (
    r"(?:\((?P<name>[\w.]{1,40})\)\s?:\s?"
    r"|(?P<name_2>\b(?:features|classifier|avgpool|layers?|conv|block|fc)[\w.]{0,40})\s*[|,&]\s*\"?)"
)
_ROW: Final = re.compile(
    rf"{_NAME}"
    r"(?!Sequential\b|Module(?:List|Dict)\b|Identity\b)(?P<type>[A-Z]\w{1,40})\((?!\s*\(\w{1,40}\)\s?:)"
    rf"(?: *\n *(?P<words_2>[^\n#()]{{0,100}}(?:\([^()\n]{{0,60}}\)[^()\n#]{{0,60}}){{0,6}})\n{_FVCORE}(?:\s*\))?"
    rf"|(?:{_PTFLOPS})?(?P<words>[^()\n]{{0,200}}(?:\([^()\n]{{0,60}}\)[^()\n]{{0,120}}){{0,8}})\)?)"
)
_OPENED: Final = re.compile(
    rf"(?:^|\n)(?P<indent> {{0,60}})(?:\(\w{{1,40}}\): )?[A-Z]\w{{0,40}}\( *\n(?={_PTFLOPS}|{_FVCORE})"
)
"""A module that holds others, with what a counter says of it."""
MOST: Final = 200
"""Modules that hold others, as many as are looked at."""
_ARGUMENT: Final = re.compile(r"(?:(?P<key>[a-z_]+)\s?=\s?)?(?P<value>\([^()]{0,40}\)|[^\s,()=]{1,40})")
_FIELDS: Final[dict[str, Quantity]] = {
    "kernel_size": "kernel", "stride": "stride", "padding": "padding", "in_features": "in_channels",
    "out_features": "channels", "in_channels": "in_channels", "out_channels": "channels", "num_features": "channels",
    "output_size": "size",
}  # fmt: skip
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
_TO_ONE: Final = re.compile(r"\((?:output_size=)?(?:1|\(1, ?1\))\)$")


def _arguments(words: Flow, kind: RowKind | None) -> Iterator[Cell]:
    """The arguments by their names, and the first ones by their order."""
    order = _ORDER.get(kind or "", ())
    position = 0
    for match in _ARGUMENT.finditer(words.text):
        quantity = (
            _FIELDS.get(match["key"]) if match["key"] else next(iter(order[position : position + 1]), None)
        )
        position += not match["key"]
        if quantity in order and re.fullmatch(r"\(?[\d, ]+\)?", match["value"]):
            yield Cell(quantity=quantity, flow=words.group(match, "value"), label="name")


def _finish(table: ClaimTable, text: Flow) -> ClaimTable:
    """An unknown module whose bracket is not closed holds others; an adaptive pool to one value is a global one."""
    rows = tuple(
        row.replace(kind="gap") if row.kind == "avgpool" and _TO_ONE.search(row.flow.text) else row
        for row in table.rows
        if row.kind != "other" or row.flow.text.endswith(")")
    )
    return table.replace(
        rows=rows,
        groups=tuple(_groups(rows, text)),
        title="" if table.title == "Sequential" else table.title,
        gaps=table.gaps or _BLOCK.search(text.text) is not None,
    )


def _groups(rows: tuple[Row, ...], text: Flow) -> Iterator[Group]:
    """The counts of modules that hold others, each as the sum of the rows inside."""
    lines = [row.flow.place().line for row in rows]
    for opened in islice(_OPENED.finditer(text.text), MOST):
        end = text.text.find(f"\n{opened['indent']})", opened.end())
        first, last = text.place(opened.end() - 1).line, text.place(end if end > 0 else len(text) - 1).line
        inside = tuple(index for index, line in enumerate(lines) if first < line <= last)
        if inside:
            yield from (Group(cell=cell, rows=inside) for cell in claims(text, opened, _LABELS))


read: Final = Layout(
    name="print-model",
    header=re.compile(r"^\s*(?=[^\W\d_])(?!.*\):)(?:.*[\s=:])?[A-Z]\w{1,40}\(\s*$"),
    title=re.compile(r"(?:^|[\s=:])(?P<title>[A-Z]\w{1,40})\((?:\s*$|\s*(?=\(\w{1,40}\)\s?:))", re.MULTILINE),
    row=_ROW,
    line=re.compile(rf"{_NAME}[A-Z]\w{{1,40}}\("),
    labels=_LABELS,
    kind=torch_kind,
    words=_arguments,
    rest=re.compile(r"[\s#/*|>]*\)[\s)]*|\s*(?:[a-z_]+=|\d+, \d|#params: ).*"),
    gap=6,
    least_layers=3,
    finish=_finish,
).read

_CALL: Final = re.compile(r"(?P<class>[A-Z]\w{1,40})\((?P<arguments>[^\n]{0,300})\)")


def read_grid(grid: Grid, dialect: str) -> Iterator[ClaimTable]:
    """A table of two columns: a module's name and what torch prints of it."""
    rows = []
    for cells in grid.rows:
        module = cells[-1].sub(r"\\(?=_)", "") if 2 <= len(cells) <= 3 and len(cells[-1]) <= 400 else None
        match = _CALL.fullmatch(module.text) if module else None
        kind = torch_kind(match["class"]) if match else None
        if module is None or match is None or kind is None:
            continue
        said = tuple(_arguments(module.group(match, "arguments"), kind))
        rows.append(
            Row(kind=kind, name=cells[-2].text[:60], type=match["class"], flow=join(cells, " "), cells=said)
        )
    if count_layers(rows) >= 3:
        yield ClaimTable(
            dialect=dialect, form="layers", start=grid.start, rows=tuple(rows), title=grid.caption
        )
