"""What is kept for the backward pass of a model that torch.compile has rewritten.

AOT autograd traces forward and backward together and lets the min-cut partitioner choose what to keep and
what to compute anew (torch 2.13, backend ``aot_eager_decomp_partition``). Nothing is in place there.
Inductor on a CPU adds the convolutions' weights in another layout, which is not counted.

Measured to the byte on networks built as VGGs are: A, A-BN, A-LRN and AlexNet as they ship, batches of 1 and 2, and
smaller ones with each head. Elsewhere it is approximate: the partitioner weighs the whole graph. It keeps the mean of
an LRN that no max pool follows rather than base and denominator, computes a batch norm anew before an LRN or another
batch norm, and keeps a mask less or more where ReLUs follow one another or a flatten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from vggstat.cost.items import MemoryItem, make_item
from vggstat.cost.workload import Workload
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import Saved
from vggstat.net.ops.bn import BatchNorm
from vggstat.net.ops.relu import MASK
from vggstat.shapes import values

__all__ = ["compiled_items"]


CHEAP: Final = 8
"""Values a channel from which mean and deviation are computed anew rather than kept: a reduction is kept only where its
result is less than a quarter of what it reads, and here are two results a channel."""


def compiled_items(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    """Each tensor that is kept, under the node that keeps it first; autocast is not taken into account."""
    first: dict[object, MemoryItem] = {}
    readers = _readers(graph)
    for node in graph.nodes:
        for saved in _kept(graph, node, readers, workload.batch):
            key = _value(graph, node, saved) if saved.of in ("input", "output") else (node.index, saved.what)
            first.setdefault(key, _item(node, saved, workload))
    return tuple(first.values())


def _readers(graph: Graph) -> dict[int, list[Node]]:
    """For each value the layers that read it."""
    readers: dict[int, list[Node]] = {}
    for node in graph.nodes:
        for value in node.inputs if node.in_model else ():
            readers.setdefault(value, []).append(node)
    return readers


def _kept(graph: Graph, node: Node, readers: Mapping[int, list[Node]], batch: int) -> Iterator[Saved]:
    for saved in node.saved_compiled:
        if isinstance(node.layer, BatchNorm) and saved.once and batch * values(node.shape[1:]) <= CHEAP:
            continue
        if saved.what != MASK or _needs_mask(graph, node, readers.get(node.output, ())):
            yield saved


def _needs_mask(graph: Graph, node: Node, readers: Iterable[Node]) -> bool:
    """Whether the sign cannot be read from something that is kept anyway.

    That is the ReLU's output where a reader keeps it, or what a batch norm before it keeps.
    """
    entering = node.inputs[0]
    if entering and graph.nodes[entering - 1].layer.stem == "bn":
        return False
    return all(
        saved.of != "input" or reader.inputs[saved.position] != node.output
        for reader in readers
        for saved in reader.layer.saved_compiled(*reader.in_shapes)
    )


def _value(graph: Graph, node: Node, saved: Saved) -> int:
    """The value whose memory the tensor lies in: views share their input's."""
    value = node.output if saved.of == "output" else node.inputs[saved.position]
    while value and graph.nodes[value - 1].layer.storage("training") == "view":
        value = graph.nodes[value - 1].inputs[0]
    return value


def _item(node: Node, saved: Saved, workload: Workload) -> MemoryItem:
    if saved.once:
        size = saved.elements * (saved.width or workload.dtype.width)
        return MemoryItem(node.name, saved.what, saved.elements, size)
    return make_item(node.name, saved.what, saved.elements, workload, saved.width)
