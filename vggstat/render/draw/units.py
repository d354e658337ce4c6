"""Units of a network that branches, as pictures have them: their layers in runs, and the pieces of a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vggstat.cost.report import Report, Row
from vggstat.net.ops.base import CONVOLUTIONS
from vggstat.records import Record
from vggstat.render.draw.stages import Run, Stage, layer_words, refuse_many, runs_of, window_of
from vggstat.render.figures import map_text
from vggstat.render.parts import Part, flat, local_name, parts_of, values_from_elsewhere

__all__ = ["Piece", "Unit", "branching_stages", "pieces_of"]


class Unit(Record):
    """Equal units one after the other: what stands side by side in one, and how it is joined."""

    names: tuple[str, ...]
    columns: tuple[tuple[Piece, ...], ...]
    """Of the first; an empty one is the value that enters."""
    join: Row | None
    units: tuple[tuple[Row, ...], ...]
    """The rows of each."""
    is_residual: bool = False

    @property
    def count(self) -> int:
        return len(self.units)

    @property
    def rows(self) -> tuple[Row, ...]:
        """Those of all of them."""
        return tuple(row for rows in self.units for row in rows)

    @property
    def last(self) -> Row:
        """The row that makes what leaves."""
        return self.units[-1][-1]

    @property
    def title(self) -> str:
        """``block2_unit2``, or ``block2_unit2 ×3`` for this one and the two behind it."""
        return self.names[0] + (f" ×{self.count}" if self.count > 1 else "")

    @property
    def details(self) -> str:
        """The convolutions of its longest branch: ``conv1-64, conv3-64, conv1-256``."""
        columns = [
            [row for piece in column for row in piece.rows if row.kind in CONVOLUTIONS]
            for column in self.columns
        ]
        return ", ".join(layer_words(row) for row in max(columns, key=len))

    @property
    def map(self) -> str:
        """The feature map that leaves; nothing for a vector."""
        shape = self.last.output_shape
        return map_text(shape) if len(shape) > 1 else ""

    @property
    def words(self) -> str:
        """``residual``, ``4 branches``: what kind of a unit it is."""
        if self.join is None:
            return "unit"
        if self.is_residual:
            return "residual"
        return f"{len(self.columns)} branches"


Piece = Run | Unit


def pieces_of(rows: Sequence[Row]) -> tuple[Piece, ...]:
    """A block's rows as runs of layers and units; equal units that follow one another are one piece."""
    return tuple(_pieces(parts_of(rows)))


def branching_stages(report: Report, most: int) -> Iterator[Stage]:
    """The blocks of a network that branches as stages of at most so many pieces. Raises UsageError for too many."""
    made = 0
    skips = values_from_elsewhere(report)
    for block in report.blocks:
        pieces = pieces_of(block.rows)
        count = -(-len(pieces) // most)
        share = -(-len(pieces) // count)
        for number, start in enumerate(range(0, len(pieces), share), start=1):
            rows = tuple(row for piece in pieces[start : start + share] for row in piece.rows)
            yield Stage(
                name=block.name,
                runs=tuple(runs_of(rows)),
                part=number,
                parts=count,
                branches=True,
                skips=skips,
            )
            made += 1
            refuse_many(made)


def _pieces(held: Sequence[Part | Row]) -> Iterator[Piece]:
    at = 0
    while at < len(held):
        first = held[at]
        end = at + 1
        if isinstance(first, Part):
            look = _look(first)
            while end < len(held) and _look(held[end]) == look:
                end += 1
            yield _unit([part for part in held[at:end] if isinstance(part, Part)])
        else:
            while end < len(held) and isinstance(held[end], Row):
                end += 1
            yield from _runs(tuple(flat(held[at:end])))
        at = end


def _unit(parts: Sequence[Part]) -> Unit:
    first = parts[0]
    return Unit(
        names=tuple(part.name for part in parts),
        columns=tuple(tuple(_pieces(column)) for column in first.columns),
        join=first.join,
        units=tuple(part.rows for part in parts),
        is_residual=first.is_residual,
    )


def _runs(rows: tuple[Row, ...]) -> Iterator[Run]:
    """Runs of the rows, what a norm follows together with it."""
    held: Run | None = None
    for run in runs_of(rows):
        if held is not None and run.count == held.count == 1 and run.row.kind in ("bn", "norm"):
            yield Run(rows=(*held.rows, *run.rows), period=held.period + run.period)
            held = None
            continue
        if held is not None:
            yield held
        held = run
    if held is not None:
        yield held


def _look(held: Part | Row) -> object:
    """What two units have in common that are drawn as one: all but the channels of what enters (DenseNet's grow)."""
    if isinstance(held, Row):
        return None
    depth = len(held.scope)
    return tuple(
        (
            tuple(local_name(part, held.scope) for part in row.scope[depth:]),
            row.kind,
            row.label,
            row.output_shape[1:],
            window_of(row),
            len(row.inputs),
        )
        for row in held.rows
    )
