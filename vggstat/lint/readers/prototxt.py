"""Caffe's prototxt: ``layer { name: "conv1_1" type: "Convolution" convolution_param { num_output: 64 kernel_size: 3 } }``."""

from __future__ import annotations

import re
from typing import Final

from vggstat.lint.model import Cell, Quantity, Row, RowKind
from vggstat.lint.readers.engine import Layout
from vggstat.lint.text import Flow

_LAYER: Final = re.compile(r"^ *layers? *\{", re.MULTILINE)
_FIELD: Final = re.compile(
    r"\b(?P<key>name|type|num_output|kernel_size|pad|stride|pool|global_pooling) *: *\"?(?P<value>[\w./-]{1,60})\"?"
)
_KINDS: Final[dict[str, RowKind]] = {
    "convolution": "conv", "innerproduct": "fc", "inner_product": "fc", "pooling": "pool", "relu": "relu",
    "dropout": "dropout", "softmax": "softmax", "lrn": "lrn", "batchnorm": "bn", "flatten": "flatten",
    "data": "input", "input": "input",
}  # fmt: skip
_CLAIMS: Final[dict[str, Quantity]] = {
    "num_output": "channels", "kernel_size": "kernel", "pad": "padding", "stride": "stride",
}  # fmt: skip
_LEFT_OUT: Final = frozenset({"accuracy", "softmaxwithloss", "softmax_loss", "loss", "silence", "python"})


def _row(text: Flow, head: re.Match[str], end: int) -> Row | None:
    layer = text.cut(head.start(), end)
    said = {match["key"]: match for match in reversed(list(_FIELD.finditer(layer.text)))}
    type_ = said["type"]["value"] if "type" in said else ""
    if not type_ or type_.lower() in _LEFT_OUT:
        return None
    kind = _KINDS.get(type_.lower(), "other")
    if kind == "pool" and "pool" in said and said["pool"]["value"].upper() == "AVE":
        kind = "gap" if "global_pooling" in said else "avgpool"
    cells = tuple(
        Cell(quantity=quantity, flow=layer.group(said[key], "value"), label=key)
        for key, quantity in _CLAIMS.items()
        if kind in ("conv", "fc", "pool", "avgpool") and key in said and said[key]["value"].isdigit()
    )
    name = said["name"]["value"] if "name" in said else type_
    return Row(kind=kind, name=name, type=type_, flow=layer.strip(), cells=cells)


read: Final = Layout(
    name="prototxt",
    row=_LAYER,
    line=re.compile(rf"{_LAYER.pattern}|{_FIELD.pattern}"),
    make_row=_row,
    rest=re.compile(r"[ }]+"),
    gap=40,
    least_layers=3,
).read
