"""From the calls that a model makes to the graph of its layers."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from vggstat.errors import UsageError
from vggstat.net.building import GraphBuilder
from vggstat.net.graph import Beside, Graph, Node
from vggstat.net.ops.base import Layer
from vggstat.net.ops.given import Given
from vggstat.net.ops.other import Other, Pointwise, Rearranged
from vggstat.net.ops.product import Attention, MatMul, SeenConv, SeenLinear, SeenTransposedConv
from vggstat.net.ops.token_norm import TokenNorm
from vggstat.net.spec import Place, Spec
from vggstat.shapes import Shape
from vggstat.sources.language import PART, layer_of_language
from vggstat.sources.torch_module.calls import Call, read_call
from vggstat.sources.torch_module.functions import LAYOUT, ONE_KERNEL, POINTWISE
from vggstat.sources.torch_module.products import read_product
from vggstat.sources.torch_module.recorder import Alone, Step

__all__ = ["graph_of_steps"]


ONE_PIECE: Final = (Rearranged, SeenConv, SeenTransposedConv, SeenLinear, MatMul)
"""Kinds that allocate what they make, and what they copy first."""


def graph_of_steps(
    steps: Sequence[Step],
    spec: Spec,
    inputs: Mapping[str, Shape],
    outputs: Sequence[int],
    gone: Mapping[int, int],
    alone: Iterable[Alone] = (),
) -> Graph:
    """The graph of a recorded run, with a node for each value that is made.

    The first of ``inputs`` is the image, the others are nodes of their own. ``outputs`` are the values that the model
    returns; ``gone`` says after how many steps each value was let go, and ``alone`` is memory that comes from no input.
    """
    builder = GraphBuilder(spec.input)
    values = {0: 0}
    for number, (name, shape) in enumerate(inputs.items()):
        if number:
            place = Place(spec.origin, 0, 0, name)
            values[number] = builder.add(Given(makes=shape), name, scope=(name,), place=place, inputs=())
    names: Counter[str] = Counter(list(inputs))
    modules: set[str] = set()
    writes: list[tuple[int, int]] = []
    starts: list[int] = [-1] * builder.last
    for step, kind, settings in _read(_needed(steps, outputs, gone)):
        for part, (value, shape) in enumerate(step.makes.items()):
            entering = tuple(builder.shape_of(values[other]) for other in step.inputs)
            told = {**settings, "part": part} if len(step.makes) > 1 else settings
            layer = _layer(step, kind, told, entering, shape)
            name, scope = _name(step, kind)
            names[name] += 1
            values[value] = builder.add(
                layer,
                f"{name}_{names[name]}" if names[name] > 1 else name,
                scope=scope,
                place=step.place,
                inputs=tuple(values[other] for other in step.inputs),
                tensors=step.tensors,
                torch_name=step.module if step.is_leaf and step.module not in modules else None,
                is_row=layer.row == "always" or bool(step.tensors),
                in_place=step.lies_in == "in-place",
            )
            starts.append(step.position)
            modules.add(step.module)
            if step.call.in_place and step.inputs:
                writes.append((builder.last - 1, values[step.inputs[0]]))
    nodes = builder.nodes()
    return Graph(
        spec=spec,
        image=spec.input,
        head=None,
        classes=None,
        nodes=nodes,
        outputs=tuple(dict.fromkeys(values[value] for value in outputs)),
        held_until=_held_until(values, gone, starts),
        beside=tuple(_beside(alone, starts)),
        overwritten=tuple(_overwritten(writes, nodes)),
    )


def _name(step: Step, kind: str) -> tuple[str, tuple[str, ...]]:
    """A layer's name and scope: its module's, or of a function that a module with others inside calls, the kind's there."""
    parts = step.module.split(".") if step.module else []
    paths = tuple(".".join(parts[: depth + 1]) for depth in range(len(parts)))
    if step.is_leaf and paths:
        return step.module, paths[:-1] or paths  # one at the top is a block of its own
    return ".".join((*parts, kind)), paths or (kind,)


def _needed(steps: Sequence[Step], outputs: Sequence[int], gone: Mapping[int, int]) -> list[Step]:
    """The steps that outputs depend on, and of the others those that do work or take memory that the model holds: torch runs
    them too."""
    needed = set(outputs)
    kept: list[Step] = []
    for step in reversed(steps):
        makes = {value: shape for value, shape in step.makes.items() if value in needed}
        if not makes and _does_nothing(step) and not _is_held(step, gone):
            continue
        makes = makes or dict(list(step.makes.items())[:1])
        needed.update(step.inputs)
        kept.append(step._replace(makes=makes))
    return kept[::-1]


