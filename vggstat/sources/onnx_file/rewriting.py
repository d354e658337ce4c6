"""Replacing several steps by the one layer that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from typing import NamedTuple

from vggstat.sources.onnx_file.steps import Entering, Step
from vggstat.sources.onnx_file.values import Unknown, Value

__all__ = ["Found", "Net", "Pattern", "replaced"]


class Found(NamedTuple):
    """A layer, and the steps that it stands for besides the last one."""

    step: Step
    others: tuple[Step, ...]


class Net:
    """Who makes and who reads each value."""

    def __init__(self, steps: Sequence[Step], outputs: Iterable[Value | Unknown]) -> None:
        self.makers = {
            made.number: step for step in steps if step.is_known for made in step.outputs if made is not None
        }
        self.readers: dict[int, dict[int, Step | None]] = {value.number: {0: None} for value in outputs}
        """For each value the steps that read it by their ids, and None where it leaves the network."""
        for step in steps:
            for value in step.values:
                self.readers.setdefault(value.number, {})[id(step)] = step

    def maker(self, item: Entering, *ops: str) -> Step | None:
        """The step that makes a value, where it is one of these operators."""
        step = self.makers.get(item.number) if isinstance(item, Value) else None
        return step if step is not None and (not ops or step.op in ops) else None

    def is_closed(self, last: Step, others: Iterable[Step]) -> bool:
        """Whether nobody else reads what the others make."""
        inside = {id(last), *map(id, others)}
        return all(self.is_read_within(step, inside) for step in others)

    def is_read_within(self, step: Step, inside: Set[int]) -> bool:
        """Whether all that read what a step makes are among these, by their ids."""
        readers = [self.readers.get(made.number, {}) for made in step.outputs if made is not None]
        return all(len(read) <= len(inside) and read.keys() <= inside for read in readers)

    def put(self, found: Found, last: Step) -> None:
        """A layer in place of the steps that it stands for."""
        self.makers.update((made.number, found.step) for made in found.step.outputs if made is not None)
        for step in (last, *found.others):
            for value in step.values:
                self.readers[value.number].pop(id(step), None)
        for value in found.step.values:
            self.readers[value.number][id(found.step)] = found.step


class Pattern(NamedTuple):
    """A layer that is written as several nodes."""

    ends: frozenset[str]
    """What the last of its nodes may be."""
    find: Callable[[Step, Net], Found | None]
    """What a step is the last of, or nothing."""


def replaced(steps: Sequence[Step], outputs: Sequence[Value | Unknown], pattern: Pattern) -> list[Step]:
    """The steps with a layer in place of those that are written for it."""
    if not any(step.op in pattern.ends for step in steps):
        return list(steps)
    net = Net(steps, outputs)
    gone: set[int] = set()
    kept: list[Step] = []
    for step in steps:
        found = pattern.find(step, net) if step.op in pattern.ends and step.is_known else None
        if found is None or not net.is_closed(step, found.others):
            kept.append(step)
            continue
        net.put(found, step)
        gone.update(map(id, found.others))
        kept.append(found.step)
    return [step for step in kept if id(step) not in gone]
