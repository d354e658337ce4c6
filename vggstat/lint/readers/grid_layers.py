"""A grid whose rows are the layers of one network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row, RowKind
from vggstat.lint.names import find_names
from vggstat.lint.part_names import find_part
from vggstat.lint.readers.accountings import accounting_in_heading
from vggstat.lint.readers.grid import Sheet, merged, names_network
from vggstat.lint.readers.grid_blocks import Blocks, block_kind, block_rows, count_range, listed_units
from vggstat.lint.readers.grid_cells import cut_claim, is_empty, is_formula
from vggstat.lint.readers.grid_columns import LAYER
from vggstat.lint.readers.grid_shapes import Column, shape_cells
from vggstat.lint.readers.headers import Header, is_name_header, is_total
from vggstat.lint.readers.layer_words import ENDS, attributes, find_kind, find_repeats
from vggstat.lint.text import Flow

__all__ = ["GAP", "is_layers", "read_layers"]

HARD: Final = frozenset({"conv", "pool", "fc", "avgpool", "gap"})
GAP: Final = re.compile(r"\W*(?:\.{2,}|…|⋮|⋯|\\[vcl]?dots|(?:\. ){2,}\.|(?:\* ){2,}\*|etc\.?)\W*")
_ASIDE: Final = re.compile(
    r"note|remark|comment|descr|function|purpose|activation"
    r"|说明|备注|注释"
    r"|설명|비고"
    r"|備考|説明"
    r"|bemerk|remarqu|nota|observ"
    r"|примеч"
    r"|why|explan|key"
    r"|激活",
    re.I,
)
"""Columns of words about a layer, which name others besides."""
MAX_NAME: Final = 110
COUNTED: Final = frozenset({"params", "weights", "biases", "ops", "values", "memory"})
OUTPUT: Final = re.compile(
    r"^\W*(?:output|predictions?|classif\w*|logits?|out"
    r"|输出层?|出力層?"
    r"|출력 ?층?"
    r"|sa[íi]da|salida|sortie|ausgabe\w*"
    r"|выход\w*)\b",
    re.I,
)


_FAMILY: Final = re.compile(
    r"\b(?:vgg|lenet|alexnet|resnet|googlenet|inception|mobilenet|densenet|squeezenet|nin|unet|u-net|yolo)",
    re.IGNORECASE,
)


def is_layers(sheet: Sheet) -> bool:
    """Whether the rows name layers, of one network at most."""
    if (
        len(
            {
                name.spec or name.text
                for row in sheet.body
                for cell in row[:3]
                for name in find_names(cell.text[:60])
            }
        )
        > 1
    ):
        return False
    families = {
        match[0].lower()
        for row in sheet.body
        for cell in row[:3]
        for match in _FAMILY.finditer(cell.text[:60])
    }
    if len(families) > 1 or _side_by_side(sheet):
        return False
    names = _NameColumns(sheet)
    kinds = [kind for row in sheet.body if (kind := names.kind(row))]
    hard = sum(kind in HARD for kind in kinds)
    return len(kinds) >= 2 and hard >= min(2, len(kinds)) and 2 * len(kinds) >= _filled(sheet)


LEAST_PARTS: Final = 2


def is_parts(sheet: Sheet) -> bool:
    """Whether most rows name parts of a network: its blocks, its conv layers, its classifier."""
    filled = [row for row in sheet.body if len(row) > 1 and row[0].text]
    parts = sum(find_part(row[0].text) is not None for row in filled if len(row[0]) < MAX_NAME)
    return parts >= LEAST_PARTS and 2 * parts > len(filled)


_CLASS: Final = re.compile(r"\W*(?:layer )?(?:type|class|kind|op)\W*", re.IGNORECASE)
"""The header of the kinds of the layers that another column names."""


def _side_by_side(sheet: Sheet) -> bool:
    """Whether several columns hold layers: networks side by side, whose names are lost."""
    columns = [
        sum(LAYER.fullmatch(cell.text.lstrip("+* ")) is not None for cell in sheet.column(i))
        for i, head in enumerate(sheet.headers)
        if not _CLASS.fullmatch(head.label)
    ]
    return sum(count > 2 for count in columns) > 1


def _filled(sheet: Sheet) -> int:
    """Rows that are not section heads: more than one cell says something."""
    return sum(sum(bool(cell.text) for cell in row) > 1 for row in sheet.body)


_TYPE: Final = re.compile(
    r"type|^layer$|class|类型|种类|타입|종류|タイプ|種類|\btyp\b|тип|tipo|operation", re.IGNORECASE
)


def _may_name(header: Header) -> bool:
    """Whether a column may hold names of layers, and not words about them."""
    if header.role not in ("other", "index"):
        return False
    return not _ASIDE.search(header.label) or re.search(r"layer|name", header.label, re.I) is not None


def _kind(text: str) -> RowKind | None:
    """The kind of layer that a cell names; of a block the kind of its first layer."""
    return block_kind(text) or find_kind(text)


class _NameColumns:
    """The columns that say what a row is: the one that names its kind most often, and those beside it."""

    def __init__(self, sheet: Sheet) -> None:
        columns = [i for i, head in enumerate(sheet.headers) if _may_name(head)]
        found = {
            i: [_kind(cell.text) if len(cell) < MAX_NAME else None for cell in sheet.column(i)]
            for i in columns
        }
        score = {
            i: sum(kind is not None for kind in kinds) - 0.5 * sum(kind == "other" for kind in kinds)
            for i, kinds in found.items()
        }
        # of a name and a type that tell as much the type is surer: "fc6" may be a convolution
        sure = {i: score[i] + 0.25 * bool(score[i] and _TYPE.search(sheet.headers[i].label)) for i in columns}
        self.best = max(columns, key=lambda i: (sure[i], -i), default=None)
        self.names = [
            i
            for i in columns
            if i == self.best
            or (score[i] and is_name_header(sheet.headers[i].label))
            or (is_name_header(sheet.headers[i].label) and self.best is not None and i < self.best)
        ]
        self.index = [i for i in range(min(2, len(sheet.headers))) if i != self.best]

    def kind(self, row: Sequence[Flow]) -> RowKind | None:
        """The kind of layer that the row names."""
        if self.best is None:
            return None
        best = _kind(row[self.best].text) if self.best < len(row) else None
        if best is None or best == "other":
            others = (_kind(row[i].text) for i in self.names if i != self.best and i < len(row))
            return next((kind for kind in others if kind), best)
        return best

    def cells(self, row: Sequence[Flow]) -> list[Flow]:
        return [row[i] for i in self.names if i < len(row) and row[i].text]

    def repeats(self, row: Sequence[Flow]) -> int:
        """How many layers the row stands for: ``x 2`` in its name, or ``4-5`` in the column of numbers."""
        cells = self.cells(row)
        said = max((max(find_repeats(cell.text), count_range(cell.text)) for cell in cells), default=1)
        if said > 1:
            return said
        for i in self.index:
            text = row[i].text if i < len(row) else ""
            if re.fullmatch(r"\d{1,2}(?:\s?[-~,&]\s?\d{1,2}){1,4}", text):
                numbers = [int(number) for number in re.findall(r"\d+", text)]
                if sorted(set(numbers)) == numbers:
                    return min(numbers[-1] - numbers[0] + 1, 16)
        return 1


_WORD: Final = re.compile(r"[^\W\d_]{2}|计|計|합")


def read_layers(sheet: Sheet, dialect: str) -> Iterator[ClaimTable]:
    """The layers, row by row, and what is said of the whole."""
    names = _NameColumns(sheet)
    headers = _told_apart(sheet.headers)
    kinds = [(len(row), names.kind(row)) for row in sheet.body]
    columns = [
        Column(header, sheet.column(i), [kind for width, kind in kinds if i < width])
        for i, header in enumerate(headers)
    ]
    has_params = any(header.quantity in ("params", "weights") for header in headers)
    rows: list[Row] = []
    totals: list[Cell] = []
    blocks = Blocks()
    gaps = sheet.gaps
    for position, cells in enumerate(sheet.body):
        words = " ".join([cell.text for cell in cells]).strip()
        head = next((cell.text for cell in cells[:4] if _WORD.search(cell.text)), "")
        sums = is_total(head) if words else "part"
        if sums == "total":
            totals.extend(_totals(cells, columns))
        elif sums and words:
            blocks.subtotal(head, _totals(cells, columns), rows)
        gaps = (
            gaps
            or GAP.fullmatch(words) is not None
            or (bool(cells) and GAP.fullmatch(cells[0].text) is not None and bool(cells[0].text))
        )
        if sums or GAP.fullmatch(words):
            continue
        row = _row(_own(sheet, position, columns), names, columns, has_params, rows)
        if row is not None:
            parts = next((made for cell in names.cells(cells) if (made := block_rows(cell))), [])
            if row.kind == "fc" and not parts:
                parts = next((made for cell in cells if (made := listed_units(cell))), [])
            first = len(rows)
            blocks.add(rows, row, parts)
            for cell, column in _merged(sheet, position, columns):
                blocks.merged(cell, column.header, range(first, len(rows)))
    rows = blocks.settle(rows, sheet.caption)
    if blocks.leaves_out_pools(rows):
        gaps = True
        totals = blocks.with_totals(rows, totals)
    said = sum(cell.label != "name" and cell.quantity != "share" for row in rows for cell in row.cells) + len(
        blocks.groups
    )
    if len(rows) >= 2 and said >= 2:
        yield ClaimTable(
            dialect=dialect,
            form="layers",
            start=sheet.start,
            rows=tuple(rows),
            totals=tuple(totals),
            groups=tuple(blocks.groups),
            title=" ".join(
                (sheet.caption, *(head.label for head in headers if names_network(head.label)))
            ).strip(),
            gaps=gaps,
            accounting=next(filter(None, (accounting_in_heading(head.label) for head in sheet.headers)), ""),
        )


def _own(sheet: Sheet, position: int, columns: Sequence[Column]) -> list[Flow]:
    """The row's cells; a count that is merged over several rows or columns is nobody's own, and left out."""
    cells = sheet.body[position]
    near = [sheet.body[i] for i in (position - 1, position + 1) if 0 <= i < len(sheet.body)]
    seen = Counter(map(id, cells))
    return [
        cell.cut(0, 0)
        if i < len(columns)
        and columns[i].header.quantity in COUNTED
        and (any(i < len(row) and row[i] is cell for row in near) or seen[id(cell)] > 1)
        and cell.text
        else cell
        for i, cell in enumerate(cells)
    ]


def _merged(sheet: Sheet, position: int, columns: Sequence[Column]) -> Iterator[tuple[Flow, Column]]:
    """The counts of a row that stand in one cell with those of the row before or after."""
    cells = sheet.body[position]
    near = [sheet.body[i] for i in (position - 1, position + 1) if 0 <= i < len(sheet.body)]
    seen = Counter(map(id, cells))
    for i, (cell, column) in enumerate(zip(cells, columns, strict=False)):
        alone = column.header.quantity not in COUNTED or not cell.text or seen[id(cell)] > 1
        if not alone and any(i < len(row) and row[i] is cell for row in near):
            yield cell, column


_BARE_TOTAL: Final = re.compile(r"\W*(?:total|sum|合计|总计|合計|합계|summe|somme|suma)\W*", re.IGNORECASE)
"""The header of weights and biases together, beside columns of both."""


def _told_apart(headers: Sequence[Header]) -> list[Header]:
    """Headers where a column of weights beside one of parameters is known to be without biases."""
    if {"weights", "params"} & {h.quantity for h in headers} and any(h.quantity == "biases" for h in headers):
        headers = [
            h._replace(role="quantity", quantity="params") if _BARE_TOTAL.fullmatch(h.label) else h
            for h in headers
        ]
    both = [h for h in headers if h.quantity in ("params", "weights")]
    plain = [h for h in both if not re.search(r"weight|权重", h.label, re.I)]
    if len(both) < 2 or not plain or len(plain) == len(both):
        return list(headers)
    return [h._replace(quantity="weights") if h in both and h not in plain else h for h in headers]


def _totals(cells: Sequence[Flow], columns: Sequence[Column]) -> Iterator[Cell]:
    for cell, column in zip(cells, columns, strict=False):
        quantity = column.header.quantity
        if column.header.role != "quantity" or quantity not in COUNTED or is_empty(cell.text):
            continue
        claim = cut_claim(cell)
        if claim is not None:
            yield Cell(quantity=quantity, flow=claim, unit=column.header.unit, label=column.header.label)


def _row(
    cells: Sequence[Flow],
    names: _NameColumns,
    columns: Sequence[Column],
    has_params: bool,
    before: Sequence[Row],
) -> Row | None:
    kind = names.kind(cells)
    said = names.cells(cells)
    name = next((cell for cell in said if re.search(r"[^\W\d_]", cell.text)), merged(said[:1]))
    repeats = names.repeats(cells)
    words = merged(said)
    if kind is None and not said and not before and _has_image(cells, columns):
        kind = "input"
    if kind is None:
        kind = "fc" if _is_output(name.text, cells, columns, before) else "other"
        if all(
            is_empty(cell.text)
            for i, cell in enumerate(cells)
            if i < len(columns) and columns[i].header.role not in ("other", "index")
        ):
            return None
    found: list[Cell] = []
    for cell, column in zip(cells, columns, strict=False):
        if not is_empty(cell.text):
            found.extend(_cells(cell, column, kind, has_params))
    if kind == "softmax" and any(map(_learns, found)):
        kind = "fc"  # the last FC layer, called by what follows it
    if kind == "conv" and _is_grouped(cells, columns):
        found = [cell for cell in found if cell.quantity not in COUNTED]
    _values_first(found)
    known = Counter(cell.quantity for cell in found)
    found = [cell for cell in found if known[cell.quantity] == 1 or cell.quantity in COUNTED]
    if any(
        _NOT_OUTPUT.match(cell.text)
        and column.header.role == "other"
        and not any(cell is one for one in said)
        for cell, column in zip(cells, columns, strict=False)
    ):
        found = [cell for cell in found if cell.quantity not in ("values", "memory")]
    found.extend(cell for cell in attributes(words, kind) if not known[cell.quantity])
    flow = name if name.text else next((cell for cell in cells if cell.text), name)
    second = said[1].text if len(said) > 1 else ""
    return Row(
        kind=kind, name=name.text[:80], type=second[:80], flow=flow, cells=tuple(found), repeats=repeats
    )


def _learns(cell: Cell) -> bool:
    """Whether a cell says that its layer has parameters."""
    return cell.quantity in ("params", "weights") and re.search(r"[1-9]", cell.flow.text) is not None


def _is_grouped(cells: Sequence[Flow], columns: Sequence[Column]) -> bool:
    """Whether a column of groups says that each filter sees a part of the channels."""
    return any(
        _GROUPS.fullmatch(column.header.label) and re.fullmatch(r"\W*(?:[2-9]|[1-9]\d+)\W*", cell.text)
        for cell, column in zip(cells, columns, strict=False)
    )


_GROUPS: Final = re.compile(r"\W*(?:#\s?)?(?:groups?|cardinality|分组数?|グループ数?|그룹)\W*", re.IGNORECASE)
_NOT_OUTPUT: Final = re.compile(
    r"\W*(?:input|[\w ]*\b(?:masks?|offsets|indices|gradients?|workspace))\W*$", re.IGNORECASE
)
"""What a row may hold the size of, said in a column of its own, other than the layer's output."""


