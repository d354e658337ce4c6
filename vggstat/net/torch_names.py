"""How torch would print and name a graph's modules, torch itself not needed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vggstat.net.graph import Graph, Node
from vggstat.net.ops import fold
from vggstat.net.ops.base import TorchModule

__all__ = ["Container", "class_name", "module_of", "module_tree"]


def class_name(graph: Graph) -> str:
    """The name of the model's class: its own, torchvision's ``VGG`` for its networks, else made from the spec's name."""
    spec = graph.spec
    if graph.head is None:
        return re.sub(r"\W", "", spec.title) or "Module"
    if any(fold(alias).startswith("vgg") for alias in (*spec.aliases, spec.name)):
        return "VGG"
    word = re.sub(r"[^0-9A-Za-z]", "", spec.name)
    return word if word[:1].isalpha() else f"Net{word}"


def module_of(node: Node) -> TorchModule:
    """The torch.nn module of a node, in place only where the graph allows it."""
    module = node.layer.torch_module(*node.in_shapes)
    if module.kwargs.get("inplace") and not node.in_place:
        return module._replace(
            kwargs={key: value for key, value in module.kwargs.items() if key != "inplace"}
        )
    return module


class Container:
    """What torch has under one name: modules and containers by their own names, in order."""

    def __init__(self) -> None:
        self.held: dict[str, Container | Node] = {}
        self.is_chain = True
        """Whether its modules run one after the other, each on what the one before makes: a Sequential."""
        self._last: Node | None = None

    def put(self, path: list[str], node: Node) -> None:
        """The node under a path of names from here."""
        self.is_chain &= self._last is None or node.inputs == (self._last.output,)
        self._last = node
        if len(path) == 1:
            self.held[path[0]] = node
            return
        inner = self.held.setdefault(path[0], Container())
        assert isinstance(inner, Container)
        inner.put(path[1:], node)


def module_tree(nodes: Iterable[Node]) -> Container:
    """The nodes that are modules, by their names' parts."""
    tree = Container()
    for node in nodes:
        if node.torch_name:
            tree.put(node.torch_name.split("."), node)
    return tree
