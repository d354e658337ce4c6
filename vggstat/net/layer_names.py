"""What the rows of a network are called elsewhere: in papers, in Caffe, Keras and torch.

Each way to name them is a scheme of its own, as ``conv3`` is the third convolution to some and the third block to others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from vggstat.net.graph import Graph, Node

__all__ = ["Names", "find_schemes", "plain_name"]

Names = dict[str, str]
"""The row that a name means, by the name as ``plain_name`` has it."""
_NOUNS: Final = {"pool": ("pool", "maxpool", "max_pool", "pooling"), "fc": ("fc", "dense", "linear", "ip")}


class _Layer(NamedTuple):
    """A row that is named by its kind, with where it stands among those of its kind."""

    node: Node
    block: int
    in_block: int
    of_all: int


def plain_name(words: str) -> str:
    """A printed name without what is written in many ways: ``Conv 1-1 (3x3)`` and ``conv1_1`` are ``conv1_1``."""
    bare = re.sub(r"\([^()]*\)", " ", words).strip(" *`|:.").lower()
    bare = re.sub(r"[\s_./-]+", "_", bare).strip("_")
    bare = re.sub(r"^(conv|fc|pool|maxpool|block|stage|dense|linear|layer)_(?=\d)", r"\1", bare)
    return re.sub(
        r"^(?:convolution|convolutional|conv2d|conv_layer|convolutional_layer)_?(?=\d)", "conv", bare
    )


def find_schemes(graph: Graph) -> tuple[Names, ...]:
    """The ways to name the rows of a graph: by block, as here, in Caffe and Keras; by order; by module."""
    rows = [node for node in graph.nodes if node.is_row]
    own = {node.name.lower(): node.name for node in rows}
    modules = {plain_name(node.torch_name): node.name for node in rows if node.torch_name}
    convs = list(_layers(rows, "conv"))
    pools = list(_layers(rows, "pool"))
    fcs = list(_layers(rows, "fc"))
    by_block = {
        **{f"conv{layer.block}_{layer.in_block}": layer.node.name for layer in convs},
        **dict(_pools((layer.block, layer) for layer in pools)),
    }
    by_order = {
        **{f"conv{layer.of_all}": layer.node.name for layer in convs},
        **dict(_pools((layer.of_all, layer) for layer in pools)),
    }
    before = (max((layer.block for layer in convs), default=0), len(convs))
    heads = [dict(_classifier(fcs, first)) for first in before]
    return (
        {**own, **modules, **heads[0], **by_block},
        {**own, **heads[0], **by_order},
        {**own, **heads[1], **by_order},
    )


def _layers(rows: Sequence[Node], kind: str) -> Iterator[_Layer]:
    """The rows of a kind, with the number of their block, and their own in it and among all."""
    blocks: dict[str, int] = {}
    seen: dict[str, int] = {}
    found = 0
    for node in rows:
        block = node.scope[0] if node.scope else ""
        if node.layer.row_kind in ("conv", "pool"):
            blocks.setdefault(block, len(blocks) + 1)
        if node.layer.row_kind == kind:
            found += 1
            seen[block] = seen.get(block, 0) + 1
            yield _Layer(node, blocks.get(block, 0), seen[block], found)


def _pools(numbered: Iterator[tuple[int, _Layer]]) -> Iterator[tuple[str, str]]:
    for number, layer in numbered:
        for noun in _NOUNS["pool"]:
            yield f"{noun}{number}", layer.node.name


def _classifier(fcs: Sequence[_Layer], before: int) -> Iterator[tuple[str, str]]:
    """``fc1`` and ``fc6`` for the first FC layer after five blocks or convolutions; the last one is the prediction too."""
    for layer in fcs:
        for noun in _NOUNS["fc"]:
            yield f"{noun}{layer.of_all}", layer.node.name
            yield f"{noun}{layer.of_all + before}", layer.node.name
    if fcs:
        for noun in ("predictions", "prediction", "output", "output_layer", "logits"):
            yield noun, fcs[-1].node.name
