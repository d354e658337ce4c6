"""What joins the feature maps to a spec's classifier, and the classifier."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from vggstat.errors import Problem, SpecError, UsageError
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.base import Kind, Layer
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.fc import Linear
from vggstat.net.ops.flatten import Flatten
from vggstat.net.ops.softmax import Softmax
from vggstat.net.spec import Head, Item, Place, Spec
from vggstat.shapes import Shape
from vggstat.sources.spec.builder import SpecBuilder, Where

__all__ = ["BARE", "add_head", "is_prediction", "is_prediction_kind", "kept_under"]

CLASSIFIER: Final = "classifier"
"""torchvision's container of the layers behind the maps."""

HEAD: Final = Where("fc", ("fc",))

BARE: Final[Mapping[str, Any]] = {"norm": "none", "activation": "none", "dropout": 0}
"""What follows the predictions where nothing is written."""


def is_fc(item: Item) -> bool:
    return issubclass(item.kind.layer, Linear)


def is_prediction(item: Item) -> bool:
    """Whether a layer of a classifier can be its prediction."""
    return is_prediction_kind(item.kind)


def is_prediction_kind(kind: Kind) -> bool:
    """Whether layers of a kind can be the prediction of a classifier: FC layers and convolutions."""
    return issubclass(kind.layer, Linear | Conv)


def kept_under(spec: Spec, head: Head) -> tuple[Item, ...]:
    """The layers of the classifier that stay under a head: all of them under the spec's own.

    Raises UsageError for a head of FC layers where the classifier has none.
    """
    items = spec.classifier
    if head == spec.head:
        return items
    if head == "none":
        return ()
    if not any(map(is_fc, items)):
        raise UsageError(f"{spec.name} has no FC layers in its classifier, so a head of {head!r} has none")
    return items[_prediction(items) :] if head == "gap" else items


def _prediction(items: tuple[Item, ...]) -> int:
    """The position of the last FC layer or convolution, -1 where there is none."""
    return max((i for i, item in enumerate(items) if is_prediction(item)), default=-1)


def add_head(builder: SpecBuilder, head: Head, items: tuple[Item, ...], classes: int | None) -> None:
    """What joins the maps to the classifier, and the classifier."""
    place = _head_place(builder.spec)
    pool = None
    if head == "gap":
        pool = AdaptiveAvgPool(output=1)
    if head == "adaptive":
        height, width = _own_map(builder.spec)[1:]
        pool = AdaptiveAvgPool(output=height, width=None if width == height else width)
    if pool is not None:
        builder.add(pool, HEAD.scope, "avgpool", place, is_row=True, torch_name="avgpool")
    # Behind a pool a classifier of convolutions alone takes the map as it is.
    stays_map = head == "conv" or (
        head == "gap" and any(map(is_prediction, items)) and not any(map(is_fc, items))
    )
    if not stays_map and len(builder.shape) == 3:
        builder.add(Flatten(), HEAD.scope, "flatten", place, is_row=False)
    _add_classifier(builder, items, classes, dense=head == "conv")


def _head_place(spec: Spec) -> Place:
    """Where the head is written, or else the classifier that it serves."""
    return spec.places.get("head") or spec.places.get("classifier") or Place(spec.origin, 0, 0, "head")


def _own_map(spec: Spec) -> Shape:
    """The shape that the blocks make of the spec's own input."""
    builder = SpecBuilder(spec, spec.input)
    builder.add_blocks()
    if len(builder.shape) != 3:
        message = "a head that pools needs a feature map, but the blocks end in a vector: use head: flatten"
        raise SpecError([Problem(*_head_place(spec)[:3], "head", message)])
    return builder.shape


def _add_classifier(
    builder: SpecBuilder, items: tuple[Item, ...], classes: int | None, *, dense: bool
) -> None:
    """The layers with what follows each; the prediction has no norm, activation or dropout unless written."""
    last = _prediction(items)
    count = 0
    for position, item in enumerate(items):
        fields = item.written
        if position == last:
            # The spec's defaults are about the layers before it: nothing follows the predictions unless written.
            fields = {
                **fields,
                **{name: value for name, value in BARE.items() if name in item.kind.fields},
                **item.fields,
            }
            if classes is not None:
                fields["features" if is_fc(item) else "filters"] = classes
        first, *followers = builder.layers(item.kind, fields)
        count += is_fc(item)
        if position == last:
            name = "predictions"
        elif is_fc(item):
            name = f"fc{count}"
        else:
            name = builder.name(HEAD, first).removeprefix("fc_")
        if dense and isinstance(first, Linear):
            first = _as_conv(builder, first, first_fc=count == 1)
        # Behind the predictions it closes the classifier, and torch models end in logits; alone it is a layer like any.
        closing = isinstance(first, Softmax) and 0 <= last < position == len(items) - 1
        if closing:
            builder.add(first, HEAD.scope, name, item.place, is_row=False, in_model=False)
            continue
        for layer in (first, *followers):
            builder.add(
                layer,
                HEAD.scope,
                name if layer is first else f"{name}_{layer.stem}",
                item.place,
                is_row=layer.row != "never" if layer is first else layer.row == "always",
                torch_name=builder.module_name(CLASSIFIER),
            )


def _as_conv(builder: SpecBuilder, fc: Linear, *, first_fc: bool) -> Layer:
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
