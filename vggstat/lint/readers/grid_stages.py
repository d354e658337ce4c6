"""Tables of blocks that name no layer: ``Block 1 | 2 | 64 | 38,720`` under ``Block | Convs | Filters | Params``.

How many convolutions a block has is in a column of its own. Such a row is read as so many convolutions; what leaves
it is not, as the table does not say whether that is before the pool or after it.
"""

from __future__ import annotations

import re
from typing import Final

from vggstat.lint.readers.grid import Sheet
from vggstat.lint.readers.headers import Header
from vggstat.lint.text import Flow

__all__ = ["with_layers"]

LEAST: Final = 3
_STAGE: Final = re.compile(
    r"\W*(?:conv\w* )?(?:block|stage|group|stufe|bloc|bloque|bloco|блок|段|阶段|块|ブロック|블록)\b",
    re.IGNORECASE,
)
_COUNT: Final = re.compile(
    r"\W*(?:(?:#|num\w*|number|no\.?) ?(?:of )?)?(?:convs?|conv\w* layers|layers|convolutions|卷积层数?|层数)\W*",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"[1-8]")
_SHAPES: Final = frozenset({"shape", "size", "maps"})


def with_layers(sheet: Sheet) -> Sheet:
    """The sheet with a column that names each block's layers; as it was where it is no such table."""
    labels = [header.label for header in sheet.headers]
    stages = any(_STAGE.match(label) for label in labels[:2])
    count = next((i for i, label in enumerate(labels) if _COUNT.fullmatch(label)), None)
    filters = any(header.quantity == "channels" or header.role == "filter" for header in sheet.headers)
    if not stages or count is None or not filters:
        return _with_names(sheet) if _STAGE.match(labels[0]) else sheet
    rows = [row for row in sheet.body if count < len(row) and _NUMBER.fullmatch(row[count].text)]
    if len(rows) < LEAST:
        return sheet
    heads = [
        header._replace(role="other", quantity=None) if header.role in _SHAPES or i == count else header
        for i, header in enumerate(sheet.headers)
    ]
    body = tuple((_named(row[count]) if row in rows else row[0], *row) if row else row for row in sheet.body)
    return sheet.replace(headers=(Header("other", None, "", "Layer"), *heads), body=body)


def _with_names(sheet: Sheet) -> Sheet:
    """The sheet with its blocks called so where they have a number alone."""
    numbered = [bool(row) and _NUMBER.fullmatch(row[0].text) is not None for row in sheet.body]
    if sum(numbered) < LEAST:
        return sheet
    body = tuple(
        (Flow(f"block {row[0].text}", (0,), (row[0].origin(0),)), *row[1:]) if is_number else row
        for row, is_number in zip(sheet.body, numbered, strict=True)
    )
    return sheet.replace(body=body)


def _named(cell: Flow) -> Flow:
    """The words for so many convolutions, at the place of the number."""
    return Flow(f"conv x {cell.text}", (0,), (cell.origin(0),))
