"""Pieces of memory: whose they are, what for, and how many bytes."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from vggstat.cost.workload import Workload
from vggstat.errors import UnknownMemoryError
from vggstat.net.graph import Graph, Node
from vggstat.shapes import values

__all__ = [
    "IMAGE",
    "OUTPUT",
    "PARTS",
    "MemoryItem",
    "Part",
    "Phase",
    "image_item",
    "make_item",
    "output_item",
    "parameter_items",
]

OUTPUT: Final = "output"
IMAGE: Final = "input"
"""The name under which the image stands among the layers."""

Part = Literal[
    "parameters",
    "gradients",
    "optimizer state",
    "input",
    "activations",
    "weight copies",
    "transients",
]

PARTS: Final[dict[Part, str]] = {
    "parameters": "weights and biases, and a batch norm's running statistics",
    "gradients": "of the parameters, as far as they are there",
    "optimizer state": "what the optimizer keeps for each parameter",
    "input": "the images, and in training the class numbers",
    "activations": "maps of the forward pass, and what is kept of it for the backward pass",
    "weight copies": "parameters in autocast's lower format",
    "transients": "what lives while one layer or the optimizer runs: gradients of maps, indices, temporaries",
}
"""What a piece of memory is for."""

Phase = Literal["forward", "loss", "backward", "optimizer"]


class MemoryItem(NamedTuple):
    """Some bytes: whose, which tensor, how many values (None where they are of several widths), how many."""

    node: str
    what: str
    elements: int | None
    bytes: int
    part: Part = "activations"


def make_item(
    node: str,
    what: str,
    elements: int,
    workload: Workload,
    width: int | None = None,
    *,
    part: Part = "activations",
) -> MemoryItem:
    """An item of ``elements`` values of each image, of ``width`` bytes each (None: the dtype's)."""
    return MemoryItem(node, what, elements * workload.batch, workload.bytes(elements, width), part)


def image_item(graph: Graph, workload: Workload) -> MemoryItem:
    """The images, which the caller holds."""
    return make_item(IMAGE, "image", values(graph.image), workload, graph.input_width, part="input")


def output_item(node: Node, workload: Workload, width: int | None = None) -> MemoryItem:
    """The map that a layer makes. Raises UnknownMemoryError where its shape is not known."""
    if not node.shape:
        raise UnknownMemoryError(f"vggstat does not know what {node.layer.label} makes")
    return make_item(node.name, OUTPUT, values(node.shape), workload, width)


def parameter_items(graph: Graph, workload: Workload) -> tuple[MemoryItem, ...]:
    """Learned tensors, and buffers, of each layer, and those that none takes."""
    width = workload.dtype.width
    items = []
    idle = ("not used", (*graph.unused, *graph.unused_buffers))
    for name, params in (*((node.name, node.params) for node in graph.nodes), idle):
        learned = sum(param.elements for param in params if param.role != "buffer")
        if learned:
            items.append(MemoryItem(name, "parameters", learned, learned * width, "parameters"))
        buffers = [param for param in params if param.role == "buffer"]
        if buffers:
            size = sum(param.elements * (param.width or width) for param in buffers)
            mixed = any(param.width for param in buffers)
            count = None if mixed else sum(param.elements for param in buffers)
            items.append(MemoryItem(name, "running statistics", count, size, "parameters"))
    return tuple(items)
