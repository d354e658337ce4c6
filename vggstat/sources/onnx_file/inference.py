"""Running through an ONNX graph with shapes alone: each node once, in the file's order.

Shapes come from the library's own rule for each operator. What does not depend on the input is known before: weights by
their shapes, small numbers by their values, so that shapes which are computed in the graph are settled here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final, NamedTuple

import numpy as np
import onnx

from vggstat.errors import InputError
from vggstat.shapes import Shape, values
from vggstat.sources.onnx_file.folding import SMALL, fold
from vggstat.sources.onnx_file.model import (
    DEFAULT_DOMAIN,
    Model,
    names_read,
    names_read_within,
    of_library,
    printable,
)
from vggstat.sources.onnx_file.nothing import is_nothing
from vggstat.sources.onnx_file.rules import Types, infer
from vggstat.sources.onnx_file.steps import Entering, Step, spoken
from vggstat.sources.onnx_file.values import (
    FLOATING,
    MOST_VALUES,
    QUANTIZED,
    Constant,
    Numbers,
    Stored,
    Unknown,
    Value,
    constant_of,
)

__all__ = ["Run", "run"]

Known = Value | Constant | Unknown

KEEPING: Final = frozenset(
    ("Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "QuantizeLinear", "DequantizeLinear")
)  # fmt: skip
"""Operators that bring a tensor into another layout or format."""


SAME_COUNT: Final = frozenset(("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose", "Identity"))
"""Operators that hand on all values that enter."""

MOST_STORED: Final = 16
"""Tensors that one is computed of: a weight norm has two."""


class Run(NamedTuple):
    """What runs, and on what."""

    steps: tuple[Step, ...]
    inputs: dict[str, Value]
    """By name, in the file's order."""
    outputs: tuple[Value | Unknown, ...]
    ends: tuple[Known, ...]
    """What stands under the name of each output, in the file's order: stored tensors too."""
    stored: tuple[Stored, ...]
    """The tensors that the file holds."""
    left_out: int
    """How many steps lead to no output."""


def run(model: Model, shapes: Mapping[str, Shape], symbols: Mapping[str, int]) -> Run:
    """The steps on inputs of these shapes (with the batch), as far as an output depends on them.

    ``symbols`` are the sizes that names of the file stand for. Raises InputError where the graph cannot be followed.
    """
    walk = _Walk(model, symbols)
    graph = model.graph
    walk.hold(graph)
    types = {item.name: item.type.tensor_type.elem_type for item in graph.input}
    inputs = {name: walk.new(name, shape, types[name]) for name, shape in shapes.items()}
    walk.follow(graph.node)
    outputs = [walk.find(item.name, "the graph's output") for item in graph.output]
    steps = _needed(walk.steps, [item for item in outputs if isinstance(item, Value | Unknown)])
    return Run(
        steps=tuple(steps),
        inputs=inputs,
        outputs=tuple(item for item in outputs if isinstance(item, Value | Unknown)),
        ends=tuple(outputs),
        stored=tuple(walk.stored),
        left_out=_mains(walk.steps) - _mains(steps),
    )


def _mains(steps: Iterable[Step]) -> int:
    """How many do something: a dropout that does nothing has a mask all the same."""
    return sum(step.outputs[0] is not None for step in steps)


def _needed(steps: Sequence[Step], outputs: Iterable[Value | Unknown]) -> list[Step]:
    """The steps that the outputs depend on, with those of their values that somebody reads."""
    needed = {item.number for item in outputs}
    found: list[Step] = []
    for step in reversed(steps):
        made = tuple(item if item is not None and item.number in needed else None for item in step.outputs)
        if any(made):
            needed.update(item.number for item in step.inputs if isinstance(item, Value | Unknown))
            found.append(step._replace(outputs=made))
    return found[::-1]


