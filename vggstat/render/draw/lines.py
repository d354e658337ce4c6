"""Aligned networks as lines of cells: the content of ``--style columns`` before it has a place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from vggstat.cost.compare import Slot, compare_reports
from vggstat.cost.report import Report, Row
from vggstat.render.draw.kinds import kind_of
from vggstat.render.draw.stages import closes_with_softmax, layer_details, layer_words, tip
from vggstat.render.figures import map_text

__all__ = ["Cell", "Line", "Mark", "change", "lines_of"]

MOST_SINGLE: Final = 34
"""Layers that have a line each, as in the paper; in a longer network, equal neighbours share one."""

Mark = Literal["same", "added", "changed", "removed"]


class Cell(NamedTuple):
    """One network's layer in a line."""

    text: str
    details: str
    map: str
    kind: str
    tip: str

    def reads_like(self, other: Cell | None) -> bool:
        """Whether the two are drawn alike; figures in the tip do not count."""
        return other is not None and self[:4] == other[:4]

    def is_layer(self, other: Cell) -> bool:
        """Whether it is the same layer, if perhaps on another map."""
        return (self.text, self.details) == (other.text, other.details)


class Line(NamedTuple):
    """A place in the aligned networks: the cell of each, None where it has nothing there."""

    block: str
    cells: tuple[Cell | None, ...]
    times: int = 1
    """How many layers in a row it stands for."""

    @property
    def map(self) -> str | None:
        """The map that leaves; empty for vectors, None where the networks have different ones."""
        maps = {cell.map for cell in self.cells if cell is not None}
        return maps.pop() if len(maps) == 1 else None

    def reads_like(self, other: Line) -> bool:
        """Whether the two would look alike."""
        return self.block == other.block and all(
            one is two is None or (one is not None and one.reads_like(two))
            for one, two in zip(self.cells, other.cells, strict=True)
        )


def lines_of(reports: Sequence[Report]) -> list[Line]:
    """The layers of networks held against each other, and a last line for a soft-max that closes."""
    lines = [_line(slot) for slot in compare_reports(tuple(reports)).slots]
    closing = [closes_with_softmax(report) for report in reports]
    if any(closing):
        cell = Cell("soft-max", "", "", "sheet", "soft-max: closes the network, no layer of the tables")
        lines.append(Line(lines[-1].block, tuple(cell if closes else None for closes in closing)))
    if len(lines) <= MOST_SINGLE:
        return lines
    joined: list[Line] = []
    for line in lines:
        if joined and joined[-1].reads_like(line):
            joined[-1] = joined[-1]._replace(times=joined[-1].times + 1)
        else:
            joined.append(line)
    return joined


def change(line: Line, column: int) -> tuple[Mark, Cell | None]:
    """What a column has in a line against the column at its left, and the cell to show: that one's if removed."""
    cell = line.cells[column]
    before = line.cells[column - 1] if column else cell
    if cell is None:
        return ("removed", before) if before is not None else ("same", None)
    if before is None:
        return "added", cell
    return ("same" if cell.is_layer(before) else "changed"), cell


def _line(slot: Slot) -> Line:
    return Line(slot.block, tuple(_cell(row) if row is not None else None for row in slot.rows))


def _cell(row: Row) -> Cell:
    shape = map_text(row.output_shape) if len(row.output_shape) > 1 else ""
    return Cell(layer_words(row), ", ".join(layer_details(row)), shape, kind_of(row), tip(row))
