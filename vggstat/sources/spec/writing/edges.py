"""Lists of steps out of somebody's model: by its edges, with its modules as a hint."""

from __future__ import annotations

from typing import Final

from vggstat.net.ops.part import Part
from vggstat.sources.spec.writing.outline import Outline
from vggstat.sources.spec.writing.parsing import Parser
from vggstat.sources.spec.writing.regions import Region, Regions
from vggstat.sources.spec.writing.tree import (
    Steps,
    Stretch,
    WrittenFrom,
    WrittenLayer,
    WrittenStep,
    WrittenUnit,
)
from vggstat.sources.spec.writing.wiring import Wiring

__all__ = ["EdgeParser"]

DEEPEST: Final = 8
"""Units in one another; what goes deeper is written with names."""

DEEPEST_OF_IMAGE: Final = 16
"""The same for units that begin at the image, which has no name."""


class EdgeParser(Parser):
    """By edges: whatever parts and meets again is a unit, and the layers of a module are a stretch."""

    def __init__(self, wiring: Wiring, outline: Outline, regions: Regions) -> None:
        super().__init__(wiring)
        self.outline = outline
        self.regions = regions

    def layer(self, at: int, end: int) -> WrittenLayer:
        behind = self.behind(at, end)
        return WrittenLayer(nodes=(at, *(node.index for node in behind)))

    def parse(self, start: int, end: int, current: int, depth: int = 0) -> Steps:
        """The steps of a list of nodes, from the first position to the last (exclusive), that begins at a value."""
        steps: list[WrittenStep] = []
        at = start
        while at < end:
            found = self._next(at, start, end, current, depth)
            if isinstance(found[0], WrittenFrom) and at > start:
                found = self._elsewhere(found, at, end, current, depth)
            steps += found
            at = current = found[-1].end
        return tuple(steps)

    def _next(self, at: int, start: int, end: int, current: int, depth: int) -> Steps:
        deepest = DEEPEST if current else DEEPEST_OF_IMAGE
        region = self.regions.widest(at, end, current) if depth < deepest else None
        stretch = self._stretch(at, start, end)
        if region is not None and region.join >= stretch:
            return (self._unit(region, at, end, current, depth),)
        if stretch > at + 1:
            layer = self._layer_alone(at, end, current)
            if layer is not None and layer.end >= stretch:
                return (layer,)
            return (Stretch(steps=self.parse(at, stretch, current, depth), start=at, end=stretch),)
        return self.plain_step(at, end, current)

    def _stretch(self, at: int, start: int, end: int) -> int:
        """Where the longest stretch of a module ends that begins at a position, and is not the whole list.

        The position itself where there is none. Nobody outside reads what lies within.
        """
        last = self.wiring.last_reads
        for stop in self.outline.ends(at, end):
            if (at, stop) != (start, end) and all(last[value] < stop for value in range(at + 1, stop)):
                return stop
        return at

    def _layer_alone(self, at: int, end: int, current: int) -> WrittenLayer | None:
        node = self.wiring.nodes[at]
        alone = node.inputs == (current,) and not isinstance(node.layer, Part)
        return self.layer(at, end) if alone else None

    def _unit(self, region: Region, at: int, end: int, current: int, depth: int) -> WrittenUnit:
        lists = tuple(
            self.parse(first, last, first if region.split else current, depth + 1)
            if first < last
            else self.empty_branch(region, number, first if region.split else current, first)
            for number, (first, last) in enumerate(region.branches)
        )
        unit = self.unit(region, at, lists, "residual" if self._is_residual(region, lists) else "branches")
        return self.activated(unit) if unit.end < end and self.is_activation(unit.end) else unit

    def _is_residual(self, region: Region, lists: tuple[Steps, ...]) -> bool:
        """Whether it is a sum of a body and of a shorter way around it, both from the current value."""
        if region.kind != "add" or len(lists) != 2 or not lists[0] or region.split:
            return False
        body, shortcut = (end - start for start, end in region.branches)
        return shortcut <= body and not any(isinstance(steps[0], WrittenFrom) for steps in lists if steps)

    def _elsewhere(self, found: Steps, at: int, end: int, current: int, depth: int) -> Steps:
        """What begins at a named value amid a list: a branch of what the current value goes to, or a list of its own."""
        region = self.regions.with_named(at, end, current) if depth < DEEPEST else None
        return (self._side(found, end) if region is None else self._unit(region, at, end, current, depth),)

    def _side(self, steps: Steps, end: int) -> WrittenUnit:
        """A list of its own for what begins at a named value amid another list, as far as it goes on in single layers."""
        inner = list(steps)
        while (at := inner[-1].end) < end:
            node = self.wiring.nodes[at]
            if node.inputs != (at,) or isinstance(node.layer, Part) or len(self.wiring.readers[at]) > 1:
                break
            inner.append(self.layer(at, end))
        return WrittenUnit(form="layers", branches=(tuple(inner),), start=inner[0].start, end=at)
