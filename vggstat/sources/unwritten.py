"""What a model may have that neither a spec nor exported code says yet, so that neither is written of it."""

from __future__ import annotations

from collections.abc import Iterator

from vggstat.errors import Unwritable
from vggstat.net.graph import Graph

__all__ = ["unwritten"]


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
