"""Whether two graphs are equal in all that figures follow from, and where not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vggstat.net.graph import Node
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.add import Add
from vggstat.net.ops.base import Layer

__all__ = ["Unlike", "key_of", "named_alike", "unlike"]


class Unlike(NamedTuple):
    """The first node of a graph that another one has otherwise, and what is other about it."""

    node: Node | None
    why: str


def settings_of(layer: Layer) -> Mapping[str, Any]:
    """What is set about a layer: padding in pixels. Whether a sum is in place is the node's."""
    if isinstance(layer, AdaptiveAvgPool):
        return {"target": layer.target}
    if isinstance(layer, Add):
        return {}
    settings = {name: getattr(layer, name) for name in layer.record_fields}
    if "padding" in settings and (windows := layer.windows()) is not None:
        settings["padding"] = windows.padding
    return settings


def key_of(layer: Layer) -> tuple[Any, ...]:
    """What two layers have in common that are the same."""
    return (type(layer), *settings_of(layer).items())


def unlike(nodes: Sequence[Node], others: Sequence[Node]) -> Unlike | None:
    """The first difference of two graphs' nodes, place by place: layers, edges, shapes, parameters, work, memory."""
    for node, other in zip(nodes, others, strict=False):
        why = _difference(node, other)
        if why:
            return Unlike(node, why)
    if len(nodes) != len(others):
        longer = nodes[len(others)] if len(nodes) > len(others) else None
        return Unlike(longer, f"{len(nodes)} layers, and {len(others)} when it is read back")
    return None


def _difference(node: Node, other: Node) -> str:
    if key_of(node.layer) != key_of(other.layer):
        return f"{node.layer.label} with {_spoken(node)}, and when it is read back {other.layer.label} with {_spoken(other)}"
    for name in (
        "inputs",
        "in_shapes",
        "shape",
        "params",
        "ops",
        "in_model",
        "in_place",
        "on_view",
        "input_grads",
    ):
        ours, theirs = getattr(node, name), getattr(other, name)
        if ours != theirs:
            return f"{name.replace('_', ' ')} {ours}, and when it is read back {theirs}"
    return ""


def _spoken(node: Node) -> str:
    return ", ".join(f"{name}: {value}" for name, value in settings_of(node.layer).items()) or "no settings"


def named_alike(nodes: Sequence[Node], others: Sequence[Node]) -> bool:
    """Whether equal graphs have the same names and rows too."""
    return all(
        (node.name, node.torch_name, node.scope, node.is_row)
        == (other.name, other.torch_name, other.scope, other.is_row)
        for node, other in zip(nodes, others, strict=True)
    )
