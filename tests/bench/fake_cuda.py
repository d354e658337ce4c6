"""A stand-in for ``torch.cuda``: a device whose clock only moves when a kernel runs.

It holds what the code under test calls, and refuses what a real device would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["FakeCuda"]


class Event:
    def __init__(self, cuda: FakeCuda, *, enable_timing: bool = False, external: bool = False) -> None:
        self.cuda, self.enable_timing, self.external = cuda, enable_timing, external
        self.at: float | None = None

    def record(self) -> None:
        if self.cuda.capturing is not None:
            if not self.external:
                raise RuntimeError("an event without external=True gives no time in a graph")
            self.cuda.capturing.append(self._stamp)
        else:
            self._stamp()

    def _stamp(self) -> None:
        self.at = self.cuda.now_ms

    def elapsed_time(self, end: Event) -> float:
        assert self.enable_timing
        assert end.enable_timing
        assert not self.cuda.pending, "read before the device was there"
        assert self.at is not None
        assert end.at is not None
        return end.at - self.at


class Graph:
    def __init__(self, cuda: FakeCuda) -> None:
        self.cuda = cuda
        self.recorded: list[Callable[[], None]] = []

    def replay(self) -> None:
        for action in self.recorded:
            action()
        self.cuda.pending = True


class FakeStream:
    """A stream: only which one it is matters."""

    def __init__(self, name: str) -> None:
        self.name = name

    def wait_stream(self, stream: FakeStream) -> None:
        return


class Memory:
    """``torch.cuda.memory``: a history of allocations."""

    def __init__(self, trace: list[Any]) -> None:
        self.trace = trace
        self.recording: list[Any] = []

    def _record_memory_history(self, enabled: str | None = None, **settings: Any) -> None:
        self.recording.append(enabled)

    def _snapshot(self) -> dict[str, Any]:
        return {"device_traces": [self.trace]}


class FakeCuda:
    """``kernel(ms)`` is what a model under test calls in place of work."""

    def __init__(self, *, capture_fails: bool = False, stats: dict[str, int] | None = None) -> None:
        self.now_ms = 0.0
        self.lost = ""
        """The error that every call ends in from now on."""
        self.own = FakeStream("own")
        self.current = self.own
        self.pending = False
        self.capturing: list[Callable[[], None]] | None = None
        self.capture_fails = capture_fails
        self.stats = stats or {}
        self.calls: list[str] = []
        self.memory = Memory([])
        self.pools: list[Any] = []

    def kernel(self, milliseconds: float) -> None:
        def run() -> None:
            self.now_ms += milliseconds

        if self.capturing is not None:
            self.capturing.append(run)
        else:
            run()
            self.pending = True

    def Event(self, **settings: Any) -> Event:  # noqa: N802  torch's name
        return Event(self, **settings)

    def CUDAGraph(self) -> Graph:  # noqa: N802  torch's name
        return Graph(self)

    @contextmanager
    def graph(self, graph: Graph, pool: Any = None) -> Iterator[None]:
        """As torch has it: where the end of a capture fails, the stream of the capture stays the current one."""
        self.pools.append(pool)
        before, self.current = self.current, FakeStream("capture")
        self.capturing = graph.recorded
        try:
            yield
        finally:
            self.capturing = None
            if self.capture_fails:
                raise RuntimeError("CUDA error: operation not permitted when stream is capturing\nmore")
            self.current = before

    def graph_pool_handle(self) -> str:
        return f"pool {len(self.pools)}"

    def Stream(self) -> FakeStream:  # noqa: N802  torch's name
        return FakeStream("side")

    def current_stream(self) -> FakeStream:
        return self.current

    def set_stream(self, stream: FakeStream) -> None:
        self.current = stream

    @contextmanager
    def stream(self, stream: FakeStream) -> Iterator[None]:
        before, self.current = self.current, stream
        try:
            yield
        finally:
            self.current = before

    def synchronize(self) -> None:
        if self.lost:
            raise RuntimeError(self.lost)
        self.pending = False

    def _sleep(self, cycles: int) -> None:
        self.kernel(cycles / 2e6)

    def empty_cache(self) -> None:
        self.calls.append("empty_cache")

    def reset_peak_memory_stats(self, device: Any) -> None:
        self.calls.append("reset_peak")

    def memory_stats(self, device: Any) -> dict[str, int]:
        return self.stats

    def mem_get_info(self, device: Any) -> tuple[int, int]:
        return 70, 100
