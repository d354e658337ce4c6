"""From a specification to its layer graph: names, shapes, edges, receptive fields, and the head."""

from __future__ import annotations

from collections.abc import Iterable

from vggstat.errors import Problem, ShapeError, SpecError, UsageError
from vggstat.graph.model import Graph, Node, Sight
from vggstat.layers.adaptive_avgpool import AdaptiveAvgPool
from vggstat.layers.base import Layer, Window
from vggstat.layers.conv import Conv
from vggstat.layers.fc import Linear
from vggstat.layers.flatten import Flatten
from vggstat.layers.softmax import Softmax
from vggstat.shapes import Shape
from vggstat.spec.model import Head, Item, Place, Spec

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

    ``head`` and ``classes`` replace what the spec says. Raises SpecError, with the layer and its place, where
    a layer cannot take the map it gets, and UsageError where ``classes`` finds no FC layer to set.
    """
    shape = image or spec.input
    chosen = _settle_head(spec, head)
    if classes is not None and chosen == "none":
        raise UsageError(f"{spec.name} has no FC layers here, so there is no number of classes to set")
    builder = _Builder(spec, shape)
    for number, block in enumerate(spec.blocks, start=1):
        builder.add_block(f"block{number}", block)
    if chosen != "none":
        _add_head(builder, chosen, classes)
    return Graph(
        spec=spec,
        image=shape,
        head=chosen,
        classes=_class_count(builder.nodes, chosen),
        nodes=tuple(builder.nodes),
    )


def _settle_head(spec: Spec, head: Head | None) -> Head:
    if not any(issubclass(item.kind.layer, Linear) for item in spec.classifier):
        if head not in (None, "none"):
            raise UsageError(
                f"{spec.name} has no FC layers in its classifier, so a head of {head!r} has none"
            )
        return spec.head if spec.classifier else "none"
    return head or spec.head


def _class_count(nodes: list[Node], head: Head) -> int | None:
    if head == "none":
        return None
    return next((node.shape[0] for node in reversed(nodes) if node.name == "predictions"), None)


class _Builder:
    """Appends nodes one by one, each on the last one's map."""

    def __init__(self, spec: Spec, image: Shape) -> None:
        self.spec = spec
        self.nodes: list[Node] = []
        self.shape = image
        self._sight: Sight | None = Sight(1, 1)
        self._learned = False
        self._counters: dict[tuple[str, str], int] = {}
        self._modules = {FEATURES: 0, CLASSIFIER: 0}

    def add_block(self, block: str, items: Iterable[Item]) -> None:
        """All layers of a block, each with what follows it."""
        for item in items:
            first, *followers = item.kind.build(item.written)
            name = self.name(block, first)
            self.add(first, block, FEATURES, item.place, name, is_row=first.row != "never")
            for layer in followers:
                name = self.name(block, layer)
                self.add(layer, block, FEATURES, item.place, name, is_row=layer.row == "always")

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
            shape = layer.out_shape(self.shape)
        except ShapeError as error:
            where = f"{place.path}: " if place.path else ""
            problem = Problem(place.source, place.line, place.column, "", f"{where}{name}: {error}")
            raise SpecError([problem]) from None
        learns = bool(layer.params(self.shape))
        identity = isinstance(layer, AdaptiveAvgPool) and shape == self.shape
        sight = self._sight if identity else _see(self._sight, layer.window())
        self.nodes.append(
            Node(
                index=len(self.nodes),
                name=name,
                torch_name=self.module_name(part) if part else torch_name,
                block=block,
                layer=layer,
                inputs=(len(self.nodes),),
                in_shapes=(self.shape,),
                shape=shape,
                is_row=is_row and not identity,
                in_model=in_model,
                in_place=layer.storage("training") == "in-place" and self._may_overwrite(),
                needs_input_grad=self._learned,
                sight=sight,
                place=place,
            )
        )
        self.shape = shape
        self._sight = sight
        self._learned = self._learned or learns

    def _may_overwrite(self) -> bool:
        """Whether the last value may be written over: neither the caller's image nor kept for a gradient."""
        node = self.nodes[-1] if self.nodes else None
        while node is not None and node.layer.storage("training") == "view":
            node = self.nodes[node.index - 1] if node.index else None
        if node is None:
            return False
        return all(saved.of != "output" for saved in node.layer.saved(*node.in_shapes))


