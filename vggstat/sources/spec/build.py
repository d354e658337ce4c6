"""From a specification to its layer graph: names, shapes, edges, receptive fields, and the head."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from vggstat.errors import Problem, ShapeError, SpecError, UsageError, VggstatError
from vggstat.net.building import GraphBuilder
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.base import Kind, Layer
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.fc import Linear
from vggstat.net.ops.flatten import Flatten
from vggstat.net.ops.softmax import Softmax
from vggstat.net.spec import Head, Item, Place, Spec
from vggstat.shapes import Shape, describe

__all__ = ["build_graph"]

FEATURES, CLASSIFIER = "features", "classifier"


def build_graph(
    spec: Spec,
    *,
    image: Shape | None = None,
    head: Head | None = None,
    classes: int | None = None,
) -> Graph:
    """The graph of ``spec`` on an image of shape ``image`` (its own input, if None).

    The spec's own head joins the maps to all of its classifier. ``head`` in its place keeps what it can: ``gap`` the
    last FC layer and what follows it, ``none`` nothing; ``left_out`` of the graph names the layers that go.
    ``classes`` replaces the outputs of the last FC layer. Raises SpecError, with the layer and its place, where a
    layer cannot take the map it gets, and UsageError where ``head`` or ``classes`` finds no FC layer.
    """
    shape = image or spec.input
    chosen = head or spec.head
    kept = _kept(spec, chosen)
    if classes is not None and not any(map(_is_fc, kept)):
        raise UsageError(f"{spec.name} has no FC layers here, so there is no number of classes to set")
    builder = _Builder(spec, shape)
    for number, block in enumerate(spec.blocks, start=1):
        builder.add_block(f"block{number}", block)
    if chosen != "none":
        _add_head(builder, chosen, kept, classes)
    nodes = builder.graph.nodes()
    gone = spec.classifier[: len(spec.classifier) - len(kept)]
    return Graph(
        spec=spec,
        image=shape,
        head=chosen,
        left_out=tuple(_label(item) for item in gone),
        classes=_class_count(nodes, chosen),
        nodes=nodes,
    )


def _label(item: Item) -> str:
    """As Table 1 writes a layer, or the name of its kind where that depends on the map that enters."""
    return item.kind.name if item.kind.settled else item.kind.build(item.written)[0].label


def _is_fc(item: Item) -> bool:
    return issubclass(item.kind.layer, Linear)


def _kept(spec: Spec, head: Head) -> tuple[Item, ...]:
    """The layers of the classifier that stay under a head: all of them under the spec's own."""
    items = spec.classifier
    if head == spec.head:
        return items
    if head == "none":
        return ()
    if not any(map(_is_fc, items)):
        raise UsageError(f"{spec.name} has no FC layers in its classifier, so a head of {head!r} has none")
    return items[_last_fc(items) :] if head == "gap" else items


def _class_count(nodes: Sequence[Node], head: Head) -> int | None:
    if head == "none":
        return None
    return next((node.shape[0] for node in reversed(nodes) if node.name == "predictions"), None)


class _Builder:
    """Names the layers of a spec as people and torch do, and adds each on the last one's map."""

    def __init__(self, spec: Spec, image: Shape) -> None:
        self.spec = spec
        self.graph = GraphBuilder(image)
        self._layers: dict[tuple[Any, ...], tuple[Layer, ...]] = {}
        self._counters: dict[tuple[str, str], int] = {}
        self._scopes: dict[str, tuple[str, ...]] = {}
        self._modules = {FEATURES: 0, CLASSIFIER: 0}

    def add_block(self, block: str, items: Iterable[Item]) -> None:
        """All layers of a block, each with what follows it."""
        for item in items:
            first, *followers = self.layers(item.kind, item.written)
            name = self.name(block, first)
            self.add(first, block, FEATURES, item.place, name, is_row=first.row != "never")
            for layer in followers:
                name = self.name(block, layer)
                self.add(layer, block, FEATURES, item.place, name, is_row=layer.row == "always")

    def layers(self, kind: Kind, written: Mapping[str, Any]) -> tuple[Layer, ...]:
        """The layer that ``written`` stands for on the last map and what follows it; what is alike is the same layers."""
        if kind.settles is not None:
            written = {**written, **kind.settles(self.graph.shape)}
        key = (kind.name, *written.items())
        found = self._layers.get(key)
        if found is None:
            found = self._layers[key] = kind.build(written)
        return found

    def scope(self, block: str) -> tuple[str, ...]:
        """The scope of a block's layers, one object for all of them."""
        return self._scopes.setdefault(block, (block,))

    def name(self, block: str, layer: Layer) -> str:
        """The next free name of its kind in the block."""
        key = (block, layer.stem)
        count = self._counters[key] = self._counters.get(key, 0) + 1
        bare = count == 1 and not layer.numbered
        stem = f"{layer.stem}_" if layer.stem[-1].isdigit() else layer.stem  # relu6_1, not relu61
        return f"{block}_{layer.stem}" if bare else f"{block}_{stem}{count}"

    def module_name(self, part: str) -> str:
        """The next free entry of torchvision's ``features`` or ``classifier``."""
        number = self._modules[part]
        self._modules[part] = number + 1
        return f"{part}.{number}"

    def add(
        self,
        layer: Layer,
        block: str,
        part: str | None,
        place: Place,
        name: str,
        *,
        is_row: bool,
        torch_name: str | None = None,
        in_model: bool = True,
    ) -> None:
        """One node after the last. ``part`` is the torch container it is numbered in, if it is."""
        try:
            self.graph.add(
                layer,
                name,
                scope=self.scope(block),
                place=place,
                torch_name=self.module_name(part) if part else torch_name,
                is_row=is_row,
                in_model=in_model,
            )
        except ShapeError as error:
            raise self._refusal(name, place, error) from None

    def _refusal(self, name: str, place: Place, error: ShapeError) -> VggstatError:
        """What is wrong: the spec on its own image, and else the image that was asked for."""
        where = f"{place.path}: " if place.path else ""
        if self.graph.image == self.spec.input:
            return SpecError([Problem(*place[:3], "", f"{where}{name}: {error}")])
        at = f" ({place.source}:{place.line}:{place.column})" if place.line else ""
        return UsageError(
            f"{self.spec.name} cannot take an image of {describe(self.graph.image)}, made for one of "
            f"{describe(self.spec.input)}: {name}{at}: {error}"
        )


