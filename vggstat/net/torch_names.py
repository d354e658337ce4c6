"""How torch would print and name a graph's modules, torch itself not needed."""

from __future__ import annotations

import re

from vggstat.net.graph import Graph, Node
from vggstat.net.ops import fold
from vggstat.net.ops.base import TorchModule

__all__ = ["class_name", "containers", "module_of"]


def class_name(graph: Graph) -> str:
    """The name of the model's class: torchvision's ``VGG`` for its networks, else made from the spec's name."""
    spec = graph.spec
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


def containers(graph: Graph) -> dict[str, list[Node]]:
    """The nodes that are modules, by the attribute of the model that holds them, in order.

    ``features`` and ``classifier`` are Sequentials of numbered modules; ``avgpool`` is one module.
    """
    held: dict[str, list[Node]] = {}
    for node in graph.nodes:
        if node.torch_name:
            held.setdefault(node.torch_name.partition(".")[0], []).append(node)
    return held
