"""From a specification to its layer graph."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.errors import UsageError
from vggstat.net.graph import Graph, Node
from vggstat.net.spec import Head, Item, Spec
from vggstat.shapes import Shape
from vggstat.sources.spec.builder import SpecBuilder
from vggstat.sources.spec.head import add_head, is_prediction, kept_under

__all__ = ["build_graph"]


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
    kept = kept_under(spec, chosen)
    if classes is not None and not any(map(is_prediction, kept)):
        raise UsageError(f"{spec.name} has no FC layers here, so there is no number of classes to set")
    builder = SpecBuilder(spec, shape)
    builder.add_blocks()
    if chosen != "none":
        add_head(builder, chosen, kept, classes)
    nodes = builder.nodes()
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


def _class_count(nodes: Sequence[Node], head: Head) -> int | None:
    if head == "none":
        return None
    return next((node.shape[0] for node in reversed(nodes) if node.name == "predictions"), None)