def _add_head(builder: _Builder, head: Head, items: tuple[Item, ...], classes: int | None) -> None:
    """What joins the maps to the FC layers, and the FC layers."""
    place = _head_place(builder.spec)
    if head == "gap":
        pool = AdaptiveAvgPool(output=1)
        builder.add(pool, "fc", None, place, "avgpool", is_row=True, torch_name="avgpool")
    if head == "adaptive":
        height, width = _own_map(builder.spec)[1:]
        pool = AdaptiveAvgPool(output=height, width=None if width == height else width)
        builder.add(pool, "fc", None, place, "avgpool", is_row=True, torch_name="avgpool")
    if head != "conv" and len(builder.graph.shape) == 3:
        builder.add(Flatten(), "fc", None, place, "flatten", is_row=False)
    _add_classifier(builder, items, classes, dense=head == "conv")


def _head_place(spec: Spec) -> Place:
    """Where the head is written, or else the classifier that it serves."""
    return spec.places.get("head") or spec.places.get("classifier") or Place(spec.origin, 0, 0, "head")


def _own_map(spec: Spec) -> Shape:
    """The shape that the blocks make of the spec's own input."""
    builder = _Builder(spec, spec.input)
    for number, block in enumerate(spec.blocks, start=1):
        builder.add_block(f"block{number}", block)
    if len(builder.graph.shape) != 3:
        message = "a head that pools needs a feature map, but the blocks end in a vector: use head: flatten"
        raise SpecError([Problem(*_head_place(spec)[:3], "head", message)])
    return builder.graph.shape


def _last_fc(items: tuple[Item, ...]) -> int:
    """The position of the last FC layer, -1 where there is none."""
    return max((i for i, item in enumerate(items) if _is_fc(item)), default=-1)


def _add_classifier(builder: _Builder, items: tuple[Item, ...], classes: int | None, *, dense: bool) -> None:
    """The FC layers with what follows each; the last one has no norm, activation or dropout unless written."""
    last = _last_fc(items)
    count = 0
    for position, item in enumerate(items):
        fields = item.written
        is_fc = _is_fc(item)
        if position == last:
            # The spec's defaults are about the layers before it: nothing follows the predictions unless written.
            fields = {**fields, "norm": "none", "activation": "none", "dropout": 0, **item.fields}
            if classes is not None:
                fields["features"] = classes
        first, *followers = builder.layers(item.kind, fields)
        if is_fc:
            count += 1
            name = "predictions" if position == last else f"fc{count}"
            if dense and isinstance(first, Linear):
                first = _as_conv(builder, first, first_fc=count == 1)
        else:
            name = builder.name("fc", first).removeprefix("fc_")
        # Behind FC layers it closes the classifier, and torch models end in logits; alone it is a layer like any other.
        closing = isinstance(first, Softmax) and 0 <= last == position - 1 and position == len(items) - 1
        if closing:
            builder.add(first, "fc", None, item.place, name, is_row=False, in_model=False)
        else:
            builder.add(first, "fc", CLASSIFIER, item.place, name, is_row=first.row != "never")
        for layer in followers:
            follower = f"{name}_{layer.stem}"
            builder.add(layer, "fc", CLASSIFIER, item.place, follower, is_row=layer.row == "always")


def _as_conv(builder: _Builder, fc: Linear, *, first_fc: bool) -> Layer:
    """An FC layer as a convolution over the map: of the own map's size for the first one, 1x1 for the rest."""
    kernel = 1
    if (
        first_fc and builder.spec.head != "gap"
    ):  # behind a global pool it sees one value of each map, wherever it stands
        _, height, width = _own_map(builder.spec)
        if height != width:
            message = (
                f"conv makes a square convolution of the first FC layer, but the blocks make a map of "
                f"{height}×{width} from {builder.spec.name}'s own input: use head: adaptive or flatten"
            )
            raise SpecError([Problem(*_head_place(builder.spec)[:3], "head", message)])
        kernel = height
    return Conv(filters=fc.features, kernel=kernel, padding=0, bias=fc.bias)
