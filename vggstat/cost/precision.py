"""In which width each layer reads and writes: one for all, or lowered by autocast.

Autocast (CUDA's lists, torch 2.13) runs convolutions and FC layers in a lower format, on copies of their
parameters that it keeps until its context ends; softmax runs in float32; LRN reads what it gets and writes
float32; everything else runs in the format of what it gets. Copies are made of the input where its format is
another one.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vggstat.cost.workload import Workload
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import Param

__all__ = ["Widths", "weight_copies", "widths"]

FLOAT32_WIDTH: Final = 4


class Widths(NamedTuple):
    """Bytes a value: of what reaches a layer, of what it reads (a copy where they differ), of its output."""

    arrives: int
    reads: int
    writes: int

    @property
    def copies(self) -> bool:
        """Whether the input is copied into another format first."""
        return self.arrives != self.reads


def widths(graph: Graph, workload: Workload) -> tuple[Widths, ...]:
    """The widths at each node."""
    made = [workload.dtype.width]
    found = []
    known: dict[Widths, Widths] = {}
    for node in graph.nodes:
        arrives = made[node.inputs[0]]
        reads = _reads(node, arrives, workload)
        writes = FLOAT32_WIDTH if workload.autocast and node.layer.autocast == "raise" else reads
        width = Widths(arrives, reads, writes)
        found.append(known.setdefault(width, width))
        made.append(writes)
    return tuple(found)


def _reads(node: Node, arrives: int, workload: Workload) -> int:
    low = workload.autocast
    if low is None or node.layer.autocast in ("follow", "raise"):
        return arrives
    return low.width if node.layer.autocast == "low" else FLOAT32_WIDTH


def weight_copies(node: Node, workload: Workload) -> tuple[Param, ...]:
    """The parameters that autocast copies into its lower format."""
    if workload.autocast is None or node.layer.autocast != "low":
        return ()
    return tuple(param for param in node.params if param.role != "buffer")
