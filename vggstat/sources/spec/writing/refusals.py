"""The layers of a graph that the language has no words for, each with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vggstat.errors import Unwritable
from vggstat.fields import Field
from vggstat.net.graph import Node
from vggstat.net.ops import find_kind
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.given import Given
from vggstat.net.ops.part import Crop, Part, Split
from vggstat.net.ops.seen import Seen
from vggstat.shapes import describe
from vggstat.sources.spec.language import describe as describe_field
from vggstat.sources.spec.writing.spelling import kind_of
from vggstat.sources.spec.writing.wiring import Wiring, join_kind

__all__ = ["refusals"]


def refusals(wiring: Wiring) -> tuple[Unwritable, ...]:
    """What cannot be written whatever stands around it, in order."""
    return tuple(
        Unwritable(node.name, node.layer.label, why)
        for node in wiring.nodes
        if (why := next(_reasons(node, wiring), None))
    )


def _reasons(node: Node, wiring: Wiring) -> Iterator[str]:
    if isinstance(node.layer, Given):
        return  # told of the whole
    if isinstance(node.layer, Seen):
        strange = any(len(shape) not in (1, 3) for shape in (*node.in_shapes, node.shape))
        yield "a spec has feature maps and vectors, not tokens" if strange else _unknown(node.layer)
    elif isinstance(node.layer, Part):
        yield from _part(node, wiring)
    elif join_kind(node):
        if len(node.inputs) < 2:
            yield "a join of one value: a spec joins two or more"
    elif len(node.inputs) > 1:
        yield f"it reads {len(node.inputs)} values: in a spec only joins read several"
    else:
        yield from _settings(node)
    if not wiring.readers[node.output] and node is not wiring.nodes[-1]:
        yield "nobody reads what it makes: a spec has one output, the last value"


def _unknown(layer: Seen) -> str:
    settings = ", ".join(f"{name}: {value}" for name, value in layer.settings if name != "inputs")
    told = f" ({settings})" if settings else ""
    kind = find_kind(layer.operation)
    name = kind.name if kind else layer.operation
    if kind or name in ("add", "concat", "multiply", "part"):
        return f"unlike a spec's {name} in its settings, shapes or tensors{told}"
    return f"an operation that a spec has no layer for{told}"


def _settings(node: Node) -> Iterator[str]:
    kind = kind_of(node)
    if kind is None:
        yield "an operation that a spec has no layer for"
        return
    for name, field in kind.layer.language_fields.items():
        value = getattr(node.layer, name)
        if name not in kind.settled and value != field.default and not _fits(value, field):
            yield f"{name}: {value}, where a spec takes {describe_field(field)} of at most {field.maximum:.12g}"


def _fits(value: Any, field: Field) -> bool:
    """Whether the language takes a value for a field."""
    if field.type == "choice":
        return value in field.choices
    if field.type == "boolean":
        return isinstance(value, bool)
    if value == "same":
        return field.type == "padding"
    sides = value if isinstance(value, tuple) else (value,)
    return all(isinstance(side, int | float) and field.minimum <= side <= field.maximum for side in sides)


# parts of maps


def _part(node: Node, wiring: Wiring) -> Iterator[str]:
    yield from _crop(node, wiring) if isinstance(node.layer, Crop) else _share(node, wiring)


def _share(node: Node, wiring: Wiring) -> Iterator[str]:
    """Channels are split into branches that get all of them: before and behind each share stands another, or the end."""
    value = node.inputs[0]
    readers = (wiring.nodes[position] for position in wiring.readers[value])
    others = [reader for reader in readers if isinstance(reader.layer, Split)]
    starts = {wiring.shape_of(value)[0], *map(_first_channel, others)}
    ends = {0, *(_first_channel(other) + other.shape[0] for other in others)}
    first = _first_channel(node)
    if first not in ends or first + node.shape[0] not in starts or len(others) < 2:
        yield "some of the channels: a spec splits all of them into shares for branches"


def _first_channel(node: Node) -> int:
    assert isinstance(node.layer, Split)
    return node.layer.start[0]


def _crop(node: Node, wiring: Wiring) -> Iterator[str]:
    """Maps are cut about their centre, to the smallest of those that a concat joins."""
    readers = wiring.readers[node.output]
    if len(readers) != 1 or not isinstance(wiring.nodes[readers[0]].layer, Concat):
        yield "a part of a map: a spec cuts maps only where they are concatenated"
        return
    whole, crops = node.in_shapes[0], wiring.crops_of(readers[0])
    sources = [
        wiring.nodes[value - 1].in_shapes[0] if value in crops else wiring.shape_of(value)
        for value in wiring.nodes[readers[0]].inputs
    ]
    height, width = min(shape[1] for shape in sources), min(shape[2] for shape in sources)
    start = (0, (whole[1] - height) // 2, (whole[2] - width) // 2)
    if node.shape != (whole[0], height, width) or getattr(node.layer, "start", None) != start:
        yield f"a part of a map: a spec cuts about the centre, here to {describe((whole[0], height, width))}"
