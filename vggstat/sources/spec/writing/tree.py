"""The steps of lists on their way from nodes to text. Positions are those of nodes; node ``i`` makes value ``i + 1``."""

from __future__ import annotations

from vggstat.net.spec import JoinKind, UnitForm
from vggstat.records import Record

__all__ = ["Steps", "Stretch", "WrittenFrom", "WrittenJoin", "WrittenLayer", "WrittenStep", "WrittenUnit"]


class WrittenLayer(Record):
    """A layer, and behind it what may be written as fields of it: ``nodes`` are their positions."""

    nodes: tuple[int, ...]
    least: int = 0
    """How many of those behind it have to be fields of it."""

    @property
    def start(self) -> int:
        return self.nodes[0]

    @property
    def end(self) -> int:
        return self.nodes[-1] + 1


class WrittenFrom(Record):
    """The beginning of a list at a named value."""

    value: int
    start: int
    """The position of the node that follows."""

    @property
    def end(self) -> int:
        return self.start


class WrittenJoin(Record):
    """Named values that meet the current one, which None stands for."""

    kind: JoinKind
    sources: tuple[int | None, ...]
    crop: bool
    start: int
    """The position of the first crop, or of the join."""
    end: int


class WrittenUnit(Record):
    """Layers that belong together. Of a residual ``branches`` are its body and its shortcut."""

    form: UnitForm
    branches: tuple[Steps, ...]
    start: int
    end: int
    join: JoinKind = "concat"
    copies: bool = False
    """Whether a sum must not be written over its first map, though nobody else reads that."""
    split: bool | tuple[int, ...] = False
    activation: str = "none"
    repeat: int = 1
    name: str = ""


class Stretch(Record):
    """Layers of one module of somebody's model: whether they are a unit is settled when there are blocks."""

    steps: Steps
    start: int
    end: int


WrittenStep = WrittenLayer | WrittenFrom | WrittenJoin | WrittenUnit | Stretch
Steps = tuple[WrittenStep, ...]
