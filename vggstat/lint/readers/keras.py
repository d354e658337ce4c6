"""Keras summaries: ``block1_conv1 (Conv2D)   (None, 224, 224, 64)   1,792``.

Rules of ``=``, ``_`` or box-drawing characters, pipes with or without a line-number column, names over two
lines, and shapes cut at a column's edge all occur; so a row is read by what it holds, not by its columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Row, RowKind
from vggstat.lint.readers.engine import Layout, line_from, named_as_first
from vggstat.lint.readers.totals import TOTAL, read_total
from vggstat.lint.text import Flow

_KINDS: Final[dict[str, RowKind]] = {
    "inputlayer": "input", "input": "input", "conv2d": "conv", "convolution2d": "conv", "convolution": "conv",
    "maxpooling2d": "pool", "maxpool2d": "pool", "pooling": "pool", "averagepooling2d": "avgpool",
    "globalaveragepooling2d": "gap", "globalavgpool2d": "gap", "globalmaxpooling2d": "gap", "dense": "fc",
    "fullyconnected": "fc", "flatten": "flatten", "dropout": "dropout", "activation": "relu", "relu": "relu",
    "leakyrelu": "relu", "batchnormalization": "bn", "batchnorm": "bn", "zeropadding2d": "zeropad", "softmax": "softmax",
    "functional": "network", "model": "network", "sequential": "network",
}  # fmt: skip
"""Classes of Keras and of MXNet's symbols, in lower case, and the kinds of row they are."""
LEAST_CUT: Final = 7
"""Letters that are left of a class that a narrow table has cut, at least."""
_OPEN: Final = r"\[?\( ?(?:None|\d+|\?|-1) ?(?=,)"
"""What every shape begins with."""
_SHAPE: Final = rf"{_OPEN}(?:, ?(?:None|\d+|\?))*,? ?"
_EDGE: Final = r"(?:[ |]|<[^<>\n]{1,80}>)*"
"""What stands between columns, also in a page's source."""
_CLASS: Final = r"(?P<type>[A-Za-z_][\w ]{0,40}?)(?:\)|(?=  | *\|| +[(\[]))"
_PLAIN: Final = (
    r"^[ |#/*>]*(?P<words>[A-Za-z_](?:[^|\[\]\n(]|\((?![A-Za-z_])){0,60}?)[ |]+"
    r"(?=\((?:None|\?|-1)(?:, ?(?:None|\d+))+\)[ |]+\d[\d,.']*[ |]*$)"
)
_ROW: Final = re.compile(
    rf"(?<![\w./:-])(?P<name>[A-Za-z_][\w./:-]*) ?\((?:{_CLASS}(?={_EDGE}(?:\(?{_OPEN}|multiple\b))"
    rf"|(?P<class>(?i:{'|'.join(_KINDS)}))\))|{_PLAIN}",
    re.MULTILINE,
)
"""A name and its class in brackets, which is known or has a shape behind it; or words, a shape with an open batch, a
count, and nothing else."""
_FIELD: Final = re.compile(
    rf"{_EDGE}(?:(?P<several>\[?\( ?\(|{_SHAPE}\) ?,|multiple)"
    rf"|(?P<shape>{_SHAPE}\)\]?|\d+(?:x\d+){{0,2}}(?=  +\d))"
    rf"|{_OPEN}(?:, ?\d+)*,?(?= |$))"
)
"""Shapes of several outputs, a shape, or a shape that is cut."""
_COUNT: Final = re.compile(r"(?<![\w.,(\[])\d[\d,.' ]*(?![\w(\[])")
_LAST_COUNT: Final = re.compile(r"(?<=[ |>])(?:\d{1,3}(?:,\d{3})+|\d+)(?=[ |]*$|  | ?\|? *\[')")
"""A count that no part of a shape follows."""
_BELOW: Final = re.compile(r"\n[ |]*\(?(?P<type>[A-Za-z_]\w*)\)")
"""The class, in the line below the name."""
_HEADER: Final = re.compile(r"layer \(type.*param", re.IGNORECASE)
_PROOF: Final = re.compile(
    _HEADER.pattern + r"|[a-z_][\w./:-]{0,60} ?\((?:inputlayer|conv(?:olution)?2d|maxpool(?:ing)?2d"
    r"|globalaveragepooling2d|flatten|dense|dropout|batchnormalization)\)[ |]{1,40}"
    r"(?:\[?\((?:none|\?|-1|\d{1,5})[^()\n]{0,40}\)\]?|multiple)[ |]{1,40}\d",
    re.IGNORECASE,
)
"""The header, or a row that can be no other tool's."""


def _row(text: Flow, head: re.Match[str], end: int) -> Row:
    line = line_from(text, head.end(), end)
    name = (head["name"] or head["words"]).strip()
    word = head["type"] or head["class"] or ""
    kind = _kind(word, name)
    below = _BELOW.match(text.text, head.end() + len(line), end) if kind is None else None
    if below:
        word = below["type"]
        kind = _kind(word, name)
    start = head.start("name" if head["name"] else "words")
    flow = text.cut(start, head.end() + len(line)).strip(" |")
    return Row(kind=kind or "other", name=name, type=word, flow=flow, cells=tuple(_cells(line)))


def _kind(printed: str, name: str) -> RowKind | None:
    """The kind of a class, whose name a narrow table may have cut: ``batch_normalization_1 (Batch``. The names that
    Keras gives by itself tell the class."""
    word = printed.replace(" ", "").lower()
    named = re.sub(r"_\d+$", "", name).replace("_", "").lower()
    if word in _KINDS or not word:
        return _KINDS.get(word)
    if named in _KINDS and named.startswith(word):
        return _KINDS[named]
    cut = (kind for known, kind in _KINDS.items() if len(word) >= LEAST_CUT and known.startswith(word))
    return next(cut, None)


def _cells(line: Flow) -> Iterator[Cell]:
    """The shape and the count; a shape that was cut is followed by the count without a bracket."""
    field = _FIELD.match(line.text)
    if field and field["shape"]:
        yield Cell(quantity="shape", flow=line.group(field, "shape"), label="Output Shape")
    pattern = _LAST_COUNT if field and field["several"] else _COUNT
    count = pattern.search(line.text, field.end() if field else 0)
    if count:
        yield Cell(quantity="params", flow=line.group(count).strip(" ,"), label="Param #")


def _finish(table: ClaimTable, text: Flow) -> ClaimTable:
    if any(row.type.lower() == "batchnorm" for row in table.rows):
        table = table.replace(family="")  # MXNet counts no running statistics
    if "ptimizer params" in text.text:
        # of a model that was trained the optimizer's own values are in the total
        rest = tuple(cell for cell in table.totals if cell.quantity not in ("params", "param_bytes"))
        table = table.replace(totals=rest)
    # where the header was cut off, as in comments and in quotations, rows may be missing too
    whole = _HEADER.search(text.text) or table.rows[0].kind == "input"
    return table if whole else table.replace(gaps=True)


read: Final = Layout(
    name="keras",
    header=_HEADER,
    proof=_PROOF,
    row=_ROW,
    make_row=_row,
    title=re.compile(r"\bModel:\s*\"?(?P<title>[\w .-]{1,60})\"?", re.IGNORECASE),
    again=named_as_first,
    least=1,
    total=TOTAL,
    make_totals=read_total,
    has_totals=True,
    family="keras",
    finish=_finish,
).read