def _values_first(cells: list[Cell]) -> None:
    """Put a value before the product of the same quantity that stands in a column before it."""
    for i, first in enumerate(cells):
        if first.quantity in COUNTED and is_formula(first.flow) and "=" not in first.flow.text:
            for j in range(i + 1, len(cells)):
                if cells[j].quantity == first.quantity and not is_formula(cells[j].flow):
                    cells[i], cells[j] = cells[j], first
                    break


def _has_image(cells: Sequence[Flow], columns: Sequence[Column]) -> bool:
    """Whether a row without a name shows the shape of an image."""
    shapes = [
        cell for cell, column in zip(cells, columns, strict=False) if column.header.role in ("shape", "size")
    ]
    return any(
        re.search(r"(?<!\d)[13]\s?[x*,]\s?\d{2,4}|\d{2,4}\s?[x*,]\s?[13](?!\d)", cell.text) for cell in shapes
    )


def _is_output(name: str, cells: Sequence[Flow], columns: Sequence[Column], before: Sequence[Row]) -> bool:
    """Whether a row called ``Output`` is the last FC layer: it has parameters, or another size than the one before."""
    if not OUTPUT.match(name):
        return False
    for cell, column in zip(cells, columns, strict=False):
        if column.header.quantity in ("params", "weights"):
            claim = cut_claim(cell)
            return claim is not None and re.search(r"[1-9]", claim.text) is not None
    last = next((row for row in reversed(before) if row.kind == "fc"), None)
    if last is None:
        return False
    sizes = {cell.flow.text for cell in last.cells if cell.quantity in ("shape", "channels", "values", "ops")}
    here = {cell.text for cell in cells if re.search(r"\d", cell.text)}
    return bool(sizes and here) and not sizes & here


