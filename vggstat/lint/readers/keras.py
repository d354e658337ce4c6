"""Keras summaries: ``block1_conv1 (Conv2D)   (None, 224, 224, 64)   1,792``.

Rules of ``=``, ``_`` or box-drawing characters, pipes with or without a line-number column, names over two
lines, and shapes cut at a column's edge all occur; so a row is read by what it holds, not by its columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row, RowKind
from vggstat.lint.text import Flow, Section

__all__ = ["KERAS_KINDS", "read"]

KERAS_KINDS: Final[dict[str, RowKind]] = {
    "inputlayer": "input", "input": "input", "conv2d": "conv", "convolution2d": "conv", "maxpooling2d": "pool",
    "maxpool2d": "pool", "averagepooling2d": "avgpool", "globalaveragepooling2d": "gap",
    "globalaveragepooli": "gap", "globalavgpool2d": "gap", "globalmaxpooling2d": "gap", "globalmaxpooling2": "gap",
    "dense": "fc", "flatten": "flatten", "dropout": "dropout", "activation": "relu", "relu": "relu",
    "leakyrelu": "relu", "batchnormalization": "bn", "batchnormalizati": "bn", "zeropadding2d": "zeropad",
    "softmax": "softmax", "functional": "network", "model": "network", "sequential": "network",
}  # fmt: skip
"""Classes of Keras, in lower case, and the kinds of row they are. Long ones are cut in narrow tables."""

HEADER: Final = re.compile(r"layer \(type", re.IGNORECASE)
MODEL: Final = re.compile(r"\bModel:\s*\"?(?P<name>[\w .-]{1,60})\"?", re.IGNORECASE)
ROW: Final = re.compile(
    r"(?P<name>[A-Za-z_][\w./:-]*)\s?\((?P<type>[A-Za-z_][\w ]{0,40}?)(?:\)|(?=\s{2,}|\s*\||\s+[(\[]|$))"
)
SHAPE: Final = re.compile(
    r"\[?\(\s?(?:None|\d+|\?|-1)?\s?(?:,\s?(?:None|\d+|\?))*,?\s?(?P<end>\))?\]?|\((?:None|\d+)[\d, None]*"
)
UNKNOWN: Final = re.compile(
    r"[\s|#/*>]*(?P<name>[A-Za-z_][^|\[\]]{0,60}?)[\s|]+(?P<shape>\((?:None|\?|-1)(?:,\s?(?:None|\d+))+\))[\s|]+"
    r"(?P<count>\d[\d,.']*)[\s|]*$"
)
"""A row of any layer: words, a shape with an open batch, a count, and nothing else."""
COUNT: Final = re.compile(r"(?<![\w.,(\[])\d[\d,.' ]*(?![\w(\[])")
SEVERAL: Final = re.compile(r"[\s|]*(?:\(\s?\(|\[?\([^()]{1,60}\)\s?,)")
"""Several shapes in one cell: ``[(None, 32, 32), (None, 5``, ``((None, 32``."""
LAST_COUNT: Final = re.compile(r"(?<=[\s|])(?:\d{1,3}(?:,\d{3})+|\d+)(?=[\s|]*$|\s{2,}|\s?\|?\s*\[')")
"""A count that no part of a shape follows."""
TOTAL: Final = re.compile(
    r"\b(?P<what>total|trainable|non-?trainable|optimizer)\s*params?\s*:\s*(?P<count>\d[\d,.']*)"
    r"(?:\s*\((?P<size>[\d.,]+\s?[KMGT]?i?B)\))?",
    re.IGNORECASE,
)
FRAGMENT: Final = re.compile(
    r"[A-Za-z_][\w./:-]{0,60}\s?\((?:"
    r"InputLayer|Conv(?:olution)?2D|MaxPool(?:ing)?2D|GlobalAveragePooling2D|Flatten|Dense|Dropout|BatchNormalization"
    r")\)[\s|]{1,40}(?:\[?\((?:None|\?|-1|\d{1,5})[^()\n]{0,40}\)\]?|multiple)[\s|]{1,40}\d"
)
"""A row that can be no other tool's, so that no header is needed."""
RULE: Final = re.compile(r"^[\s_=+|:-]*$")
_TOTALS: Final[dict[str, Quantity]] = {
    "total": "params", "trainable": "trainable_params", "nontrainable": "frozen_params",
}  # fmt: skip

_SIZES: Final[dict[str, Quantity]] = {
    "total": "param_bytes", "trainable": "trainable_bytes", "nontrainable": "frozen_bytes",
}  # fmt: skip


def read(section: Section) -> Iterator[ClaimTable]:
    """Every summary of the section. One begins at its header and ends with its totals, or before prose."""
    index = 0
    while index < len(section.lines):
        if index in section.taken or not _is_header(section.lines[index].text):
            index += 1
            continue
        table, end = _read_one(section, index)
        if table is not None:
            section.take(index, end)
            yield table
        index = max(end, index + 1)
    yield from _fragments(section)


def _fragments(section: Section) -> Iterator[ClaimTable]:
    """Rows whose header was cut off, as they stand in comments and in quotations. Totals alone are left to prose,
    which asks whose they are."""
    index = 0
    while index < len(section.lines):
        text = section.lines[index].text[:1000]
        if index in section.taken or not FRAGMENT.search(text):
            index += 1
            continue
        table, end = _read_one(section, index - 1)
        if table is not None and table.rows:
            section.take(index, end)
            whole = table.rows[0].kind == "input" and not table.gaps
            yield table.replace(start=section.lines[index].flow, gaps=not whole)
        index = max(end, index + 1)


def _is_header(text: str) -> bool:
    """A header of Keras; torchsummary's begins with the same words but says ``Layer (type)``, ``-1``-shapes."""
    match = HEADER.search(text)
    return match is not None and "param" in text.lower() and len(text) < 2000


def _read_one(section: Section, header: int) -> tuple[ClaimTable | None, int]:
    rows: list[Row] = []
    totals: list[Cell] = []
    gaps = False
    end = index = header + 1
    idle = 0
    while index < len(section.lines) and idle < 4:
        line = section.lines[index].flow
        index += 1
        text = line.text
        if index - 1 in section.taken or _is_header(text) or (MODEL.search(text) and rows):
            break
        if RULE.match(text):
            idle += not text.strip()
            continue
        total = list(TOTAL.finditer(text))
        if total:
            for match in total:
                totals.extend(_total(line, match))
            idle, end = 0, index
            if any(match["what"].lower().startswith("non") for match in total):
                end = _optimizer_lines(section, index)
                break
            continue
        row = _row(line)
        if row is not None and not totals:
            rows.append(row)
            idle, end = 0, index
        elif rows and not totals and _continue(rows, line):
            idle, end = 0, index
        elif re.search(r"\.\.\.|…", text):
            gaps, idle, end = True, 0, index
        else:
            idle += 1
    if len(rows) < 2 and len(totals) < 2:
        return None, header + 1
    if any("ptimizer params" in section.lines[i].text for i in range(header + 1, end)):
        # of a model that was trained the optimizer's own values are in the total
        totals = [cell for cell in totals if cell.quantity not in ("params", "param_bytes")]
    title = MODEL.search(section.words_before(header, 3))
    table = ClaimTable(
        dialect="keras",
        form="layers",
        start=section.lines[header].flow,
        rows=tuple(rows),
        totals=tuple(totals),
        title=title["name"] if title else "",
        gaps=gaps or not totals,
        family="keras",
        wrapped=any(row.kind == "network" for row in rows),
    )
    return table, end


def _optimizer_lines(section: Section, index: int) -> int:
    """The line after the closing rule."""
    while index < len(section.lines) and index not in section.taken:
        text = section.lines[index].text
        if not (text.strip() and RULE.match(text)) and "ptimizer params" not in text:
            break
        index += 1
    return index


def _row(line: Flow) -> Row | None:
    match = ROW.search(line.text[:1000])
    if match is None:
        return _unknown_row(line)
    kind = _kind(match["type"].replace(" ", "").lower(), match["name"])
    rest = line.cut(match.end())
    shape = SHAPE.search(rest.text)
    several = SEVERAL.match(rest.text)
    if kind is None and not several and (shape is None or len(shape[0]) < 5):
        if not re.match(r"[\s|]*multiple\b", rest.text):
            return None
        several = LAST_COUNT.search(rest.text)
    return Row(
        kind=kind or "other",
        name=match["name"],
        type=match["type"],
        flow=line.strip(" |"),
        cells=tuple(_cells(rest, shape) if several is None else _count(rest)),
    )


def _unknown_row(line: Flow) -> Row | None:
    """A layer whose class does not stand in brackets as Keras writes it: its count is in the sum all the same."""
    match = UNKNOWN.match(line.text[:300])
    if match is None:
        return None
    cells = (
        Cell(quantity="shape", flow=line.group(match, "shape"), label="Output Shape"),
        Cell(quantity="params", flow=line.group(match, "count").strip(" ,"), label="Param #"),
    )
    return Row(kind="other", name=match["name"].strip(), flow=line.strip(" |"), cells=cells)


def _kind(word: str, name: str) -> RowKind | None:
    """The kind of a class, whose name a narrow table may have cut: ``batch_normalization_1 (Batch``. The names that
    Keras gives by itself tell the class."""
    if word in KERAS_KINDS:
        return KERAS_KINDS[word]
    named = re.sub(r"_\d+$", "", name).replace("_", "").lower()
    if named in KERAS_KINDS and named.startswith(word):
        return KERAS_KINDS[named]
    if len(word) < 7:
        return None
    return next((kind for known, kind in KERAS_KINDS.items() if known.startswith(word)), None)


def _cells(rest: Flow, shape: re.Match[str] | None) -> Iterator[Cell]:
    """The shape and the count; a shape that was cut is followed by the count without a bracket."""
    after = 0
    if shape is not None and len(shape[0]) > 4:
        after = shape.end()
        if shape["end"] is None:
            cut = re.match(r"\[?\(?(?:None|\d+)(?:,\s?\d+)*,?(?=\s)", shape[0] + " ")
            after = shape.start() + (cut.end() if cut else 0)
        else:
            yield Cell(quantity="shape", flow=rest.group(shape), label="Output Shape")
    counts = COUNT.search(rest.text, after)
    if counts:
        count = rest.group(counts).strip(" ,")
        yield Cell(quantity="params", flow=count, label="Param #")


def _count(rest: Flow) -> Iterator[Cell]:
    """The count of a layer with several outputs, whose shapes are cut anywhere."""
    count = LAST_COUNT.search(rest.text)
    if count:
        yield Cell(quantity="params", flow=rest.group(count), label="Param #")


def _continue(rows: list[Row], line: Flow) -> bool:
    """Whether the line is the rest of the row before: its type in brackets, or the cut end of its name."""
    text = line.strip(" |").text
    row = rows[-1]
    match = re.match(r"\(?(?P<type>[A-Za-z_]\w*)\)", text)
    if match is None or len(text) > 200:
        return re.fullmatch(r"[\w.-]{0,20}\)?[\s|]*(?:\w+\)?)?", text) is not None and len(text) < 40
    kind = _kind(match["type"].lower(), row.name)
    if kind is not None and row.kind == "other":
        rows[-1] = row.replace(kind=kind, type=match["type"])
    return True


def _total(line: Flow, match: re.Match[str]) -> Iterator[Cell]:
    what = re.sub(r"[\W]", "", match["what"].lower())
    if what in _TOTALS:
        yield Cell(
            quantity=_TOTALS[what],
            flow=line.group(match, "count").strip(" ,."),
            label=match["what"] + " params",
        )
        if match["size"]:
            yield Cell(quantity=_SIZES[what], flow=line.group(match, "size"), label=match["what"] + " params")
