"""Darknet's start-up table: ``0 conv     64  3 x 3 / 1   224 x 224 x   3   ->   224 x 224 x  64  0.173 BFLOPs``."""

from __future__ import annotations

import re
from typing import Final

from vggstat.lint.model import RowKind
from vggstat.lint.readers.engine import Layout

_KINDS: Final[dict[str, RowKind]] = {
    "conv": "conv", "max": "pool", "avg": "gap", "connected": "fc", "dropout": "dropout", "softmax": "softmax",
}  # fmt: skip
_MAP: Final = r"\d{1,5} x +\d{1,5} x +\d{1,5}"
read: Final = Layout(
    name="darknet",
    row=re.compile(
        r"^ *\d{1,4} +(?:(?P<type>conv|max) {1,30}(?:(?P<channels>\d{1,5}) {1,30})?"
        r"(?P<kernel>\d{1,2} x \d{1,2}) */ *(?P<stride>\d{1,2})"
        rf" +(?P<in_shape>{_MAP}) *-> *(?P<shape>{_MAP})(?: +(?P<ops>\d+\.\d+) *BF(?:LOPs)?)?"
        r"|(?P<type_2>connected) +(?P<in_channels>\d{1,6}) *-> *(?P<channels_2>\d{1,6})"
        r"|(?P<type_3>avg|dropout|softmax|cost|route|shortcut|upsample|detection|yolo|local|crop|reorg)\b)",
        re.MULTILINE,
    ),
    labels={
        "channels": "filters",
        "in_shape": "input",
        "shape": "output",
        "ops": "BFLOPs",
        "in_channels": "input",
        "channels_2": "output",
    },
    units={"ops": "G"},
    kind=_KINDS.get,
    least_layers=3,
).read
