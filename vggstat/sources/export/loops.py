"""Modules alike, one after the other, as a loop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from vggstat.sources.export.frame import Argument, Frame
from vggstat.sources.export.regions import Region, Step

__all__ = ["Loop", "loops"]

LEAST: Final = 3
"""Modules that are written as a loop."""


class _Call(NamedTuple):
    """A module that a class or function of the file makes."""

    name: str
    stem: str
    """Its own name up to the number that it ends in."""
    number: int
    arguments: tuple[Argument, ...]


class Loop(NamedTuple):
    """Calls whose arguments stay the same or grow evenly from one to the next."""

    first: _Call
    second: _Call

    @property
    def stem(self) -> str:
        return self.first.stem

    @property
    def start(self) -> int:
        """The number of the first."""
        return self.first.number

    @property
    def counter(self) -> str:
        """``i``, or ``_`` where all calls are the same."""
        return "_" if self.first.arguments == self.second.arguments else "i"

    def call(self, start: int) -> str:
        """The call in the loop, whose ``i`` begins with ``start``."""
        both = zip(self.first.arguments, self.second.arguments, strict=True)
        written = (
            one if one == other else one._replace(text=_line(one, other, start)) for one, other in both
        )
        return f"{self.first.name}({', '.join(map(str, written))})"


def loops(frame: Frame, steps: Sequence[Step]) -> Iterator[tuple[Sequence[Step], Loop | None]]:
    """The steps, those together that a loop can make, the others each by itself."""
    calls = [_call(frame, step) for step in steps]
    at = 0
    while at < len(steps):
        count = _stretch(calls, at)
        first, second = calls[at], calls[at + 1] if count > 1 else None
        if count >= LEAST and first is not None and second is not None:
            yield steps[at : at + count], Loop(first, second)
        else:
            count = 1
            yield steps[at : at + 1], None
        at += count


def _call(frame: Frame, step: Step) -> _Call | None:
    inner = frame.of(step.part) if isinstance(step.part, Region) else None
    name = re.fullmatch(r"(.*?)([0-9]+)", step.name)
    if inner is None or name is None:
        return None
    return _Call(inner.name, name[1], int(name[2]), tuple(frame.arguments(step)))


def _stretch(calls: Sequence[_Call | None], at: int) -> int:
    """How many calls from one on go evenly."""
    first = calls[at]
    if first is None or at + 1 == len(calls):
        return 1
    second = calls[at + 1]
    count = 1
    while at + count < len(calls) and _is_even(first, second, calls[at + count], count):
        count += 1
    return count


def _is_even(first: _Call, second: _Call | None, other: _Call | None, steps: int) -> bool:
    """Whether a call is as many steps behind the first as it should be."""
    if second is None or other is None or len(first.arguments) != len(other.arguments):
        return False
    if (other.name, other.stem, other.number) != (first.name, first.stem, first.number + steps):
        return False
    both = zip(first.arguments, second.arguments, other.arguments, strict=False)
    return len(second.arguments) == len(first.arguments) and all(
        one.key == next_.key == last.key and _goes_on(one.text, next_.text, last.text, steps)
        for one, next_, last in both
    )


def _goes_on(one: str, second: str, other: str, steps: int) -> bool:
    if one == second == other:
        return True
    if not (one.isdigit() and second.isdigit() and other.isdigit()):
        return False
    return int(other) == int(one) + steps * (int(second) - int(one))


def _line(one: Argument, other: Argument, start: int) -> str:
    """An argument in terms of ``i``: ``32 + 32 * i``."""
    growth = int(other.text) - int(one.text)
    base = int(one.text) - growth * start
    return f"{base} + {growth} * i" if base else f"{growth} * i"
