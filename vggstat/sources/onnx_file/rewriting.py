"""Replacing several steps by the one layer that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from vggstat.sources.onnx_file.steps import Entering, Step
from vggstat.sources.onnx_file.values import Unknown, Value

__all__ = ["Found", "Net", "replaced"]


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
        self.readers: dict[int, list[Step | None]] = {value.number: [None] for value in outputs}
        """For each value the steps that read it, and None where it leaves the network."""
        for step in steps:
            for value in step.values:
                self.readers.setdefault(value.number, []).append(step)

    def maker(self, item: Entering, *ops: str) -> Step | None:
        """The step that makes a value, where it is one of these operators."""
        step = self.makers.get(item.number) if isinstance(item, Value) else None
        return step if step is not None and (not ops or step.op in ops) else None

    def reader(self, step: Step, *ops: str) -> Step | None:
        """The only step that reads what another makes, where it is one of these operators."""
        readers = self.readers.get(step.number, [])
        only = readers[0] if len(readers) == 1 else None
        return only if only is not None and only.op in ops else None

    def is_closed(self, last: Step, others: Iterable[Step]) -> bool:
        """Whether nobody else reads what the others make."""
        inside = {id(last), *map(id, others)}
        return all(
            reader is not None and id(reader) in inside
            for step in others
            for made in step.outputs
            if made is not None
            for reader in self.readers.get(made.number, ())
        )

    def put(self, found: Found, last: Step) -> None:
        """A layer in place of the steps that it stands for."""
        inside = {id(last), *map(id, found.others)}
        self.makers.update((made.number, found.step) for made in found.step.outputs if made is not None)
        for value in found.step.values:
            others = [reader for reader in self.readers[value.number] if id(reader) not in inside]
            self.readers[value.number] = [*others, found.step]


Pattern = Callable[[Step, Net], Found | None]
"""What a step is the last of, or nothing."""


def replaced(steps: Sequence[Step], outputs: Sequence[Value | Unknown], pattern: Pattern) -> list[Step]:
    """The steps with a layer in place of those that are written for it."""
    net = Net(steps, outputs)
    gone: set[int] = set()
    kept: list[Step] = []
    for step in steps:
        found = pattern(step, net) if step.is_known else None
        if found is None or not net.is_closed(step, found.others):
            kept.append(step)
            continue
        net.put(found, step)
        gone.update(map(id, found.others))
        kept.append(found.step)
    return [step for step in kept if id(step) not in gone]
