"""Measured memory of one pass, and how it comes about from the predicted."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from inspect import signature
from typing import Any, Final

import torch

from vggstat.cost.bench import MemoryBridge, Scratch
from vggstat.cost.bridge import ONEDNN, Allocation, attribute, library_of_op, replay
from vggstat.cost.footprint import Footprint, measure
from vggstat.errors import UnknownMemoryError
from vggstat.measure.bench.passes import TimedPass
from vggstat.measure.step import NativeDropout

__all__ = ["bytes_of_others", "cpu_bridge", "cuda_bridge"]

WARM_UPS: Final = 3


def cpu_bridge(timed: TimedPass, run: Callable[[], object]) -> MemoryBridge:
    """The bridge of a pass on a CPU: every allocation as torch's profiler sees it, beside the tensors that stay.

    Dropout masks are those of CUDA here, as predicted: a CPU's own are as wide as the activations.
    """
    footprint, unknown = _predicted(timed)
    dropout = NativeDropout() if timed.is_training else nullcontext()
    with dropout:
        run()
        gc.collect()
        tree = _profile(run)
    peak, live, where = _peak_of(tree)
    bridge = MemoryBridge(
        predicted_bytes=None,
        requested_peak_bytes=timed.held_bytes() + peak,
        measured_at=where,
        method="torch.profiler, every allocation of one pass",
        error=unknown,
    )
    if footprint is None:
        return bridge
    found = attribute(footprint.moments, live)
    raised = timed.workload.autocast and any(
        node.in_model and node.layer.autocast in ("raise", "float32") for node in timed.report.graph.nodes
    )
    return bridge.replace(
        predicted_bytes=footprint.peak.bytes,
        predicted_at=_place(footprint),
        scratch=found.scratch,
        strays=found.strays,
        error=(
            "The formats of LRN and softmax under autocast are predicted as on CUDA; a CPU has other ones."
            if raised
            else ""
        ),
    )


def _predicted(timed: TimedPass) -> tuple[Footprint | None, str]:
    """What the pass is predicted to take, each map there as long as the model holds it; or why nobody knows it."""
    try:
        return measure(timed.report.graph, timed.workload, as_written=True), ""
    except UnknownMemoryError as error:
        return None, f"There is no prediction: {error}."


def _place(footprint: Footprint) -> str:
    peak = footprint.peak
    return peak.node if peak.phase == "forward" else f"{peak.node}, {peak.phase}"


def _profile(run: Callable[[], object]) -> list[Any]:
    """The profiler's event tree of one run."""
    from torch.profiler import ProfilerActivity, profile  # half a second to import

    # One cycle is all there is: some versions (2.11) warn of what is lost with the next, unless all are kept.
    cycles: Any = {"acc_events": True} if "acc_events" in signature(profile.__init__).parameters else {}
    activities = [ProfilerActivity.CPU]
    with _silent(), profile(activities=activities, profile_memory=True, **cycles) as profiler:
        run()
    tree: list[Any] = profiler.profiler.kineto_results.experimental_event_tree()
    return tree


def _peak_of(tree: list[Any]) -> tuple[int, tuple[Allocation, ...], str]:
    """``(bytes, allocations, operation)`` at the moment of one run when most was allocated."""
    events = sorted(_allocations(tree, ()), key=lambda event: event[0])
    live: dict[int, Allocation] = {}
    now = most = 0
    at: tuple[Allocation, ...] = ()
    where = ""
    for _, size, address, path in events:
        if size > 0:
            live[address] = _allocation(size, path)
            now += size
            if now > most:
                most, at, where = now, tuple(live.values()), path[0] if path else ""
        elif address in live:
            now -= live.pop(address).bytes
    return most, at, where


def _allocation(size: int, path: tuple[str, ...]) -> Allocation:
    """What oneDNN's operations allocate themselves is its scratch; what torch allocates inside one, or a matrix product
    itself, is its output or its scratch: which, the predicted tensors tell."""
    op = path[-1] if path else ""
    outer = next((name for name in reversed(path) if library_of_op(name)), "")
    library = library_of_op(op)
    own = library if library == ONEDNN else ""
    return Allocation(size, f"allocated inside {outer or op}", own, library_of_op(outer))


