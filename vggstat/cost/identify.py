"""Which of several specifications an outline is, or which is nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from math import isqrt
from typing import Final

from vggstat.cost.report import Report, analyze
from vggstat.errors import InputError, VggstatError
from vggstat.net import Graph
from vggstat.net.match import Match, match_outlines
from vggstat.net.spec import Head, Spec
from vggstat.records import Record
from vggstat.shapes import Shape
from vggstat.sources.outline import Outline, outline_of, outline_of_weights
from vggstat.sources.spec.build import build_graph

__all__ = ["Identification", "identify", "identify_weights", "match_weights"]

HEADS: Final[tuple[Head, ...]] = ("adaptive", "flatten", "gap", "conv", "none")


FAR: Final = 4
"""A file of so many times the layers of the deepest network that ships is near to none of them."""


LEAST: Final = 200
"""A file of up to so many layers is compared with any network."""


class Identification(Record):
    """The nearest network, under which head, input and number of classes, and what differs still."""

    report: Report
    match: Match
    heads: tuple[Head, ...]
    """All heads that fit equally well: an average pool that changes nothing cannot be told from none."""

    @property
    def exact(self) -> bool:
        return not self.match.differences


def identify(outline: Outline, specs: Iterable[Spec]) -> Identification:
    """The network that a traced model is, or the nearest of ``specs``."""
    graphs = (
        graph
        for spec in specs
        for head in HEADS
        for classes in _classes(outline)
        if (graph := _graph(spec, outline.image, head, classes)) is not None
    )
    return _nearest(graphs, lambda graph: match_outlines(outline_of(graph), outline))


def identify_weights(outlines: tuple[Outline, ...], specs: Iterable[Spec]) -> Identification:
    """The network that a file's layers are, in whichever order fits best, or the nearest.

    Raises InputError for a file of so many layers that no network is near.
    """
    specs = tuple(specs)
    most = max(len(outline_of_weights(build_graph(spec)).parts) for spec in specs)
    _refuse_too_many(outlines[0], most, "no network that ships has over")
    graphs = (
        graph
        for spec in specs
        for head in HEADS
        for image in _images(spec, head, outlines[0])
        for classes in _classes(outlines[0])
        if (graph := _graph(spec, image, head, classes)) is not None
    )
    found: dict[object, Match] = {}

    def match(graph: Graph) -> Match:
        """Once for all graphs that hold the same tensors: heads differ less often there than in layers."""
        wanted = outline_of_weights(graph)
        key = tuple((part.name, part.kind, *part.settings.items()) for part in wanted.parts)
        if key not in found:
            found[key] = _match_any(wanted, outlines)
        return found[key]

    return _nearest(graphs, match)


def _refuse_too_many(outline: Outline, most: int, whose: str) -> None:
    """Raises InputError for a file of so many layers that there is nothing to compare."""
    if len(outline.parts) > FAR * most:
        raise InputError(
            f"the file has {len(outline.parts):,} layers with tensors, and {whose} {most}: nothing is near"
        )


def match_weights(graph: Graph, outlines: tuple[Outline, ...]) -> Match:
    """The layers of ``graph`` that hold tensors against a file's, in whichever order fits best.

    Raises InputError for a file of so many layers that it is plainly another network's.
    """
    wanted = outline_of_weights(graph)
    if len(outlines[0].parts) > LEAST:
        _refuse_too_many(outlines[0], len(wanted.parts), f"{graph.spec.name} has")
    return _match_any(wanted, outlines)


def _match_any(wanted: Outline, outlines: tuple[Outline, ...]) -> Match:
    return min((match_outlines(wanted, outline) for outline in outlines), key=lambda match: _distance(match))


def _distance(match: Match) -> tuple[int, int]:
    return match.cost, len(match.differences)


def _nearest(graphs: Iterator[Graph], match: Callable[[Graph], Match]) -> Identification:
    found: list[tuple[Graph, Match]] = [(graph, match(graph)) for graph in graphs]
    if not found:
        raise InputError("none of the networks that ship runs on its images")
    graph, best = min(found, key=lambda pair: _distance(pair[1]))
    heads = (
        other.head
        for other, match in found
        if other.spec is graph.spec and other.image == graph.image and _distance(match) == _distance(best)
    )
    return Identification(report=analyze(graph), match=best, heads=tuple(dict.fromkeys(heads)))


def _graph(spec: Spec, image: Shape | None, head: Head, classes: int | None) -> Graph | None:
    """The graph of a variant; None where there is none."""
    try:
        return build_graph(spec, image=image, head=head, classes=None if head == "none" else classes)
    except VggstatError:
        return None


def _classes(outline: Outline) -> tuple[int | None, ...]:
    """The numbers of classes to try: the spec's, and the outputs of the last FC layer or else convolution."""
    for kind, setting in (("fc", "features"), ("conv", "filters")):
        for part in reversed(outline.parts):
            if part.kind == kind:
                return None, int(part.settings[setting])
    return (None,)


def _images(spec: Spec, head: Head, outline: Outline) -> Iterator[Shape]:
    """The spec's own image, and for ``flatten`` the one whose last map the first FC layer takes."""
    yield spec.input
    first = next((part for part in outline.parts if part.kind == "fc"), None)
    if head != "flatten" or first is None:
        return
    own = _graph(spec, None, "none", None)
    if own is None or len(own.output_shape) != 3:
        return
    channels, height, _ = own.output_shape
    side = isqrt(first.settings["inputs"] // channels)
    if side and side * side * channels == first.settings["inputs"] and side != height:
        scale = spec.input[1] // height
        yield (spec.input[0], side * scale, side * scale)
