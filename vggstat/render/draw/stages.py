"""A report cut into the pieces that pictures are made of: stages of runs of layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from vggstat.cost.items import IMAGE
from vggstat.cost.report import Block, Report, Row, block_of
from vggstat.errors import UsageError
from vggstat.net.ops.base import CONVOLUTIONS
from vggstat.records import Record
from vggstat.render.figures import UNKNOWN, map_text
from vggstat.shapes import along_axes, spell
from vggstat.units import grouped

__all__ = [
    "Run",
    "Stage",
    "closes_with_softmax",
    "layer_details",
    "layer_words",
    "refuse_many",
    "runs_of",
    "split_stages",
    "tip",
    "window_of",
]

MOST_PIECES: Final = 2_000
"""With so many a picture has some megabytes, and each piece has to be looked for."""

LONGEST_PERIOD: Final = 3
"""Layers that are repeated together: a convolution, its batch norm and its ReLU."""


class Run(Record):
    """Neighbouring rows that repeat a pattern of ``period`` layers: conv, conv, conv; conv, BN, conv, BN."""

    rows: tuple[Row, ...]
    period: int = 1

    @property
    def count(self) -> int:
        """How often the pattern comes."""
        return len(self.rows) // self.period

    @property
    def pattern(self) -> tuple[Row, ...]:
        return self.rows[: self.period]

    @property
    def row(self) -> Row:
        """The first row, which stands for the run."""
        return self.rows[0]

    @property
    def text(self) -> str:
        """``conv3-64 ×2``, ``(conv3-64, BN) ×2``, ``maxpool``."""
        words = ", ".join(layer_words(row) for row in self.pattern)
        if self.count == 1:
            return words
        return f"({words}) ×{self.count}" if self.period > 1 else f"{words} ×{self.count}"

    @property
    def details(self) -> str:
        """What its name does not say about it, if anything: ``stride 4``."""
        return ", ".join(dict.fromkeys(text for row in self.pattern for text in layer_details(row)))

    @property
    def map(self) -> str:
        """Its feature map, ``224×224×64``; nothing for a vector, whose length is in the layer's name."""
        shape = self.rows[-1].output_shape
        return map_text(shape) if len(shape) > 1 else ""


class Stage(Record):
    """A block of the network, or a part of one that is too long for one place."""

    name: str
    runs: tuple[Run, ...]
    part: int = 1
    parts: int = 1
    branches: bool = False
    """Whether it is a part of a network that branches, whose units are to be drawn as such."""
    skips: Mapping[str, str] = {}
    """For each row that reads a value from further back: the row that this comes from."""

    @property
    def title(self) -> str:
        """``block3``, or ``block3 (2 of 4)``."""
        return self.name if self.parts == 1 else f"{self.name} ({self.part} of {self.parts})"

    @property
    def total(self) -> Block:
        """The rows of this stage, with their sums."""
        return block_of(self.name, tuple(row for run in self.runs for row in run.rows))


def layer_words(row: Row) -> str:
    """The layer in the paper's notation; the image as ``image``. Groups are said in words, see ``layer_details``."""
    return row.label.removesuffix(f" g{row.groups}") or ("image" if row.name == IMAGE else row.name)


def layer_details(row: Row) -> Iterator[str]:
    """What is unusual about a layer: the notation names kernel and filters of a convolution, no more."""
    usual_window = row.kind != "pool" or (row.kernel, row.stride) == (2, 2)
    if not usual_window:
        yield "×".join(map(str, along_axes(row.kernel or 1, row.output_shape)))
        yield f"stride {spell(row.stride or 1)}"
    if row.kind in CONVOLUTIONS and row.stride is not None and row.stride != 1:
        yield f"stride {spell(row.stride)}"
    if row.dilation is not None and row.dilation != 1:
        yield f"dilation {spell(row.dilation)}"
    if row.kind in CONVOLUTIONS and row.groups is not None and row.groups != 1:
        yield f"{grouped(row.groups)} groups"


def tip(row: Row) -> str:
    """A layer in one line, for a pointer on it: name, layer, map, figures of the report."""
    parts = [row.name, layer_words(row), *layer_details(row), map_text(row.output_shape)]
    if row.params:
        parts.append(f"{grouped(row.params)} parameters")
    if row.macs is None:
        parts.append(f"{UNKNOWN} MACs")
    elif row.macs:
        parts.append(f"{grouped(row.macs)} MACs")
    return " · ".join(parts)


def closes_with_softmax(report: Report) -> bool:
    """Whether a softmax follows the last FC layer, which no table has as a row."""
    nodes = report.graph.nodes
    return bool(nodes) and nodes[-1].layer.stem == "softmax" and not nodes[-1].is_row


def split_stages(report: Report, fits: Callable[[list[Run]], bool]) -> tuple[Stage, ...]:
    """The report's blocks as stages; a block is cut wherever one run more would not fit.

    Raises UsageError where there are more of them than a picture can show.
    """
    stages: list[Stage] = []
    for block in report.blocks:
        runs = list(runs_of(block.rows))
        parts = _parts(runs, fits)
        # Evenly, where that makes no more of them: no part of a single pool at the end.
        share = -(-len(runs) // len(parts))
        even = _parts(runs, _at_most(share, fits))
        parts = even if len(even) == len(parts) else parts
        stages += [
            Stage(name=block.name, runs=tuple(part), part=number, parts=len(parts))
            for number, part in enumerate(parts, start=1)
        ]
        refuse_many(len(stages))
    return tuple(stages)


def refuse_many(pieces: int) -> None:
    """Raises UsageError for more pieces (stages, or lines of boxes) than a picture can show."""
    if pieces > MOST_PIECES:
        raise UsageError(
            f"a picture can show {MOST_PIECES:,} pieces (blocks, or groups of layers that are alike), and here are "
            "more: use table or table --by block"
        )


def _at_most(share: int, fits: Callable[[list[Run]], bool]) -> Callable[[list[Run]], bool]:
    return lambda part: len(part) <= share and fits(part)


def _parts(runs: list[Run], fits: Callable[[list[Run]], bool]) -> list[list[Run]]:
    parts: list[list[Run]] = [[]]
    for run in runs:
        if parts[-1] and not fits([*parts[-1], run]):
            parts.append([])
        parts[-1].append(run)
    return parts


def runs_of(rows: tuple[Row, ...]) -> Iterator[Run]:
    """The rows cut into runs, each the longest that starts there, of the shortest pattern."""
    looks = [_look(row) for row in rows]
    at = 0
    while at < len(rows):
        period, count = max(
            ((period, _repeats(looks, at, period)) for period in range(1, LONGEST_PERIOD + 1)),
            key=lambda found: (found[0] * found[1] if found[1] > 1 else 1, -found[0]),
        )
        length = period * count if count > 1 else 1
        yield Run(rows=rows[at : at + length], period=period if count > 1 else 1)
        at += length


def _repeats(looks: list[tuple[object, ...]], at: int, period: int) -> int:
    """How often the pattern of this length that starts at ``at`` comes in a row."""
    pattern = looks[at : at + period]
    count = 1
    while len(pattern) == period and looks[at + count * period : at + (count + 1) * period] == pattern:
        count += 1
    return count


def _look(row: Row) -> tuple[object, ...]:
    """What two layers that are drawn as one run have in common."""
    return (row.kind, row.label, row.output_shape, *window_of(row))


def window_of(row: Row) -> tuple[object, ...]:
    """How it looks at its map, and whether it has biases."""
    return (row.kernel, row.stride, row.padding, row.dilation, row.groups, row.biases > 0)
