"""Rows that stand for several layers: ``2 x conv3-64 + maxpool``, ``Conv 4-1..3``, ``FC6-FC7``, ``conv1_1, conv1_2``.

Such a name is read as the layers that it lists, in their order. Where a part of it is no layer, nothing is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from vggstat.lint.model import Cell, Group, Row, RowKind
from vggstat.lint.readers.grid_cells import cut_claim
from vggstat.lint.readers.headers import Header
from vggstat.lint.readers.layer_words import attributes, find_kind, find_repeats
from vggstat.lint.text import Flow

__all__ = ["SENTENCE", "Blocks", "block_kind", "block_rows", "count_range", "listed_units", "summed_rows"]

MAX_NAME: Final = 160
MOST: Final = 16
"""Layers that one row may stand for."""
_PARTS: Final = re.compile(
    r"\s*(?:[+,;&→]|->|=>|<br ?/?>|\n|、|(?<![\w.])(?:and|then|followed by|und|et|y|e)(?![\w.])|和)\s*"
)
_STEM: Final = r"(?P<stem>[A-Za-z][A-Za-z]{0,12}[ _-]?(?:\d{1,2}[_.-])?)"
_RANGE: Final = re.compile(
    rf"^\W*{_STEM}(?P<first>\d{{1,2}})\s?(?:"
    r"(?:\.\.\.?|…)\s?(?P<end>\d{1,2})"
    r"|(?:-|~|to|through|至|到|bis|\.\.\.?|…)\s?(?P=stem)(?P<last>\d{1,2}))\W*$",
    re.IGNORECASE,
)
"""``Conv 4-1..3``, ``conv3_1 - conv3_3``, ``FC6-FC7``: the words before the last number stand twice, or there are
dots. ``conv1-2`` is the name of one layer."""
_LIST: Final = re.compile(
    rf"^\W*{_STEM}(?P<first>\d{{1,2}})(?:\s?[,/&+]\s?(?P=stem)\d{{1,2}}){{1,5}}\W*$", re.IGNORECASE
)
_TIMES: Final = re.compile(r"^\W*(?:1?\d\s?[x*]\s?(?=[\[(A-Za-z一-鿿가-힣]))|[\])]*\s*[x*]\s?\d{1,2}\s*$")
SENTENCE: Final = re.compile(r"\b(?:in|the|only|about|mostly|are|is|from|most|all)\b|%", re.IGNORECASE)
"""What words about layers hold, and names of blocks do not."""
_KNOWN: Final = frozenset(
    {"conv", "pool", "avgpool", "gap", "fc", "bn", "relu", "dropout", "softmax", "flatten", "lrn"}
)
HARD: Final = frozenset({"conv", "pool", "avgpool", "gap", "fc"})


@lru_cache(maxsize=4096)
def count_range(text: str) -> int:
    """How many layers a name lists by its numbers: 3 for ``conv3_1 - conv3_3``; 1 where it names one."""
    if len(text) > MAX_NAME:
        return 1
    match = _RANGE.match(text)
    if match:
        count = int(match["end"] or match["last"]) - int(match["first"]) + 1
        return count if 2 <= count <= MOST else 1
    match = _LIST.match(text)
    if match is None:
        return 1
    stem = re.escape(match["stem"])
    numbers = [int(number) for number in re.findall(rf"{stem}(\d{{1,2}})", text, re.IGNORECASE)]
    return len(numbers) if numbers == list(range(numbers[0], numbers[0] + len(numbers))) else 1


@lru_cache(maxsize=4096)
def block_kind(text: str) -> RowKind | None:
    """The kind of the first layer of a block's name; None where it is no block."""
    kinds = _kinds(text)
    return kinds[0] if kinds else None


def _kinds(text: str) -> tuple[RowKind, ...]:
    """The kinds of the layers that a name lists: several, or one that stands for several."""
    if len(text) > MAX_NAME or SENTENCE.search(text):
        return ()
    if count_range(text) > 1:
        match = _RANGE.match(text) or _LIST.match(text)
        kind = find_kind(match["stem"].strip(" _-.0123456789") + "1") if match else None
        return (kind,) if kind in HARD else ()
    parts = [part for part in _PARTS.split(text) if part.strip(" []()")]
    kinds = [find_kind(part) for part in parts]
    named = [kind for kind in kinds if kind is not None]
    hard = sum(kind in HARD for kind in named)
    if hard < 2 or kinds[0] is None or not set(named) <= _KNOWN or named[0] not in HARD:
        return ()  # "conv3-64 + ReLU" is one layer
    return tuple(named)


