"""The network that a document may mean, as a graph: a shipped spec with what the document says about it.

Every figure that a claim is compared with comes from ``vggstat.net`` and ``vggstat.cost``; nothing is computed
here but which layers there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from math import prod
from typing import Final, NamedTuple

from vggstat.cost.report import Report, analyze
from vggstat.errors import VggstatError
from vggstat.net.graph import Graph, Node
from vggstat.net.ops import find_kind
from vggstat.net.spec import Head, Item, Place, Spec
from vggstat.net.work import Work
from vggstat.records import Record
from vggstat.shapes import Shape
from vggstat.sources.spec.build import build_graph

OF_THE_PAPER: Final = ("A", "A-LRN", "B", "C", "D", "E")
"""Networks that are built in one way, but for their heads and norms."""
VGGS: Final = ("A", "B", "D", "E", "A-BN", "B-BN", "D-BN", "E-BN")
"""The VGGs that people confuse with each other, with their norms."""
HARD: Final = frozenset({"conv", "pool", "fc", "bn", "lrn"})
"""Kinds of layer that no listing leaves out without saying something else than the network."""
WITHOUT_ROW: Final = frozenset({"relu", "dropout", "flatten", "softmax"})
"""Kinds that tables leave out; what they cost stands with the layer before."""
_NOWHERE: Final = Place("", 0, 0, "")


class Target(NamedTuple):
    """One layer of the network as a claim is compared with it."""

    kind: str
    name: str
    label: str
    shape: Shape
    in_shape: Shape
    weights: int = 0
    biases: int = 0
    buffers: int = 0
    kernel: int | None = None
    stride: int | None = None
    padding: int | None = None
    ops: Work = Work()
    factors: tuple[int, ...] = ()
    """The numbers whose product is ``weights``."""
    groups: int = 1
    field: int | None = None
    """Its receptive field."""
    folded: Work = Work()
    """Its work with that of the ReLU, dropout and the like after it, as tables have it that give them no row."""
    source: Shape = ()
    """The map that was flattened into its inputs, for the first FC layer."""

    @property
    def params(self) -> int:
        return self.weights + self.biases

    @property
    def values(self) -> int:
        return prod(self.shape)

    @property
    def title(self) -> str:
        """What it is called in messages."""
        return self.name or self.label

    @property
    def is_hard(self) -> bool:
        return self.kind in HARD


class Network(Record):
    """A graph with its report, and its layers as targets."""

    name: str
    """The shipped spec that it is or was made from; empty for a network of the document's own."""
    report: Report
    targets: tuple[Target, ...]

    def __eq__(self, other: object) -> bool:
        """One and the same: documents tell of the same few networks, and they are kept."""
        return self is other

    def __hash__(self) -> int:
        return id(self)

    @property
    def image(self) -> Shape:
        return self.report.graph.image


@cache
def shipped_names() -> tuple[str, ...]:
    """The networks whose layers documents are compared with, the likeliest first.

    Chains only, as their tables are read; batch norm is a property of the document here, not a network.
    """
    return ("D", "E", "B", "A", "C", "A-LRN", "AlexNet")


@cache
def load_spec(argument: str) -> Spec:
    """A spec by name or path, read once."""
    from vggstat.sources.spec import load

    return load(argument)


_kinds = cache(find_kind)


def make_item(kind_name: str, **fields: object) -> Item:
    """A layer as a spec would have it."""
    kind = _kinds(kind_name)
    assert kind is not None, kind_name
    return Item(kind=kind, fields=fields, place=_NOWHERE)


def body_spec(spec: Spec, *, norm: bool, bias: bool = True) -> Spec:
    """``spec`` with a batch norm after each convolution, and its convolutions with or without biases."""
    if not norm and bias:
        return spec
    changes: dict[str, object] = {"norm": "batch"} if norm else {}
    if not bias:
        changes["bias"] = False
    blocks = tuple(
        tuple(
            item.replace(fields={**item.fields, **changes})
            if isinstance(item, Item) and item.kind.name == "conv"
            else item
            for item in block
        )
        for block in spec.blocks
    )
    return spec.replace(blocks=blocks)


def with_classifier(spec: Spec, units: Sequence[int], *, pooled: bool) -> Spec:
    """``spec`` with FC layers of these sizes; ``pooled``: after a global average pool."""
    items = [item for item in spec.classifier if item.kind.name == "fc"]
    sizes = [item.fields.get("features") for item in items]
    if sizes[:-1] == list(units[:-1]) and len(sizes) == len(units):
        items[-1] = items[-1].replace(fields={**items[-1].fields, "features": units[-1]})
    else:
        items = [make_item("fc", features=size) for size in units]
    blocks = spec.blocks
    if pooled:
        blocks = (*blocks[:-1], (*blocks[-1], make_item("adaptive-avgpool", output=1)))
    closing = tuple(item for item in spec.classifier if item.kind.name == "softmax")
    return spec.replace(blocks=blocks, classifier=(*items, *closing), head="flatten" if pooled else spec.head)


