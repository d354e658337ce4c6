"""What is alive from moment to moment: a ledger of storages, and the moments that can be told again.

A network of n layers has some n moments with some n storages alive at each. A moment is therefore its number of
bytes and its place in the run; which storages they are is told for the few moments that anybody asks about, by
going through the run again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from vggstat.cost.items import MemoryItem, Phase

__all__ = ["Instant", "Ledger", "Moment", "largest", "moments"]


class Ledger:
    """Storages that come and go, by key."""

    def __init__(self, held: Iterable[tuple[Hashable, MemoryItem]] = ()) -> None:
        self._alive: dict[Hashable, MemoryItem] = {}
        self.bytes = 0
        """What is alive now, in bytes."""
        for key, item in held:
            self[key] = item

    def __contains__(self, key: Hashable) -> bool:
        return key in self._alive

    def __setitem__(self, key: Hashable, item: MemoryItem) -> None:
        """The storage is alive from now on, in place of one with the same key."""
        before = self._alive.get(key)
        self.bytes += item.bytes - (before.bytes if before else 0)
        self._alive[key] = item

    def drop(self, key: Hashable) -> None:
        """The storage is gone, if it was there."""
        item = self._alive.pop(key, None)
        if item is not None:
            self.bytes -= item.bytes

    def instant(
        self,
        node: str,
        phase: Phase = "forward",
        extra: tuple[MemoryItem, ...] = (),
        without: Iterable[Hashable] = (),
    ) -> Instant:
        """What is alive right now, with ``extra`` besides and the keys of ``without`` left out."""
        missing = frozenset(key for key in without if key in self._alive)
        size = self.bytes + sum(item.bytes for item in extra) - sum(self._alive[key].bytes for key in missing)
        return Instant(node, phase, size, self, extra, missing)

    def items(self, missing: frozenset[Hashable] = frozenset()) -> Iterator[MemoryItem]:
        """What is alive now but for some keys, in the order in which it came."""
        return (item for key, item in self._alive.items() if key not in missing)


class Instant(NamedTuple):
    """A moment while it lasts: until the run that gave it goes on."""

    node: str
    phase: Phase
    bytes: int
    ledger: Ledger
    extra: tuple[MemoryItem, ...] = ()
    missing: frozenset[Hashable] = frozenset()

    @property
    def items(self) -> tuple[MemoryItem, ...]:
        """The storages, which add up to ``bytes``."""
        return (*self.ledger.items(self.missing), *self.extra)


class Moment(NamedTuple):
    """What was alive at one moment, and which layer ran then."""

    node: str
    phase: Phase
    bytes: int
    number: int
    run: Callable[[], Iterator[Instant]]

    @property
    def items(self) -> tuple[MemoryItem, ...]:
        """The storages, which add up to ``bytes``; told anew each time, by a run as far as this moment."""
        return next(islice(self.run(), self.number, None)).items


def moments(run: Callable[[], Iterator[Instant]]) -> Iterator[Moment]:
    """The moments of a run. ``run`` starts it, each time from the beginning."""
    for number, instant in enumerate(run()):
        yield Moment(instant.node, instant.phase, instant.bytes, number, run)


def largest(moments: Iterable[Moment]) -> Moment:
    """The moment when most is alive; the first of several equal ones."""
    return max(moments, key=lambda moment: moment.bytes)
