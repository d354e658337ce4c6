"""Where paths part and meet: from which value the branches of a join start, and which layers each of them has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from vggstat.net.graph import Node
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.part import Part, Split
from vggstat.net.spec import JoinKind
from vggstat.shapes import Shape
from vggstat.sources.spec.writing.wiring import Wiring, join_kind

__all__ = ["Region", "Regions", "grows", "region_of", "shrinks"]

TRIES: Final = 8
"""Joins of one beginning that are looked at, the farthest first."""

NESTED: Final = 2
"""Units in one another that begin at the same value, at most."""

NEAR: Final = 32
"""Nodes within which the branches of a unit that begin at named values have to end."""


class Region(NamedTuple):
    """The branches of a unit, and the join that they end in."""

    join: int
    """Its position."""
    kind: JoinKind
    branches: tuple[tuple[int, int], ...]
    """First and last position (exclusive) of each; where both are the same, it is the value before, or a named one."""
    split: bool | tuple[int, ...]


def region_of(wiring: Wiring, start: int, join: int, current: int, *, strict: bool) -> Region | None:
    """The nodes from ``start`` to a join as branches that begin at the current value; None where they are none.

    In strict ones a node reads nothing but that value and those of its own branch.
    """
    kind = join_kind(wiring.nodes[join])
    if kind is None or wiring.crops_of(join):
        return None
    at = start
    branches = []
    for value in wiring.nodes[join].inputs:
        if value > at:
            branches.append((at, value))
            at = value
        elif strict and value != current:
            return None
        else:
            branches.append((at, at))
    if at != join or (strict and not all(_stays(wiring, *branch, current) for branch in branches)):
        return None
    return _with_shares(wiring, Region(join, kind, tuple(branches), False), current)


def _stays(wiring: Wiring, start: int, end: int, current: int) -> bool:
    """Whether the nodes of a branch read the value that enters and their own, each of which but the last one of them reads."""
    reads = (value for node in wiring.nodes[start:end] for value in node.inputs)
    within = (wiring.readers[value] for value in range(start + 1, end))
    return all(value == current or value > start for value in reads) and all(
        readers and readers[0] < end for readers in within
    )


def _with_shares(wiring: Wiring, region: Region, current: int) -> Region:
    """The region with the share of channels that each branch gets, if they are split; else splits are units in a branch."""
    firsts = [wiring.nodes[start] for start, end in region.branches if start < end]
    shares = tuple(node.shape[0] for node in firsts)
    starts = [sum(shares[:at]) for at in range(len(shares))]
    are_splits = all(isinstance(node.layer, Split) and node.inputs == (current,) for node in firsts)
    all_branches = len(firsts) == len(region.branches) and sum(shares) == wiring.shape_of(current)[0]
    if not (are_splits and all_branches) or starts != list(map(_first_channel, firsts)):
        return region
    branches = tuple((start + 1, end) for start, end in region.branches)
    return region._replace(branches=branches, split=True if len(set(shares)) == 1 else shares)


def _first_channel(node: Node) -> int:
    return node.layer.start[0] if isinstance(node.layer, Part) else 0


class Regions:
    """The joins of a graph by the value from which all paths to them part."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self._joins = _joins_by_beginning(wiring)
        self._shrinking = _counted(_resized(wiring, shrinks))
        self._growing = _counted(_resized(wiring, grows))
        self._is_decoder = self._decodes()

    def widest(self, start: int, end: int, current: int) -> Region | None:
        """The longest region that begins at a position with the current value, and ends before ``end``.

        Where many in one another begin there, as where a value is added again and again, it is the shortest: the others
        are plainer to read with a name for it. So are an encoder and its decoder. The image has no name.
        """
        joins = [join for join in self._joins.get(current, ()) if start <= join < end]
        if current == 0:
            return next(self._strict(joins[:TRIES], start, current), None)
        found = [
            region
            for region in self._strict(joins[:TRIES], start, current)
            if not (self._is_decoder and self._turns(start, region.join))
        ]
        if len(found) > NESTED:
            return next(self._strict(joins[::-1][:TRIES], start, current), None)
        return found[0] if found else None

    def _strict(self, joins: Sequence[int], start: int, current: int) -> Iterator[Region]:
        for join in joins:
            region = region_of(self.wiring, start, join, current, strict=True)
            if region is not None:
                yield region

    def with_named(self, start: int, end: int, current: int) -> Region | None:
        """The nearest region whose branches may begin at values of before, one of them at the current one."""
        joins = (at for at in range(start, min(end, start + NEAR)) if join_kind(self.wiring.nodes[at]))
        for join in joins:
            region = region_of(self.wiring, start, join, current, strict=False)
            if region is not None and not region.split and self._begins_at(region, start, current):
                return region
        return None

    def _begins_at(self, region: Region, start: int, current: int) -> bool:
        """Whether the branches read what is there before, and one of them the current value."""
        nodes = self.wiring.nodes
        inputs = nodes[region.join].inputs
        first = [
            nodes[begin].inputs if begin < end else (inputs[number],)
            for number, (begin, end) in enumerate(region.branches)
        ]
        reads = (
            value <= start or value > begin
            for begin, end in region.branches
            for node in nodes[begin:end]
            for value in node.inputs
        )
        empty = all(begin < end or inputs[at] == current for at, (begin, end) in enumerate(region.branches))
        return empty and any(current in values for values in first) and all(reads)

    def shrinks(self, start: int, end: int) -> int:
        """How many nodes from ``start`` on make a map of about half the sides, or smaller, without being global."""
        return self._shrinking[end] - self._shrinking[start]

    def _turns(self, start: int, end: int) -> bool:
        """Whether the map gets smaller and larger again."""
        return self._shrinking[end] > self._shrinking[start] and self._growing[end] > self._growing[start]

    def _decodes(self) -> bool:
        """Whether most of the network makes the map smaller and larger again, beside a way around it all."""
        half = len(self.wiring.nodes) // 2
        return any(
            join - start > half and self._turns(start, join)
            for start, joins in self._joins.items()
            for join in joins[:1]
            if start
        )


def _joins_by_beginning(wiring: Wiring) -> dict[int, list[int]]:
    """For each value the joins all of whose paths part there, the last first: it is what dominates them most closely."""
    dominators = [0]
    found: dict[int, list[int]] = {}
    for node in wiring.nodes:
        nearest, *others = node.inputs
        for value in others:
            while value != nearest:
                if value > nearest:
                    value = dominators[value]
                else:
                    nearest = dominators[nearest]
        dominators.append(nearest)
        if join_kind(node):
            found.setdefault(nearest, []).append(node.index)
    return {value: joins[::-1] for value, joins in found.items()}


def _counted(marks: Sequence[bool]) -> list[int]:
    """How many of the marks before each position are set."""
    sums = [0]
    for mark in marks:
        sums.append(sums[-1] + mark)
    return sums


def shrinks(entering: Shape, leaving: Shape) -> bool:
    """Whether a map loses a third of its height or more; convolutions without padding take off less."""
    return len(entering) == len(leaving) == 3 and 3 * leaving[1] <= 2 * entering[1]


def grows(entering: Shape, leaving: Shape) -> bool:
    """Whether a map gets higher by a third or more."""
    return shrinks(leaving, entering)


def _resized(wiring: Wiring, way: Callable[[Shape, Shape], bool]) -> list[bool]:
    """For each node whether it makes a smaller map, or a larger one: not of all of it, nor of a part."""
    return [
        len(node.inputs) == 1
        and not isinstance(node.layer, AdaptiveAvgPool | Part)
        and way(node.in_shapes[0], node.shape)
        for node in wiring.nodes
    ]
