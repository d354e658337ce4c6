"""Where a classifier begins, and what joins it to the maps."""

from __future__ import annotations

from typing import Final, NamedTuple

from vggstat.net.graph import Graph, Node
from vggstat.net.ops.activation import Activation
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.dropout import Dropout
from vggstat.net.ops.fc import Linear
from vggstat.net.ops.flatten import Flatten
from vggstat.net.ops.softmax import Softmax
from vggstat.net.spec import Head
from vggstat.shapes import pair
from vggstat.sources.spec.writing.wiring import Wiring

__all__ = ["CLASSIFIER", "Ending", "dense_layers", "found_ending", "no_ending", "own_ending"]

CLASSIFIER: Final = "fc"
"""The scope of the layers that a spec has behind its blocks."""


class Ending(NamedTuple):
    """What stands behind the blocks: the position it begins at, its head, and where the classifier's own layers begin."""

    start: int
    head: Head
    first: int


def no_ending(wiring: Wiring) -> Ending:
    """Everything stands in the blocks."""
    end = len(wiring.nodes)
    return Ending(end, "none", end)


def own_ending(graph: Graph, wiring: Wiring) -> Ending:
    """That of a spec's graph, whose scopes tell."""
    nodes = wiring.nodes
    start = next((node.index for node in nodes if node.block == CLASSIFIER), len(nodes))
    first = start
    if (
        graph.head in ("gap", "adaptive")
        and first < len(nodes)
        and isinstance(nodes[first].layer, AdaptiveAvgPool)
    ):
        first += 1
    if graph.head != "conv" and first < len(nodes) and isinstance(nodes[first].layer, Flatten):
        first += 1
    return Ending(start, graph.head or "none", first)


def dense_layers(graph: Graph, wiring: Wiring) -> dict[int, Node]:
    """The FC layers that a spec's head has made convolutions of, by their positions."""
    found: dict[int, Node] = {}
    for node in wiring.nodes if graph.head == "conv" else ():
        layer = node.layer
        if node.block != CLASSIFIER or not isinstance(layer, Conv):
            continue
        covers = pair(layer.kernel) == node.in_shapes[0][1:] and layer.padding == 0
        if node.name.startswith(CLASSIFIER) or (node.name == "predictions" and (found or covers)):
            found[node.index] = node.replace(layer=Linear(features=layer.filters, bias=layer.bias))
    return found


def found_ending(wiring: Wiring) -> Ending:
    """FC layers behind a flatten, or a convolution whose maps' means are the scores; where there are none, no ending."""
    nodes, chain = wiring.nodes, _chain_start(wiring)
    flatten = next(
        (at for at in range(len(nodes) - 1, chain - 1, -1) if isinstance(nodes[at].layer, Flatten)), None
    )
    closing = nodes[-1].in_model and isinstance(
        nodes[-1].layer, Softmax
    )  # which a classifier leaves out of the model
    if closing:
        return no_ending(wiring)
    if flatten is not None and any(isinstance(node.layer, Linear) for node in nodes[flatten + 1 :]):
        return _behind_flatten(wiring, flatten, chain)
    if not nodes[-1].in_model:
        start = next((node.index for node in nodes if node.block == CLASSIFIER), len(nodes) - 1)
        return Ending(start, "conv", start)
    return _of_convolution(wiring, chain) or no_ending(wiring)


def _chain_start(wiring: Wiring) -> int:
    """The first position from which on each layer reads the one before it, and nothing else."""
    at = len(wiring.nodes)
    while at and wiring.runs_on(at - 1):
        at -= 1
    return at


def _behind_flatten(wiring: Wiring, flatten: int, chain: int) -> Ending:
    first = flatten + 1
    if flatten == 0:
        return Ending(first, "flatten", first)  # it is the block that there has to be
    pool = wiring.nodes[flatten - 1]
    if flatten - 1 < max(chain, 1) or not isinstance(pool.layer, AdaptiveAvgPool):
        return Ending(flatten, "flatten", first)
    if pool.layer.target == (1, 1):
        return Ending(flatten - 1, "gap", first)
    if pool.shape == pool.in_shapes[0]:
        return Ending(flatten - 1, "adaptive", first)
    return Ending(flatten, "flatten", first)


def _of_convolution(wiring: Wiring, chain: int) -> Ending | None:
    """A convolution, a global pool, and nothing else but an activation between and a flatten behind."""
    nodes, at = wiring.nodes, len(wiring.nodes) - 1
    at -= at > chain and isinstance(nodes[at].layer, Flatten)
    pool = nodes[at].layer
    if not isinstance(pool, AdaptiveAvgPool) or pool.target != (1, 1):
        return None
    at -= 1
    at -= at > chain and isinstance(nodes[at].layer, Activation)
    if at < max(chain, 1) or not isinstance(nodes[at].layer, Conv):
        return None
    at -= at > max(chain, 1) and isinstance(nodes[at - 1].layer, Dropout)
    return Ending(at, "conv", at)
