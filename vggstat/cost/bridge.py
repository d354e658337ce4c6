"""From predicted to measured memory: which allocation is a predicted tensor, which a library's scratch.

An allocation belongs to a library because the allocator's trace or the profiler says who asked for it, never
because it is what is left over. What neither a prediction nor a name explains stays unexplained, in the open.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from vggstat.cost.bench import Scratch
from vggstat.cost.moments import Moment

__all__ = ["ONEDNN", "Allocation", "Attribution", "attribute", "library_of_frames", "library_of_op", "replay"]

HELD: Final = ("parameters", "optimizer state", "input")
"""What is there before a pass begins, and so is no allocation of the pass."""

SEEN: Final = "seen, not predicted"
PREDICTED: Final = "predicted, not seen"
STRAYS: Final = 12
"""So many are told: what is wrong shows in the largest."""

ONEDNN: Final = "oneDNN scratch"
WORKSPACE_FRAMES: Final = {
    "run_conv_plan": "cuDNN workspace",
    "run_single_conv": "cuDNN workspace",
    "run_fused_conv": "cuDNN workspace",
    "getnewworkspace": "cuBLAS workspace",
    "cudablasltworkspace": "cuBLAS workspace",
}
"""Functions of torch that take memory for a library and nothing else, in lower case: aten's cudnn/Conv_v8.cpp (their
names begin with these, ``run_conv_plan_fused`` too) and cuda/CublasHandlePool.cpp (torch 2.6 to 2.13)."""
TENSOR_FRAMES: Final = ("empty_cuda", "empty_generic", "empty_strided")
"""Through these every tensor is allocated, the outputs and gradients of a library's own operations too."""
LIBRARY_FRAMES: Final = {
    "blashandle": "cuBLAS workspace",
    "blaslt": "cuBLAS workspace",
    "cudnn": "cuDNN workspace",
}
"""What is left of such a stack where torch is stripped of the names above: only exported functions have one then, such
as ``at::cuda::getCurrentCUDABlasHandle``. Tensors still show themselves, for theirs are exported."""
OTHER: Final = "torch's own workspace"
"""Of what torch asks the allocator for without making a tensor, a reduction's buffer for instance."""


OPERATIONS: Final = ("at::native::", "at::cuda::", "at::meta::", "at::_ops::")
"""How the names of functions begin that say what torch was doing."""


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
    strays: tuple[Scratch, ...] = ()
    """Tensors on one side only, the largest first: seen and not predicted, or predicted and not seen (below 0). Their
    sum is what stays unexplained, but where two of them cancel they are still told."""


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
    left = _left(moment, alive)
    for allocation in left:
        name = allocation.library or allocation.inside
        if name:
            lines[name, allocation.asked_by] = lines.get((name, allocation.asked_by), 0) + allocation.bytes
    scratch = tuple(Scratch(name, size, evidence) for (name, evidence), size in lines.items())
    return Attribution(moment.node, scratch, _strays(moment, alive, left))


def _strays(moment: Moment, live: Sequence[Allocation], left: Sequence[Allocation]) -> tuple[Scratch, ...]:
    """The largest tensors that only one side knows."""
    found = [
        Scratch(SEEN, entry.bytes, entry.asked_by) for entry in left if not (entry.library or entry.inside)
    ]
    seen = Counter(entry.bytes for entry in live if not entry.library)
    for item in moment.items:
        if item.part in HELD or not item.bytes:
            continue
        if seen[item.bytes] > 0:
            seen[item.bytes] -= 1
        else:
            found.append(Scratch(PREDICTED, -item.bytes, f"{item.what} of {item.node}"))
    return tuple(sorted(found, key=lambda stray: -abs(stray.bytes))[:STRAYS])


def _expected(moment: Moment) -> Counter[int]:
    return Counter(item.bytes for item in moment.items if item.part not in HELD and item.bytes)


def _mismatch(moment: Moment, live: tuple[Allocation, ...]) -> int:
    """Bytes on one side only. A workspace never stands for a tensor: one that looks like it is missing all the same."""
    expected = _expected(moment)
    found = Counter(allocation.bytes for allocation in live if not allocation.library)
    unlike = (expected - found) + (found - expected)
    workspaces = sum(allocation.bytes for allocation in live if allocation.library)
    return sum(size * count for size, count in unlike.items()) + workspaces


def _left(moment: Moment, live: tuple[Allocation, ...]) -> list[Allocation]:
    """The allocations that no predicted tensor stands for, every workspace among them."""
    expected = _expected(moment)
    left = []
    # What lies outside any library's work is matched first: a tensor inside may be the library's own.
    for allocation in sorted(live, key=lambda allocation: bool(allocation.inside)):
        if not allocation.library and expected[allocation.bytes] > 0:
            expected[allocation.bytes] -= 1
        else:
            left.append(allocation)
    return left


def library_of_op(op: str) -> str:
    """The CPU library that does an operation's work; empty where torch does it itself."""
    if "mkldnn" in op or "onednn" in op.lower():
        return ONEDNN
    if op in ("aten::addmm", "aten::mm", "aten::linear", "aten::bmm"):
        return "BLAS scratch"
    if "convolution" in op or "conv2d" in op:
        return "convolution scratch"
    return ""


def library_of_frames(frames: Iterable[Any]) -> str:
    """The CUDA library whose workspace an allocation is, by its stack of C++ frames; empty for a tensor.

    Names decide, not where they stand: torch allocates a convolution's output and its gradients below frames of cuDNN,
    and no workspace below those of a tensor.
    """
    names = [f"{frame.get('name', '')} {_place(frame.get('filename', ''))}".lower() for frame in frames]
    for marks in (WORKSPACE_FRAMES, dict.fromkeys(TENSOR_FRAMES, ""), LIBRARY_FRAMES):
        found = next((mark for mark in marks if any(mark in name for name in names)), None)
        if found is not None:
            return marks[found]
    return OTHER if any(name.startswith("at::") for name in names) else ""


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
    return Allocation(entry["size"], _asked_by(frames), library_of_frames(frames))


def _asked_by(frames: Iterable[Any]) -> str:
    """The innermost of torch's operations on the stack; without one, that it was seen at all."""
    names = (str(frame.get("name", "")) for frame in frames)
    found = next((name for name in names if name.startswith(OPERATIONS) and "empty" not in name), None)
    if found is None:
        return "seen in the allocator's trace"
    return f"the allocator's trace, below {re.split(r'[(<]', found, maxsplit=1)[0]}"
