"""From predicted to measured memory: which allocation is a predicted tensor, which a library's scratch.

An allocation belongs to a library because the allocator's trace or the profiler says who asked for it, never
because it is what is left over. What neither a prediction nor a name explains stays unexplained, in the open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from vggstat.cost.bench import Scratch
from vggstat.cost.moments import Moment

__all__ = ["Allocation", "Attribution", "attribute", "library_of_frames", "library_of_op", "replay"]

HELD: Final = ("parameters", "optimizer state", "input")
"""What is there before a pass begins, and so is no allocation of the pass."""

CUBLAS_FRAMES: Final = ("getnewworkspace", "cublashandle", "cudablashandle", "cublaslt", "cudablaslt")
"""Parts of names in aten's CublasHandlePool.cpp. A stripped library shows only those of exported functions, such as
at::cuda::getCurrentCUDABlasHandle."""
CUDNN_FRAMES: Final = ("cudnn",)


class Allocation(NamedTuple):
    """Bytes that were asked for, by whom, and the library that it is scratch of; empty for a tensor."""

    bytes: int
    asked_by: str = ""
    library: str = ""
    inside: str = ""
    """The library whose work it is part of, where the allocation itself looks like any tensor's."""


class Attribution(NamedTuple):
    """The predicted moment that the live allocations fit best, and the scratch beside it."""

    node: str
    scratch: tuple[Scratch, ...]


def attribute(
    moments: Sequence[Moment], live: Iterable[Allocation], persistent: Iterable[Allocation] = ()
) -> Attribution:
    """Explains the allocations that were alive at the measured peak.

    ``live`` are those of the pass; ``persistent`` were taken by libraries before it and are kept. Where the peak
    stands elsewhere than predicted, because scratch moved it, the difference of the predictions is a line too.
    """
    alive = tuple(live)
    moment = min(moments, key=lambda moment: _mismatch(moment, alive))
    peak = max(moments, key=lambda moment: moment.bytes)
    lines: dict[tuple[str, str], int] = {}
    if moment.bytes != peak.bytes:
        lines["peak moved", f"to {moment.node}, {moment.phase}, where scratch is larger"] = (
            moment.bytes - peak.bytes
        )
    for allocation in persistent:
        key = (allocation.library, f"kept between passes, {allocation.asked_by}".removesuffix(", "))
        lines[key] = lines.get(key, 0) + allocation.bytes
    for allocation in _left(moment, alive):
        name = allocation.library or allocation.inside
        if name:
            lines[name, allocation.asked_by] = lines.get((name, allocation.asked_by), 0) + allocation.bytes
    scratch = tuple(Scratch(name, size, evidence) for (name, evidence), size in lines.items())
    return Attribution(moment.node, scratch)


def _expected(moment: Moment) -> Counter[int]:
    return Counter(item.bytes for item in moment.items if item.part not in HELD and item.bytes)


def _mismatch(moment: Moment, live: tuple[Allocation, ...]) -> int:
    """Bytes of tensors that are on one side only, libraries' scratch aside."""
    expected = _expected(moment)
    found = Counter(allocation.bytes for allocation in live)
    scratch = Counter(allocation.bytes for allocation in live if allocation.library)
    missing = expected - found
    extra = (found - expected) - scratch
    return sum(size * count for size, count in (missing + extra).items())


def _left(moment: Moment, live: tuple[Allocation, ...]) -> list[Allocation]:
    """The allocations that no predicted tensor stands for; what no library asked for is matched first."""
    expected = _expected(moment)
    left = []
    for allocation in sorted(live, key=lambda allocation: bool(allocation.library)):
        if expected[allocation.bytes] > 0:
            expected[allocation.bytes] -= 1
        else:
            left.append(allocation)
    return left


def library_of_op(op: str) -> str:
    """The CPU library that does an operation's work; empty where torch does it itself."""
    if "mkldnn" in op or "onednn" in op.lower():
        return "oneDNN scratch"
    if op in ("aten::addmm", "aten::mm", "aten::linear", "aten::bmm"):
        return "BLAS scratch"
    if "convolution" in op or "conv2d" in op:
        return "convolution scratch"
    return ""


def library_of_frames(frames: Iterable[Any]) -> str:
    """The CUDA library that a stack of C++ frames shows; empty where it shows none."""
    names = [f"{frame.get('name', '')} {_place(frame.get('filename', ''))}".lower() for frame in frames]
    if any(mark in name for name in names for mark in CUBLAS_FRAMES):
        return "cuBLAS workspace"
    if any(mark in name for name in names for mark in CUDNN_FRAMES):
        return "cuDNN workspace"
    return ""


def _place(filename: str) -> str:
    """File and folder; where torch is installed says nothing."""
    return "/".join(filename.split("/")[-2:])


def replay(trace: Iterable[Any]) -> tuple[tuple[Allocation, ...], tuple[Allocation, ...]]:
    """``(alive at the peak, kept)`` of an allocator's trace of one pass (torch.cuda.memory._snapshot).

    Sizes are those requested. A workspace that outlives the pass would be there from its beginning in any later
    pass: it is not part of the peak's moment but kept.
    """
    entries = [entry for entry in trace if entry["action"] in ("alloc", "free_requested")]
    last: dict[int, Allocation] = {}
    for entry in entries:
        if entry["action"] == "alloc":
            last[entry["addr"]] = _traced(entry)
        else:
            last.pop(entry["addr"], None)
    kept = {address: allocation for address, allocation in last.items() if allocation.library}
    live: dict[int, Allocation] = {}
    now = most = 0
    peak: tuple[Allocation, ...] = ()
    for entry in entries:
        if entry["action"] == "alloc":
            allocation = _traced(entry)
            if kept.get(entry["addr"]) == allocation:
                continue
            live[entry["addr"]] = allocation
            now += allocation.bytes
            if now > most:
                most, peak = now, tuple(live.values())
        elif entry["addr"] in live:
            now -= live.pop(entry["addr"]).bytes
    return peak, tuple(kept.values())


def _traced(entry: Any) -> Allocation:
    frames = entry.get("frames") or ()
    return Allocation(entry["size"], "seen in the allocator's trace", library_of_frames(frames))
