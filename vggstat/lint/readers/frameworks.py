"""Listings of other frameworks: MATLAB's layer arrays, Darknet's start-up table, Caffe's prototxt."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row, RowKind
from vggstat.lint.readers.layer_words import attributes, find_kind
from vggstat.lint.text import Flow, Section

__all__ = ["read"]

MATLAB: Final = re.compile(
    r"^[\s%#*|>-]*(?P<number>\d{1,4})\s+['\"](?P<name>[\w./-]{0,60})['\"]\s+"
    r"(?P<type>[A-Z][A-Za-z0-9 ()-]{2,40}?)\s{2,}(?P<text>\S.{0,300})$"
)
_IMAGE: Final = re.compile(r"\d{1,4}x\d{1,4}x\d{1,4}")
_STRIDE: Final = re.compile(r"stride \[(?P<value>\d{1,2}\s+\d{1,2})\]")
_PADDING: Final = re.compile(r"padding \[(?P<value>\d{1,2}(?:\s+\d{1,2}){1,3})\]")
_SIDES: Final[tuple[tuple[Quantity, re.Pattern[str]], ...]] = (("stride", _STRIDE), ("padding", _PADDING))
DARKNET: Final = re.compile(
    r"^\s*\d{1,4}\s+(?P<type>conv|max|avg|connected|dropout|softmax|cost|route|shortcut|upsample"
    r"|detection|yolo|local|crop|reorg)\b(?P<rest>.{0,200})$"
)
_DARK: Final = re.compile(
    r"^\s+(?P<filters>\d{1,5})?\s*(?P<kernel>\d{1,2} x \d{1,2})\s*/\s*(?P<stride>\d{1,2})"
    r"\s+(?P<input>\d{1,5} x\s+\d{1,5} x\s+\d{1,5})\s*->\s*(?P<output>\d{1,5} x\s+\d{1,5} x\s+\d{1,5})"
    r"(?:\s+(?P<ops>\d+\.\d+)\s*(?P<unit>B)F(?:LOPs)?)?"
)
_DARK_FC: Final = re.compile(r"^\s+(?P<inputs>\d{1,6})\s*->\s*(?P<outputs>\d{1,6})")
MAX_GAP: Final = 4


def read(section: Section) -> Iterator[ClaimTable]:
    """Every listing of the section."""
    yield from _by_line(section, "matlab", _matlab)
    yield from _by_line(section, "darknet", _darknet)
    yield from _prototxt(section)


def _by_line(section: Section, dialect: str, read_row: Callable[[Flow], Row | None]) -> Iterator[ClaimTable]:
    """Runs of lines that are rows each."""
    rows: list[Row] = []
    start = last = 0
    gaps = False
    for index in [*section.free(), len(section.lines) + MAX_GAP + 1]:
        inside = index < len(section.lines)
        row = read_row(section.lines[index].flow) if inside and len(section.lines[index].text) < 600 else None
        if (
            rows
            and inside
            and row is None
            and re.fullmatch(r"[\s%#*>|-]*(?:\. ?){3,}\s*|\s*…\s*", section.lines[index].text)
        ):
            gaps = True
        if rows and (index - last > MAX_GAP or (row is not None and row.kind == "input")):
            if sum(row.kind in ("conv", "pool", "fc") for row in rows) >= 3:
                section.take(start, last + 1)
                yield ClaimTable(
                    dialect=dialect,
                    form="layers",
                    start=section.lines[start].flow,
                    rows=tuple(rows),
                    gaps=gaps,
                )
            rows, gaps = [], False
        if row is not None:
            start = index if not rows else start
            rows.append(row)
            last = index


def _matlab(line: Flow) -> Row | None:
    match = MATLAB.match(line.text)
    if match is None:
        return None
    kind = find_kind(match["type"]) or "other"
    words = line.group(match, "text")
    cells: list[Cell] = []
    image = _IMAGE.search(words.text) if kind == "input" else None
    if image:
        cells.append(Cell(quantity="shape", flow=words.group(image), label="images"))
    if kind in ("conv", "pool", "avgpool"):
        for quantity, pattern in _SIDES:
            found = pattern.search(words.text)
            if found and len(set(found["value"].split())) == 1:
                start = found.start("value")
                value = words.cut(start, start + len(found["value"].split()[0]))
                cells.append(Cell(quantity=quantity, flow=value, label=quantity))
    said = {cell.quantity for cell in cells}
    cells.extend(cell for cell in attributes(words, kind) if cell.quantity not in said)
    fc = re.match(r"(?P<count>\d{1,6}) fully connected", words.text)
    if fc and kind == "fc" and not any(cell.quantity == "channels" for cell in cells):
        cells.append(Cell(quantity="channels", flow=words.group(fc, "count"), label="name"))
    return Row(kind=kind, name=match["name"], type=match["type"], flow=line.strip(), cells=tuple(cells))


_DARK_KINDS: Final[dict[str, RowKind]] = {
    "conv": "conv",
    "max": "pool",
    "avg": "gap",
    "connected": "fc",
    "dropout": "dropout",
    "softmax": "softmax",
}


def _darknet(line: Flow) -> Row | None:
    match = DARKNET.match(line.text)
    if match is None:
        return None
    kind = _DARK_KINDS.get(match["type"], "other")
    rest = line.group(match, "rest")
    cells: list[Cell] = []
    found = _DARK.match(rest.text)
    if found is None and kind in ("conv", "pool"):
        return None
    fields: tuple[tuple[str, Quantity], ...] = (
        ("filters", "channels"),
        ("kernel", "kernel"),
        ("stride", "stride"),
        ("input", "in_shape"),
        ("output", "shape"),
        ("ops", "ops"),
    )
    if found:
        for name, quantity in fields:
            if found[name]:
                cells.append(
                    Cell(
                        quantity=quantity,
                        flow=rest.group(found, name),
                        unit="G" if name == "ops" else "",
                        label="BFLOPs" if name == "ops" else name,
                    )
                )
    full = _DARK_FC.match(rest.text) if kind == "fc" else None
    if full:
        cells.append(Cell(quantity="in_channels", flow=rest.group(full, "inputs"), label="input"))
        cells.append(Cell(quantity="channels", flow=rest.group(full, "outputs"), label="output"))
    return Row(kind=kind, name=match["type"], type=match["type"], flow=line.strip(), cells=tuple(cells))


_LAYER: Final = re.compile(r"^\s*layers?\s*\{")
_FIELD: Final = re.compile(
    r"\b(?P<key>name|type|num_output|kernel_size|pad|stride|pool|global_pooling)\s*:"
    r"\s*\"?(?P<value>[\w./-]{1,60})\"?"
)
_CAFFE: Final[dict[str, RowKind]] = {
    "convolution": "conv",
    "innerproduct": "fc",
    "inner_product": "fc",
    "pooling": "pool",
    "relu": "relu",
    "dropout": "dropout",
    "softmax": "softmax",
    "lrn": "lrn",
    "batchnorm": "bn",
    "flatten": "flatten",
    "data": "input",
    "input": "input",
}
_CAFFE_FIELDS: Final[dict[str, Quantity]] = {
    "num_output": "channels",
    "kernel_size": "kernel",
    "pad": "padding",
    "stride": "stride",
}
_LEFT_OUT: Final = frozenset({"accuracy", "softmaxwithloss", "softmax_loss", "loss", "silence", "python"})


def _prototxt(section: Section) -> Iterator[ClaimTable]:
    """Caffe's ``layer { ... }`` blocks, one after another."""
    if not re.search(r"num_output\s*:", section.text):
        return
    rows: list[Row] = []
    start: int | None = None
    index = 0
    end = 0
    while index < len(section.lines):
        if index in section.taken or not _LAYER.match(section.lines[index].text[:2_000]):
            index += 1
            continue
        start = index if start is None else start
        depth, begin = 0, index
        while index < len(section.lines) and index - begin < 80:
            text = section.lines[index].text[:2_000]
            depth += text.count("{") - text.count("}")
            index += 1
            if depth <= 0:
                break
        end = index
        row = _caffe_row([section.lines[i].flow for i in range(begin, index)])
        if row is not None:
            rows.append(row)
    if start is not None and sum(row.kind in ("conv", "fc") for row in rows) >= 3:
        section.take(start, end)
        yield ClaimTable(dialect="prototxt", form="layers", start=section.lines[start].flow, rows=tuple(rows))


def _caffe_row(lines: list[Flow]) -> Row | None:
    fields: dict[str, Flow] = {}
    for line in lines:
        for match in _FIELD.finditer(line.text[:2_000]):
            fields.setdefault(match["key"], line.group(match, "value"))
    if "type" not in fields:
        return None
    kind = _CAFFE.get(fields["type"].text.lower(), "other")
    if fields["type"].text.lower() in _LEFT_OUT:
        return None
    if kind == "pool" and "pool" in fields and fields["pool"].text.upper() == "AVE":
        kind = "gap" if "global_pooling" in fields else "avgpool"
    cells = tuple(
        Cell(quantity=quantity, flow=fields[key], label=key)
        for key, quantity in _CAFFE_FIELDS.items()
        if key in fields and fields[key].text.isdigit() and kind in ("conv", "fc", "pool", "avgpool")
    )
    name = fields["name"].text if "name" in fields else fields["type"].text
    return Row(kind=kind, name=name, type=fields["type"].text, flow=lines[0].strip(), cells=cells)
