"""Cells about a layer's geometry: shapes, windows, strides, numbers of channels. What a header leaves open, the
cells of the column decide together; what they leave open too is not read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.model import Cell, Quantity, RowKind
from vggstat.lint.readers.grid_cells import cut_claim, cut_kernel, cut_shape, cut_small, dims_of
from vggstat.lint.readers.headers import Header
from vggstat.lint.text import Flow

__all__ = ["Column", "shape_cells"]

_MAPS: Final = frozenset({"input", "conv", "pool", "avgpool", "relu", "bn", "lrn", "zeropad"})
"""Kinds whose output is a map with a height and a width."""
_WINDOWS: Final = frozenset({"conv", "pool", "avgpool"})


class Column:
    """A column with what its cells say together."""

    GEOMETRY: Final = frozenset({"kernel", "stride", "padding", "channels", "in_channels", "receptive_field"})

    def __init__(self, header: Header, cells: Sequence[Flow], kinds: Sequence[RowKind | None]) -> None:
        self.header = header
        self._cells = cells
        self._kinds = kinds
        self._alone: Quantity | bool | None = False

    @property
    def has_maps(self) -> bool:
        """Whether any cell is a height and a width of a map, not a window."""
        return any(
            shape is not None
            and (
                dims_of(shape) > 2
                or (dims_of(shape) == 2 and max(map(int, re.findall(r"\d{1,9}", shape.text)), default=0) > 13)
            )
            for shape in map(cut_shape, self._cells)
        )

    @property
    def alone(self) -> Quantity | None:
        """What single numbers of convolutions are: sides, if they shrink; channels, if they grow."""
        if self._alone is False:
            self._alone = self._find_alone()
        return self._alone  # type: ignore[return-value]

    def _find_alone(self) -> Quantity | None:
        numbers = []
        for cell, kind in zip(self._cells, self._kinds, strict=False):
            shape = cut_shape(cell) if kind == "conv" else None
            if shape is not None and dims_of(shape) == 1:
                numbers.append(int(re.sub(r"\D", "", shape.text) or 0))
        if len(numbers) < 3 or numbers[0] == numbers[-1]:
            return None
        if numbers == sorted(numbers):
            return "channels"
        return "size" if numbers == sorted(numbers, reverse=True) else None


def shape_cells(cell: Flow, column: Column, kind: RowKind) -> Iterator[Cell]:
    """The claims of one cell about geometry."""
    header = column.header
    for quantity, flow in _read(cell, column, kind):
        yield Cell(quantity=quantity, flow=flow, label=header.label)


def _read(cell: Flow, column: Column, kind: RowKind) -> Iterator[tuple[Quantity, Flow]]:
    role, quantity = column.header.role, column.header.quantity
    if role == "filter":
        yield from _filter(cell, kind)
    elif quantity == "kernel":
        found = cut_kernel(cell) if kind in _WINDOWS else None
        if found is not None:
            yield "kernel", found
    elif quantity in ("stride", "padding"):
        found = cut_small(cell, quantity) if kind in _WINDOWS else None
        if found is not None:
            yield quantity, found
    elif quantity == "receptive_field":
        field = _FIELD.fullmatch(cell.text) if kind in _MAPS and kind != "input" else None
        if field is not None:
            yield quantity, cell.group(field, "field")
    elif role == "maps":
        yield from _maps(cell, kind)
    elif quantity == "channels" and role == "quantity":
        found = (
            cut_small(cell, quantity)
            if kind in ("conv", "fc", "pool") or _is_image(cell, column, kind)
            else None
        )
        if found is not None:
            yield quantity, found
    elif quantity == "in_channels" or role == "in":
        yield from _input(cell, kind)
    elif role in ("shape", "size"):
        yield from _output(cell, column, kind)


_FIELD: Final = re.compile(
    r"[\s$(]*(?P<field>(?P<side>\d{1,4})(?:\s?(?:[x*]|\\times)\s?(?P=side))?)[\s$)]*(?:p(?:x|ixels))?"
)
"""A receptive field: ``196``, ``19x19``."""


def _is_image(cell: Flow, column: Column, kind: RowKind) -> bool:
    """An image's channels, under a header that says channels and not filters."""
    return (
        kind == "input"
        and cell.text.strip() in ("1", "3")
        and re.search(r"channel|通道|채널|チャン", column.header.label, re.I) is not None
    )