def block_rows(name: Flow) -> list[Row]:
    """The layers of a block's name, equal ones in one row; empty where it is no block."""
    kinds = _kinds(name.text)
    if not kinds:
        return []
    count = count_range(name.text)
    if count > 1:
        return [Row(kind=kinds[0], name=name.text[:80], flow=name, repeats=count)]
    rows: list[Row] = []
    for part in _parts(name):
        kind = find_kind(part.text)
        assert kind is not None
        times = _TIMES.search(part.text)
        bare = (
            part
            if times is None
            else part.cut(times.end())
            if times.start() == 0
            else part.cut(0, times.start())
        )
        cells = tuple(attributes(bare, kind))
        rows.append(
            Row(kind=kind, name=part.text[:80], flow=part, cells=cells, repeats=find_repeats(part.text))
        )
    return rows if sum(row.repeats for row in rows) <= MOST else []


def listed_units(cell: Flow) -> list[Row]:
    """The FC layers of a cell that lists their sizes: ``4096, 4096, 1000``; empty where it does not."""
    if not _UNITS.fullmatch(cell.text):
        return []
    rows: list[Row] = []
    for match in re.finditer(r"\d+", cell.text):
        size = cell.group(match)
        units = Cell(quantity="channels", flow=size, label="name")
        rows.append(Row(kind="fc", name=f"FC-{match[0]}", flow=size, cells=(units,)))
    return rows


_UNITS: Final = re.compile(r"\s*\d{2,5}(?:\s*[,;]\s+\d{2,5}){1,4}\s*")
"""A space after each comma, or it parts thousands."""


def _parts(name: Flow) -> list[Flow]:
    """The parts that name a layer each; what names none (``64 filters``) belongs to the part before."""
    cuts: list[tuple[int, int]] = []
    start = 0
    for match in [*_PARTS.finditer(name.text), None]:
        end = match.start() if match else len(name)
        if find_kind(name.text[start:end]) is not None or not cuts:
            cuts.append((start, end))
        else:
            cuts[-1] = (cuts[-1][0], end)
        start = match.end() if match else end
    return [name.cut(*cut).strip(" []()") for cut in cuts]


SUMMED: Final = frozenset({"params", "weights", "ops", "values", "memory"})
"""Quantities of which a row of several layers shows the sum."""
LEAST: Final = 3
"""Convolutions of a listing that is known to leave the pools out; with fewer there may be none."""
COUNTED: Final = SUMMED | {"biases"}
SHAPES: Final = frozenset({"shape", "size"})


_CONVS: Final = re.compile(r"conv|feature|trunk|卷积|합성곱|畳み込み|faltung|св[её]рт", re.IGNORECASE)
_FULL: Final = re.compile(r"\bfc|full|dense|classif|linear|全连接|全結合|완전", re.IGNORECASE)
_TOTAL: Final = re.compile(
    r"total|sum\b|合计|小计|总|計|합계|소계|итого|gesamt|summe|somme|suma|soma", re.IGNORECASE
)


def summed_rows(words: str, rows: Sequence[Row], *, whole: bool) -> tuple[int, ...]:
    """The rows that a total is of: all, or those of the kind that its words name; empty where they name none."""
    if whole:
        return tuple(range(len(rows)))
    convs, full = _CONVS.search(words) is not None, _FULL.search(words) is not None
    if convs == full or not _TOTAL.search(words):
        return ()
    kinds = ("conv", "bn", "pool") if convs else ("fc",)
    return tuple(i for i, row in enumerate(rows) if row.kind in kinds)


