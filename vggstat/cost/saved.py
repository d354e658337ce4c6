"""What autograd keeps from the forward pass, each storage once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple

from vggstat.cost.counting import NotCounted
from vggstat.cost.items import MemoryItem, make_item
from vggstat.cost.precision import Widths, weight_copies, widths
from vggstat.cost.workload import Workload
from vggstat.errors import UnknownMemoryError
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import CONVOLUTIONS, Param, Saved
from vggstat.shapes import Shape, values

__all__ = [
    "Kept",
    "kept_by_node",
    "reasons",
    "saved_items",
    "unknown_saved",
    "weight_copy",
    "without_unknown",
]


class Kept(NamedTuple):
    """One storage that autograd keeps; ``key`` is the number of a value where it is that value's storage."""

    key: Hashable
    item: MemoryItem


def _set_aside_words(graph: Graph) -> str:
    """Of a model that keeps less or more than its calls do by themselves."""
    return (
        f"vggstat does not know what {graph.spec.name} keeps for its backward pass: it uses "
        f"{' and '.join(graph.set_aside)} within"
    )


def kept_by_node(graph: Graph, workload: Workload) -> Iterator[tuple[Node, tuple[Kept, ...]]]:
    """For each node the storages that its own autograd record holds, whoever else holds them too.

    Nothing is held of what leads nowhere: its record goes with its result.
    """
    if graph.set_aside:
        raise UnknownMemoryError(_set_aside_words(graph))
    graph = graph.of_batch(workload.batch)
    lost = {node.index for node in graph.leads_nowhere}
    storages = graph.storages("training")
    pieces = graph.in_pieces("training", workload.batch)
    shapes = (graph.image, *(node.shape for node in graph.nodes))
    for node, width in zip(graph.nodes, widths(graph, workload), strict=True):
        copied = node.layer.copies_slices and node.inputs[0] in pieces
        held = () if node.index in lost else node.saved
        kept = [_kept(node, saved, width, storages, shapes, workload, copied=copied) for saved in held]
        if kept:
            kept += [weight_copy(node, param, workload) for param in _kept_copies(node, workload)]
        yield node, tuple(kept)


def _kept(
    node: Node,
    saved: Saved,
    width: Widths,
    storages: tuple[int, ...],
    shapes: tuple[Shape, ...],
    workload: Workload,
    *,
    copied: bool,
) -> Kept:
    key: Hashable = (node.index, saved.what)
    size = width.writes if saved.as_output else saved.width or width.reads
    if saved.of == "output":
        key, size = storages[node.output], width.writes
    elif saved.of == "made":
        key = saved.what
    elif saved.of == "input" and saved.position not in width.copies and not copied:
        storage = storages[node.inputs[saved.position]]
        key, size = storage, width.arrives[saved.position]
        # all of it, where the layer has read a part
        saved = saved._replace(elements=max(saved.elements, values(shapes[storage])))
    if saved.once:
        return Kept(key, MemoryItem(node.name, saved.what, saved.elements, saved.elements * size))
    return Kept(key, make_item(node.name, saved.what, saved.elements, workload, size))


def _kept_copies(node: Node, workload: Workload) -> tuple[Param, ...]:
    """A convolution keeps its weight, an FC layer only where it passes a gradient on; biases are not kept."""
    needed = node.needs_input_grad or node.layer.row_kind in CONVOLUTIONS
    return tuple(param for param in weight_copies(node, workload) if param.role == "weight" and needed)


def weight_copy(node: Node, param: Param, workload: Workload) -> Kept:
    """A parameter in autocast's lower format."""
    width = workload.autocast.width if workload.autocast else workload.dtype.width
    what = f"{param.name} copy"
    item = MemoryItem(node.name, what, param.elements, param.elements * width, "weight copies")
    return Kept((node.index, what), item)


def without_unknown(graph: Graph) -> Graph:
    """The graph as if the layers kept nothing of which it is not known what they keep."""
    unknown = {one.name for one in reasons(graph, lambda node: node.saved)}
    every = bool(graph.set_aside)
    nodes = tuple(
        node.replace(in_model=False) if every or node.name in unknown else node for node in graph.nodes
    )
    single = graph.single and without_unknown(graph.single)
    return graph.replace(nodes=nodes, set_aside=(), single=single)


def unknown_saved(graph: Graph) -> tuple[NotCounted, ...]:
    """The layers of which it is not known what they keep, each with the reason."""
    if graph.set_aside:
        return (NotCounted(graph.spec.name, (_set_aside_words(graph),)),)
    return tuple(reasons(graph, lambda node: node.saved))


def reasons(graph: Graph, ask: Callable[[Node], object]) -> Iterator[NotCounted]:
    """The layers that cannot answer, and why."""
    for node in graph.nodes:
        try:
            ask(node)
        except UnknownMemoryError as error:
            yield NotCounted(node.name, (str(error),), node.place.line_words)


def saved_items(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    """Each storage that autograd keeps, under the node that keeps it first."""
    first: dict[Hashable, MemoryItem] = {}
    for _, kept in kept_by_node(graph, workload):
        for key, item in kept:
            first.setdefault(key, item)
    return tuple(first.values())
