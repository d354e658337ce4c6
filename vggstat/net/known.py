"""What is known of each layer of a network, for matching it with another: from a graph, or from a file of weights.

Names do not count: kinds, settings, edges and order decide.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any, Final

from vggstat.net.graph import Graph, Node
from vggstat.net.ops import all_kinds
from vggstat.net.ops.base import Layer
from vggstat.net.ops.seen import Seen
from vggstat.records import Record
from vggstat.shapes import Sides, pair, square, values

__all__ = [
    "INPUTS",
    "WEIGHTED",
    "ZEROS",
    "KnownLayer",
    "joins_nothing",
    "known_layers",
    "layers_with_tensors",
    "paddings",
]

ZEROS: Final = "zero padding"
"""What a layer of somebody's model is called that puts zeros around a map."""

JOINS: Final = ("concat", "cat", "concatenate")
"""What a concatenation is called, by the language and, along another axis, by torch."""

WEIGHTED: Final = ("conv", "upconv", "fc")
"""Kinds that a network's depth counts."""

INPUTS: Final = "inputs"
"""The setting that follows from the layers before."""

STORED: Final = ("filters", "features", "kernel", "bias", INPUTS)
"""Settings that the shapes of tensors show."""


class KnownLayer(Record):
    """One layer. ``settings`` are those that are known; a file of weights knows no strides."""

    kind: str
    """A kind of the spec language, or the name of another operation."""
    name: str
    """As its own network calls it."""
    settings: Mapping[str, Any] = {}
    block: str = ""
    reads: tuple[int, ...] | None = None
    """Positions of the layers whose maps it takes, −1 for the image; None where edges are not known."""
    dense: KnownLayer | None = None
    """The FC layer that a convolution over the whole map computes."""

    @property
    def own_name(self) -> str:
        """The name, where it says more than what the layer is: a call outside of any module is named after its function."""
        return "" if re.fullmatch(rf"{re.escape(self.kind)}(_[0-9]+)?", self.name) else self.name

    @property
    def label(self) -> str:
        """In the notation of the paper's Table 1, or in words."""
        if self.kind == "conv":
            kernel = self.settings["kernel"]
            side = kernel if isinstance(kernel, int) else "x".join(map(str, kernel))
            return f"conv{side}-{self.settings['filters']}"
        if self.kind == "fc":
            return f"FC-{self.settings['features']}"
        return _WORDS.get(self.kind, self.kind)


_WORDS: Final = {
    "bn": "batch norm",
    "relu": "ReLU",
    "lrn": "LRN",
    "adaptive-avgpool": "average pool",
    "softmax": "soft-max",
    "group-norm": "group norm",
    "layer-norm": "layer norm",
    "upsample": "upsampling",
    "shuffle": "channel shuffle",
}


@cache
def _kind_names() -> Mapping[type[Layer], str]:
    return {kind.layer: kind.name for kind in all_kinds() if not kind.settled}


def known_layers(graph: Graph, unseen: Collection[str] = ()) -> tuple[KnownLayer, ...]:
    """The layers that make a difference: without those that only reorder memory or do nothing, a join of a
    single map among them, and without the kinds that
    are ``unseen`` where the other network was found (a dropout in what runs in inference alone).

    Left out are a flatten, a dropout that drops nothing, an average pool that keeps every value, and a softmax at the end.
    """
    found: list[KnownLayer] = []
    makers: list[tuple[int, ...]] = [(-1,)]  # for each value the positions of the layers whose map it is
    padding = paddings(graph)
    for node in graph.nodes:
        reads = tuple(maker for value in node.inputs for maker in makers[value])
        if node.output in padding:
            makers.append(reads)
            continue
        if not node.in_model or _is_nothing(node) or joins_nothing(node) or _kind_of(node) in unseen:
            makers.append(reads)
            continue
        makers.append((len(found),))
        found.append(_known(node, reads, padding.get(node.inputs[0], 0) if node.inputs else 0))
    while found and found[-1].kind == "softmax":
        found.pop()
    return tuple(found)