class Blocks:
    """The rows of a table as they are gathered, with the claims about several of them together.

    Under ``Output`` a row of convolutions and a pool shows what leaves either; which, the image tells.
    """

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self._loose: list[tuple[int, int, Cell]] = []
        """Shapes of blocks: the last convolution's row, the pool's, and the cell."""
        self._merged: dict[int, tuple[Cell, list[int]]] = {}

    def add(self, rows: list[Row], row: Row, parts: Sequence[Row]) -> None:
        """Append the row, or the layers that it stands for."""
        if len(parts) < 2 and row.repeats == 1:
            rows.append(row)
            return
        first = len(rows)
        counts = [cell for cell in row.cells if cell.quantity in SUMMED]
        others = tuple(cell for cell in row.cells if cell.quantity not in COUNTED)
        if len(parts) < 2:
            rows.append(row.replace(cells=others))
        else:
            rows.extend(self._spread(parts, others, first))
            counts = _only_learner(rows, first, counts)
        of = tuple(range(first, len(rows)))
        self.groups.extend(Group(cell=cell, rows=of) for cell in counts)

    def _spread(self, parts: Sequence[Row], cells: Sequence[Cell], first: int) -> list[Row]:
        """The parts, each with what the other columns say of it."""
        rows = list(parts)
        pooled = rows[-1].kind in ("pool", "avgpool") and rows[0].kind == "conv"
        for cell in cells:
            if cell.label == "name":
                continue
            if cell.quantity in SHAPES and pooled:
                self._loose.append((first + len(rows) - 2, first + len(rows) - 1, cell))
            elif cell.quantity in SHAPES:
                rows[-1] = rows[-1].replace(cells=(*rows[-1].cells, cell))
            elif cell.quantity in ("in_shape", "in_channels"):
                rows[0] = rows[0].replace(cells=(*rows[0].cells, cell))
        return rows

    def settle(self, rows: list[Row], caption: str) -> list[Row]:
        """The rows with the shapes of blocks given to pools or convolutions; to neither where nothing tells which."""
        self.groups.extend(Group(cell=cell, rows=tuple(of)) for cell, of in self._merged.values())
        if not self._loose:
            return rows
        image = _image(rows, caption)
        if image is None:
            return rows
        sides = [_side(cell) for _, _, cell in self._loose]
        before = sum(side == image >> depth for depth, side in enumerate(sides))
        after = sum(side == image >> depth + 1 for depth, side in enumerate(sides))
        if 2 * max(before, after) <= len(sides):
            return rows
        made = list(rows)
        for conv, pool, cell in self._loose:
            index = conv if before > after else pool
            made[index] = made[index].replace(cells=(*made[index].cells, cell))
        return made

    def leaves_out_pools(self, rows: Sequence[Row]) -> bool:
        """Whether only layers that learn are shown: no pools, though the maps shrink, or nothing is said of them."""
        convs = [row for row in rows if row.kind == "conv"]
        if len(convs) < LEAST or any(row.kind in ("pool", "avgpool", "gap", "other") for row in rows):
            return False
        cells = [cell for row in convs for cell in row.cells]
        if any(cell.quantity == "stride" and re.search(r"[2-9]", cell.flow.text) for cell in cells):
            return False
        return len({_side(cell) for cell in cells if cell.quantity in SHAPES}) != 1

    def merged(self, cell: Flow, header: Header, rows: Iterable[int]) -> None:
        """A count in a cell that is merged over several rows of layers: it is theirs together."""
        claim = cut_claim(cell)
        if claim is None or header.quantity is None or header.quantity not in SUMMED:
            return
        made = Cell(quantity=header.quantity, flow=claim, unit=header.unit, label=header.label)
        self._merged.setdefault(id(cell), (made, []))[1].extend(rows)

    def subtotal(self, words: str, cells: Iterable[Cell], rows: Sequence[Row]) -> None:
        """The counts of a row that sums up some of the rows before it: ``Conv total``."""
        of = summed_rows(words, rows, whole=False)
        if of:
            self.groups.extend(Group(cell=cell, rows=of) for cell in cells if cell.quantity in SUMMED)

    def with_totals(self, rows: Sequence[Row], totals: Sequence[Cell]) -> list[Cell]:
        """Totals of a table with rows left out: those that are sums are taken as claims about the rows shown."""
        everything = tuple(range(len(rows)))
        self.groups.extend(Group(cell=cell, rows=everything) for cell in totals if cell.quantity in SUMMED)
        return [cell for cell in totals if cell.quantity not in SUMMED]


def _only_learner(rows: list[Row], first: int, counts: list[Cell]) -> list[Cell]:
    """Give the parameters of a block with one layer that learns to that layer; returns the other counts."""
    learners = [i for i in range(first, len(rows)) if rows[i].kind in ("conv", "fc", "bn")]
    if len(learners) != 1 or rows[learners[0]].repeats > 1:
        return counts
    own = [cell for cell in counts if cell.quantity in ("params", "weights")]
    row = rows[learners[0]]
    rows[learners[0]] = row.replace(cells=(*row.cells, *own))
    return [cell for cell in counts if cell not in own]


def _side(cell: Cell) -> int | None:
    """The side of a map; two of its numbers are equal, as images and maps are square."""
    numbers = [int(number) for number in re.findall(r"\d{1,6}", cell.flow.text)]
    return next((a for a, b in pairwise(numbers) if a == b), None)


def _image(rows: Sequence[Row], caption: str) -> int | None:
    """The side of the image: of its own row, of what enters the first layer, or of the caption."""
    for row in rows[:2]:
        for cell in row.cells:
            if (row.kind == "input" and cell.quantity in SHAPES) or cell.quantity == "in_shape":
                return _side(cell)
    match = re.search(r"(?<!\d)(\d{2,4})\s?[x*]\s?\1(?!\d)", caption)
    return int(match[1]) if match else None
