"""A spec's text from its parts: what is said of the network, its layers, and what others have published about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from vggstat.errors import VggstatError
from vggstat.net.graph import Graph
from vggstat.net.spec import Published
from vggstat.shapes import reads_channels_last
from vggstat.sources.spec.build import build_graph
from vggstat.sources.spec.language import IMAGE, MAX_LINE, NAME
from vggstat.sources.spec.writing.composing import Composer, chunk_of, chunks_and_sums, classifier_spots
from vggstat.sources.spec.writing.folding import references
from vggstat.sources.spec.writing.layout import WIDTH, Data, block_lines, flow, quoted
from vggstat.sources.spec.writing.parts import Parts
from vggstat.sources.spec.writing.same import unlike
from vggstat.sources.spec.writing.tree import Steps
from vggstat.sources.spec.writing.usual import Chunk, Sum, Usual, best_defaults

__all__ = ["document_of"]

UNNAMED: Final = "network"
"""What a network is called whose own name cannot be one."""


def document_of(graph: Graph, parts: Parts) -> str:
    """The text of a spec of these parts."""
    published = _is_own(graph)
    lines = [*_about(graph, published=published), *_network(graph, parts)]
    if published:
        lines += _published(graph.spec.published)
    return "\n".join(lines) + "\n"


def _is_own(graph: Graph) -> bool:
    """Whether a graph is what its spec says, so that what is said about the network holds for it."""
    try:
        return bool(graph.spec.blocks) and unlike(build_graph(graph.spec).nodes, graph.nodes) is None
    except VggstatError:  # a spec that cannot take its own image, on another one
        return False


def _about(graph: Graph, *, published: bool) -> Iterator[str]:
    """What a text says about the network as a whole."""
    spec = graph.spec
    name, title, source = _name(graph.own_name), _line(spec.title), _line(spec.source)
    yield f"name: {quoted(name)}"
    if spec.aliases and published:
        yield f"aliases: [{', '.join(spec.aliases)}]"
    if title and title != name:
        yield f"title: {quoted(title)}"
    if source:
        yield f"source: {quoted(source)}"


def _name(name: str) -> str:
    """The network's name, without what a name cannot hold."""
    if re.fullmatch(NAME, name):
        return name
    held = re.sub(r"[^A-Za-z0-9._+-]+", "-", name).strip("-._+")[:64]
    return held if re.fullmatch(NAME, held) else UNNAMED


def _line(text: str) -> str:
    """A text as far as it may stand in a spec: on one line, and not too long."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:MAX_LINE].strip()


def _network(graph: Graph, parts: Parts) -> Iterator[str]:
    """The image, the defaults, the blocks, the head and the classifier."""
    found = [*_chunks(parts)]
    chunks = [one for one in found if isinstance(one, Chunk)]
    usual = Usual(best_defaults(chunks, [one for one in found if isinstance(one, Sum)]))
    composer = Composer(parts.wiring, usual, _labels(parts.blocks))
    yield f"input: {flow(_input(graph))}"
    if usual.defaults:
        yield from block_lines({"defaults": usual.defaults}, 0)
    yield "blocks:"
    for block in parts.blocks:
        first, *others = block_lines(composer.list_of(block), 4)
        yield f"  - {first}"
        yield from others
    if parts.ending.start < len(parts.wiring.nodes):
        yield f"head: {parts.ending.head}"
    if parts.classifier:
        yield from block_lines({"classifier": composer.classifier(parts.classifier)}, 0)


def _chunks(parts: Parts) -> Iterator[Chunk | Sum]:
    for block in parts.blocks:
        yield from chunks_and_sums(parts.wiring, block)
    spots = classifier_spots(parts.wiring, parts.classifier)
    for layer, spot in zip(parts.classifier, spots, strict=True):
        yield chunk_of(parts.wiring, layer, spot)


def _labels(blocks: Sequence[Steps]) -> Mapping[int, str]:
    """A name for each value that is read by one."""
    values = sorted({value for block in blocks for _, value in references(block)})
    return {value: f"skip{number}" for number, value in enumerate(values, start=1)}


def _input(graph: Graph) -> Data:
    """The image, with its sizes by name where their order could be doubted."""
    channels, height, width = graph.image
    if reads_channels_last((channels, height, width)):
        return dict(zip(IMAGE, graph.image, strict=True))
    return list(graph.image)


def _published(entries: Sequence[Published]) -> Iterator[str]:
    if entries:
        yield "published:"
    for entry in entries:
        figures = [f"{quantity}: {quoted(figure)}" for quantity, figure in entry.figures.items()]
        stated = ", ".join([*figures, f"source: {quoted(entry.source)}"])
        convention = f"convention: {quoted(entry.convention)}" if entry.convention else ""
        line = f"  - {{{stated}{', ' if convention else ''}{convention}}}"
        yield from [line] if len(line) <= WIDTH else [f"  - {{{stated},", f"     {convention}}}"]
