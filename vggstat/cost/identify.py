"""Which of several specifications a network is, or which is nearest to it: what was given has figures of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from math import isqrt
from typing import Final, Literal, NamedTuple

from vggstat.cost.report import Report, analyze
from vggstat.cost.variant import spell_variant
from vggstat.errors import InputError, VggstatError
from vggstat.net import Graph
from vggstat.net.difference import Difference
from vggstat.net.known import INPUTS, KnownLayer, known_layers, layers_with_tensors
from vggstat.net.match import Match, match_layers
from vggstat.net.ops.base import CONVOLUTIONS
from vggstat.net.spec import Head, Spec
from vggstat.net.unordered import NEAR, Agreement, Held, agreement, match_unordered
from vggstat.records import Record
from vggstat.shapes import Shape
from vggstat.sources.spec.build import build_graph
from vggstat.sources.state_dict import StateDict
from vggstat.sources.stored_layers import StoredLayers

__all__ = [
    "Identification",
    "LayerCounts",
    "Subject",
    "count_layers",
    "identify",
    "identify_weights",
    "match_weights",
    "subject_of_file",
    "subject_of_graph",
]

HEADS: Final[tuple[Head, ...]] = ("adaptive", "flatten", "gap", "conv", "none")

CLASSES: Final = 4
"""Numbers of classes that are tried at most, where the weights do not show which layer is the last."""

FAR: Final = 4
"""A file of so many times the layers of a network is not held against it layer by layer."""

LEAST: Final = 200
"""A file of up to so many layers is."""


class LayerCounts(NamedTuple):
    """How many layers hold tensors, by what they are."""

    convolutions: int
    fully_connected: int
    norms: int
    others: int
    """Of kinds that are not known here, with weights of several axes."""

    @property
    def weighted(self) -> int:
        """What a network's depth counts: layers with weights of several axes."""
        return self.convolutions + self.fully_connected + self.others


class Subject(Record):
    """What was given, by its own figures."""

    name: str
    compared: Literal["structure", "weights"]
    """What could be seen of it: all that it runs, or only which tensors it holds."""
    parameters: int
    """Its learned values; those of a tensor that is used twice once."""
    beside: int = 0
    """Of them those that weight norm keeps beside the weights."""
    layers: LayerCounts
    source: str = ""
    """Of a file its format and its tensors, in words."""
    untraced: str = ""
    """Of a model why it could not be traced; empty where it was."""
    part: str = ""
    """Of a file which part was taken."""
    parts: tuple[str, ...] = ()
    """Other parts of the file that hold weights."""
    tied: tuple[tuple[str, ...], ...] = ()
    """Names of one and the same tensor."""
    remarks: tuple[str, ...] = ()


class Identification(Record):
    """The nearest network, under which head, input and number of classes, and what differs still."""

    subject: Subject
    report: Report | None
    """Of the nearest network; None where none of them runs on the images of a model."""
    agreement: Agreement
    variant: str = ""
    """The argument that names the nearest network, with what is otherwise than in its spec: ``D@head=gap,classes=10``."""
    heads: tuple[Head, ...] = ()
    """All heads that fit equally well: an average pool that changes nothing cannot be told from none."""
    twins: tuple[str, ...] = ()
    """Other networks that fit equally well."""
    differences: tuple[Difference, ...] = ()
    """What differs; none are told where no network is near."""

    @property
    def is_near(self) -> bool:
        """Whether at least two of three weight layers of the larger network are in both."""
        return self.report is not None and self.agreement.is_near

    @property
    def agrees(self) -> bool:
        """Whether nothing differs of what could be seen."""
        return self.is_near and not self.differences

    @property
    def exact(self) -> bool:
        """Whether all that it runs was seen, and is the network."""
        return self.agrees and self.subject.compared == "structure"


def subject_of_file(state: StateDict, stored: StoredLayers, name: str = "", untraced: str = "") -> Subject:
    """The figures of what a state dict holds, under the name of its file unless told."""
    return Subject(
        name=name or state.origin,
        compared="weights",
        parameters=stored.learned,
        beside=stored.beside,
        layers=count_layers(stored.layers),
        source=f"{state.format}, {len(state.tensors):,} tensors",
        untraced=untraced,
        part=state.part,
        parts=state.others,
        tied=stored.tied,
        remarks=(*filter(None, (_prefixed(state),)), *stored.remarks),
    )


def _prefixed(state: StateDict) -> str:
    return f'All names begin with "{state.prefix}", which is left out.' if state.prefix else ""


