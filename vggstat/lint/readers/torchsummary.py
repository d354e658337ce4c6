"""What ``torchsummary.summary`` prints: ``Conv2d-1   [-1, 64, 224, 224]   1,792`` and five lines of totals.

Paddle's ``summary`` prints the same with the inputs' shapes before, MXNet's ``summary`` with names of its own.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from vggstat.lint.model import ClaimTable
from vggstat.lint.readers.engine import Layout
from vggstat.lint.readers.torch_kinds import torch_kind
from vggstat.lint.readers.totals import TOTAL, read_total
from vggstat.lint.text import Flow

_ROW: Final = re.compile(
    r"(?<![\w.])(?P<name>(?P<type>[A-Z][A-Za-z]{1,30}(?:[12][dD])?)-\d{1,4})[ |]*"
    r"(?:\[\[(?P<in_shape>\d{1,6}(?:, \d{1,6}){0,4})\]\][ |]*)?"
    r"(?P<shape>\[ ?(?:-?\d+|None|N|B|bs|batch(?:_size)?)(?:, ?-?\d+){0,4} ?\]|\( ?-?\d+(?:, ?-?\d+){1,4} ?\))[ |]*"
    r"(?P<params>\d[\d,.']{0,20})?(?=[ |]|$)",
    re.MULTILINE,
)
_SEVERAL: Final = re.compile(r"[A-Za-z]\w{0,60}-\d{1,4} +\[\[[^\[\]]{1,60}\],")
"""A layer with several outputs, which is in the sum."""
MAX_LOST: Final = 2
"""Rows that may have been lost by accident; with more the listing is a selection."""


def _finish(table: ClaimTable, text: Flow) -> ClaimTable:
    rows = list(table.rows)
    for index, (first, second) in enumerate(pairwise(table.rows)):
        if (first.type, second.type) == ("Activation", "Dense"):
            # MXNet lists the activation inside a layer before it, with the shape that leaves both
            rows[index : index + 2] = second, first
    skips = int(rows[-1].name.rpartition("-")[2]) - len(rows) > MAX_LOST if rows else True
    return table.replace(rows=tuple(rows), gaps=table.gaps or skips or _SEVERAL.search(text.text) is not None)


read: Final = Layout(
    name="torchsummary",
    header=re.compile(r"layer\s?\(type\)", re.IGNORECASE),
    proof=_ROW,
    row=_ROW,
    labels={"in_shape": "Input Shape", "shape": "Output Shape", "params": "Param #"},
    kind=torch_kind,
    total=TOTAL,
    make_totals=read_total,
    has_totals=True,
    family="torchsummary",
    finish=_finish,
).read
