"""The stopwatch: one thing that is run again and again, until its median is known well enough.

After triton's do_bench, torch.utils.benchmark and criterion: warm-up by time, the first
call apart, raw samples kept, length by the interval of the median, garbage collection kept out.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import pairwise
from time import perf_counter_ns
from typing import Any, Final

from vggstat.cost.bench import Timing
from vggstat.cost.statistics import relative_half_width
from vggstat.measure.bench.clock import Clock

__all__ = ["FEWEST", "TURNS", "Mark", "Stopwatch", "take_turns"]

Mark = Callable[[str], None]
"""Called with the name of what has just ended."""

FEWEST: Final = 10
"""Runs before a result is called done."""
FEWEST_LATE: Final = 3
"""Runs after which a result is left as it is that has taken three times its limit."""
WARM_UP_S: Final = 0.025
TURNS: Final = 8
"""How many turns a watch takes, if it needs all of its time: A B A B."""
FEWEST_TURNS: Final = 3
"""Turns before a result is called done: equal samples of one turn say nothing about the next."""
DISCARDED_S: Final = 0.05
"""How long a turn runs before it is read: others have had the caches, the clock and the memory meanwhile."""
CHUNK_S: Final = 0.05
"""Runs are queued for about so long before the host waits for the device."""
LONGEST_CHUNK: Final = 256


class Stopwatch:
    """Times ``run``, which marks where its sections end; without a mark all of it is one section."""

    def __init__(
        self,
        name: str,
        run: Callable[[Mark], object],
        clock: Clock,
        *,
        limit_s: float,
        target: float = 0.01,
        context: Callable[[], AbstractContextManager[Any]] = nullcontext,
        while_busy: Callable[[], object] | None = None,
        discard_s: float | None = None,
    ) -> None:
        self.name = name
        self.run = run
        self.clock = clock
        self.limit_s = limit_s
        self.target = target
        self.context = context
        """Entered around each turn, not around each run: inference mode, numeric settings."""
        self.while_busy = while_busy
        """Called once a turn while a device still works on what it was given."""
        self.discard_s = DISCARDED_S if discard_s is None else discard_s
        self.turns = 0
        self.ended = False
        self.samples: list[float] = []
        self.host_samples: list[float] = []
        self.sections: dict[str, list[float]] = {}
        self.first_s: float | None = None
        self.spent_s = 0.0
        self.estimate_s = 0.0

    # one run ----------------------------------------------------------------------------------------------

    def _queue(self) -> tuple[list[tuple[str, Any]], float]:
        """Starts one run; the stamps at its marks, the first of them at its beginning, and the host's time."""
        stamps: list[tuple[str, Any]] = [("", self.clock.stamp())]
        start = perf_counter_ns()
        self.run(lambda name: stamps.append((name, self.clock.stamp())))
        if len(stamps) == 1:
            stamps.append(("", self.clock.stamp()))
        return stamps, (perf_counter_ns() - start) / 1e9

    def _read(self, stamps: Sequence[tuple[str, Any]], host_s: float) -> None:
        self.samples.append(self.clock.seconds(stamps[0][1], stamps[-1][1]))
        if self.clock.is_asynchronous:
            self.host_samples.append(host_s)
        for (_, start), (name, end) in pairwise(stamps):
            if name:
                self.sections.setdefault(name, []).append(self.clock.seconds(start, end))

    # from the cold call to the last -----------------------------------------------------------------------

    def start(self) -> None:
        """The first call, timed apart, and the warm-up."""
        with self.context():
            began = perf_counter_ns()
            self.run(_unmarked)
            self.clock.synchronize()
            first = (perf_counter_ns() - began) / 1e9
            if self.first_s is None:
                self.first_s = first
            began = perf_counter_ns()
            runs = 0
            while not runs or perf_counter_ns() - began < WARM_UP_S * 1e9:
                self.run(_unmarked)
                self.clock.synchronize()
                runs += 1
            self.estimate_s = (perf_counter_ns() - began) / 1e9 / runs

    def turn(self, seconds: float | None = None) -> None:
        """Takes samples for a turn's share of the limit, or for ``seconds``; at least one.

        What runs in the first ``discard_s`` is not read, and is no part of the time spent. On a device that is a run at
        least; on a host none where a single one takes longer, for there it warms itself.
        """
        wanted = self.limit_s / TURNS if seconds is None else seconds
        with self.context(), _no_garbage_collection():
            self._discard()
            began = perf_counter_ns()
            self._sample(lambda: perf_counter_ns() - began >= wanted * 1e9)
        self.spent_s += (perf_counter_ns() - began) / 1e9
        self.turns += 1

    def _discard(self) -> None:
        end = perf_counter_ns() + self.discard_s * 1e9
        if self.clock.is_asynchronous:
            self.run(_unmarked)
            self.clock.synchronize()
        elif self.estimate_s > self.discard_s:
            return
        while perf_counter_ns() < end:
            self.run(_unmarked)
            self.clock.synchronize()

    def _sample(self, is_over: Callable[[], bool]) -> None:
        """Runs and reads until the turn is over, at least once."""
        queued = 1
        if self.clock.is_asynchronous and self.estimate_s > 0:
            queued = min(LONGEST_CHUNK, max(1, int(CHUNK_S / self.estimate_s)))
        probe = self.while_busy if self.clock.is_asynchronous else None
        while True:
            chunk = [self._queue() for _ in range(queued)]
            if probe:
                probe()
                probe = None
            self.clock.synchronize()
            for stamps, host_s in chunk:
                self._read(stamps, host_s)
            if is_over():
                break

    def end(self) -> None:
        """Nothing more is run, and what was run is free; the samples stay."""
        self.ended = True
        self.run = _nothing

    def forget(self) -> None:
        """Begin anew with the samples; the first call and the estimate stay."""
        self.samples, self.host_samples, self.sections = [], [], {}
        self.turns, self.spent_s = 0, 0.0

    @property
    def is_done(self) -> bool:
        """Whether the median is known well enough, or its time is up, after three turns at least."""
        if self.ended:
            return True
        count = len(self.samples)
        if self.turns < FEWEST_TURNS:
            return False
        if count >= FEWEST:
            return self.spent_s >= self.limit_s or relative_half_width(self.samples) <= self.target
        return count >= FEWEST_LATE and self.spent_s >= 3 * self.limit_s

    @property
    def share_done(self) -> float:
        """From 0 to 1."""
        return 1.0 if self.is_done else min(0.99, max(self.spent_s / self.limit_s, self.turns / (TURNS + 1)))

    def timing(self) -> Timing | None:
        """What was measured; None before the first sample."""
        if not self.samples:
            return None
        return Timing(
            samples_s=tuple(self.samples), first_s=self.first_s, host_samples_s=tuple(self.host_samples)
        )

    def section(self, name: str) -> tuple[float, ...]:
        """The samples of one section."""
        return tuple(self.sections.get(name, ()))


def take_turns(watches: Sequence[Stopwatch], progress: Callable[[], None] = lambda: None) -> None:
    """Runs all watches that are not done, one turn each, until all are: drift of the machine meets them all."""
    while waiting := [watch for watch in watches if not watch.is_done]:
        for watch in waiting:
            watch.turn()
            progress()


def _unmarked(name: str) -> None:
    """A mark that nobody reads."""


def _nothing(mark: Mark) -> None:
    """What a stopwatch runs that has ended."""


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """The collector off, as torch.utils.benchmark has it; the caller's setting comes back."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
