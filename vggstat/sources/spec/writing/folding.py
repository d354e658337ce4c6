"""What stands several times one after the other, as one unit with ``repeat``."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from vggstat.sources.spec.writing.same import key_of
from vggstat.sources.spec.writing.spelling import kind_of
from vggstat.sources.spec.writing.tree import (
    Steps,
    WrittenFrom,
    WrittenJoin,
    WrittenLayer,
    WrittenStep,
    WrittenUnit,
)
from vggstat.sources.spec.writing.wiring import Wiring

__all__ = ["Folder", "references"]

PERIOD: Final = 8
"""The longest sequence of steps that is looked for again right behind itself."""

LONG: Final = 8
"""Layers that may stand one after the other before the same ones are put together: VGG's four in a row stay as they are."""

Key = tuple[Any, ...]


def references(steps: Iterable[WrittenStep]) -> Iterator[tuple[int, int]]:
    """Where steps read a named value: the position, and the value."""
    for step in steps:
        if isinstance(step, WrittenFrom):
            yield step.start, step.value
        elif isinstance(step, WrittenJoin):
            yield from ((step.start, value) for value in step.sources if value is not None)
        elif isinstance(step, WrittenUnit):
            for branch in step.branches:
                yield from references(branch)


class Folder:
    """Folds the lists of one network, for which ``blocks`` tell what is read by name."""

    def __init__(self, wiring: Wiring, blocks: Sequence[Steps]) -> None:
        self.wiring = wiring
        self._last = dict(sorted((value, place) for block in blocks for place, value in references(block)))
        """For each value that is read by name the last position where it is."""
        self._named = list(self._last)
        self._keys: dict[int, tuple[object, Key]] = {}

    def units(self, steps: Steps) -> Steps:
        """The steps with equal units that follow one another as one."""
        folded: list[WrittenStep] = []
        before: WrittenStep | None = None
        for step in steps:
            inner = self._inside(step, self.units)
            last = folded[-1] if folded else None
            if (
                isinstance(inner, WrittenUnit)
                and isinstance(last, WrittenUnit)
                and self._go_on(before, step, last)
            ):
                folded[-1] = last.replace(repeat=last.repeat + 1, end=step.end)
            else:
                folded.append(inner)
            before = step
        return tuple(folded)

    def sequences(self, steps: Steps) -> Steps:
        """The same, and long sequences of other steps that come again and again."""
        inner = [self._inside(step, self.sequences) for step in steps]
        folded: list[WrittenStep] = []
        at = 0
        while at < len(inner):
            period, count = self._period(inner, at)
            if count > 1:
                folded.append(_repeated(inner[at : at + period], inner[at + period * count - 1].end, count))
            else:
                folded.append(inner[at])
            at += period * count
        return tuple(folded)

    def _inside(self, step: WrittenStep, fold: Any) -> WrittenStep:
        if not isinstance(step, WrittenUnit):
            return step
        return step.replace(branches=tuple(map(fold, step.branches)))

    def _go_on(self, before: WrittenStep | None, step: WrittenStep, run: WrittenUnit) -> bool:
        """Whether a unit is the one before it once more, with which a run of such ends."""
        return (
            before is not None
            and not run.name
            and before.end not in self._last
            and self._key(before) == self._key(step)
            and self._is_free((before,), (step,))
        )

    def _period(self, steps: Sequence[WrittenStep], at: int) -> tuple[int, int]:
        """How many steps from a place on come again how often: the fewest that cover most; one that comes once else."""
        best = (1, 1)
        for period in range(1, PERIOD + 1):
            count = 1
            while self._comes_again(steps, at, period, count):
                count += 1
            covered = steps[at : at + period * count]
            if count > 1 and self._is_long(covered, period) and period * count > best[0] * best[1]:
                best = (period, count)
        return best

    def _comes_again(self, steps: Sequence[WrittenStep], at: int, period: int, count: int) -> bool:
        start = at + (count - 1) * period
        one, two = steps[start : start + period], steps[start + period : start + 2 * period]
        return (
            len(two) == period
            and all(self._key(left) == self._key(right) for left, right in zip(one, two, strict=True))
            and one[-1].end not in self._last
            and self._is_free(one, two)
        )

    def _is_long(self, steps: Sequence[WrittenStep], period: int) -> bool:
        """Whether it is worth its unit: equal units always are."""
        units = sum(isinstance(step, WrittenUnit) for step in steps)
        return (period == 1 and units == len(steps)) or len(steps) + 4 * units > LONG

    def _is_free(self, one: Sequence[WrittenStep], two: Sequence[WrittenStep]) -> bool:
        """Whether both read the same by name, or each its own in the same place; nobody behind them reads what is within."""
        start, other = one[0].start, two[0].start
        for (_, left), (_, right) in zip(references(one), references(two), strict=True):
            is_own = left > start and right > other and left - start == right - other
            if not (is_own or left == right <= start):
                return False
        return self._keeps(one) and self._keeps(two)

    def _keeps(self, steps: Sequence[WrittenStep]) -> bool:
        """Whether nobody reads by name, behind some steps, what is made within them."""
        start, end = steps[0].start, steps[-1].end
        within = self._named[bisect_left(self._named, start + 1) : bisect_left(self._named, end)]
        return all(self._last[value] < end for value in within)

    def _key(self, step: WrittenStep) -> Key:
        """What two steps have in common that are written alike, whatever named values they read."""
        known = self._keys.get(id(step))
        if known is None or known[0] is not step:
            known = self._keys[id(step)] = (step, self._new_key(step))
        return known[1]

    def _new_key(self, step: WrittenStep) -> Key:
        if isinstance(step, WrittenLayer):
            return ("layer", step.least, *map(self._layer_key, step.nodes))
        if isinstance(step, WrittenFrom):
            return ("from",)
        if isinstance(step, WrittenJoin):
            return ("join", step.kind, step.crop, tuple(value is None for value in step.sources))
        assert isinstance(step, WrittenUnit)
        keys = tuple(tuple(map(self._key, branch)) for branch in step.branches)
        settings = (step.join, step.copies, step.split, step.activation, step.name)
        return (step.form, *settings, step.repeat, keys)

    def _layer_key(self, position: int) -> Key:
        """The kind, and the settings that it does not settle itself: a depthwise convolution is written without filters."""
        node = self.wiring.nodes[position]
        kind = kind_of(node)
        settled = kind.settled if kind else ()
        return (kind.name if kind else "", *(one for one in key_of(node.layer)[1:] if one[0] not in settled))


def _repeated(steps: Sequence[WrittenStep], end: int, count: int) -> WrittenUnit:
    first = steps[0]
    if len(steps) == 1 and isinstance(first, WrittenUnit):
        return first.replace(repeat=first.repeat * count, end=end)
    return WrittenUnit(form="layers", branches=(tuple(steps),), start=first.start, end=end, repeat=count)