class _Walk:
    """Goes through the nodes, and remembers what each name stands for."""

    def __init__(self, model: Model, symbols: Mapping[str, int]) -> None:
        self.path = model.path
        self.opsets = model.opsets
        self.imports = [onnx.helper.make_opsetid(domain, version) for domain, version in model.opsets.items()]
        self.symbols = symbols
        self.declared = {item.name: item for item in (*model.graph.value_info, *model.graph.output)}
        self.steps: list[Step] = []
        self.stored: list[Stored] = []
        self._scopes: list[dict[str, Known]] = [{}]
        """What names stand for: in the graph, then in the branch that is followed within it, and so on."""
        self._count = 0

    def hold(self, graph: onnx.GraphProto) -> None:
        """Takes in the tensors that a graph stores."""
        sparse = [(item.values, item.dims) for item in graph.sparse_initializer]
        for tensor, dims in [*((item, item.dims) for item in graph.initializer), *sparse]:
            constant = self._constant(tensor, tensor.name, dims)
            stored = Stored(tensor.name, constant.shape, constant.type)
            self.stored.append(stored)
            self._know(tensor.name, constant._replace(stored=(stored,)))

    def _constant(self, tensor: onnx.TensorProto, name: str, dims: Sequence[int]) -> Constant:
        return of_library(
            f"{self.path}: tensor {printable(name)} makes no sense", lambda: constant_of(tensor, name, dims)
        )

    def new(self, name: str, shape: Shape, elements: int) -> Value:
        """An input. Raises InputError where no map is as large."""
        self._check(name, shape)
        value = Value(self._number(), shape, elements)
        self._know(name, value)
        return value

    def _number(self) -> int:
        self._count += 1
        return self._count - 1

    def _know(self, name: str, known: Known) -> None:
        if name in self._scopes[-1]:
            raise InputError(f"{self.path}: {printable(name)} is made twice")
        self._scopes[-1][name] = known

    def find(self, name: str, reader: str) -> Known:
        """What a name stands for. Raises InputError where nothing has been made under it."""
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        raise InputError(f"{self.path}: {reader} reads {printable(name)}, which no node before it makes")

    def follow(self, nodes: Iterable[onnx.NodeProto]) -> None:
        """Goes through nodes in their order, or where they are in none, in one in which each reads what is there."""
        for node in self._in_order(list(nodes)):
            self._node(node)

    def _in_order(self, nodes: Sequence[onnx.NodeProto]) -> Iterable[onnx.NodeProto]:
        makers = {name: place for place, node in enumerate(nodes) for name in node.output if name}
        reads = [{makers[name] for name in names_read(node) if name in makers} for node in nodes]
        if all(place < reader for reader, places in enumerate(reads) for place in places):
            return nodes
        try:
            return [nodes[place] for place in TopologicalSorter(dict(enumerate(reads))).static_order()]
        except CycleError as error:
            made = printable(nodes[error.args[1][0]].output[0])
            raise InputError(
                f"{self.path}: {made} is made of itself: there is no order for its nodes"
            ) from None

    def _node(self, node: onnx.NodeProto) -> None:
        domain = DEFAULT_DOMAIN if node.domain == "ai.onnx" else node.domain
        step = self._step(node, domain)
        branch = _branch(step)
        if branch is not None:
            self._take(node, branch)
            return
        is_stated = all(self._stated(name) is not None for name in node.output if name)
        names = [*node.input, *self._captured(node)]
        types = infer(self.path, node, step, names, imports=self.imports, is_stated=is_stated)
        step = step._replace(is_checked=types.are_checked)
        if not types.are_checked:
            self._ran(node, step, types)
        elif step.op == "Constant":
            self._literal(node, step)
        elif step.op in ("Shape", "Size") and isinstance(step.entering(0), Value | Constant):
            self._measured(node, step)
        elif all(item is None or isinstance(item, Constant) for item in step.inputs):
            self._computed(node, step, types)
        else:
            self._ran(node, step, types)

    def _step(self, node: onnx.NodeProto, domain: str) -> Step:
        op = node.op_type if domain == DEFAULT_DOMAIN else f"{domain}.{node.op_type}"
        step = Step(op, node.name, self.opsets.get(domain, 0), {}, (), ())
        inputs: list[Entering] = [self.find(name, spoken(step)) if name else None for name in node.input]
        inputs += [self.find(name, spoken(step)) for name in self._captured(node)]
        settings = of_library(f"{self.path}: {spoken(step)}", lambda: _settings(node))
        return step._replace(settings=settings, inputs=tuple(inputs), outputs=(None,) * len(node.output))

    def _captured(self, node: onnx.NodeProto) -> list[str]:
        """The names from outside that graphs within a node read."""
        names = dict.fromkeys(names_read_within(node))
        return [name for name in names if any(name in scope for scope in self._scopes)]

    def _stated(self, name: str) -> Shape | None:
        """The shape that the file itself states."""
        stated = self.declared.get(name)
        return None if stated is None else _shape(stated.type, self.symbols)

    def _literal(self, node: onnx.NodeProto, step: Step) -> None:
        """What a node Constant writes."""
        name = node.output[0]
        value = next(iter(step.settings.values()), None)
        if isinstance(value, onnx.SparseTensorProto):
            constant = self._constant(value.values, name, value.dims)
        elif isinstance(value, onnx.TensorProto):
            constant = self._constant(value, name, value.dims)
        else:
            numbers = np.array(value, dtype=np.float32 if "float" in next(iter(step.settings), "") else None)
            constant = Constant(name, numbers.shape, _type_of_numbers(numbers), numbers)
        self._know(name, constant)

    def _measured(self, node: onnx.NodeProto, step: Step) -> None:
        """A shape, or a number of values: known as soon as the shape is."""
        measured = step.entering(0)
        shape = measured.shape if isinstance(measured, Value | Constant) else ()
        numbers = np.array(values(shape), dtype=np.int64)
        if step.op == "Shape":
            part = slice(step.settings.get("start", 0), step.settings.get("end"))
            numbers = np.array(shape[part], dtype=np.int64)
        name = node.output[0]
        self._know(name, Constant(name, numbers.shape, onnx.TensorProto.INT64, numbers))

    def _computed(self, node: onnx.NodeProto, step: Step, types: Types) -> None:
        """What depends on no input: its numbers where they are few and those that enter are known."""
        made = [self._made(name, types) if name else None for name in node.output]
        entering = [item for item in step.inputs if isinstance(item, Constant)]
        small = all(isinstance(item, Value) and values(item.shape) <= SMALL for item in made)
        numbers: Sequence[Any] = ()
        if small and all(item.numbers is not None for item in entering):
            given = [item.numbers if isinstance(item, Constant) else None for item in step.inputs]
            numbers = of_library(f"{self.path}: {spoken(step)}", lambda: fold(node, step.version, given))
        first = step.constant(0) if step.op in KEEPING else None
        for place, (name, item) in enumerate(zip(node.output, made, strict=True)):
            if isinstance(item, Value):
                known = Constant(
                    name=name if first is None else first.name,
                    shape=item.shape,
                    type=item.type,
                    numbers=numbers[place] if place < len(numbers) else None,
                    stored=_stored(name, item, entering) if first is None else first.stored,
                )
                self._know(name, known)
            elif item is not None:
                self._know(name, item)

    def _ran(self, node: onnx.NodeProto, step: Step, types: Types) -> None:
        """A step on values that come from the input; what it hands on as it is keeps its number."""
        made = [self._made(name, types) if name else None for name in node.output]
        step = step._replace(outputs=tuple(made))
        self._check_count(step)
        if step.is_checked and is_nothing(step):
            first = made[0]
            assert isinstance(first, Value)
            made[0] = step.values[0]._replace(type=first.type)
            step = step._replace(outputs=(None, *made[1:]))
        for name, item in zip(node.output, made, strict=True):
            if item is not None:
                self._know(name, item)
        if any(step.outputs):
            self.steps.append(step)

    def _made(self, name: str, types: Types) -> Value | Unknown:
        """A new value. Raises InputError where its shape is none that a map may have."""
        stated = self.declared.get(name)
        kinds = [types.found[name]] if name in types.found else []
        kinds += [stated.type] if stated is not None else []
        for kind in kinds:
            shape = _shape(kind, self.symbols)
            if shape is None:
                continue
            self._check(name, shape)
            return Value(self._number(), shape, kind.tensor_type.elem_type)
        kind, reason = kinds[0] if kinds else onnx.TypeProto(), types.reason
        if kinds and not kind.HasField("tensor_type"):
            reason = "it makes a list, or a value that may be missing, which is not followed"
        return Unknown(kind, reason, self._number())

    def _check(self, name: str, shape: Shape) -> None:
        """Raises InputError for a shape that no map has."""
        if any(side < 0 for side in shape):
            raise InputError(
                f"{self.path}: {printable(name)} would have the shape {list(shape)}: a window is larger than the map under it"
            )
        if values(shape) > MOST_VALUES:
            raise InputError(
                f"{self.path}: {printable(name)} has the shape {list(shape)}: no map is as large"
            )

    def _check_count(self, step: Step) -> None:
        """Raises InputError where values would be lost, or come from nowhere, by giving them other axes."""
        if step.op in SAME_COUNT and step.is_known and values(step.before) != values(step.after):
            raise InputError(
                f"{self.path}: {spoken(step)}: a map of the shape {list(step.before)} cannot have the shape "
                f"{list(step.after)}: that is another number of values"
            )

    def _take(self, node: onnx.NodeProto, branch: onnx.GraphProto) -> None:
        """Goes through the branch of an If of which it is known that it is taken, as if it stood in its place."""
        self._scopes.append({})
        self.hold(branch)
        self.follow(branch.node)
        made = [self.find(item.name, f"the branch {printable(branch.name)}") for item in branch.output]
        self._scopes.pop()
        for name, item in zip(node.output, made, strict=False):
            self._know(name, item)


