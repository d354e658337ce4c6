"""The largest batch that fits into a memory, what stops the next one, and what would help."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from vggstat.cost.footprint import Footprint, all_moments, footprints, refuse_untrainable
from vggstat.cost.moments import MANY, growth_of
from vggstat.cost.optimizer import Optimizer, find_optimizer
from vggstat.cost.training import least_batch
from vggstat.cost.workload import Workload, find_dtype
from vggstat.errors import UsageError, VggstatError
from vggstat.net.graph import Graph
from vggstat.net.spec import Head
from vggstat.records import Record
from vggstat.sources.spec.build import build_graph

__all__ = ["RESERVE", "Fit", "Remedy", "fit", "largest_batch", "parse_memory"]

RESERVE: Final = 2**30
"""Bytes set aside where nothing else is said: CUDA's context and kernels, workspaces of cuBLAS (32 MiB or
twice that) and cuDNN, and the allocator's slack. An assumption: none of them can be computed."""

UNITS: Final = {"B": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5}
LIMIT: Final = 10**18


class Remedy(NamedTuple):
    """Something to change, as it is written on the command line, and the largest batch with it."""

    change: str
    batch: int


class Fit(Record):
    """What fits into ``memory_bytes`` of which ``reserve_bytes`` are set aside."""

    memory_bytes: int
    reserve_bytes: int
    batch: int
    """The largest that fits; 0 where not even the least does."""
    least: int
    """The smallest batch that can be run: 2 where a batch norm cannot be trained on one image."""
    footprint: Footprint
    """With this batch, or with the least where none fits."""
    next: Footprint
    """With one image more (the least batch where none fits): its peak is what binds. Of a model in inference both are of
    the way of holding maps that takes more."""
    remedies: tuple[Remedy, ...]
    """What would let a larger batch fit, the best first."""

    @property
    def budget_bytes(self) -> int:
        """What is there for tensors."""
        return self.memory_bytes - self.reserve_bytes


def fit(graph: Graph, workload: Workload, memory_bytes: int, reserve_bytes: int = RESERVE) -> Fit:
    """The largest batch that fits. Raises UsageError where nothing is left for it, and UnknownMemoryError where nobody
    knows what the network takes.
    """
    if reserve_bytes >= memory_bytes:
        raise UsageError(
            f"the reserve of {reserve_bytes:,} B leaves nothing of {memory_bytes:,} B: give more --memory, "
            "or less --reserve (0B for none)"
        )
    least = _least(graph, workload)
    refuse_untrainable(graph, workload.replace(batch=least))
    budget = memory_bytes - reserve_bytes
    batch = largest_batch(graph, workload, budget)
    remedies = [
        Remedy(change, larger)
        for change, other, load in _changes(graph, workload)
        if (larger := largest_batch(other, load, budget)) > batch
    ]
    return Fit(
        memory_bytes=memory_bytes,
        reserve_bytes=reserve_bytes,
        batch=batch,
        least=least,
        footprint=footprints(graph, workload.replace(batch=max(batch, least)))[0],
        next=footprints(graph, workload.replace(batch=max(batch + 1, least)))[0],
        remedies=tuple(sorted(remedies, key=lambda remedy: -remedy.batch)),
    )


def largest_batch(graph: Graph, workload: Workload, budget_bytes: int) -> int:
    """The largest batch whose peak is at most ``budget_bytes``; 0 where the least one is too much.

    The peak is the largest of the moments, so the batch is the smallest that any of them admits.
    """
    lines = growth_of(all_moments(graph, workload.replace(batch=MANY)))
    batch = min((budget_bytes - line.fixed) // line.an_image for line in lines)
    return batch if batch >= _least(graph, workload) else 0


def _least(graph: Graph, workload: Workload) -> int:
    return least_batch(graph) if workload.mode == "training" else 1


def _changes(graph: Graph, workload: Workload) -> Iterator[tuple[str, Graph, Workload]]:
    """What could be changed: the option that does it, and what is run then."""
    if workload.dtype.width == 4 and workload.autocast is None:
        yield "--dtype bf16", graph, workload.replace(dtype=find_dtype("bf16"))
        if workload.mode == "training":
            yield "--autocast bf16", graph, workload.replace(autocast=find_dtype("bf16"))
    if workload.mode == "training":
        for change, optimizer in _lighter(workload.optimizer):
            yield change, graph, workload.replace(optimizer=optimizer)
    if graph.head is None:  # a model's head is in its code
        return
    # Without FC layers there is nothing to train by class numbers.
    heads: tuple[Head, ...] = ("gap",) if workload.mode == "training" else ("gap", "none")
    for head in heads:
        if head != graph.head:
            other = _with_head(graph, head)
            if other is not None:
                yield f"--head {head}", other, workload


def _lighter(optimizer: Optimizer) -> Iterator[tuple[str, Optimizer]]:
    if optimizer.implementation != "fused":
        yield "--implementation fused", optimizer.replace(implementation="fused")
    for name in ("momentum", "sgd"):
        other = find_optimizer(name, optimizer.implementation)
        if len(other.states) < len(optimizer.states):
            yield f"--optimizer {name}", other


def _with_head(graph: Graph, head: Head) -> Graph | None:
    """The same network with another head; None where it can have none."""
    classes = graph.classes if head != "none" else None
    try:
        other = build_graph(graph.spec, image=graph.image, head=head, classes=classes)
    except VggstatError:
        return None
    return other if any(node.params for node in other.nodes) else None


def parse_memory(text: str, option: str) -> int:
    """Bytes as ``24GiB``, ``24 GB``, ``512MiB``. Raises UsageError for anything else.

    The unit has to be written in full: ``24G`` could be either.
    """
    match = re.fullmatch(r"\s*([0-9]{1,15})(?:\.([0-9]{1,9}))?\s*([KMGTP]?)(i?)(B)\s*", text, re.IGNORECASE)
    if match is None or (match[4] and not match[3]):
        shown = text if len(text) <= 20 else f"{text[:17]}..."
        raise UsageError(f"cannot read {option} {shown!r}: expected a number with its unit, as 24GiB or 80GB")
    base = 1024 if match[4] else 1000
    decimals = match[2] or ""
    unit: int = base ** UNITS[f"{match[3].upper()}B"]
    step: int = 10 ** len(decimals)
    number = int(match[1] + decimals) * unit // step
    if number > LIMIT:
        raise UsageError(f"{option} {text.strip()} is more than {LIMIT:,} B")
    return number
