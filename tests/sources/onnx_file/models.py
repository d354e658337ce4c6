"""ONNX files made for the tests, node by node, and what the reader makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
from onnx import helper

from vggstat.cost.report import Report, analyze
from vggstat.net.graph import Graph
from vggstat.shapes import Shape
from vggstat.sources.onnx_file import read_onnx
from vggstat.sources.wanted import Wanted

NEWEST = onnx.defs.onnx_opset_version()
OPSETS = (11, 13, 17, 18, 21, NEWEST)

Axes = Sequence[int | str | None]
"""Of an input: sizes, and names or nothing where they are open."""

IMAGE: Mapping[str, Axes] = {"x": (1, 3, 32, 32)}


def node(op: str, inputs: str, output: str, **settings: Any) -> onnx.NodeProto:
    """A node; names are divided by spaces, and ``-`` stands for an input that is left out."""
    names = ["" if name == "-" else name for name in inputs.split()]
    made: onnx.NodeProto = helper.make_node(op, names, output.split(), **settings)
    return made


def weight(name: str, *shape: int, kind: int = onnx.TensorProto.FLOAT) -> onnx.TensorProto:
    """A tensor without values: nobody reads those of a weight."""
    return onnx.TensorProto(name=name, data_type=kind, dims=shape)


def numbers(name: str, *values: int) -> onnx.TensorProto:
    """Integers that are read."""
    made: onnx.TensorProto = helper.make_tensor(name, onnx.TensorProto.INT64, [len(values)], values)
    return made


def number(name: str, value: float) -> onnx.TensorProto:
    """A single one."""
    made: onnx.TensorProto = helper.make_tensor(name, onnx.TensorProto.FLOAT, [], [value])
    return made


def model(
    nodes: Sequence[onnx.NodeProto],
    *tensors: onnx.TensorProto,
    inputs: Mapping[str, Axes] = IMAGE,
    kinds: Mapping[str, int] | None = None,
    outputs: str = "y",
    opset: int = 17,
    functions: Sequence[onnx.FunctionProto] = (),
) -> onnx.ModelProto:
    """A model; inputs are float unless ``kinds`` says another type, and of no known shape where that is unlike any."""
    given = [
        helper.make_tensor_value_info(name, (kinds or {}).get(name, onnx.TensorProto.FLOAT), axes)
        for name, axes in inputs.items()
    ]
    made = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outputs.split()]
    graph = helper.make_graph(list(nodes), "g", given, made, list(tensors))
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(one.domain, 1) for one in functions[:1])]
    whole: onnx.ModelProto = helper.make_model(graph, opset_imports=imports, functions=list(functions))
    return whole


def read(
    content: onnx.ModelProto | bytes,
    folder: Path,
    image: tuple[int | None, int, int] | None = None,
    **inputs: Shape,
) -> Graph:
    """The graph of a model, written to a file and read back. Raises what the reader raises."""
    path = folder / "net.onnx"
    path.write_bytes(content if isinstance(content, bytes) else content.SerializeToString())
    return read_onnx(str(path)).graph(Wanted(image=image, inputs=inputs))


def report(content: onnx.ModelProto | bytes, folder: Path) -> Report:
    return analyze(read(content, folder))


def layers(graph: Graph) -> list[str]:
    """Each node's layer: its class, or the operation that stands in its place, and the shape that leaves."""
    return [
        f"{type(node.layer).__name__}{_operation(node.layer)} {'x'.join(map(str, node.shape))}"
        for node in graph.nodes
    ]


def kinds_of(graph: Graph) -> list[str]:
    """Each node's layer by its class."""
    return [type(node.layer).__name__ for node in graph.nodes]


def _operation(layer: Any) -> str:
    return f":{layer.operation}" if hasattr(layer, "operation") else ""
