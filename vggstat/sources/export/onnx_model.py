"""A graph as an ONNX model with random weights, written piece by piece: no copy of the weights is ever held."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from onnx import ModelProto, TensorProto, ValueInfoProto, helper

from vggstat.errors import Unwritable, UnwritableError
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import Param
from vggstat.shapes import Shape
from vggstat.sources.export.about import about
from vggstat.sources.export.onnx_nodes import LEAST_OPSET, OPSETS, is_known, onnx_nodes
from vggstat.sources.export.weights import WIDTH, random_bytes
from vggstat.sources.unwritten import as_values, unwritten
from vggstat.version import __version__

__all__ = ["LARGEST_FILE", "OnnxFiles", "onnx_bytes", "onnx_files"]

LARGEST_FILE: Final = 2**31 - 1
"""Bytes of a protobuf message: weights of a larger model lie in a file of their own."""

INPUT: Final = "input"
BATCH: Final = "batch"

# Fields of ONNX's protobuf messages whose content is not held in memory at once, with the wire type "length and bytes".
GRAPH: Final = 7 << 3 | 2
"""``graph`` of a model."""
INITIALIZER: Final = 5 << 3 | 2
"""``initializer`` of a graph."""
RAW_DATA: Final = 9 << 3 | 2
"""``raw_data`` of a tensor."""


class _Tensor(NamedTuple):
    """An initializer."""

    name: str
    param: Param
    seed: int
    offset: int
    """Where it begins in a file of its own."""

    @property
    def size(self) -> int:
        """In bytes."""
        return self.param.elements * WIDTH

    def values(self) -> Iterator[bytes]:
        return random_bytes(self.param, self.seed)


class OnnxFiles(NamedTuple):
    """A model, and the weights beside it where they do not fit into one file."""

    model: Iterator[bytes]
    weights: Iterator[bytes] | None
    weights_bytes: int


def onnx_bytes(graph: Graph, *, seed: int = 0) -> bytes:
    """The whole model in memory. Raises as ``onnx_files``."""
    return b"".join(onnx_files(graph, "", seed=seed).model)


def onnx_files(graph: Graph, weights_name: str, *, seed: int = 0, largest: int = LARGEST_FILE) -> OnnxFiles:
    """An ONNX model of ``graph`` for any batch, in pieces of some MiB: nodes are named as rows are, weights as in torch.

    Weights are random float32 values for the seed, in their ``initial_range``. A model of more than ``largest`` bytes
    has them in a file beside it, which it calls ``weights_name``. Batch norms have running statistics, a dropout does
    nothing, and the softmax that closes a classifier is left out, as in torch. The version of the operators is 17, or
    the one that brought what the network needs. Raises UnwritableError for layers that ONNX has no operator for, or
    whose weights have no name of their own.
    """
    graph = as_values(graph)
    nodes = [node for node in graph.nodes if node.in_model]
    _refuse_unwritable(graph, nodes)
    tensors = list(_tensors(nodes, seed))
    head, body = _model_head(graph, nodes), _graph_head(graph, nodes)
    weights_bytes = sum(tensor.size for tensor in tensors)
    size = len(body) + weights_bytes + sum(len(_inside(tensor)) for tensor in tensors)
    if len(head) + len(_opened(GRAPH, size)) + size <= largest:
        return OnnxFiles(_one_file(head + _opened(GRAPH, size) + body, tensors), None, weights_bytes)
    body += b"".join(_outside(tensor, weights_name) for tensor in tensors)
    values = (piece for tensor in tensors for piece in tensor.values())
    return OnnxFiles(iter((head + _opened(GRAPH, len(body)), body)), values, weights_bytes)


def _refuse_unwritable(graph: Graph, nodes: Iterable[Node]) -> None:
    problems = list(unwritten(graph))
    named: set[str | None] = {None}
    for node in nodes:
        if not is_known(node):
            problems.append(Unwritable(node.name, node.layer.label, "vggstat knows no ONNX operator for it"))
        elif node.params and node.torch_name in named:
            problems.append(Unwritable(node.name, node.layer.label, "its weights are those of another layer"))
        named.add(node.torch_name)
    if problems:
        raise UnwritableError(graph.spec.name, "an ONNX model", tuple(problems))


# what is not weights ------------------------------------------------------------------------------------


def _model_head(graph: Graph, nodes: Sequence[Node]) -> bytes:
    """The fields of a model but its graph."""
    opset = max((OPSETS.get(type(node.layer), LEAST_OPSET) for node in nodes), default=LEAST_OPSET)
    versions = [helper.make_opsetid("", opset)]
    model = ModelProto(
        ir_version=helper.find_min_ir_version_for(versions),
        producer_name="vggstat",
        producer_version=__version__,
        doc_string="\n\n".join(about(graph)),
        opset_import=versions,
    )
    return bytes(model.SerializeToString())


def _graph_head(graph: Graph, nodes: Sequence[Node]) -> bytes:
    """The fields of a graph but its initializers: what it computes, and the shape of each layer's result."""
    names = _value_names(nodes)
    shapes = {0: graph.image, **{node.output: node.shape for node in nodes}}
    made = [one for node in nodes for one in onnx_nodes(node, names)]
    values = [_value(names[number], shape) for number, shape in shapes.items()]
    result = values[-1]
    if not nodes:
        result = _value("output", graph.image)
        made.append(helper.make_node("Identity", [names[0]], ["output"], "output"))
    written = helper.make_graph(made, graph.own_name, values[:1], [result], value_info=values[1:-1])
    return bytes(written.SerializeToString())