def paddings(graph: Graph) -> dict[int, Sides]:
    """The zeros around maps that only a convolution without padding reads, by value: they are that one's padding."""
    readers: dict[int, list[Node]] = {}
    for node in graph.nodes:
        for value in node.inputs:
            readers.setdefault(value, []).append(node)
    found: dict[int, Sides] = {}
    for node in graph.nodes:
        by = readers.get(node.output, ())
        if _kind_of(node) == ZEROS and len(by) == 1 and by[0].layer.row_kind == "conv":
            geometry = by[0].layer.geometry()
            if geometry is not None and geometry.padding == 0:
                found[node.output] = _settings(node)["padding"]
    return found


def joins_nothing(node: Node) -> bool:
    """Whether it is a concatenation of a single map, which is that map."""
    return _kind_of(node) in JOINS and len(node.inputs) == 1 and node.in_shapes[0] == node.shape


def layers_with_tensors(graph: Graph) -> tuple[KnownLayer, ...]:
    """The layers that hold tensors, with the settings that a file of weights shows, and without edges.

    ``axes`` is None where they are in the format's order.
    """
    return tuple(_stored(node) for node in graph.nodes if node.params)


def _known(node: Node, reads: tuple[int, ...] | None = None, padding: Sides = 0) -> KnownLayer:
    settings = _settings(node)
    if padding:
        settings["padding"] = padding
    kind = _kind_of(node)
    if kind == "avgpool" and _is_global(node, settings):
        kind, settings = "adaptive-avgpool", {"output": 1}
    dense = None
    if kind == "conv" and _covers_the_map(node, settings):
        dense = KnownLayer(
            kind="fc",
            name=node.name,
            settings={
                "features": settings["filters"],
                "bias": settings["bias"],
                INPUTS: values(node.in_shapes[0]),
            },
            block=node.block,
            reads=reads,
        )
    return KnownLayer(
        kind=kind, name=node.name, settings=settings, block=node.block, reads=reads, dense=dense
    )


def _kind_of(node: Node) -> str:
    layer = node.layer
    return layer.operation if isinstance(layer, Seen) else _kind_names().get(type(layer), layer.stem)


def _stored(node: Node) -> KnownLayer:
    known = _known(node)
    if known.kind == "bn":
        return known.replace(settings={"channels": node.shape[0], "affine": True, "statistics": True})
    dense = known.dense
    if dense is not None:
        dense = dense.replace(settings={**dense.settings, "axes": None})
    shown = {key: value for key, value in known.settings.items() if key in STORED}
    return known.replace(settings={**shown, "axes": None}, dense=dense)


def _settings(node: Node) -> dict[str, Any]:
    """What is set about a layer, padding in pixels; for conv and FC layers the inputs of one filter too."""
    layer = node.layer
    if isinstance(layer, Seen):
        return dict(layer.settings)
    if hasattr(layer, "target"):
        return {"output": square(*layer.target)}
    settings = {name: getattr(layer, name) for name in layer.record_fields if name != "in_place"}
    windows = layer.windows()
    if "padding" in settings and windows is not None:
        settings["padding"] = windows.padding
    weight = next((param for param in node.params if param.role == "weight"), None)
    if weight is not None and len(weight.shape) > 1:
        settings[INPUTS] = weight.shape[1]
    return settings


def _is_nothing(node: Node) -> bool:
    layer = node.layer
    if layer.storage("training") == "view":  # a flatten, a dropout of nothing; a part of a map is something
        return not layer.is_part
    if layer.stem == "avgpool" and hasattr(layer, "target"):
        return node.in_shapes[0] == node.shape
    return layer.stem == "pool" and getattr(layer, "kernel", 0) == 1 == getattr(layer, "stride", 0)


def _is_global(node: Node, settings: Mapping[str, Any]) -> bool:
    """Whether an average pool with a window takes the mean of the whole map."""
    return pair(settings["kernel"]) == node.in_shapes[0][1:] and not settings["padding"]


def _covers_the_map(node: Node, settings: Mapping[str, Any]) -> bool:
    """Whether a convolution has one place to stand: it then is the FC layer of all values."""
    entering = node.in_shapes[0]
    return (
        len(entering) == 3
        and pair(settings["kernel"]) == entering[1:]
        and node.shape[1:] == (1, 1)
        and settings["groups"] == 1
        and not settings["padding"]
    )
