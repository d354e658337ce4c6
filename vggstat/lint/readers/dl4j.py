"""What Deeplearning4j's ``summary()`` prints: ``block1_conv1 (ConvolutionLayer)  3,64  1,792  W:{64,3,3,3}, b:{1,64}``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row, RowKind
from vggstat.lint.text import Flow, Section

__all__ = ["read"]

HEADER: Final = re.compile(r"(?:Vertex|Layer)Name \((?:Vertex|Layer)Type\)\s+nIn,nOut")
ROW: Final = re.compile(
    r"^[\s#/*>|]{0,12}(?P<name>[\w.-]{1,60}) \((?P<frozen>Frozen )?(?P<type>[A-Za-z]\w{2,40})\)\s+"
    r"(?P<io>-,-|\d{1,7},\d{1,7})\s+(?P<count>-|\d[\d,.  ']{0,16}\d|\d)\s+(?P<shapes>-|\S.{0,120}?)(?=\s{2}|\s*$)"
)
TOTAL: Final = re.compile(r"(?P<what>Total|Trainable|Frozen) Parameters:\s+(?P<count>\d[\d,.']*)")
_WEIGHTS: Final = re.compile(r"W:\{(?P<numbers>[\d, ]{1,40})\}")
_BIASES: Final = re.compile(r"\bb:\{1, ?(?P<count>\d{1,7})\}")
_KINDS: Final[dict[str, RowKind]] = {
    "inputvertex": "input",
    "convolutionlayer": "conv",
    "convolution2d": "conv",
    "subsamplinglayer": "pool",
    "globalpoolinglayer": "gap",
    "denselayer": "fc",
    "outputlayer": "fc",
    "batchnormalization": "bn",
    "localresponsenormalization": "lrn",
    "activationlayer": "relu",
    "dropoutlayer": "dropout",
    "preprocessorvertex": "flatten",
    "zeropaddinglayer": "zeropad",
}
_TOTALS: Final[dict[str, Quantity]] = {
    "Total": "params",
    "Trainable": "trainable_params",
    "Frozen": "frozen_params",
}
MAX_LINE: Final = 600
MAX_IDLE: Final = 4


def read(section: Section) -> Iterator[ClaimTable]:
    """Every summary of the section, from its header to its totals."""
    index = 0
    while index < len(section.lines):
        if index in section.taken or not HEADER.search(section.lines[index].text[:MAX_LINE]):
            index += 1
            continue
        rows, totals, end = _read_one(section, index + 1)
        if len(rows) > 2:
            section.take(index, end)
            start = section.lines[index].flow
            yield ClaimTable(
                dialect="dl4j",
                form="layers",
                start=start,
                rows=tuple(rows),
                totals=tuple(totals),
                gaps=not totals,
            )
        index = max(end, index + 1)


def _read_one(section: Section, index: int) -> tuple[list[Row], list[Cell], int]:
    rows: list[Row] = []
    totals: list[Cell] = []
    idle, end = 0, index
    while index < len(section.lines) and idle < MAX_IDLE and index not in section.taken:
        line = section.lines[index].flow
        index += 1
        if len(line) > MAX_LINE or HEADER.search(line.text):
            break
        total = TOTAL.search(line.text)
        row = _row(line) if total is None else None
        if total:
            claim = line.group(total, "count").strip(",.'")
            totals.append(
                Cell(quantity=_TOTALS[total["what"]], flow=claim, label=f"{total['what']} Parameters")
            )
        elif row is not None:
            rows.append(row)
        else:
            idle += not re.fullmatch(r"[\s=#/*>|-]+", line.text)
            continue
        idle, end = 0, index
    return rows, totals, end


def _row(line: Flow) -> Row | None:
    match = ROW.match(line.text)
    if match is None:
        return None
    kind = _KINDS.get(match["type"].lower(), "other")
    cells: list[Cell] = []
    if match["io"] != "-,-" and kind in ("conv", "fc"):
        inputs, outputs = line.group(match, "io").split(",")
        cells.append(Cell(quantity="in_channels", flow=inputs, label="nIn"))
        cells.append(Cell(quantity="channels", flow=outputs, label="nOut"))
    if match["count"] != "-":
        cells.append(Cell(quantity="params", flow=line.group(match, "count"), label="TotalParams"))
    biases = _BIASES.search(line.text)
    if biases and kind in ("conv", "fc"):
        cells.append(Cell(quantity="channels", flow=line.group(biases, "count"), label="ParamsShape"))
    weights = _WEIGHTS.search(line.text)
    if weights:
        cells.extend(_of_weights(line.group(weights, "numbers"), kind))
    return Row(kind=kind, name=match["name"], type=match["type"], flow=line.strip(), cells=tuple(cells))


def _of_weights(flow: Flow, kind: RowKind) -> Iterator[Cell]:
    """Filters, inputs and window of a convolution's weights; inputs and outputs of an FC layer's."""
    numbers = flow.split(r"\s?,\s?")
    order: tuple[Quantity, ...] = ()
    if kind == "conv" and len(numbers) == 4:
        order = ("channels", "in_channels", "kernel", "kernel")
    elif kind == "fc" and len(numbers) == 2:
        order = ("in_channels", "channels")
    for quantity, number in zip(order, numbers, strict=False):
        yield Cell(quantity=quantity, flow=number, label="ParamsShape")
