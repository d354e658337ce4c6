"""From the steps of an ONNX graph to the graph of its layers."""

from __future__ import annotations

import re
from collections import Counter
from itertools import zip_longest
from typing import Literal

from vggstat.net.building import GraphBuilder
from vggstat.net.graph import Graph
from vggstat.net.ops.base import Layer
from vggstat.net.ops.given import Given
from vggstat.net.ops.other import Other, Rearranged
from vggstat.net.ops.product import Attention
from vggstat.net.ops.token_norm import TokenNorm
from vggstat.net.spec import Place, Spec
from vggstat.shapes import Shape
from vggstat.sources.language import layer_of_language
from vggstat.sources.onnx_file.inference import Run
from vggstat.sources.onnx_file.layers import as_layers
from vggstat.sources.onnx_file.model import printable
from vggstat.sources.onnx_file.readers import read_step
from vggstat.sources.onnx_file.reading import Reading
from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import FLOATING, Unknown, Value, bytes_of

__all__ = ["graph_of_run", "per_image"]


def per_image(shape: Shape, batch: int) -> Shape:
    """A shape without its batch: the first axis where it is that, else what of the axis that holds it is one image's.

    A single number is a vector of one.
    """
    if len(shape) > 1 and shape[0] == batch:
        return shape[1:]
    held = [size for size in shape if size == batch] or [size for size in shape if size % batch == 0]
    if not held:
        return shape or (1,)
    place = shape.index(held[0])
    return (*shape[:place], held[0] // batch, *shape[place + 1 :])


def graph_of_run(run: Run, spec: Spec, batch: int) -> Graph:
    """The graph of a run on the spec's image, with a node for each value that somebody reads."""
    builder = _Builder(spec, batch)
    builder.give(run)
    for step in as_layers(run.steps, run.outputs):
        builder.add(step)
    return Graph(
        spec=spec,
        image=spec.input,
        head=None,
        classes=None,
        nodes=builder.graph.nodes(),
        input_width=_input_width(run),
        outputs=tuple(dict.fromkeys(builder.values[value.number] for value in run.outputs)),
    )


def _input_width(run: Run) -> int | None:
    """Bytes a value of the first input, where it holds integers."""
    first = next(iter(run.inputs.values()))
    return None if first.type in FLOATING else bytes_of(first.type)


class _Builder:
    """Puts one step after the other into a graph."""

    def __init__(self, spec: Spec, batch: int) -> None:
        self.graph = GraphBuilder(spec.input)
        self.values: dict[int, int] = {}
        """The graph's number of each value."""
        self._source = spec.origin
        self._batch = batch
        self._naming = _Naming()

    def give(self, run: Run) -> None:
        """The inputs: the first is the image, and each further one that is read a node of its own."""
        read = {item.number for step in run.steps for item in step.values} | {
            value.number for value in run.outputs
        }
        for name, value in run.inputs.items():
            if not self.values:
                self.values[value.number] = 0
            elif value.number in read:
                layer = Given(makes=per_image(value.shape, self._batch))
                named = self._naming.own(printable(name))
                self.values[value.number] = self.graph.add(
                    layer,
                    named,
                    scope=("input",),
                    place=Place(self._source, 0, 0, printable(name)),
                    inputs=(),
                )

    def add(self, step: Step) -> None:
        """A node for the layer that a step is, and one for each further value that it makes."""
        reading = read_step(step)
        # What is not known of stored tensors alone is no node.
        dynamic = [item for item in step.inputs if isinstance(item, Value | Unknown)]
        inputs = tuple(self.values[item.number] for item in dynamic if item.number in self.values)
        name, scope = self._naming.of(step, reading.kind)
        place = Place(self._source, 0, 0, printable(step.name))
        first, *others = (item for item in step.outputs if item is not None)
        shape = self._shape(first)
        # Without shapes to check it against no layer of the language is taken for it.
        entering = tuple(map(self.graph.shape_of, inputs)) if step.is_known else ()
        layer = _layer(reading, entering, shape, _width(step, first))
        made = self.graph.add(
            layer,
            name,
            scope=scope,
            place=place,
            inputs=inputs,
            tensors=reading.tensors,
            is_row=layer.row == "always" or bool(reading.tensors),
        )
        self.values[first.number] = made
        for value in others:
            operation, shape = f"{reading.kind}, another output", self._shape(value)
            other = Rearranged(operation=operation, makes=shape, width=_width(step, value), is_plain=True)
            self.values[value.number] = self.graph.add(
                other, self._naming.own(name), scope=scope, place=place, inputs=(made,), is_row=False
            )

    def _shape(self, value: Value | Unknown) -> Shape:
        """Of one image; none where it is not known."""
        return per_image(value.shape, self._batch) if isinstance(value, Value) else ()


class _Naming:
    """Names for layers: each once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: Counter[str] = Counter()

    def of(self, step: Step, kind: str) -> tuple[str, tuple[str, ...]]:
        """What the file calls a node without the operator at its end, its kind where it has no name; and its scope."""
        parts = ".".join(_path(step) or [kind]).split(".")
        paths = tuple(".".join(parts[: depth + 1]) for depth in range(len(parts)))
        own = self.own(paths[-1])
        return own, paths[:-1] or (own,)  # one at the top is a block of its own

    def own(self, name: str) -> str:
        """The name, with a number where it is taken."""
        own = name
        while own in self._taken:
            self._counts[name] += 1
            own = f"{name}_{self._counts[name] + 1}"
        self._taken.add(own)
        return own


def _path(step: Step) -> list[str]:
    """The modules that a node's name tells, outermost first."""
    parts = [printable(part) for part in step.name.split("/") if part]
    if len(parts) > 1 and re.fullmatch(rf"{re.escape(step.op)}(_[0-9]+)?", parts[-1]):
        parts.pop()
    # Of a module in a Sequential torch writes the path: layer1/layer1.0/conv1.
    return [
        part
        for part, after in zip_longest(parts, parts[1:], fillvalue="")
        if not after.startswith(f"{part}.")
    ]


def _width(step: Step, value: Value | Unknown) -> int | Literal["read", "dtype"]:
    """Bytes a value: of integers their own, of numbers with a point as many as enter, or as the model's weights have."""
    if isinstance(value, Unknown) or value.type in FLOATING:
        return "read" if step.values and step.values[0].type in FLOATING else "dtype"
    return bytes_of(value.type)


def _layer(
    reading: Reading, entering: tuple[Shape, ...], shape: Shape, width: int | Literal["read", "dtype"]
) -> Layer:
    """The layer of the language that makes the same of the same with the same tensors, or else what was seen."""
    if reading.is_written and entering:
        layer = layer_of_language(reading.kind, reading.settings, entering, shape, reading.tensors)
        if layer is not None:
            return layer
    return reading.seen(
        operation=reading.kind,
        settings=tuple(reading.settings.items()),
        makes=shape,
        tensors=reading.tensors,
        width=width,
        is_plain=reading.seen not in (Other, Attention, TokenNorm),
        **(reading.fields if entering else {}),
    )
