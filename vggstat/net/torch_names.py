"""How torch would print and name a graph's modules, torch itself not needed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from vggstat.net.graph import Graph, Node
from vggstat.net.ops import fold
from vggstat.net.ops.base import TorchModule

__all__ = ["TAKEN", "Container", "class_name", "module_of", "module_path", "module_tree"]


_OF_TORCH: Final = """
    T_destination add_module append apply bfloat16 buffers call_super_init children clear compile cpu cuda double
    dump_patches eval extend extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half insert
    ipu items keys load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters
    pop register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_module register_parameter register_state_dict_post_hook
    register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule share_memory state_dict to to_empty train
    training type update values xpu zero_grad
"""
TAKEN: Final = frozenset(_OF_TORCH.split())
"""What torch's modules and containers have already, so that no module in them can be called so (torch 2.13)."""


def module_path(parts: Iterable[str]) -> str:
    """The name of a module by its path; what torch's modules have already gets a line behind: ``train_``."""
    return ".".join(f"{part}_" if part.rstrip("_") in TAKEN else part for part in parts)


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