def _filter(cell: Flow, kind: RowKind) -> Iterator[tuple[Quantity, Flow]]:
    """Under ``Filter``: ``3x3`` is a window, ``64`` a number of them."""
    if kind not in _WINDOWS:
        return
    if re.search(r"\d\s?[x*]\s?\d", cell.text):
        found = cut_kernel(cell)
        if found is not None:
            yield "kernel", found
        return
    number = cut_small(cell, "channels")
    if number is not None and kind == "conv" and int(re.sub(r"\D", "", number.text)) >= 16:
        yield "channels", number


def _maps(cell: Flow, kind: RowKind) -> Iterator[tuple[Quantity, Flow]]:
    """Under ``Feature Map``: a number of maps, or a shape. The image is one map to many authors."""
    shape = cut_shape(cell)
    if shape is None or kind == "input":
        return
    if dims_of(shape) == 1 and kind in ("conv", "pool"):
        yield "channels", shape
    elif dims_of(shape) > 2 or (dims_of(shape) == 1 and kind in ("fc", "flatten")):
        yield "shape", shape
    elif dims_of(shape) == 2 and kind in _MAPS:
        yield "size", shape


def _input(cell: Flow, kind: RowKind) -> Iterator[tuple[Quantity, Flow]]:
    shape = cut_shape(cell)
    if shape is None or kind in ("input", "other"):
        return
    count = dims_of(shape)
    if count > 2:
        yield "in_shape", shape
    elif count == 1 and kind == "fc":
        yield "in_channels", shape


_ARROW: Final = re.compile(r"\s*(?:->|=>|→|⇒)\s*")


def _output(cell: Flow, column: Column, kind: RowKind) -> Iterator[tuple[Quantity, Flow]]:
    parts = cell.split(_ARROW.pattern)
    if len(parts) == 2:
        before = cut_shape(parts[0])
        if before is not None and dims_of(before) > 2:
            yield "in_shape", before
        cell = parts[1]
    shape = cut_shape(cell)
    if shape is None:
        if column.header.role == "size" and column.header.quantity == "values":
            claim = cut_claim(cell)
            if claim is not None:
                yield "values", claim
        return
    yield from _one_output(shape, dims_of(shape), column, kind)


def _one_output(shape: Flow, count: int, column: Column, kind: RowKind) -> Iterator[tuple[Quantity, Flow]]:
    if count > 2:
        yield "shape", shape
    elif count == 1 and column.header.quantity == "values":
        yield "values", shape
    elif count == 1 and kind in ("fc", "flatten", "softmax", "dropout", "gap"):
        yield "shape", shape
    elif count == 1 and kind == "conv" and column.alone is not None:
        yield column.alone, shape
    elif count == 1 and kind == "pool" and column.alone == "size":
        yield "size", shape
    elif count == 2 and kind in _MAPS:
        if column.header.role == "shape" or column.has_maps:
            yield "size", shape
        elif kind in _WINDOWS:
            small = cut_kernel(shape)
            if small is not None:
                yield "kernel", small
    elif count == 2 and kind in ("fc", "flatten", "softmax", "dropout", "gap") and _has_batch(shape.text):
        yield "shape", shape


def _has_batch(text: str) -> bool:
    """Whether the first of two numbers is a batch: ``(None, 4096)``, ``[1, 4096]``."""
    return re.match(r"[\[({\s]*(?:none|n\b|b\b|batch|-1|\?|1\s?[,x])", text, re.IGNORECASE) is not None
