"""Blocks out of the one list of steps of somebody's model, and which of its modules are units of a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.pooling import WindowPool
from vggstat.sources.spec.writing.edges import EdgeParser
from vggstat.sources.spec.writing.regions import grows, shrinks
from vggstat.sources.spec.writing.same import key_of
from vggstat.sources.spec.writing.tree import (
    Steps,
    Stretch,
    WrittenFrom,
    WrittenLayer,
    WrittenStep,
    WrittenUnit,
)

__all__ = ["Blocks", "gathered"]

FEW: Final = 3
"""Steps of a block that are plain to read one after the other, whatever they are."""


def gathered(steps: Steps) -> Steps:
    """A block where layers one after the other are a unit, as the parts beside them are: a line each would be long."""
    parted = any(isinstance(step, WrittenUnit) and step.form != "layers" for step in steps)
    if len(steps) <= FEW or not parted:
        return steps
    found: list[WrittenStep] = []
    for is_layer, held in groupby(steps, lambda step: isinstance(step, WrittenLayer)):
        run = tuple(held)
        if is_layer and len(run) > 1:
            run = (WrittenUnit(form="layers", branches=(run,), start=run[0].start, end=run[-1].end),)
        found += run
    return tuple(found)


class Blocks:
    """Divides a model's steps as a VGG's: a pool ends a block, and what else makes a map smaller or larger begins one."""

    def __init__(self, parser: EdgeParser) -> None:
        self.parser = parser
        self.wiring = parser.wiring

    def divide(self, steps: Steps) -> list[Steps]:
        """The blocks, in order, without stretches."""
        blocks: list[list[WrittenStep]] = [[]]
        for begins, step in self._opened(steps):
            pools = self._ends_in_pool(step)
            if blocks[-1] and (begins or (self._changes_size(step) and not pools)):
                blocks.append([])
            if not blocks[-1] and len(blocks) > 1 and self._is_trifle(step):
                blocks[-2].append(step)  # what stands behind a pool and does not matter for itself
                continue
            blocks[-1].append(step)
            if pools:
                blocks.append([])
        return [self._settled(block) for block in blocks if block]

    def _opened(self, steps: Steps, *, begins: bool = False) -> Iterator[tuple[bool, WrittenStep]]:
        """The steps without the stretches that stand for stages, and whether a stage begins with each."""
        for step in steps:
            if isinstance(step, Stretch) and (len(step.steps) == 1 or self._is_stage(step)):
                yield from self._opened(step.steps, begins=begins or len(step.steps) > 1)
            else:
                yield begins, step
            begins = False

    def _is_stage(self, stretch: Stretch) -> bool:
        units = sum(isinstance(step, WrittenUnit | Stretch) for step in stretch.steps)
        smaller = self.parser.regions.shrinks(stretch.start, stretch.end)
        return not _begins_elsewhere(stretch) and (units > 1 or smaller > 1)

    def _changes_size(self, step: WrittenStep) -> bool:
        """Whether it makes a smaller map, or a larger one: not of one value a channel, nor to that at once."""
        node = self.wiring.nodes[step.start]
        entering, leaving = node.in_shapes[0], self.wiring.shape_of(step.end)
        is_global = isinstance(node.layer, AdaptiveAvgPool) or entering[1:] == (1, 1)
        return not is_global and (shrinks(entering, leaving) or grows(entering, leaving))

    def _ends_in_pool(self, step: WrittenStep) -> bool:
        """Whether it is a pool that makes the map smaller, or ends in one and has none before."""
        pool = self.wiring.nodes[step.end - 1]
        smaller = self.parser.regions.shrinks(step.start, step.end) == 1 and not isinstance(step, WrittenUnit)
        return smaller and isinstance(pool.layer, WindowPool) and shrinks(pool.in_shapes[0], pool.shape)

    def _is_trifle(self, step: WrittenStep) -> bool:
        """Whether it is a layer that neither learns nor makes a map of another size."""
        node = self.wiring.nodes[step.start]
        return isinstance(step, WrittenLayer) and not node.params and node.shape == node.in_shapes[0]

    def _settled(self, block: Sequence[WrittenStep]) -> Steps:
        """A block with its stretches as units where they stand among others, else taken apart."""
        among = sum(isinstance(step, WrittenUnit | Stretch) for step in block) > 1
        steps: list[WrittenStep] = []
        for step in block:
            if isinstance(step, Stretch):
                inner = self._within(step.steps)
                steps += self._as_unit(step, inner) if self._is_unit(step, inner, among, not steps) else inner
            else:
                steps.append(self._inside(step))
        return self._merged(steps)

    def _is_unit(self, stretch: Stretch, inner: Steps, among: bool, first: bool) -> bool:
        return (len(inner) > 1 and among) or (_begins_elsewhere(stretch) and not first)

    def _as_unit(self, stretch: Stretch, inner: Steps) -> Steps:
        return (WrittenUnit(form="layers", branches=(inner,), start=stretch.start, end=stretch.end),)

    def _inside(self, step: WrittenStep) -> WrittenStep:
        if not isinstance(step, WrittenUnit):
            return step
        return step.replace(branches=tuple(map(self._within, step.branches)))

    def _within(self, steps: Steps) -> Steps:
        """The steps of a list in a unit; stretches stay together only beside one that is the same."""
        found: list[WrittenStep] = []
        for at, step in enumerate(steps):
            if isinstance(step, Stretch):
                inner = self._within(step.steps)
                twin = any(
                    self._alike(step, other)
                    for other in (*steps[max(0, at - 1) : at], *steps[at + 1 : at + 2])
                )
                found += self._as_unit(step, inner) if self._is_unit(step, inner, twin, not found) else inner
            else:
                found.append(self._inside(step))
        return self._merged(found)

    def _alike(self, stretch: Stretch, other: WrittenStep) -> bool:
        if not isinstance(other, Stretch) or other.end - other.start != stretch.end - stretch.start:
            return False
        pairs = zip(
            self.wiring.nodes[stretch.start : stretch.end],
            self.wiring.nodes[other.start : other.end],
            strict=True,
        )
        return all(key_of(one.layer) == key_of(two.layer) for one, two in pairs)

    def _merged(self, steps: Sequence[WrittenStep]) -> Steps:
        """The steps where what stood in different modules is one layer: a convolution and the activation behind it."""
        merged: list[WrittenStep] = []
        for step in steps:
            last = merged[-1] if merged else None
            if isinstance(step, WrittenLayer) and isinstance(last, WrittenLayer):
                whole = self.parser.layer(last.start, step.end)
                if whole.end == step.end:
                    merged[-1] = whole
                    continue
            if (
                isinstance(step, WrittenLayer)
                and isinstance(last, WrittenUnit)
                and self._is_its_activation(last, step)
            ):
                merged[-1] = self.parser.activated(last)
                continue
            merged.append(step)
        return tuple(merged)

    def _is_its_activation(self, unit: WrittenUnit, step: WrittenLayer) -> bool:
        plain = unit.form != "layers" and unit.activation == "none"
        return plain and len(step.nodes) == 1 and self.parser.is_activation(step.start)


def _begins_elsewhere(stretch: Stretch) -> bool:
    """Whether a stretch does not go on where the list before it ends."""
    first = stretch.steps[0]
    return _begins_elsewhere(first) if isinstance(first, Stretch) else isinstance(first, WrittenFrom)