def _is_held(step: Step, gone: Mapping[int, int]) -> bool:
    """Whether memory that it takes is still there when the next call runs."""
    after = step.position + 1
    return step.lies_in == "new" and any(gone.get(value, after + 1) > after for value in step.makes)


def _does_nothing(step: Step) -> bool:
    return not step.tensors and step.call.name in POINTWISE | LAYOUT


def _held_until(values: Mapping[int, int], gone: Mapping[int, int], starts: Sequence[int]) -> tuple[int, ...]:
    """For each value the first node that runs when nobody holds it any more.

    ``starts`` are the steps that the nodes come from.
    """
    ends = [0] * (len(starts) + 1)
    for value, number in values.items():
        at = gone.get(value if value >= 0 else ~value)  # a pool within a mean goes with the mean
        end = len(starts) if at is None else bisect_left(starts, at)
        ends[number] = max(ends[number], end)
    return tuple(ends)


def _beside(alone: Iterable[Alone], starts: Sequence[int]) -> Iterator[Beside]:
    """The memory that is there while some node runs."""
    for one in alone:
        start = bisect_left(starts, one.start)
        end = len(starts) if one.end is None else bisect_left(starts, one.end)
        if start < end:
            yield Beside(one.elements, one.width, one.once, start, end)


def _overwritten(writes: Iterable[tuple[int, int]], nodes: Sequence[Node]) -> Iterator[str]:
    """Calls in place on a value that the layer which made it, or one that read it before, has kept for its gradient."""
    for writer, value in writes:
        for node in nodes[:writer]:
            try:
                kept = node.layer.saved(*node.in_shapes)
            except UsageError:  # what an unknown operation keeps is not known
                continue
            of_input = any(
                one.of == "input"
                and node.inputs[one.position] == value
                and (node.params or any(node.input_grads))
                for one in kept
            )
            of_output = node.output == value and any(one.of == "output" for one in kept)
            if of_input or of_output:
                yield f"{nodes[writer].name} writes over what {node.name} has kept for its gradient"


def _read(steps: Iterable[Step]) -> list[tuple[Step, str, dict[str, Any]]]:
    """Each step with its kind and settings; a map that is cut along one axis after the other is cut once."""
    found = [(step, *read_call(step.call)) for step in _with_pools(_with_shuffles(list(steps)))]
    readers = Counter(value for step, _, _ in found for value in step.inputs)
    joined: set[int] = set()
    made = []
    parts: dict[int, tuple[Step, dict[str, Any]]] = {}
    for step, kind, settings in found:
        if kind == PART:
            entering = step.inputs[0]
            if entering in parts and readers[entering] == 1:
                before, cut = parts[entering]
                joined.add(id(before))
                start = tuple(map(sum, zip(cut["start"], settings["start"], strict=True)))
                step, settings = step._replace(inputs=before.inputs), {**settings, "start": start}
            parts.update((value, (step, settings)) for value in step.makes)
        made.append((step, kind, settings))
    return [entry for entry in made if id(entry[0]) not in joined]


def _with_pools(steps: Iterable[Step]) -> Iterator[Step]:
    """The steps, with a mean over the whole map as the global pool and the flatten that it is."""
    for step in steps:
        before, after = step.call.before, step.call.after
        if read_call(step.call)[0] != "adaptive-avgpool" or len(before) != 4 or len(after) != 2:
            yield step
            continue
        ((value, shape),) = step.makes.items()
        map_shape = (*before[:2], 1, 1)
        pool = Call("adaptive_avg_pool2d", (None, 1), {}, [before], map_shape)
        yield step._replace(call=pool, makes={~value: (*shape, 1, 1)})
        flat = Call("flatten", (), {}, [map_shape], after)
        yield step._replace(call=flat, inputs=(~value,), keeps=(), lies_in="view")


