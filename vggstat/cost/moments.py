"""What is alive from moment to moment: a ledger of storages, and the moments that it can tell again.

A network of n layers has some n moments with some n storages alive at each. A moment is therefore its number of
bytes and a place in the ledger; which storages they are is told for the few moments that anybody asks about.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import NamedTuple

from vggstat.cost.items import MemoryItem, Phase

__all__ = ["Ledger", "Moment", "largest"]


class Ledger:
    """Storages that come and go, by key; it remembers every change."""

    def __init__(self, held: Iterable[tuple[Hashable, MemoryItem]] = ()) -> None:
        self._changes: list[tuple[Hashable, MemoryItem | None]] = []
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
        self._changes.append((key, item))

    def drop(self, key: Hashable) -> None:
        """The storage is gone, if it was there."""
        item = self._alive.pop(key, None)
        if item is not None:
            self.bytes -= item.bytes
            self._changes.append((key, None))

    def moment(
        self,
        node: str,
        phase: Phase = "forward",
        extra: tuple[MemoryItem, ...] = (),
        without: Iterable[Hashable] = (),
    ) -> Moment:
        """This moment, with ``extra`` alive besides and the keys of ``without`` left out."""
        missing = frozenset(key for key in without if key in self._alive)
        size = self.bytes + sum(item.bytes for item in extra) - sum(self._alive[key].bytes for key in missing)
        return Moment(node, phase, size, self, len(self._changes), extra, missing)

    def told(self, place: int) -> dict[Hashable, MemoryItem]:
        """What was alive after so many changes, in the order in which it came."""
        alive: dict[Hashable, MemoryItem] = {}
        for key, item in self._changes[:place]:
            if item is None:
                del alive[key]
            else:
                alive[key] = item
        return alive


class Moment(NamedTuple):
    """What is alive at one moment, and which layer runs then."""

    node: str
    phase: Phase
    bytes: int
    ledger: Ledger
    place: int
    extra: tuple[MemoryItem, ...] = ()
    missing: frozenset[Hashable] = frozenset()

    @property
    def items(self) -> tuple[MemoryItem, ...]:
        """The storages, which add up to ``bytes``; told anew each time."""
        alive = self.ledger.told(self.place).items()
        return (*(item for key, item in alive if key not in self.missing), *self.extra)


def largest(moments: Iterable[Moment]) -> Moment:
    """The moment when most is alive; the first of several equal ones."""
    return max(moments, key=lambda moment: moment.bytes)
