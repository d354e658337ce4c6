"""Which of several specifications a network is, or which is nearest to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import isqrt
from typing import Final

from vggstat.cost.report import Report, analyze
from vggstat.errors import InputError, VggstatError
from vggstat.net import Graph
from vggstat.net.known import KnownLayer, known_layers, layers_with_tensors
from vggstat.net.match import Match, least_cost, match_layers
from vggstat.net.spec import Head, Spec
from vggstat.records import Record
from vggstat.shapes import Shape
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

    untraced: str = ""
    """Why a model was compared by its weights alone; empty where it was traced, or is a file."""

    @property
    def exact(self) -> bool:
        return not self.match.differences


def identify(traced: Graph, specs: Iterable[Spec]) -> Identification:
    """The network that a traced model is, or the nearest of ``specs``."""
    found = known_layers(traced)

    def graphs(spec: Spec) -> Iterator[Graph]:
        for head in HEADS:
            for classes in _classes(found):
                if (graph := _graph(spec, traced.image, head, classes)) is not None:
                    yield graph

    trunks = [(spec, _trunk(spec, traced.image, known_layers)) for spec in specs]
    return _nearest(trunks, (found,), graphs, lambda graph: match_layers(known_layers(graph), found))


def identify_weights(readings: tuple[tuple[KnownLayer, ...], ...], specs: Iterable[Spec]) -> Identification:
    """The network that a file's layers are, in whichever order fits best, or the nearest.

    Raises InputError for a file of so many layers that no network is near.
    """
    trunks = [(spec, _trunk(spec, None, layers_with_tensors)) for spec in specs]
    most = max(len(trunk or ()) + len(spec.classifier) for spec, trunk in trunks)
    _refuse_too_many(readings[0], most, "no network that ships has over")

    def graphs(spec: Spec) -> Iterator[Graph]:
        for head in HEADS:
            for image in _images(spec, head, readings[0]):
                for classes in _classes(readings[0]):
                    if (graph := _graph(spec, image, head, classes)) is not None:
                        yield graph

    found: dict[object, Match] = {}

    def match(graph: Graph) -> Match:
        """Once for all graphs that hold the same tensors: heads differ less often there than in layers."""
        wanted = layers_with_tensors(graph)
        key = tuple((part.name, part.kind, *part.settings.items()) for part in wanted)
        if key not in found:
            found[key] = _match_any(wanted, readings)
        return found[key]

    return _nearest(trunks, readings, graphs, match)


def _trunk(
    spec: Spec, image: Shape | None, layers: Callable[[Graph], tuple[KnownLayer, ...]]
) -> tuple[KnownLayer, ...] | None:
    """The layers of the spec that it has under every head; None where it does not take the image."""
    graph = _graph(spec, image, "none", None)
    return None if graph is None else layers(graph)


def _refuse_too_many(layers: tuple[KnownLayer, ...], most: int, whose: str) -> None:
    """Raises InputError for a file of so many layers that there is nothing to compare."""
    if len(layers) > FAR * most:
        raise InputError(
            f"the file has {len(layers):,} layers with tensors, and {whose} {most}: nothing is near"
        )


def match_weights(graph: Graph, readings: tuple[tuple[KnownLayer, ...], ...]) -> Match:
    """The layers of ``graph`` that hold tensors against a file's, in whichever order fits best.

    Raises InputError for a file of so many layers that it is plainly another network's.
    """
    wanted = layers_with_tensors(graph)
    if len(readings[0]) > LEAST:
        _refuse_too_many(readings[0], len(wanted), f"{graph.spec.name} has")
    return _match_any(wanted, readings)


def _match_any(wanted: tuple[KnownLayer, ...], readings: Iterable[tuple[KnownLayer, ...]]) -> Match:
    return min((match_layers(wanted, reading) for reading in readings), key=_distance)


def _distance(match: Match) -> tuple[int, int]:
    return match.cost, len(match.differences)


def _nearest(
    trunks: Iterable[tuple[Spec, tuple[KnownLayer, ...] | None]],
    readings: Sequence[Sequence[KnownLayer]],
    graphs: Callable[[Spec], Iterator[Graph]],
    match: Callable[[Graph], Match],
) -> Identification:
    """The likeliest specs first; one whose layers alone differ by more than the best so far is not looked at."""
    least = [
        (min(least_cost(trunk, reading) for reading in readings), spec)
        for spec, trunk in trunks
        if trunk is not None
    ]
    found: list[tuple[Graph, Match]] = []
    for cost, spec in sorted(least, key=lambda entry: entry[0]):
        if found and cost > min(match.cost for _, match in found):
            break
        found += [(graph, match(graph)) for graph in graphs(spec)]
    if not found:
        raise InputError("none of the networks that ship runs on its images")
    graph, best = min(found, key=lambda pair: _distance(pair[1]))
    heads = (
        other.head
        for other, match in found
        if other.head is not None
        and other.spec is graph.spec
        and other.image == graph.image
        and _distance(match) == _distance(best)
    )
    return Identification(report=analyze(graph), match=best, heads=tuple(dict.fromkeys(heads)))


def _graph(spec: Spec, image: Shape | None, head: Head, classes: int | None) -> Graph | None:
    """The graph of a variant; None where there is none."""
    try:
        return build_graph(spec, image=image, head=head, classes=None if head == "none" else classes)
    except VggstatError:
        return None


def _classes(layers: tuple[KnownLayer, ...]) -> tuple[int | None, ...]:
    """The numbers of classes to try: the spec's, and the outputs of the last FC layer or else convolution."""
    for kind, setting in (("fc", "features"), ("conv", "filters")):
        for layer in reversed(layers):
            known = layer.dense or layer
            if known.kind == kind:
                return None, int(known.settings[setting])
    return (None,)


def _images(spec: Spec, head: Head, layers: tuple[KnownLayer, ...]) -> Iterator[Shape]:
    """The spec's own image, and for ``flatten`` the one whose last map the first FC layer takes."""
    yield spec.input
    first = next((layer for layer in layers if layer.kind == "fc"), None)
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
