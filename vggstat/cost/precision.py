"""In which width each layer reads and writes: one for all, or lowered by autocast.

Autocast (CUDA's lists, torch 2.13) runs convolutions and FC layers in a lower format, on copies of their
parameters that it keeps until its context ends; softmax runs in float32; LRN reads what it gets and writes
float32; everything else runs in the format of what it gets. Copies are made of the input where its format is
another one. A join of maps in two formats writes the wider one, or that of the map that it writes over; only a
concatenation copies the others into it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vggstat.cost.workload import Workload
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import Autocast, Param

__all__ = ["Widths", "weight_copies", "widths"]

FLOAT32_WIDTH: Final = 4


class Widths(NamedTuple):
    """Bytes a value: of each map that reaches a layer, of what it reads (a copy where they differ), of its output."""

    arrives: tuple[int, ...]
    reads: int
    writes: int
    copies: tuple[int, ...] = ()
    """Positions of the inputs that are copied into another format first."""


def widths(graph: Graph, workload: Workload) -> tuple[Widths, ...]:
    """The widths at each node."""
    given = graph.input_width or workload.dtype.width
    made = [given]
    found = []
    known: dict[tuple[tuple[int, ...], Autocast, bool, int], Widths] = {}
    for node in graph.nodes:
        # A further input arrives from nowhere, as the image does.
        arrives = tuple([made[value] for value in node.inputs]) or (given,)
        # all that it depends on
        key = (arrives, node.layer.autocast, node.in_place, node.layer.output_width(0, 1))
        width = known.get(key)
        if width is None:
            width = known[key] = _widths(node, arrives, workload)
        found.append(width)
        made.append(width.writes)
    return tuple(found)


def _widths(node: Node, arrives: tuple[int, ...], workload: Workload) -> Widths:
    way = node.layer.autocast
    reads = _reads(node, _joined(node, arrives), workload)
    writes = node.layer.output_width(reads, workload.dtype.width)
    if workload.autocast and way == "raise":
        writes = FLOAT32_WIDTH
    others = tuple(position for position, width in enumerate(arrives) if width != reads)
    return Widths(arrives, reads, writes, () if way == "follow" else others)


def _joined(node: Node, arrives: tuple[int, ...]) -> int:
    """The width in which maps are joined. A third map is added to the sum of the first two in place."""
    if node.in_place:
        return arrives[0]
    return max(arrives if node.layer.autocast == "widest" else arrives[:2])


def _reads(node: Node, arrives: int, workload: Workload) -> int:
    low = workload.autocast
    if low is None or node.layer.autocast in ("follow", "raise", "widest"):
        return arrives
    return low.width if node.layer.autocast == "low" else FLOAT32_WIDTH


def weight_copies(node: Node, workload: Workload) -> tuple[Param, ...]:
    """The parameters that autocast copies into its lower format."""
    if workload.autocast is None or node.layer.autocast != "low":
        return ()
    return tuple(param for param in node.params if param.role != "buffer")
