"""From a specification to its layer graph: names, shapes, edges, receptive fields, and the head."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from vggstat.errors import Problem, ShapeError, SpecError, UsageError, VggstatError
from vggstat.net.graph import Graph, Node, Sight
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.base import Kind, Layer, Param, Storage, Window
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.fc import Linear
from vggstat.net.ops.flatten import Flatten
from vggstat.net.ops.softmax import Softmax
from vggstat.net.spec import Head, Item, Place, Spec
from vggstat.net.work import Work
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
    gone = spec.classifier[: len(spec.classifier) - len(kept)]
    return Graph(
        spec=spec,
        image=shape,
        head=chosen,
        left_out=tuple(item.kind.build(item.written)[0].label for item in gone),
        classes=_class_count(builder.nodes, chosen),
        nodes=tuple(builder.nodes),
    )


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


def _class_count(nodes: list[Node], head: Head) -> int | None:
    if head == "none":
        return None
    return next((node.shape[0] for node in reversed(nodes) if node.name == "predictions"), None)


class _Settled(NamedTuple):
    """What a layer is on a map of one shape. A large network repeats few layers on few shapes, and shares these."""

    layer: Layer
    """Held, so that no other layer gets the number that it is found by."""
    in_shapes: tuple[Shape, ...]
    shape: Shape
    params: tuple[Param, ...]
    ops: Work
    window: Window | None
    storage: Storage
    """In training."""
    keeps_output: bool
    """Whether autograd keeps what it makes."""


class _Builder:
    """Appends nodes one by one, each on the last one's map."""

    def __init__(self, spec: Spec, image: Shape) -> None:
        self.spec = spec
        self.nodes: list[Node] = []
        self.image = image
        self.shape = image
        self._sight: Sight | None = Sight(1, 1)
        self._learned = False
        self._may_overwrite = False
        """Whether the last value may be written over: neither the caller's image nor kept for a gradient."""
        self._is_view = False
        """Whether the last value is a view of another shape."""
        self._layers: dict[tuple[Any, ...], tuple[Layer, ...]] = {}
        self._settled: dict[tuple[int, Shape], _Settled] = {}
        self._counters: dict[tuple[str, str], int] = {}
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
        """The layer that ``written`` stands for and what follows it; what is written alike is the same layers."""
        key = (kind.name, *written.items())
        found = self._layers.get(key)
        if found is None:
            found = self._layers[key] = kind.build(written)
        return found

    def name(self, block: str, layer: Layer) -> str:
        """The next free name of its kind in the block."""
        key = (block, layer.stem)
        count = self._counters[key] = self._counters.get(key, 0) + 1
        bare = count == 1 and not layer.numbered
        return f"{block}_{layer.stem}" if bare else f"{block}_{layer.stem}{count}"

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
            settled = self._settle(layer)
        except ShapeError as error:
            raise self._refusal(name, place, error) from None
        in_place = settled.storage == "in-place" and self._may_overwrite
        identity = isinstance(layer, AdaptiveAvgPool) and settled.shape == self.shape
        sight = self._sight if identity else _see(self._sight, settled.window)
        self.nodes.append(
            Node(
                index=len(self.nodes),
                name=name,
                torch_name=self.module_name(part) if part else torch_name,
                block=block,
                layer=layer,
                inputs=(len(self.nodes),),
                in_shapes=settled.in_shapes,
                shape=settled.shape,
                params=settled.params,
                ops=settled.ops if in_model else Work(),
                is_row=is_row and not identity,
                in_model=in_model,
                in_place=in_place,
                on_view=in_place and self._is_view,
                needs_input_grad=self._learned,
                sight=sight,
                place=place,
            )
        )
        if settled.storage == "view":
            self._is_view = self._is_view or settled.shape != self.shape
        elif not in_place:
            self._is_view = False
        self.shape = settled.shape
        self._sight = sight
        self._learned = self._learned or bool(settled.params)
        if settled.storage != "view":
            self._may_overwrite = not settled.keeps_output

    def _refusal(self, name: str, place: Place, error: ShapeError) -> VggstatError:
        """What is wrong: the spec on its own image, and else the image that was asked for."""
        where = f"{place.path}: " if place.path else ""
        if self.image == self.spec.input:
            return SpecError([Problem(*place[:3], "", f"{where}{name}: {error}")])
        at = f" ({place.source}:{place.line}:{place.column})" if place.line else ""
        return UsageError(
            f"{self.spec.name} cannot take an image of {describe(self.image)}, made for one of "
            f"{describe(self.spec.input)}: {name}{at}: {error}"
        )

    def _settle(self, layer: Layer) -> _Settled:
        """The layer on the last map. Raises ShapeError where it cannot take it."""
        key = (id(layer), self.shape)
        found = self._settled.get(key)
        if found is None:
            found = self._settled[key] = _settle(layer, self.shape)
        return found


def _settle(layer: Layer, shape: Shape) -> _Settled:
    return _Settled(
        layer=layer,
        in_shapes=(shape,),
        shape=layer.out_shape(shape),
        params=layer.params(shape),
        ops=layer.ops(shape),
        window=layer.window(),
        storage=layer.storage("training"),
        keeps_output=any(saved.of == "output" for saved in layer.saved(shape)),
    )


def _see(sight: Sight | None, window: Window | None) -> Sight | None:
    """The receptive field one layer on: it grows by (extent − 1) steps, and the step by the stride."""
    if sight is None or window is None:
        return None
    return Sight(sight.field + (window.extent - 1) * sight.jump, sight.jump * window.stride)


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
    if head != "conv" and len(builder.shape) == 3:
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
    if len(builder.shape) != 3:
        message = "a head that pools needs a feature map, but the blocks end in a vector: use head: flatten"
        raise SpecError([Problem(*_head_place(spec)[:3], "head", message)])
    return builder.shape


def _last_fc(items: tuple[Item, ...]) -> int:
    """The position of the last FC layer, -1 where there is none."""
    return max((i for i, item in enumerate(items) if _is_fc(item)), default=-1)


def _add_classifier(builder: _Builder, items: tuple[Item, ...], classes: int | None, *, dense: bool) -> None:
    """The FC layers with what follows each; the last one has no ReLU and no dropout unless written."""
    last = _last_fc(items)
    count = 0
    for position, item in enumerate(items):
        fields = item.written
        is_fc = _is_fc(item)
        if position == last:
            # The spec's defaults are about the layers before it: nothing follows the predictions unless written.
            fields = {**fields, "activation": "none", "dropout": 0, **item.fields}
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
