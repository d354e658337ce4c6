"""What a specification means: the layer graph, with every shape, name and edge settled."""

from vggstat.graph.build import build_graph
from vggstat.graph.model import Graph, Node, Sight

__all__ = ["Graph", "Node", "Sight", "build_graph"]
