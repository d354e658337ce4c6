"""What a model may have that neither a spec nor exported code says yet, so that neither is written of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vggstat.errors import Unwritable
from vggstat.net.building import GraphBuilder
from vggstat.net.graph import Graph, Node
from vggstat.net.known import joins_nothing, paddings
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.other import Rearranged

__all__ = ["as_written", "unwritten"]


COPIES: Final = frozenset(
    ("contiguous", "clone", "to", "type", "type_as", "float", "half", "bfloat16", "double")
)
"""Calls that hand on the values that they read, in memory of their own."""


def as_written(graph: Graph) -> Graph:
    """The graph as it is written, which makes the same values: without joins of a single map and copies of maps, and with zeros
    around a map that only a convolution reads as that one's padding.
    """
    padding = paddings(graph)
    same = {node.output for node in graph.nodes if _is_copy(node) or joins_nothing(node)}
    if not padding and not same:
        return graph
    builder = GraphBuilder(graph.image)
    numbers = {0: 0}
    for node in graph.nodes:
        if node.output in padding or node.output in same:
            numbers[node.output] = numbers[node.inputs[0]]
            continue
        pixels = padding.get(node.inputs[0], 0) if node.inputs else 0
        layer = node.layer
        numbers[node.output] = builder.add(
            layer.replace(padding=pixels) if pixels and isinstance(layer, Conv) else layer,
            node.name,
            scope=node.scope,
            place=node.place,
            inputs=tuple(numbers[value] for value in node.inputs),
            tensors=node.tensors,
            torch_name=node.torch_name,
            is_row=node.is_row,
            in_model=node.in_model,
            in_place=node.in_place and node.inputs[0] not in same,  # others may read what was copied
        )
    outputs = tuple(numbers[value] for value in graph.outputs)
    return graph.replace(nodes=builder.nodes(), outputs=outputs, held_until=None)


def _is_copy(node: Node) -> bool:
    layer = node.layer
    return isinstance(layer, Rearranged) and layer.operation in COPIES and node.in_shapes == (node.shape,)


def unwritten(graph: Graph) -> Iterator[Unwritable]:
    """Further inputs and outputs, and parameters that are shared, frozen or not used."""
    for node in graph.further_inputs:
        yield Unwritable(node.name, "input", "only networks with one input are written")
    if len(graph.outputs) > 1:
        yield Unwritable(
            "output", f"{len(graph.outputs)} values", "only networks with one output are written"
        )
    for node in graph.nodes:
        for shared in node.shared:
            path, owner = shared.param.path, shared.owner
            yield Unwritable(
                node.name, node.layer.label, f"it uses {path} of {owner}, and sharing is not written"
            )
        if any(param.frozen for param in node.params):
            yield Unwritable(node.name, node.layer.label, "its parameters are frozen, which is not written")
    for param in graph.unused:
        yield Unwritable(param.path, "parameter", "nothing uses it")
