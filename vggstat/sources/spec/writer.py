"""The text of a spec of any graph, which reads back to an equal one."""

from __future__ import annotations

from typing import Final

from vggstat.errors import Unwritable, UnwritableError, VggstatError
from vggstat.net.building import GraphBuilder
from vggstat.net.graph import Graph
from vggstat.shapes import describe
from vggstat.sources.spec.build import build_graph
from vggstat.sources.spec.loading import read_text
from vggstat.sources.spec.writing.document import document_of
from vggstat.sources.spec.writing.parsing import StuckError
from vggstat.sources.spec.writing.parts import Way, ways
from vggstat.sources.spec.writing.refusals import refusals
from vggstat.sources.spec.writing.same import named_alike, unlike
from vggstat.sources.spec.writing.wiring import Wiring
from vggstat.sources.unwritten import as_values, unwritten

__all__ = ["write_spec"]

A_SPEC: Final = "a spec"


def write_spec(graph: Graph) -> str:
    """The YAML text of a graph of whatever source, in its shortest form.

    It has been read back, and means an equal graph: the same layers with the same settings, edges, shapes and memory in
    the same order, and for the graph of a spec under the same names where the language can write them. Raises
    UnwritableError, with all layers that the language has no words for, or with the first that cannot be written where it
    stands.
    """
    graph = as_values(graph)
    stuck = [*_image(graph), *unwritten(graph), *refusals(Wiring(graph.nodes, graph.image))]
    if stuck:
        raise UnwritableError(graph.spec.name, A_SPEC, tuple(stuck))
    graph = graph if graph.head is not None else _as_a_spec_means(graph)
    wiring = Wiring(graph.nodes, graph.image)
    refusal = None
    for way in ways(graph, wiring):
        outcome = _attempt(graph, way)
        if isinstance(outcome, str):
            return outcome
        refusal = outcome
    assert refusal is not None
    raise UnwritableError(graph.spec.name, A_SPEC, (refusal,))


def _as_a_spec_means(graph: Graph) -> Graph:
    """Of a model its values: a spec does not say whether a ReLU writes over its input, which it then does where it may."""
    builder = GraphBuilder(graph.image)
    for node in graph.nodes:
        builder.add(
            node.layer,
            node.name,
            scope=node.scope,
            place=node.place,
            inputs=node.inputs,
            torch_name=node.torch_name,
            is_row=node.is_row,
            in_model=node.in_model,
        )
    return graph.replace(nodes=builder.nodes())


def _image(graph: Graph) -> list[Unwritable]:
    """What is wrong with the network as a whole."""
    if len(graph.image) != 3:
        return [Unwritable("input", describe(graph.image), "a spec begins with an image")]
    return [] if graph.nodes else [Unwritable("output", "image", "a spec has one layer or more")]


def _attempt(graph: Graph, way: Way) -> str | Unwritable:
    """The text on one way, where it means the graph; else what stands in its way."""
    name = graph.spec.name
    try:
        text = document_of(graph, way.find())
        back = build_graph(read_text(text, name))
    except StuckError as error:
        return error.refusal
    except VggstatError as error:
        return Unwritable(name, "network", f"what was written cannot be read back: {error}")
    difference = unlike(graph.nodes, back.nodes)
    if difference:
        node, why = difference
        return Unwritable(node.name if node else name, node.layer.label if node else "network", why)
    same = named_alike(graph.nodes, back.nodes) and (graph.head, graph.classes) == (back.head, back.classes)
    if way.keeps_names and not same:
        return Unwritable(name, "network", "its layers would have other names")
    return text