_LEARNS: Final = frozenset({"conv", "fc", "bn", "other"})


def _cells(cell: Flow, column: Column, kind: RowKind, has_params: bool) -> Iterator[Cell]:
    header = column.header
    ends = re.fullmatch(ENDS, cell.text.strip()) if kind == "fc" else None
    if ends is not None:
        yield Cell(quantity="in_channels", flow=cell.strip().group(ends, "in_channels"), label=header.label)
        yield Cell(quantity="channels", flow=cell.strip().group(ends, "channels"), label=header.label)
    elif header.role == "formula":
        yield from _formula(cell, header, kind, has_params)
    elif header.role in ("shape", "in", "size", "maps", "filter") or header.quantity in column.GEOMETRY:
        yield from shape_cells(cell, column, kind)
    elif header.quantity == "share":
        match = _PERCENT.fullmatch(cell.text)
        if match is not None:
            yield Cell(quantity="share", flow=cell.group(match, "claim"), label=header.label)
    elif header.quantity in COUNTED or header.quantity == "trainable_params":
        claim = cut_claim(cell)
        if claim is not None:
            quantity: Quantity = "params" if header.quantity == "trainable_params" else header.quantity
            yield Cell(
                quantity=quantity, flow=claim, unit=header.unit, label=header.label, hedge="~" in claim.text
            )


_PERCENT: Final = re.compile(r"[*~≈` ]*(?P<claim>\d{1,3}(?:[.,]\d+)?)\s?\\?%?[*` ]*")


def _formula(cell: Flow, header: Header, kind: RowKind, has_params: bool) -> Iterator[Cell]:
    """A product in a column of its own. Only of layers that learn; a pool's is about something else."""
    claim = cut_claim(cell)
    if claim is None or not is_formula(claim) or kind not in _LEARNS:
        return
    about = has_params or re.search(
        r"param|参数|파라미터|매개|パラメ|парам|weight|权重", header.label, re.IGNORECASE
    )
    if about:
        yield Cell(quantity="params", flow=claim, label=header.label)
    elif "=" in claim.text:
        yield Cell(quantity="arithmetic", flow=claim, label=header.label)