def _allocations(nodes: list[Any], path: tuple[str, ...]) -> Iterator[tuple[int, int, int, tuple[str, ...]]]:
    from torch._C._profiler import _EventType  # private to torch

    for node in nodes:
        if node.tag == _EventType.Allocation:
            fields = node.extra_fields
            yield node.start_time_ns, fields.alloc_size, fields.ptr, path
        yield from _allocations(node.children, (*path, node.name))


@contextmanager
def _silent() -> Iterator[None]:
    """Standard error closed for a while: the profiler's library writes there past Python (torch 2.13)."""
    try:
        target = sys.__stderr__.fileno() if sys.__stderr__ else 2
        kept = os.dup(target)
    except OSError:
        yield
        return
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, target)
        yield
    finally:
        os.dup2(kept, target)
        os.close(kept)
        os.close(null)


def bytes_of_others(device: torch.device, cuda: Any = torch.cuda) -> int:
    """Bytes that other configurations of the sweep hold on the GPU; workspaces of cuBLAS are given up first."""
    _clear_workspaces()
    return int(cuda.memory_stats(device).get("requested_bytes.all.current", 0))


def _clear_workspaces() -> None:
    """cuBLAS takes its workspaces anew when it next needs them, so that they show in the trace."""
    clear = getattr(torch._C, "_cuda_clearCublasWorkspaces", None)
    if clear is not None:
        clear()


def cuda_bridge(
    timed: TimedPass, run: Callable[[], object], cuda: Any = torch.cuda, *, others: int = 0
) -> MemoryBridge:
    """The bridge of a pass on a GPU: peaks of the caching allocator, workspaces from its trace.

    ``requested_bytes`` is what can be compared with a prediction: it counts bytes before they are rounded.
    ``others`` are the bytes requested by configurations that stand beside it, see ``bytes_of_others``.
    """
    footprint, unknown = _predicted(timed)
    for _ in range(WARM_UPS):
        run()
    gc.collect()
    cuda.synchronize()
    cuda.empty_cache()
    cuda.reset_peak_memory_stats(timed.device)
    run()
    cuda.synchronize()
    stats = cuda.memory_stats(timed.device)
    free, total = cuda.mem_get_info(timed.device)
    bridge = MemoryBridge(
        predicted_bytes=footprint.peak.bytes if footprint else None,
        predicted_at=_place(footprint) if footprint else "",
        requested_peak_bytes=stats["requested_bytes.all.peak"] - others,
        # Rounding and segments of several configurations cannot be told apart.
        allocated_peak_bytes=None if others else stats["allocated_bytes.all.peak"],
        reserved_peak_bytes=None if others else stats["reserved_bytes.all.peak"],
        device_bytes=None if others else total - free,
        method="torch.cuda.memory_stats, workspaces by the allocator's trace",
        error=unknown,
    )
    if footprint is None:
        return bridge
    try:
        live, kept = _trace(timed, run, cuda)
    except Exception as error:
        # The history is private to torch: without it the peaks still stand, only unattributed.
        return bridge.replace(
            error=f"no allocator trace ({type(error).__name__}): workspaces are not told apart"
        )
    found = attribute(footprint.moments, live, kept)
    counters = timed.counter_bytes()
    beside = (Scratch("optimizer's step counters", counters, "one value a tensor"),) if counters else ()
    return bridge.replace(scratch=(*found.scratch, *beside), strays=found.strays, measured_at=found.node)


def _trace(
    timed: TimedPass, run: Callable[[], object], cuda: Any
) -> tuple[tuple[Allocation, ...], tuple[Allocation, ...]]:
    """One more pass with the allocator's history on; cuBLAS has to take its workspace anew, so that it shows."""
    _clear_workspaces()
    cuda.memory._record_memory_history(enabled="all", context="all", stacks="all", clear_history=True)
    try:
        run()
        cuda.synchronize()
        snapshot = cuda.memory._snapshot()
    finally:
        cuda.memory._record_memory_history(enabled=None)
    return replay(snapshot["device_traces"][timed.device.index or 0])
