"""What is said of a network at the head of a file that builds it."""

from __future__ import annotations

from vggstat.net.graph import Graph
from vggstat.shapes import describe
from vggstat.version import __version__

__all__ = ["about"]


def about(graph: Graph) -> tuple[str, str]:
    """Two paragraphs: what it is and where that stands, and its parameters and MACs."""
    what = ": ".join(filter(None, (graph.spec.title, graph.spec.source)))
    params = sum(param.elements for node in graph.nodes for param in node.params if param.role != "buffer")
    macs = sum(node.ops.macs for node in graph.nodes)
    figures = f"{params:,} parameters, {macs:,} MACs for one image of {describe(graph.image)}."
    return f"{what}.", f"{figures} Written by vggstat {__version__}."
