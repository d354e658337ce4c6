"""The network itself: a graph of layers, with every shape, name and edge settled, and each kind's formulas."""

from vggstat.net.graph import Graph, Node, Sight

__all__ = ["Graph", "Node", "Sight"]
