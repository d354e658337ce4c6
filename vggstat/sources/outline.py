"""What a network consists of, wherever it is known from: a specification, a traced model, a file of weights.

An ``Outline`` knows no names by which layers could be matched: kinds, settings, shapes and order decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from vggstat.net.graph import Graph, Node
from vggstat.net.ops import all_kinds
from vggstat.net.ops.base import Layer
from vggstat.records import Record
from vggstat.shapes import Shape, values

__all__ = ["WEIGHTED", "Outline", "Part", "outline_of", "outline_of_weights", "plain", "settings_of"]

WEIGHTED: Final = ("conv", "fc")
"""Kinds that a network's depth counts."""


class Part(Record):
    """One layer. ``settings`` are those that are known; a file of weights knows no strides."""

    kind: str
    """A kind of the spec language, or the name of another operation."""
    name: str
    """As its own network calls it."""
    settings: Mapping[str, Any] = {}
    in_shape: Shape | None = None
    shape: Shape | None = None
    block: str = ""

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
}


class Outline(Record):
    """The layers in order, and what is known of the whole."""

    parts: tuple[Part, ...]
    image: Shape | None = None
    """The image it was run on; None where nothing was run."""
    branches: str = ""
    """Where it is no chain: which operation joins what."""


@cache
def _kind_names() -> Mapping[type[Layer], str]:
    return {kind.layer: kind.name for kind in all_kinds()}


def outline_of(graph: Graph) -> Outline:
    """The layers that a specification means, all of which a traced model has to have."""
    return Outline(parts=plain(_part(node) for node in graph.nodes if node.in_model), image=graph.image)


def outline_of_weights(graph: Graph) -> Outline:
    """The layers of a specification that hold tensors."""
    return Outline(parts=tuple(_weights_part(node) for node in graph.nodes if node.params))


def _part(node: Node) -> Part:
    return Part(
        kind=_kind_names()[type(node.layer)],
        name=node.name,
        settings=settings_of(node),
        in_shape=node.in_shapes[0],
        shape=node.shape,
        block=node.block,
    )


def _weights_part(node: Node) -> Part:
    """A layer as a file of weights could know it. ``axes`` is None where they are in the format's order."""
    part = _part(node)
    if part.kind == "bn":
        return part.replace(settings={"channels": node.shape[0], "affine": True, "statistics": True})
    known = ("filters", "features", "kernel", "bias", "inputs")
    return part.replace(
        settings={**{key: value for key, value in part.settings.items() if key in known}, "axes": None}
    )


def settings_of(node: Node) -> dict[str, Any]:
    """What is set about a layer, padding in pixels; for conv and FC layers the inputs of one filter too."""
    layer = node.layer
    settings = {name: getattr(layer, name) for name in layer.record_fields}
    weight = next((param for param in node.params if param.role == "weight"), None)
    window = layer.window()
    if "padding" in settings and window is not None:
        settings["padding"] = window.padding
    if hasattr(layer, "target"):
        return {"output": square(layer.target)}
    if weight is not None and len(weight.shape) > 1:
        settings["inputs"] = weight.shape[1]
    return settings


def square(sides: tuple[int, int]) -> int | tuple[int, int]:
    """One number for two equal sides."""
    return sides[0] if sides[0] == sides[1] else sides


def plain(parts: Iterable[Part]) -> tuple[Part, ...]:
    """The layers that make a difference: without those that only reorder memory or do nothing.

    Left out are a flatten, a dropout that drops nothing, an average pool that keeps every value, and a
    softmax at the end. A convolution over the whole map is the FC layer that it computes.
    """
    kept = [_dense(part) for part in parts if not _is_nothing(part)]
    while kept and kept[-1].kind in ("softmax", "log_softmax"):
        kept.pop()
    return tuple(kept)


def _is_nothing(part: Part) -> bool:
    if part.kind == "flatten" or (part.kind == "dropout" and part.settings.get("p") == 0):
        return True
    if part.kind == "adaptive-avgpool":
        return part.in_shape == part.shape
    return part.kind in ("avgpool", "maxpool") and part.settings.get("kernel") == 1 == part.settings.get(
        "stride"
    )


def _dense(part: Part) -> Part:
    """The FC layer that a convolution is where its kernel covers the map, and its output is one value wide."""
    if part.kind != "conv" or part.in_shape is None or part.shape is None or len(part.in_shape) != 3:
        return part
    settings = part.settings
    kernel = settings["kernel"]
    covers = (kernel, kernel) if isinstance(kernel, int) else kernel
    if (
        covers != part.in_shape[1:]
        or part.shape[1:] != (1, 1)
        or settings["groups"] != 1
        or settings["padding"]
    ):
        return part
    return part.replace(
        kind="fc",
        settings={"features": settings["filters"], "bias": settings["bias"], "inputs": values(part.in_shape)},
    )