def _see(sight: Sight | None, window: Window | None) -> Sight | None:
    """The receptive field one layer on: it grows by (extent − 1) steps, and the step by the stride."""
    if sight is None or window is None:
        return None
    return Sight(sight.field + (window.extent - 1) * sight.jump, sight.jump * window.stride)


def _add_head(builder: _Builder, head: Head, classes: int | None) -> None:
    """What joins the maps to the FC layers, and the FC layers."""
    items = builder.spec.classifier
    place = builder.spec.classifier[0].place
    if head == "gap":
        builder.add(
            AdaptiveAvgPool(output=1), "fc", None, place, "avgpool", is_row=True, torch_name="avgpool"
        )
        items = _from_last_fc(items)
    if head == "adaptive":
        height, width = _own_map(builder.spec)[1:]
        pool = AdaptiveAvgPool(output=height, width=None if width == height else width)
        builder.add(pool, "fc", None, place, "avgpool", is_row=True, torch_name="avgpool")
    if head != "conv" and len(builder.shape) == 3:
        builder.add(Flatten(), "fc", None, place, "flatten", is_row=False)
    _add_classifier(builder, items, classes, dense=head == "conv")


def _own_map(spec: Spec) -> Shape:
    """The shape that the blocks make of the spec's own input."""
    builder = _Builder(spec, spec.input)
    for number, block in enumerate(spec.blocks, start=1):
        builder.add_block(f"block{number}", block)
    if len(builder.shape) != 3:
        place = spec.classifier[0].place
        message = "a head that pools needs a feature map, but the blocks end in a vector: use head: flatten"
        raise SpecError([Problem(place.source, place.line, place.column, "head", message)])
    return builder.shape


def _last_fc(items: tuple[Item, ...]) -> int:
    return max(i for i, item in enumerate(items) if issubclass(item.kind.layer, Linear))


def _from_last_fc(items: tuple[Item, ...]) -> tuple[Item, ...]:
    return items[_last_fc(items) :]


def _add_classifier(builder: _Builder, items: tuple[Item, ...], classes: int | None, *, dense: bool) -> None:
    """The FC layers with what follows each; the last one has no ReLU and no dropout unless written."""
    has_fc = any(issubclass(item.kind.layer, Linear) for item in items)
    last = _last_fc(items) if has_fc else -1
    count = 0
    for position, item in enumerate(items):
        fields = item.written
        is_fc = issubclass(item.kind.layer, Linear)
        if position == last:
            # The spec's defaults are about the layers before it: nothing follows the predictions unless written.
            fields = {**fields, "activation": "none", "dropout": 0, **item.fields}
            if classes is not None:
                fields["features"] = classes
        first, *followers = item.kind.build(fields)
        if is_fc:
            count += 1
            name = "predictions" if position == last else f"fc{count}"
            if dense and isinstance(first, Linear):
                first = _as_conv(builder, first, first_fc=count == 1)
        else:
            name = builder.name("fc", first).removeprefix("fc_")
        closing = isinstance(first, Softmax) and position == len(items) - 1 and position - 1 == last
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
    if first_fc:
        _, height, width = _own_map(builder.spec)
        if height != width:
            raise UsageError(
                f"head: conv needs a square map before the FC layers; {builder.spec.name} makes {height}×{width}"
            )
        kernel = height
    return Conv(filters=fc.features, kernel=kernel, padding=0, bias=fc.bias)