def _with_shuffles(steps: list[Step]) -> list[Step]:
    """The steps, and a channel shuffle where one is written as a view in five axes, a transposition, and a view back."""
    makers = {value: step for step in steps for value in step.makes}
    readers = Counter(value for step in steps for value in step.inputs)
    shuffles: dict[int, Step] = {}
    gone: set[int] = set()
    for step in steps:
        norm = _norm_of_channels(step, makers, readers)
        if norm is not None:
            shuffles[id(step)], others = norm
            gone.update(map(id, others))
            continue
        way = [step]
        while len(way) < 4 and len(way[-1].call.before) == 5 and way[-1].inputs:
            before = makers.get(way[-1].inputs[0])
            if before is None or readers[way[-1].inputs[0]] > 1:
                break
            way.append(before)
        groups = _shuffled(way)
        if groups:
            first = way[-1]
            call = Call("channel_shuffle", (None, groups), {}, [first.call.before], step.call.after)
            shuffles[id(step)] = step._replace(call=call, inputs=first.inputs)
            gone.update(id(other) for other in way[1:])
    return [shuffles.get(id(step), step) for step in steps if id(step) not in gone]


def _norm_of_channels(
    step: Step, makers: dict[int, Step], readers: Counter[int]
) -> tuple[Step, tuple[Step, Step]] | None:
    """A layer norm over channels that are brought to the last axis and back, and the calls that do that besides."""
    norm = makers.get(step.inputs[0]) if step.inputs else None
    is_norm = norm is not None and norm.call.name == "layer_norm" and norm.inputs
    ahead = makers.get(norm.inputs[0]) if norm is not None and is_norm else None
    if norm is None or ahead is None or readers[step.inputs[0]] > 1 or readers[norm.inputs[0]] > 1:
        return None
    if _axes(ahead.call) != (0, 2, 3, 1) or _axes(step.call) != (0, 3, 1, 2):
        return None
    shape = ahead.call.before
    call = Call("layer_norm", (None, norm.call.get(1, "normalized_shape")), {}, [shape], tuple(shape))
    return norm._replace(call=call, inputs=ahead.inputs, makes=step.makes), (norm, ahead)


def _axes(call: Call) -> tuple[int, ...] | None:
    """The order of axes that a permutation makes."""
    if call.name != "permute":
        return None
    axes = call.args[1:] or call.named.get("dims", ())
    flat = axes[0] if len(axes) == 1 and isinstance(axes[0], tuple | list) else axes
    return tuple(flat)


def _shuffled(way: Sequence[Step]) -> int:
    """The groups of the shuffle that these calls are, the last one first; 0 where they are none."""
    moves = [step for step in way if step.call.name not in ("contiguous", "clone")]
    if len(moves) != 3:
        return 0
    back, swap, apart = (step.call for step in moves)
    before, split = apart.before, apart.after
    swapped = swap.name in ("transpose", "swapaxes") and {swap.get(1, "dim0"), swap.get(2, "dim1")} == {1, 2}
    whole = (
        len(before) == 4 and len(split) == 5 and split[1] * split[2] == before[1] and split[3:] == before[2:]
    )
    return split[1] if whole and swapped and tuple(back.after) == tuple(before) else 0


def _layer(
    step: Step, kind: str, settings: dict[str, Any], entering: tuple[Shape, ...], shape: Shape
) -> Layer:
    """The layer of the language that makes the same of the same with the same tensors, or else what was seen."""
    tensors, in_place = step.tensors, step.call.in_place
    layer = (
        layer_of_language(kind, settings, entering, shape, tensors, in_place=in_place)
        if step.grows and not step.takes_made
        else None
    )
    if layer is not None:
        return layer
    name = step.call.name
    product = read_product(step.call) if step.grows else None
    seen: type[Layer] = Other
    fields: dict[str, Any] = {}
    if product is not None:
        seen, fields = product
    elif name in LAYOUT:
        seen = Rearranged
    elif name == "layer_norm":
        seen, fields = TokenNorm, {"over": tuple(step.call.get(1, "normalized_shape"))}
    elif name in POINTWISE:
        seen = Pointwise
    return seen(
        operation=kind,
        settings=tuple(settings.items()),
        makes=shape,
        tensors=step.tensors,
        # What torch keeps of these depends on the kernel that it takes for them on a device.
        keeps=None if seen in (Attention, Other) else step.keeps,
        lies_in=step.lies_in,
        width=step.width,
        is_plain=(name in ONE_KERNEL or seen in ONE_PIECE) and step.copies is not None,
        copies=step.copies or 0,
        **fields,
    )
