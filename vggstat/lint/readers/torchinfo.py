"""What ``torchinfo.summary`` prints: a tree of modules, ``Conv2d: 2-1   [1, 64, 224, 224]   1,792``, and totals.

Columns vary (input shape, output shape, parameters, kernel shape, mult-adds); so do the shapes' order and the
marks of the tree. A row's shapes are told apart by the header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import zip_longest
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row
from vggstat.lint.readers.engine import Layout, line_from
from vggstat.lint.readers.torch_kinds import torch_kind
from vggstat.lint.readers.totals import TOTAL, read_total
from vggstat.lint.text import Flow

_COLUMN: Final = re.compile(
    r"(?P<in_shape>input shape)|(?P<shape>output shape)|(?P<percent>param %)|(?P<params>param #|params?\b)"
    r"|(?P<kernel>kernel shape)|(?P<ops>mult-?adds)|(?P<flag>trainable)",
    re.IGNORECASE,
)
_LABELS: Final[dict[str, tuple[Quantity, str]]] = {
    "in_shape": ("in_shape", "Input Shape"),
    "shape": ("shape", "Output Shape"),
    "params": ("params", "Param #"),
    "kernel": ("kernel", "Kernel Shape"),
    "ops": ("ops", "Mult-Adds"),
}
_FIELD: Final = re.compile(
    r"(?P<several>\[ ?\[[\d ,\[\]None-]{3,200}\] ?\])"
    r"|(?P<shape>\[ ?(?:-?\d+|None|N|B|bs|batch(?:_size)?)?(?:, ?-?\d+){0,5} ?\])"
    r"|(?P<dash>--)|(?P<again>\(recursive\))|(?P<percent>\d[\d.]{0,12} ?%)"
    r"|(?P<small>(?<![\w.,\[])\d{1,2}(?![\w\],.]))|(?P<count>(?<![\w.,\[])\(?\d[\d,.]{0,24}\)?(?![\w\]]))"
    r"|(?P<flag>\b(?:True|False|Partial)\b)"
)
_FITS: Final = {
    "several": ("in_shape", "shape"),
    "shape": ("in_shape", "shape", "kernel"),
    "dash": ("in_shape", "shape", "params", "percent", "kernel", "ops", "flag"),
    "again": ("params",),
    "percent": ("percent",),
    "small": ("params", "kernel", "ops"),
    "count": ("params", "ops"),
    "flag": ("flag",),
}
"""The columns that a field may stand in; of those, it stands in the next. A small number may be the side of a window."""
_WINDOW: Final = re.compile(r"\[ ?\d{1,2}, ?\d{1,2} ?\]")
"""``[3, 3]``; ``[3, 64, 3, 3]`` of older releases is not a window alone."""
_ANY: Final = re.sub(r"\?P<\w+>", "?:", _FIELD.pattern)
_ROW: Final = re.compile(
    r"^[ |+`\\*#>/-]*(?P<type>[A-Za-z_]\w{0,60})"
    r"(?:(?: \((?P<name>[\w.]{1,60})\))?: ?(?P<depth>\d{1,2})-\d{1,4}(?= |$)"
    rf"| \((?P<variable>[\w.]{{1,60}})\)(?= .*?(?:{_ANY}))|(?=(?: ++(?>{_ANY}))++ *$))",
    re.MULTILINE,
)
"""A module with its depth and index, or with the name of its variable, or one that nothing but fields follow."""
_MARKS: Final = " |+`-*#>/"


@lru_cache(maxsize=16)
def _columns(header: str) -> tuple[str, ...]:
    """The columns that a header names, from left to right; the least there are where it names none."""
    return tuple(match.lastgroup or "" for match in _COLUMN.finditer(header)) or ("shape", "params")


def _row(text: Flow, head: re.Match[str], end: int) -> Row:
    line = head[0]
    depth = int(head["depth"]) if head["depth"] else (len(line) - len(line.lstrip(_MARKS + "\\"))) // 4
    return Row(
        kind=torch_kind(head["type"]) or "other",
        name=head["name"] or head["variable"] or line.strip(_MARKS),
        type=head["type"],
        flow=text.cut(head.start("type"), head.end()),
        cells=tuple(_cells(line_from(text, head.end(), end), _columns(line_from(text, 0, end).text))),
        depth=depth,
    )


def _cells(fields: Flow, columns: Sequence[str]) -> Iterator[Cell]:
    """Each field under its column. Where a shape is missing the order of the columns still holds."""
    at = 0
    for field in _FIELD.finditer(fields.text):
        sort = field.lastgroup or ""
        column = next((i for i in range(at, len(columns)) if columns[i] in _FITS[sort]), None)
        if column is None:
            continue
        at, name = column + 1, columns[column]
        if sort in ("shape", "small", "count") and (name != "kernel" or _WINDOW.fullmatch(field[0])):
            quantity, label = _LABELS[name]
            yield Cell(quantity=quantity, flow=fields.group(field).strip("() ,."), label=label)


def _leaves(table: ClaimTable, _text: Flow) -> ClaimTable:
    """The modules, named after the outermost. One that holds others is a ``container`` and claims only its shape; a block
    that is shown without its inside counts where it has a number."""
    rows = []
    for row, after in zip_longest(table.rows, table.rows[1:]):
        if after is not None and after.depth > row.depth:
            shapes = tuple(cell for cell in row.cells if cell.quantity == "shape")
            rows += [row.replace(kind="other", type="container", cells=shapes)] if shapes else []
        elif torch_kind(row.type) or any(cell.quantity == "params" for cell in row.cells):
            rows.append(row)
    first = table.rows[0] if table.rows else None
    title = first.type if first and first.kind == "other" else ""
    return table.replace(rows=tuple(rows), title=title)


read: Final = Layout(
    name="torchinfo",
    header=re.compile(r"layer\s?\(type(?:\s?\(var_name\))?(?::\s?depth-idx)?\)", re.IGNORECASE),
    proof=re.compile(r"(?i:depth-idx|var_name)|\w: \d-\d+(?: +\[| *$)", re.MULTILINE),
    row=_ROW,
    make_row=_row,
    total=TOTAL,
    make_totals=read_total,
    has_totals=True,
    family="torchinfo",
    finish=_leaves,
).read