def _value_names(nodes: Iterable[Node]) -> dict[int, str]:
    """A name for each value: that of the layer that makes it, which two of somebody's model may share."""
    names = {0: INPUT}
    used = {INPUT}
    for node in nodes:
        name = node.name if node.name not in used else f"{node.name}/{node.index}"
        names[node.output] = name
        used.add(name)
    return names


def _value(name: str, shape: Shape) -> ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [BATCH, *shape])


# weights ------------------------------------------------------------------------------------------------


def _tensors(nodes: Iterable[Node], seed: int) -> Iterator[_Tensor]:
    """What the layers hold in the format of the model: all but a batch norm's counter."""
    offset = 0
    params = ((node, param) for node in nodes for param in node.params if param.width is None)
    for number, (node, param) in enumerate(params):
        tensor = _Tensor(f"{node.torch_name}.{param.name}", param, seed + number, offset)
        offset += tensor.size
        yield tensor


def _one_file(head: bytes, tensors: Iterable[_Tensor]) -> Iterator[bytes]:
    yield head
    for tensor in tensors:
        yield _inside(tensor)
        yield from tensor.values()


def _inside(tensor: _Tensor) -> bytes:
    """An initializer up to its values, which follow."""
    one = TensorProto(name=tensor.name, dims=tensor.param.shape, data_type=TensorProto.FLOAT)
    head = bytes(one.SerializeToString()) + _opened(RAW_DATA, tensor.size)
    return _opened(INITIALIZER, len(head) + tensor.size) + head


def _outside(tensor: _Tensor, weights_name: str) -> bytes:
    """An initializer whose values lie in another file."""
    one = TensorProto(name=tensor.name, dims=tensor.param.shape, data_type=TensorProto.FLOAT)
    one.data_location = TensorProto.EXTERNAL
    for key, value in (("location", weights_name), ("offset", tensor.offset), ("length", tensor.size)):
        one.external_data.add(key=key, value=str(value))
    whole = bytes(one.SerializeToString())
    return _opened(INITIALIZER, len(whole)) + whole


def _opened(field: int, size: int) -> bytes:
    """The key and the length of a field of bytes, as protobuf writes them: seven bits a byte, the lowest first."""
    found = bytearray([field])
    while size > 127:
        found.append(size & 127 | 128)
        size >>= 7
    return bytes((*found, size))
