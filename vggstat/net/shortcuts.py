"""The layers that stand on shortcuts, which the number in a ResNet's name leaves out.

A spec says which they are. A model's names may mean anything, so that its edges tell: a sum of two maps, one of which is a
single convolution away from a value, the other one two layers or more away from the same value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import CONVOLUTIONS
from vggstat.net.scopes import SHORTCUT

__all__ = ["has_weights", "on_shortcuts"]

Readers = Mapping[int, Sequence[int]]
"""For each value the indices of the nodes that read it, one beyond the last for what leaves the network."""


def has_weights(node: Node) -> bool:
    """Whether it is a convolution or an FC layer."""
    return node.layer.row_kind in (*CONVOLUTIONS, "fc")


def on_shortcuts(graph: Graph) -> frozenset[int]:
    """The indices of the nodes on shortcuts."""
    if graph.head is not None:
        return frozenset(node.index for node in graph.nodes if SHORTCUT in node.scope)
    readers = _readers(graph)
    found: set[int] = set()
    for node in graph.nodes:
        if node.layer.row_kind == "add" and len(node.inputs) == 2:
            for end, other in (node.inputs, node.inputs[::-1]):
                found.update(_shortcut(graph, readers, node, end, other))
    return frozenset(found)


def _readers(graph: Graph) -> Readers:
    readers: dict[int, list[int]] = {
        value: [len(graph.nodes)] for value in graph.outputs or (len(graph.nodes),)
    }
    for node in graph.nodes:
        for value in node.inputs:
            readers.setdefault(value, []).append(node.index)
    return readers


def _shortcut(graph: Graph, readers: Readers, add: Node, end: int, other: int) -> list[int]:
    """The nodes that lead to ``end``, where they are a shortcut around those that lead to ``other``; else none."""
    chain: list[Node] = []
    while end and len(readers[end]) == 1 and len(graph.nodes[end - 1].inputs) == 1:
        chain.append(graph.nodes[end - 1])
        (end,) = chain[-1].inputs
    weighted = [node for node in chain if has_weights(node)]
    if len(weighted) != 1 or weighted[0].layer.row_kind not in CONVOLUTIONS:
        return []
    body = _between(graph, readers, add, end, other)
    return [node.index for node in chain] if sum(map(has_weights, body)) > 1 else []


def _between(graph: Graph, readers: Readers, add: Node, fork: int, end: int) -> list[Node]:
    """The nodes from one value to another; none where anything else leads there, or is made of what they make."""
    seen = {end}
    waiting = [end]
    while waiting:
        value = waiting.pop()
        if value == fork:
            continue
        if value < fork or not graph.nodes[value - 1].inputs:
            return []
        new = set(graph.nodes[value - 1].inputs) - seen
        seen |= new
        waiting += new
    inside = seen - {fork}
    within = {value - 1 for value in inside} | {add.index}
    if not all(within.issuperset(readers.get(value, ())) for value in inside):
        return []
    return [graph.nodes[value - 1] for value in inside]
