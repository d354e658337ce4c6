"""What is alive during a forward pass without gradients (torch 2.13 under inference_mode)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from vggstat.cost.items import IMAGE, OUTPUT, MemoryItem, image_item, make_item, output_item
from vggstat.cost.moments import Instant, Ledger, Moment, largest, moments
from vggstat.cost.precision import Widths, weight_copies, widths
from vggstat.cost.saved import weight_copy
from vggstat.cost.workload import Workload
from vggstat.errors import UnknownMemoryError
from vggstat.net.graph import Beside, Graph, Node
from vggstat.net.ops.base import Extra, Mode
from vggstat.shapes import values

BESIDE: Final = "made of no input"
"""What a piece of memory is called that comes of weights alone, or of nothing."""

__all__ = ["forward_phases", "inference_moments", "inference_peak", "let_go", "peak_as_written"]


def inference_moments(
    graph: Graph, workload: Workload, held: tuple[MemoryItem, ...] = (), *, as_written: bool = False
) -> Iterator[Moment]:
    """For each layer the moment of its forward pass when most is alive, in inference mode.

    The caller holds the image throughout; every other map lives from the layer that makes it to the last
    that reads it, or ``as_written``, of a graph that knows it, until Python lets go of it. Weights are not
    included unless they are ``held``, but the copies are that autocast makes of them. A softmax that closes
    the classifier does not run: torch models end in logits. Without a layer there is one moment, that of the image.
    """
    return moments(lambda tells: _forward(graph, workload, Ledger(held, tells=tells), as_written))


def let_go(graph: Graph, mode: Mode, *, as_written: bool) -> Mapping[int, Sequence[int]]:
    """For each node, by its index, the storages that the model has no use for once it has run.

    Those are the maps that nobody reads any more, or ``as_written`` the ones that Python lets go of then. The inputs are the
    caller's, and what leaves the network stays.
    """
    storages = graph.storages(mode)
    if as_written and graph.held_until is not None:
        ends: dict[int, int] = {}
        for value, until in enumerate(graph.held_until):
            ends[storages[value]] = max(ends.get(storages[value], 0), until - 1)
    else:
        ends = {storages[node.output]: node.index for node in graph.nodes}
        ends.update({storages[value]: node.index for node in graph.nodes for value in node.inputs})
    given = (0, *(node.output for node in graph.further_inputs))
    stay = {storages[value] for value in (*given, *(graph.outputs or (len(graph.nodes),)))}
    gone: dict[int, list[int]] = {}
    for storage, end in ends.items():
        if storage not in stay:
            gone.setdefault(end, []).append(storage)
    return gone


def _forward(graph: Graph, workload: Workload, live: Ledger, as_written: bool) -> Iterator[Instant]:
    if "autocast" in graph.set_aside:
        raise UnknownMemoryError(
            f"vggstat does not know what memory {graph.spec.name} needs: it uses autocast within, so that its maps "
            "have other formats than its weights"
        )
    graph = graph.of_batch(workload.batch)
    storages = graph.storages("inference")
    gone = let_go(graph, "inference", as_written=as_written)
    pieces = graph.in_pieces("inference", workload.batch)
    live[0] = image_item(graph, workload)
    for node in graph.further_inputs:
        live[node.output] = make_item(
            node.name, "input", values(node.shape), workload, graph.input_width, part="input"
        )
    if not any(node.in_model for node in graph.nodes):
        yield live.instant(IMAGE)
    for node, width in zip(graph.nodes, widths(graph, workload), strict=True):
        if not node.in_model or node.output in live:  # a further input
            continue
        for number, one in enumerate(graph.beside):
            if one.start == node.index:
                live["beside", number] = _beside_item(node, one, workload)
        for param in weight_copies(node, workload):
            copy = weight_copy(node, param, workload)
            live[copy.key] = copy.item
        is_new = storages[node.output] == node.output
        phases = forward_phases(node, width, workload) if is_new else ((),)
        if node.layer.copies_slices and not width.copies and node.inputs[0] in pieces:
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
        for storage in gone.get(node.index, ()):
            live.drop(storage)
        for number, one in enumerate(graph.beside):
            if one.end == node.index + 1:
                live.drop(("beside", number))


def _beside_item(node: Node, one: Beside, workload: Workload) -> MemoryItem:
    size = one.width or workload.dtype.width
    if one.once:
        return MemoryItem(node.name, BESIDE, one.elements, one.elements * size, "transients")
    return make_item(node.name, BESIDE, one.elements, workload, size, part="transients")


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


def peak_as_written(graph: Graph, workload: Workload) -> Moment:
    """The same of somebody's model, whose own frames may hold maps beyond their last reader."""
    return largest(inference_moments(graph, workload, as_written=True))
