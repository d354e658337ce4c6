"""What is alive during a forward pass without gradients (torch 2.13 under inference_mode)."""

from __future__ import annotations

from collections.abc import Iterator

from vggstat.cost.items import IMAGE, OUTPUT, MemoryItem, image_item, make_item, output_item
from vggstat.cost.moments import Instant, Ledger, Moment, largest, moments
from vggstat.cost.precision import Widths, weight_copies, widths
from vggstat.cost.saved import weight_copy
from vggstat.cost.workload import Workload
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import Extra
from vggstat.shapes import values

__all__ = ["forward_phases", "inference_moments", "inference_peak"]


def inference_moments(
    graph: Graph, workload: Workload, held: tuple[MemoryItem, ...] = ()
) -> Iterator[Moment]:
    """For each layer the moment of its forward pass when most is alive, in inference mode.

    The caller holds the image throughout; every other map lives from the layer that makes it to the last
    that reads it. Weights are not included unless they are ``held``, but the copies are that autocast makes of
    them. A softmax that closes the classifier does not run: torch models end in logits. Without a layer there is
    one moment, that of the image.
    """
    return moments(lambda tells: _forward(graph, workload, Ledger(held, tells=tells)))


def _forward(graph: Graph, workload: Workload, live: Ledger) -> Iterator[Instant]:
    storages = graph.storages("inference")
    last_use = {storages[value]: node.index for node in graph.nodes for value in node.inputs}
    pieces = graph.in_pieces("inference", workload.batch)
    live[0] = image_item(graph, workload)
    if not any(node.in_model for node in graph.nodes):
        yield live.instant(IMAGE)
    for node, width in zip(graph.nodes, widths(graph, workload), strict=True):
        if not node.in_model:
            continue
        for param in weight_copies(node, workload):
            copy = weight_copy(node, param, workload)
            live[copy.key] = copy.item
        is_new = storages[node.output] == node.output
        phases = forward_phases(node, width, workload) if is_new else ((),)
        if node.layer.copies_slices and node.inputs[0] in pieces and not width.copies:
            whole = make_item(
                node.name,
                "input in one piece",
                values(node.in_shapes[0]),
                workload,
                width.reads,
                part="transients",
            )
            phases = tuple((whole, *phase) for phase in phases)
        most = max(phases, key=lambda items: sum(item.bytes for item in items))
        yield live.instant(node.name, extra=most)
        if is_new:
            live[node.output] = output_item(node, workload, width.writes)
        for value in {storages[value] for value in node.inputs}:
            if value and last_use[value] == node.index:
                live.drop(value)


def forward_phases(node: Node, width: Widths, workload: Workload) -> tuple[tuple[MemoryItem, ...], ...]:
    """What a layer allocates beside its input, at each moment that could be the peak."""
    cast: tuple[MemoryItem, ...] = ()
    if width.copies:
        size = sum(values(node.in_shapes[position]) for position in width.copies)
        cast = (make_item(node.name, "input copy", size, workload, width.reads, part="transients"),)
    return tuple(
        (*cast, *(_extra_item(node, extra, width, workload) for extra in phase))
        for phase in node.layer.alive(*node.in_shapes)
    )


def _extra_item(node: Node, extra: Extra, width: Widths, workload: Workload) -> MemoryItem:
    if extra.what == OUTPUT:
        return make_item(node.name, OUTPUT, extra.elements, workload, width.writes)
    size = width.writes if extra.as_output else extra.width or width.reads
    if extra.once:
        return MemoryItem(node.name, extra.what, extra.elements, extra.elements * size, "transients")
    return make_item(node.name, extra.what, extra.elements, workload, size, part="transients")


def inference_peak(graph: Graph, workload: Workload) -> Moment:
    """The moment of the forward pass when most is alive, without the parameters."""
    return largest(inference_moments(graph, workload))
