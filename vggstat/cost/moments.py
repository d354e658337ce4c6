"""What is alive from moment to moment: a ledger of storages, and the moments that can be told again.

A network of n layers has some n moments with some n storages alive at each. A moment is therefore its number of
bytes and its place in the run; which storages they are is told for the few moments that anybody asks about, by
going through the run again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import islice
from typing import Final, NamedTuple

from vggstat.cost.items import MemoryItem, Phase

__all__ = ["MANY", "Growth", "Instant", "Ledger", "Moment", "growth", "growth_of", "largest", "moments"]


MANY: Final = 1 << 96
"""More images than any network has fixed bytes: with so many, one run tells what grows with the batch."""


class Ledger:
    """Storages that come and go, by key, beside those that are ``held`` throughout.

    Without ``tells`` it keeps their sizes only, which is enough to find the largest of many moments.
    """

    def __init__(self, held: Iterable[MemoryItem] = (), *, tells: bool = True) -> None:
        self._held = tuple(held) if tells else ()
        self._sizes: dict[Hashable, int] = {}
        self._items: dict[Hashable, MemoryItem] | None = {} if tells else None
        self.bytes = sum(item.bytes for item in (self._held or held))
        """What is alive now, in bytes."""

    def __contains__(self, key: Hashable) -> bool:
        return key in self._sizes

    def __setitem__(self, key: Hashable, item: MemoryItem) -> None:
        """The storage is alive from now on, in place of one with the same key."""
        self.bytes += item.bytes - self._sizes.get(key, 0)
        self._sizes[key] = item.bytes
        if self._items is not None:
            self._items[key] = item

    def drop(self, key: Hashable) -> None:
        """The storage is gone, if it was there."""
        self.bytes -= self._sizes.pop(key, 0)
        if self._items is not None:
            self._items.pop(key, None)

    def instant(
        self,
        node: str,
        phase: Phase = "forward",
        extra: tuple[MemoryItem, ...] = (),
        without: Iterable[Hashable] = (),
    ) -> Instant:
        """What is alive right now, with ``extra`` besides and the keys of ``without`` left out."""
        missing = frozenset(key for key in without if key in self._sizes)
        size = self.bytes + sum(item.bytes for item in extra) - sum(self._sizes[key] for key in missing)
        return Instant(node, phase, size, self, extra, missing)

    def items(self, missing: frozenset[Hashable] = frozenset()) -> Iterator[MemoryItem]:
        """What is alive now but for some keys, in the order in which it came."""
        yield from self._held
        yield from (item for key, item in (self._items or {}).items() if key not in missing)


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


Run = Callable[[bool], Iterator[Instant]]
"""Starts a run, each time from the beginning, with a ledger that tells the storages or does not."""


class Moment(NamedTuple):
    """What was alive at one moment, and which layer ran then."""

    node: str
    phase: Phase
    bytes: int
    number: int
    run: Run

    @property
    def items(self) -> tuple[MemoryItem, ...]:
        """The storages, which add up to ``bytes``; told anew each time, by a run as far as this moment."""
        return next(islice(self.run(True), self.number, None)).items


def moments(run: Run) -> Iterator[Moment]:
    """The moments of a run."""
    for number, instant in enumerate(run(False)):
        yield Moment(instant.node, instant.phase, instant.bytes, number, run)


class Growth(NamedTuple):
    """How many bytes something takes: some whatever the batch, and some for each image."""

    fixed: int
    an_image: int

    def bytes(self, batch: int) -> int:
        """Of a batch of so many images."""
        return self.fixed + batch * self.an_image


def growth(size: int) -> Growth:
    """The growth of what takes ``size`` bytes with a batch of MANY: what is left over after dividing is fixed."""
    an_image, fixed = divmod(size, MANY)
    return Growth(fixed, an_image)


def growth_of(moments: Iterable[Moment]) -> Iterator[Growth]:
    """The growth of each moment of a run with a batch of MANY."""
    return (growth(moment.bytes) for moment in moments)


def largest(moments: Iterable[Moment]) -> Moment:
    """The moment when most is alive; the first of several equal ones."""
    return max(moments, key=lambda moment: moment.bytes)