def own_spec(blocks: Sequence[Sequence[Item]], image: Shape) -> Spec:
    """A spec of the document's own layers, without a classifier."""
    channels, height, width = image
    return Spec(
        name="",
        title="",
        origin="",
        input=(channels, height, width),
        blocks=tuple(tuple(block) for block in blocks),
        head="none",
    )


_built: dict[object, Network | None] = {}
MAX_BUILT: Final = 512
"""Networks kept: documents of one project tell of the same few."""


class Changes(NamedTuple):
    """What a document changes about a spec."""

    norm: bool = False
    """A batch norm after each convolution."""
    bias: bool = True
    """Whether convolutions have biases."""
    units: tuple[int, ...] = ()
    """Sizes of the FC layers, where they are not the spec's own."""
    pooled: bool = False
    """Whether a global average pool stands before them."""

    def apply(self, spec: Spec) -> Spec:
        changed = body_spec(spec, norm=self.norm, bias=self.bias)
        return with_classifier(changed, self.units, pooled=self.pooled) if self.units else changed


def build(
    spec: Spec,
    image: Shape,
    head: Head,
    classes: int | None = None,
    changes: Changes = Changes(),  # noqa: B008
) -> Network | None:
    """The network, or None where it cannot be (a map that shrinks to nothing)."""
    if not spec.origin:  # made of a document's own rows
        return _build(spec.name, changes.apply(spec), image, head, classes)
    key = (spec.name, spec.digest, image, head, classes, changes)
    if key not in _built:
        if len(_built) >= MAX_BUILT:
            _built.clear()
        _built[key] = _build(spec.name, changes.apply(spec), image, head, classes)
    return _built[key]


def _build(name: str, spec: Spec, image: Shape, head: Head, classes: int | None) -> Network | None:
    try:
        graph = build_graph(spec, image=image, head=head, classes=classes)
    except VggstatError:
        return None
    report = analyze(graph)
    return Network(name=name, report=report, targets=_folded(list(_targets(graph))))


def _folded(targets: list[Target]) -> tuple[Target, ...]:
    """The layers, each with the work of those after it that tables give no row."""
    row = 0
    for index, target in enumerate(targets):
        if target.kind in WITHOUT_ROW:
            targets[row] = targets[row]._replace(folded=targets[row].folded + target.ops)
        else:
            row = index
            targets[row] = target._replace(folded=target.ops)
    return tuple(targets)


def _targets(graph: Graph) -> Iterator[Target]:
    """The image and every layer."""
    last: Shape = graph.image
    yield Target("input", "input", "", graph.image, graph.image)
    for node in graph.nodes:
        target = _target(node)
        if target.kind == "fc" and len(last) == 3 and target.in_shape == (prod(last),):
            target = target._replace(source=last)
        if len(target.shape) == 3 or target.kind == "fc":
            last = target.shape
        yield target


def _target(node: Node) -> Target:
    params = node.params
    layer = node.layer
    windows = layer.windows() if layer.row_kind in ("conv", "pool") else None
    window = windows.height if windows and windows.height == windows.width else None
    field = node.sight.field if node.sight else None
    weight = next((p for p in params if p.role == "weight"), None)
    count = {role: sum(p.elements for p in params if p.role == role) for role in ("weight", "bias", "buffer")}
    if layer.row_kind == "bn":
        count["buffer"] = 2 * node.shape[0]  # torch's counter of batches is no parameter to anybody
    return Target(
        kind=layer.row_kind,
        name=node.name,
        label=layer.label,
        shape=node.shape,
        in_shape=node.in_shapes[0],
        weights=count["weight"],
        biases=count["bias"],
        buffers=count["buffer"],
        kernel=window.kernel if window else None,
        stride=window.stride if window else None,
        padding=window.padding if window else None,
        ops=node.ops,
        factors=_factors(weight.shape if weight else ()),
        groups=getattr(layer, "groups", 1) or 1,
        field=field if isinstance(field, int) else None,
    )


def _factors(weight: tuple[int, ...]) -> tuple[int, ...]:
    """The weight's axes in the order of a blackboard: kernel, kernel, inputs, outputs."""
    if len(weight) == 4:
        return (weight[2], weight[3], weight[1], weight[0])
    return (weight[1], weight[0]) if len(weight) == 2 else weight