def count_layers(layers: Iterable[KnownLayer]) -> LayerCounts:
    """The layers by what they are; a single vector is none."""
    kinds = [layer.kind for layer in layers]
    norms = sum(kind in ("bn", "group-norm", "layer-norm") for kind in kinds)
    convolutions, dense = sum(kind in CONVOLUTIONS for kind in kinds), kinds.count("fc")
    others = len(kinds) - norms - convolutions - dense - kinds.count("bias without a weight")
    return LayerCounts(convolutions, dense, norms, others)


def subject_of_graph(graph: Graph, name: str) -> Subject:
    """What a model's graph holds, whatever it was read from: each parameter once, used or not."""
    learned = (*(param for node in graph.nodes for param in node.params), *graph.unused)
    return Subject(
        name=name,
        compared="structure",
        parameters=sum(param.elements for param in learned if param.role != "buffer"),
        layers=count_layers(layers_with_tensors(graph)),
        source=graph.spec.source,
        tied=tuple((one.owner, node.name) for node in graph.nodes for one in node.shared),
        remarks=graph.notes,
    )


def identify(
    traced: Graph, specs: Iterable[Spec], subject: Subject, unseen: Collection[str] = ()
) -> Identification:
    """The network that a traced model is, or the nearest of ``specs``; kinds that are ``unseen`` in it do not count."""
    found = known_layers(traced, unseen)
    held = layers_with_tensors(traced)

    def graphs(spec: Spec) -> Iterator[Graph]:
        for head in _heads(spec):
            for classes in _classes(found):
                yield from _graph(spec, traced.image, head, classes)

    nearest = _nearest(Held(held), specs, traced.image, graphs)
    return _identified(subject, nearest, lambda graph: match_layers(known_layers(graph, unseen), found))


def identify_weights(stored: StoredLayers, specs: Iterable[Spec], subject: Subject) -> Identification:
    """The network that a file's layers are, in whatever order they come, or the nearest of ``specs``."""
    held = stored.layers

    def graphs(spec: Spec) -> Iterator[Graph]:
        for head in _heads(spec):
            for image in _images(spec, head, held):
                for classes in _classes_of_weights(held):
                    yield from _graph(spec, image, head, classes)

    nearest = _nearest(Held(held), specs, None, graphs)
    return _identified(
        subject, nearest, lambda graph: match_unordered(layers_with_tensors(graph), stored.orders)
    )


def match_weights(graph: Graph, stored: StoredLayers) -> Match:
    """The layers of ``graph`` that hold tensors against a file's, in whatever order they come.

    Raises InputError for a file of so many layers that it is plainly another network's.
    """
    wanted, count = layers_with_tensors(graph), len(stored.layers)
    if count > LEAST and count > FAR * len(wanted):
        raise InputError(
            f"the file has {count:,} layers with tensors, and {graph.spec.name} has {len(wanted)}: nothing is near"
        )
    return match_unordered(wanted, stored.orders)


class _Nearest(NamedTuple):
    """The graphs that have most layers in common with what is looked for."""

    graphs: tuple[Graph, ...]
    agreement: Agreement


def _nearest(
    held: Held,
    specs: Iterable[Spec],
    image: Shape | None,
    graphs: Callable[[Spec], Iterator[Graph]],
) -> _Nearest:
    """By layers with tensors alone. The likeliest specs first; one that cannot have as many in common is not looked at."""
    trunks = [_agreed(graph, held) for spec in specs for graph in _graph(spec, image, "none", None)]
    found: list[_Agreed] = []
    for trunk in sorted(trunks, key=lambda trunk: -_most(trunk)):
        if _most(trunk) < max((NEAR, *(other.agreement.share for other in found))):
            break
        found += (_agreed(graph, held) for graph in graphs(trunk.graph.spec))
    best = max((other.agreement for other in found), key=_closeness, default=Agreement(0, 0, 0))
    if best.is_near:
        equal = (other.graph for other in found if _closeness(other.agreement) == _closeness(best))
        return _Nearest(tuple(equal), best)
    # Nothing is near: the one that is nearest is named as it ships.
    shipped = [trunk.graph.spec for trunk in trunks]
    own = [
        _agreed(graph, held) for spec in shipped for graph in _graph(spec, image, spec.head, None)
    ] or trunks
    likest = max(own, key=lambda one: one.agreement.share, default=None)
    if likest is None:
        return _Nearest((), Agreement(0, held.weighted, len(held.layers)))
    return _Nearest((likest.graph,), likest.agreement)


class _Agreed(NamedTuple):
    """A graph, and what it has in common with what is looked for."""

    graph: Graph
    agreement: Agreement


def _agreed(graph: Graph, held: Held) -> _Agreed:
    return _Agreed(graph, agreement(layers_with_tensors(graph), held))


def _closeness(agreed: Agreement) -> tuple[Fraction, int]:
    return agreed.share, -agreed.apart


