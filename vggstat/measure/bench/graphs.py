"""CUDA graphs: the whole pass recorded once and replayed, with timing events between the layers.

Events captured with ``external=True`` are recorded anew by every replay (PyTorch pull request 155372), so the
times of consecutive groups add up to the pass by construction, with no gaps of the host between them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from typing import Any, Final

from vggstat.measure.bench.clock import CudaClock
from vggstat.measure.bench.stopwatch import Mark, Stopwatch

__all__ = ["Captured", "GraphWatch", "PrimedWatch", "capture"]

WARM_UPS: Final = 3
WAIT_CYCLES: Final = 20_000_000
"""About 10 ms at 2 GHz: time for the host to queue a whole pass (about 50 kernels and 22 events for D)."""


class Captured:
    """A recorded pass and the events in it, in order: the first at its beginning."""

    def __init__(self, graph: Any, marks: list[tuple[str, Any]]) -> None:
        self.graph = graph
        self.marks = marks


def capture(
    run: Callable[[Mark], object],
    cuda: Any,
    *,
    with_events: bool,
    context: Callable[[], AbstractContextManager[Any]] = nullcontext,
    pool: Any = None,
) -> Captured:
    """The pass as a CUDA graph. Whatever capture raises is the caller's to name and fall back from.

    The stream that was current is so again, whatever happens: torch's context leaves its own one in place where the end
    of the capture fails (torch 2.11 and 2.13), and all that comes after would run on a stream that is invalid.
    Graphs of one ``pool`` (``torch.cuda.graph_pool_handle()``) share their memory: each begins from what lies outside
    of it, weights, images and optimizer state, and nobody reads what another has left there.
    """
    with context():
        own = cuda.current_stream()
        try:
            return _captured(run, cuda, own, with_events=with_events, pool=pool)
        finally:
            cuda.set_stream(own)


def _captured(
    run: Callable[[Mark], object], cuda: Any, own: Any, *, with_events: bool, pool: Any
) -> Captured:
    side = cuda.Stream()
    side.wait_stream(own)
    with cuda.stream(side):
        for _ in range(WARM_UPS):
            run(_unmarked)
    own.wait_stream(side)
    marks: list[tuple[str, Any]] = []

    def mark(name: str) -> None:
        event = cuda.Event(enable_timing=True, external=True)
        event.record()
        marks.append((name, event))

    graph = cuda.CUDAGraph()
    with cuda.graph(graph, pool=pool):
        if with_events:
            mark("")
        run(mark if with_events else _unmarked)
    return Captured(graph, marks)


class GraphWatch(Stopwatch):
    """Times replays. Where the graph holds events of its own, sections are read from them."""

    def __init__(self, name: str, captured: Captured, clock: CudaClock, **settings: Any) -> None:
        super().__init__(name, self._replay, clock, **settings)
        self.captured = captured

    def _replay(self, _: Mark) -> None:
        self.captured.graph.replay()

    def end(self) -> None:
        super().end()
        self.captured.graph = None

    def _sample(self, is_over: Callable[[], bool]) -> None:
        """A replay overwrites the events of the one before, so each is read before the next begins."""
        if not self.captured.marks:
            super()._sample(is_over)
            return
        while True:
            started = perf_counter()
            self.captured.graph.replay()
            host_s = perf_counter() - started
            self.clock.synchronize()
            self._read(self.captured.marks, host_s)
            if is_over():
                break


class PrimedWatch(Stopwatch):
    """Eager runs behind a wait on the device, so that the host has queued all of a run before it begins.

    The way out where a pass cannot be captured: without it, short kernels would be timed with the host's gaps.
    """

    def __init__(self, name: str, run: Callable[[Mark], object], clock: CudaClock, **settings: Any) -> None:
        def primed(mark: Mark) -> None:
            clock.cuda._sleep(WAIT_CYCLES)
            mark("")
            run(mark)

        super().__init__(name, primed, clock, **settings)

    def _read(self, stamps: Any, host_s: float) -> None:
        # The first stamp stands before the wait, the second behind it.
        super()._read(stamps[1:], host_s)


def _unmarked(name: str) -> None:
    """A mark that nobody reads."""
