"""What a writer needs to know of a graph's edges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy

from vggstat.net.building import GraphBuilder
from vggstat.net.graph import Node
from vggstat.net.ops.add import Add
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.multiply import Multiply
from vggstat.net.ops.part import Crop
from vggstat.net.spec import JoinKind
from vggstat.shapes import Shape

__all__ = ["Wiring", "join_kind"]


class Wiring:
    """The nodes of a graph, and who reads each value. A node's value has its position's number plus one."""

    def __init__(self, nodes: Sequence[Node], image: Shape) -> None:
        self.nodes = nodes
        self.image = image
        self.readers: list[list[int]] = [[] for _ in range(len(nodes) + 1)]
        """For each value the positions of the nodes that read it, one for each time."""
        for node in nodes:
            for value in node.inputs:
                self.readers[value].append(node.index)
        self.last_reads = [max(positions, default=len(nodes)) for positions in self.readers]
        """For each value the position of its last reader; beyond the last node for what leaves the graph."""
        self.copies = _copies(nodes, image)
        """Sums that are not written over their first map, though in the language's usual form they would be."""

    def with_layers(self, others: Mapping[int, Node]) -> Wiring:
        """The same edges with other layers at some positions."""
        if not others:
            return self
        changed = copy(self)
        changed.nodes = [others.get(node.index, node) for node in self.nodes]
        return changed

    def shape_of(self, value: int) -> Shape:
        """Of a value by its number."""
        return self.nodes[value - 1].shape if value else self.image

    def runs_on(self, position: int) -> bool:
        """Whether the node is the only reader of the one value before it, and reads nothing else."""
        return self.nodes[position].inputs == (position,) and len(self.readers[position]) == 1

    def crops_of(self, position: int) -> tuple[int, ...]:
        """The values among a node's inputs that are crops."""
        return tuple(
            value
            for value in self.nodes[position].inputs
            if value and isinstance(self.nodes[value - 1].layer, Crop)
        )


def join_kind(node: Node) -> JoinKind | None:
    """How a node joins values; None where it does not."""
    return _JOINS.get(type(node.layer))


_JOINS: dict[type, JoinKind] = {Add: "add", Concat: "concat", Multiply: "multiply"}


def _copies(nodes: Sequence[Node], image: Shape) -> frozenset[int]:
    if all(not isinstance(node.layer, Add) or node.layer.in_place for node in nodes):
        return frozenset()
    builder = GraphBuilder(image)
    for node in nodes:
        layer = Add() if isinstance(node.layer, Add) else node.layer
        builder.add(
            layer,
            node.name,
            scope=node.scope,
            place=node.place,
            inputs=node.inputs,
            in_model=node.in_model,
        )
    usual = builder.nodes()
    return frozenset(
        node.index
        for node in nodes
        if join_kind(node) == "add" and usual[node.index].in_place > node.in_place
    )
