"""The parts of a spec that a graph is, found along the scopes of a spec's graph or by edges alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from vggstat.net.graph import Graph
from vggstat.sources.spec.writing.blocks import Blocks, gathered
from vggstat.sources.spec.writing.edges import EdgeParser
from vggstat.sources.spec.writing.endings import (
    Ending,
    dense_layers,
    found_ending,
    no_ending,
    own_ending,
)
from vggstat.sources.spec.writing.folding import Folder
from vggstat.sources.spec.writing.outline import Outline, module_paths, runs
from vggstat.sources.spec.writing.parsing import Parser
from vggstat.sources.spec.writing.regions import Regions
from vggstat.sources.spec.writing.scopes import ScopeParser
from vggstat.sources.spec.writing.tree import Steps, WrittenLayer
from vggstat.sources.spec.writing.wiring import Wiring

__all__ = ["Parts", "Way", "ways"]


class Parts(NamedTuple):
    """What stands in a spec: its blocks, and behind its head the classifier."""

    wiring: Wiring
    blocks: Sequence[Steps]
    ending: Ending
    classifier: Sequence[WrittenLayer]


class Way(NamedTuple):
    """A way to find the parts of a graph, and whether layers keep their names on it."""

    find: Callable[[], Parts]
    keeps_names: bool


def ways(graph: Graph, wiring: Wiring) -> Iterator[Way]:
    """The ways to find a graph's parts, the one to the plainest text first. Each may raise StuckError."""
    if graph.spec.blocks:
        own = own_ending(graph, wiring)
        dense = wiring.with_layers(dense_layers(graph, wiring))
        yield Way(partial(_along_scopes, dense, own), keeps_names=True)
        yield Way(partial(_along_scopes, wiring, found_ending(wiring)), keeps_names=False)
        yield Way(partial(_along_scopes, wiring, no_ending(wiring)), keeps_names=False)
    yield Way(partial(_by_edges, wiring, found_ending(wiring)), keeps_names=False)
    yield Way(partial(_by_edges, wiring, no_ending(wiring)), keeps_names=False)


def _along_scopes(wiring: Wiring, ending: Ending) -> Parts:
    """The blocks and units of a spec's graph."""
    parser = ScopeParser(wiring)
    blocks = [
        parser.parse(start, end, start, wiring.nodes[start].scope[:1])
        for start, end in runs(node.block for node in wiring.nodes[: ending.start])
    ]
    folder = Folder(wiring, blocks)
    return Parts(wiring, [folder.units(block) for block in blocks], ending, _classifier(parser, ending))


def _by_edges(wiring: Wiring, ending: Ending) -> Parts:
    """The blocks and units of somebody's model."""
    parser = EdgeParser(wiring, Outline(module_paths(wiring.nodes)), Regions(wiring))
    blocks = Blocks(parser).divide(parser.parse(0, ending.start, 0))
    folder = Folder(wiring, blocks)
    folded = [gathered(folder.sequences(folder.units(block))) for block in blocks]
    return Parts(wiring, folded, ending, _classifier(parser, ending))


def _classifier(parser: Parser, ending: Ending) -> list[WrittenLayer]:
    end = len(parser.wiring.nodes)
    layers: list[WrittenLayer] = []
    at = ending.first
    while at < end:
        layers.append(parser.layer(at, end))
        at = layers[-1].end
    return layers
