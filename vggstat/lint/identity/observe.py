"""The rows of a table as numbers: what each one says of its layer, before anybody asks whether it is right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import prod
from typing import Final, Literal, NamedTuple

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row, RowKind
from vggstat.lint.numbers import Number
from vggstat.lint.part_names import is_trunk
from vggstat.lint.text import Flow

Layout = Literal["hwc", "chw"]
MAX_ROWS: Final = 600
"""Rows of a table that are looked at; the deepest networks in use have fewer."""


class Dims(NamedTuple):
    """A printed shape: its numbers, and whether a batch axis stands before them without a number."""

    numbers: tuple[int, ...]
    open_batch: bool

    def oriented(self, layout: Layout) -> tuple[int, int, int] | None:
        """``(channels, height, width)`` where three numbers are left without the batch."""
        three = self.without_batch
        if len(three) != 3:
            return None
        return (three[2], three[0], three[1]) if layout == "hwc" else (three[0], three[1], three[2])

    @property
    def batch(self) -> int | None:
        """The batch's number, where four are printed."""
        return self.numbers[0] if len(self.numbers) == 4 and not self.open_batch else None

    @property
    def without_batch(self) -> tuple[int, ...]:
        return self.numbers[1:] if len(self.numbers) == 4 and not self.open_batch else self.numbers


class Obs(NamedTuple):
    """One row as numbers. ``kernel`` and ``channels`` come from its name or arguments, None where not said."""

    row: Row
    kind: RowKind
    dims: Dims | None
    params: Number | None
    kernel: int | None
    channels: int | None
    in_channels: int | None
    memory_product: tuple[int, ...]
    """The factors of the memory's product, where it is one."""
    stride: int | None = None
    padding: int | None = None
    in_dims: Dims | None = None
    """The shape of what enters."""

    @property
    def whole(self) -> int | None:
        """The parameters as a whole number to the last digit."""
        return self.params.whole if self.params else None


def observe(table: ClaimTable) -> list[Obs]:
    """One ``Obs`` a layer; a row that stands for several equal layers is repeated."""
    found: list[Obs] = []
    for row in table.rows[:MAX_ROWS]:
        found.extend([_observe_row(row)] * max(1, min(row.repeats, 16)))
    return found


def is_torch_summary(table: ClaimTable, observations: Iterable[Obs]) -> bool:
    """Whether torchinfo's forerunner printed it, which leaves the batch open, prints MiB and counts otherwise."""
    return table.family == "torchinfo" and any(obs.dims and obs.dims.open_batch for obs in observations)


def printed_counts(observations: Iterable[Obs]) -> list[int]:
    """The parameters of all rows that print a number of them; empty where one is not exact."""
    counts = [obs.whole for obs in observations if obs.params is not None and obs.row.type != "container"]
    return [] if None in counts else [count for count in counts if count is not None]


def _observe_row(row: Row) -> Obs:
    cells = {cell.quantity: cell for cell in reversed(row.cells)}
    params = next((cells[name] for name in _PARAMS if name in cells), None)
    shape, in_shape = cells.get("shape"), cells.get("in_shape")
    memory = next((product for name in _VALUES if name in cells and (product := cells[name].product)), None)
    kind = row.kind
    if kind == "fc" and re.search(r"conv", f"{row.type} {row.name}", re.IGNORECASE):
        kind = "conv"  # an FC layer as a convolution, named for what it was
    if kind == "conv" and is_trunk(row.name):
        kind = "other"  # all of them in one row
    return Obs(
        row=row,
        kind=kind,
        dims=parse_dims(shape.flow) if shape else None,
        params=params.number if params else None,
        kernel=_first_int(cells.get("kernel")),
        channels=_first_int(cells.get("channels")),
        in_channels=_first_int(cells.get("in_channels")),
        memory_product=memory.atoms if memory and prod(memory.atoms) == memory.value else (),
        stride=_first_int(cells.get("stride")),
        padding=_first_int(cells.get("padding")),
        in_dims=parse_dims(in_shape.flow) if in_shape else None,
    )


_PARAMS: Final[tuple[Quantity, ...]] = ("params", "weights", "trainable_params")
_VALUES: Final[tuple[Quantity, ...]] = ("memory", "values")


def _first_int(cell: Cell | None) -> int | None:
    if cell is None:
        return None
    match = re.search(r"\d{1,3}(?:,\d{3})+(?!\d)|\d{1,9}", cell.flow.text)
    return int(match[0].replace(",", "")) if match else None


_BATCH: Final = r"None|-1|\?|\b(?:N|B|bs|batch(?:_size)?)\b"
"""A batch whose size is left open."""
_DIM: Final = re.compile(rf"{_BATCH}|\d{{1,9}}(?:,\d{{3}}(?!\d))?", re.IGNORECASE)
_OPEN: Final = frozenset({"none", "-1", "?", "n", "b", "bs", "batch", "batch_size"})


def parse_dims(flow: Flow) -> Dims | None:
    """The numbers of a shape. None where there are none, or too many to be a shape."""
    text = flow.text[:200]
    comma_separated = re.search(r",\s|,\d{1,2}\b|,\d{4}|\(|\[", text) is not None
    words = (
        re.findall(rf"{_BATCH}|\d{{1,9}}", text, re.IGNORECASE) if comma_separated else (_DIM.findall(text))
    )
    numbers = [word.replace(",", "") for word in words]
    open_batch = bool(numbers) and numbers[0].lower() in _OPEN
    if open_batch:
        numbers = numbers[1:]
    if not numbers or len(numbers) > 5 or any(not number.isdigit() for number in numbers):
        return None
    return Dims(tuple(map(int, numbers)), open_batch)


def find_layout(observations: Iterable[Obs]) -> Layout:
    """Whether the channels stand first or last in the table's shapes."""
    first = last = 0
    for obs in observations:
        three = obs.dims.without_batch if obs.dims else ()
        if len(three) != 3 or obs.kind == "fc":
            continue
        first += three[1] == three[2] != three[0]
        last += three[0] == three[1] != three[2]
        if obs.channels is not None and obs.kind == "conv":
            first += 2 * (three[0] == obs.channels != three[2])
            last += 2 * (three[2] == obs.channels != three[0])
        if obs.kind == "input":
            first += three[0] in (1, 3) and three[2] not in (1, 3)
            last += three[2] in (1, 3) and three[0] not in (1, 3)
        if three[1] != three[2] and three[0] != three[1]:
            first += three[0] in _WIDTHS
            last += three[2] in _WIDTHS
    return "chw" if first > last else "hwc"


_WIDTHS: Final = frozenset({3, 64, 128, 256, 512})