def _stored(name: str, made: Value, entering: Iterable[Constant]) -> tuple[Stored, ...]:
    """What a value is computed of, but for numbers of axes and sizes; itself where that are too many."""
    kinds = FLOATING | QUANTIZED
    found = {one: None for item in entering for one in item.stored if one.type in kinds}
    return tuple(found) if len(found) <= MOST_STORED else (Stored(name, made.shape, made.type),)


def _branch(step: Step) -> onnx.GraphProto | None:
    """The branch of an If whose condition is known."""
    condition = step.constant(0)
    if step.op != "If" or condition is None or condition.scalar is None:
        return None
    graph = step.settings.get("then_branch" if condition.scalar else "else_branch")
    return graph if isinstance(graph, onnx.GraphProto) else None


def _shape(kind: onnx.TypeProto, symbols: Mapping[str, int]) -> Shape | None:
    """The sides of a tensor; None where one is not known, and of what is no tensor."""
    if not kind.HasField("tensor_type") or not kind.tensor_type.HasField("shape"):
        return None
    sides = []
    for dim in kind.tensor_type.shape.dim:
        if dim.HasField("dim_value"):
            sides.append(dim.dim_value)
        elif dim.dim_param in symbols:
            sides.append(symbols[dim.dim_param])
        else:
            return None
    return tuple(sides)


def _settings(node: onnx.NodeProto) -> dict[str, Any]:
    found = {}
    for attribute in node.attribute:
        value = onnx.helper.get_attribute_value(attribute)
        if isinstance(value, bytes):
            value = value.decode(errors="replace")
        found[attribute.name] = value
    return found


def _type_of_numbers(numbers: Numbers) -> int:
    kinds = onnx.TensorProto
    return {"f": kinds.FLOAT, "i": kinds.INT64}.get(numbers.dtype.kind, kinds.STRING)