def _most(trunk: _Agreed) -> Fraction:
    """The largest share of layers that a spec can have in common under any head, by its layers without one."""
    agreed = trunk.agreement
    return min(Fraction(1), Fraction(agreed.weighted + len(trunk.graph.spec.classifier), agreed.of or 1))


def _identified(subject: Subject, nearest: _Nearest, match: Callable[[Graph], Match]) -> Identification:
    """What is nearest, with what differs where it is near."""
    if not nearest.graphs:
        return Identification(subject=subject, report=None, agreement=nearest.agreement)
    if not nearest.agreement.is_near:
        return Identification(subject=subject, report=analyze(nearest.graphs[0]), agreement=nearest.agreement)
    matches = [(graph, match(graph)) for graph in nearest.graphs]
    graph, best = min(matches, key=lambda pair: _distance(pair[1]))
    equal = [other for other, found in matches if _distance(found) == _distance(best)]
    same = [other for other in equal if other.spec is graph.spec and other.image == graph.image]
    heads = (other.head for other in same if other.head is not None)
    report = analyze(graph)
    return Identification(
        subject=subject,
        report=report,
        agreement=nearest.agreement,
        variant=spell_variant(graph),
        heads=tuple(dict.fromkeys(heads)),
        twins=tuple(dict.fromkeys(other.spec.name for other in equal if other.spec is not graph.spec)),
        differences=(*best.differences, *_of_parameters(subject, report, told=bool(best.differences))),
    )


def _distance(match: Match) -> tuple[int, int]:
    return match.cost, len(match.differences)


def _of_parameters(subject: Subject, report: Report, *, told: bool) -> Iterator[Difference]:
    """Tensors that are used twice; and parameters that no other difference accounts for."""
    for names in subject.tied:
        shown = " and ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
        yield Difference(kind="changed", layer="", text=f"{shown} are one tensor", setting="tied")
    own, computed = subject.parameters - subject.beside, report.total.params
    if own == computed or told or subject.tied:
        return
    kind: Literal["missing", "extra"] = "extra" if own > computed else "missing"
    amount = (
        f"{abs(own - computed):,} parameters {'more' if own > computed else 'fewer'} than {report.name} has"
    )
    yield Difference(
        kind=kind,
        layer="",
        text=f"{amount}, in no layer that was seen",
        setting="params",
        stated=own,
        computed=computed,
    )


def _heads(spec: Spec) -> Iterator[Head]:
    """The spec's own head, then the others."""
    yield spec.head
    yield from (head for head in HEADS if head != spec.head)


def _graph(spec: Spec, image: Shape | None, head: Head, classes: int | None) -> Iterator[Graph]:
    """The graph of a variant, if there is one."""
    try:
        yield build_graph(spec, image=image, head=head, classes=None if head == "none" else classes)
    except VggstatError:
        return


def _classes(layers: Sequence[KnownLayer]) -> tuple[int | None, ...]:
    """The numbers of classes to try: the spec's, and the outputs of the last FC layer or else convolution."""
    for kind, setting in (("fc", "features"), ("conv", "filters")):
        for layer in reversed(layers):
            known = layer.dense or layer
            if known.kind == kind:
                return None, int(known.settings[setting])
    return (None,)


def _classes_of_weights(layers: Sequence[KnownLayer]) -> tuple[int | None, ...]:
    """The same where the order is not known: the outputs that no other layer takes."""
    for kind, setting in (("fc", "features"), ("conv", "filters")):
        alike = [layer.settings for layer in layers if layer.kind == kind]
        if alike:
            taken = {settings[INPUTS] for settings in alike}
            made = dict.fromkeys(int(settings[setting]) for settings in reversed(alike))
            return None, *([value for value in made if value not in taken] or list(made))[:CLASSES]
    return (None,)


def _images(spec: Spec, head: Head, layers: Sequence[KnownLayer]) -> Iterator[Shape]:
    """The spec's own image, and for ``flatten`` those whose last map an FC layer takes that no other one leads to."""
    yield spec.input
    if head != "flatten":
        return
    own = next(_graph(spec, None, "none", None), None)
    if own is None or len(own.output_shape) != 3:
        return
    dense = [layer.dense or layer for layer in layers if layer.kind == "fc"]
    channels, height, _ = own.output_shape
    scale = spec.input[1] // height
    made = {layer.settings["features"] for layer in dense}
    taken = dict.fromkeys(layer.settings[INPUTS] for layer in dense)
    for inputs in ([value for value in taken if value not in made] or list(taken))[:CLASSES]:
        side = isqrt(inputs // channels)
        if side and side * side * channels == inputs and side != height:
            yield (spec.input[0], side * scale, side * scale)
