"""From the calls that a model makes to the graph of its layers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from vggstat.errors import ShapeError
from vggstat.net.building import GraphBuilder
from vggstat.net.graph import Graph
from vggstat.net.ops import find_kind
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.add import Add
from vggstat.net.ops.base import Layer, Param
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.multiply import Multiply
from vggstat.net.ops.other import Other
from vggstat.net.ops.part import Crop, Split
from vggstat.net.spec import Place, Spec
from vggstat.shapes import Shape
from vggstat.sources.torch_module.calls import PADDING, PART, Call, read_call

__all__ = ["Step", "graph_of_steps"]


class Step(NamedTuple):
    """One call of a torch function on values that come from the image."""

    call: Call
    module: str
    """The module that made it, by its path; empty for the model itself."""
    inputs: tuple[int, ...]
    makes: dict[int, Shape]
    """The values that somebody reads, with their shapes: several of a call that splits its input."""
    tensors: list[Param]
    """What it takes of the model's own."""


def graph_of_steps(steps: Sequence[Step], spec: Spec) -> Graph:
    """The graph on an image of the spec's shape, with a node for each value that somebody reads."""
    builder = GraphBuilder(spec.input)
    values = {0: 0}
    names: Counter[str] = Counter()
    modules: set[str] = set()
    place = Place(spec.origin, 0, 0, "")
    for step, kind, settings in _read(steps):
        for part, (value, shape) in enumerate(step.makes.items()):
            entering = tuple(builder.shape_of(values[other]) for other in step.inputs)
            told = {**settings, "part": part} if len(step.makes) > 1 else settings
            layer = _layer(step, kind, told, entering, shape)
            name = step.module or kind
            names[name] += 1
            values[value] = builder.add(
                layer,
                f"{name}_{names[name]}" if names[name] > 1 else name,
                scope=tuple(step.module.split(".")[:-1]),
                place=place,
                inputs=tuple(values[other] for other in step.inputs),
                torch_name=step.module if step.module and step.module not in modules else None,
            )
            modules.add(step.module)
    return Graph(spec=spec, image=spec.input, head="none", classes=None, nodes=builder.nodes())


def _read(steps: Iterable[Step]) -> list[tuple[Step, str, dict[str, Any]]]:
    """Each step with its kind and settings. Zeros around a map that only a convolution reads are that one's padding."""
    found = [(step, *read_call(step.call)) for step in steps]
    pads = {
        value: (step, settings) for step, kind, settings in found if kind == PADDING for value in step.makes
    }
    readers = Counter(value for step, _, _ in found for value in step.inputs)
    joined: set[int] = set()
    made = []
    parts: dict[int, tuple[Step, dict[str, Any]]] = {}
    for step, kind, settings in found:
        entering = step.inputs[0]
        if kind == "conv" and entering in pads and readers[entering] == 1 and not settings["padding"]:
            pad, pixels = pads[entering]
            joined.add(id(pad))
            step, settings = step._replace(inputs=pad.inputs), {**settings, **pixels}
        if kind == PART:
            if entering in parts and readers[entering] == 1:  # cut along one axis after the other
                before, cut = parts[entering]
                joined.add(id(before))
                start = tuple(map(sum, zip(cut["start"], settings["start"], strict=True)))
                step, settings = step._replace(inputs=before.inputs), {**settings, "start": start}
            parts.update((value, (step, settings)) for value in step.makes)
        made.append((step, kind, settings))
    return [entry for entry in made if id(entry[0]) not in joined]


def _layer(
    step: Step, kind: str, settings: dict[str, Any], entering: tuple[Shape, ...], shape: Shape
) -> Layer:
    """The layer of the language that makes the same of the same with the same tensors, or else what was seen."""
    try:
        layer = _of_language(step, kind, settings)
        if layer is not None and layer.out_shape(*entering) == shape and _same_tensors(step, layer, entering):
            return layer
    except (ShapeError, TypeError, ValueError):
        pass  # settings that the language does not write: a kernel of two sides
    return Other(
        operation=kind,
        settings=tuple(settings.items()),
        makes=shape,
        tensors=tuple(step.tensors),
        reorders=settings.get("reorders", False),
    )


def _of_language(step: Step, kind: str, settings: dict[str, Any]) -> Layer | None:
    given = len(step.inputs)
    if kind == "add" and given > 1:
        return Add(in_place=step.call.in_place)
    if kind in ("concat", "multiply") and given > 1:
        return Concat() if kind == "concat" else Multiply()
    if kind == PART:
        start, makes = settings["start"], settings["makes"]
        kept = makes[1:] == step.call.before[2:]
        return Split(start=start, makes=makes) if kept else Crop(start=start, makes=makes)
    if given > 1 or (found := find_kind(kind)) is None:
        return None
    fields = {name: value for name, value in settings.items() if name != "inputs"}
    if found.layer is AdaptiveAvgPool:
        sides = fields.pop("output")
        height, width = (sides, None) if isinstance(sides, int) else sides
        return AdaptiveAvgPool(output=height, width=width)
    return found.layer(**fields)


def _same_tensors(step: Step, layer: Layer, entering: tuple[Shape, ...]) -> bool:
    """Whether it learns what the layer learns; a batch norm may have none of its own."""
    learned = [
        [p.shape for p in tensors if p.role != "buffer"]
        for tensors in (layer.params(*entering), step.tensors)
    ]
    return learned[0] == learned[1]
