"""An ONNX file as the library's record: without the values of its weights, its own functions written out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import onnx
from onnx.inliner import inline_local_functions

from vggstat.errors import InputError
from vggstat.sources.onnx_file.stripped import MOST_KEPT, read_stripped

__all__ = [
    "DEFAULT_DOMAIN",
    "Model",
    "graphs_in",
    "load_model",
    "names_read",
    "names_read_within",
    "of_library",
    "printable",
    "said",
]

MOST_NODES: Final = 50_000
"""The largest exports have some 10,000."""

DEEPEST_CALLS: Final = 50
"""How deep functions call one another; exporters write some five."""

DEFAULT_DOMAIN: Final = ""
"""Of ONNX's own operators, also written ``ai.onnx``."""

T = TypeVar("T")

FunctionKey = tuple[str, str, str]


class Model(NamedTuple):
    """A model whose functions are written out, and the versions of the operators that it is written in."""

    path: Path
    graph: onnx.GraphProto
    opsets: dict[str, int]
    """By domain."""
    digest: bytes
    """Of the file without its weights."""


def load_model(path: Path) -> Model:
    """The model in a file. Nothing else is opened: no external data. Raises InputError for anything that is not one."""
    stripped = read_stripped(path)
    model = of_library(f"{path}: it is not an ONNX file", lambda: onnx.ModelProto.FromString(stripped))
    if not model.graph.node:
        raise InputError(f"{path}: it is not an ONNX file, or an empty one: there is no layer in it")
    # The library hands out bytes where they are no text.
    if not all(isinstance(text, str) for text in _texts(model)):
        raise InputError(f"{path}: it is not an ONNX file: a name in it is not UTF-8")
    opsets = {
        DEFAULT_DOMAIN if entry.domain == "ai.onnx" else entry.domain: entry.version
        for entry in model.opset_import
    }
    _check_opsets(path, opsets)
    _refuse_many(path, model)
    if model.functions:
        model = of_library(f"{path}: its functions cannot be read", lambda: inline_local_functions(model))
    return Model(path, model.graph, opsets, sha256(stripped).digest())


def of_library(what: str, call: Callable[[], T]) -> T:
    """What a call of onnx gives. Whatever it raises over a broken file becomes an InputError that begins with ``what``."""
    try:
        return call()
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{what}: {said(error)}") from None


def said(error: Exception) -> str:
    """What the library says of a broken file, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return printable(" ".join(lines[:2]) or type(error).__name__, 200)


def printable(text: str, most: int = 80) -> str:
    """A text from a file as it may be printed: cut, and without anything that steers a terminal."""
    shown = "".join(sign if sign.isprintable() else "?" for sign in text[:most])
    return f"{shown}…" if len(text) > most else shown


def _check_opsets(path: Path, opsets: dict[str, int]) -> None:
    """Raises InputError for versions of operators that there are none of, or that the installed library does not know yet."""
    known = onnx.defs.onnx_opset_version()
    version = opsets.get(DEFAULT_DOMAIN, known)
    if not opsets or not all(0 < one < 2**31 for one in opsets.values()):
        raise InputError(f"{path}: it is not an ONNX file: it does not say which opset it is written in")
    if version > known:
        raise InputError(
            f"{path}: it is written in opset {version}, and the onnx {onnx.__version__} that is installed here knows "
            f"those up to {known}: pip install --upgrade onnx"
        )


def _texts(model: onnx.ModelProto) -> Iterator[Any]:
    """All names in a model that are used here."""
    for entry in model.opset_import:
        yield entry.domain
    for function in model.functions:
        yield from (function.name, function.domain, *function.input, *function.output)
        yield from _texts_of_nodes(function.node)
    yield from _texts_of_graph(model.graph)


def _texts_of_graph(graph: onnx.GraphProto) -> Iterator[Any]:
    yield graph.name
    yield from (item.name for item in (*graph.input, *graph.output, *graph.value_info, *graph.initializer))
    yield from (
        dim.dim_param for item in (*graph.input, *graph.value_info) for dim in item.type.tensor_type.shape.dim
    )
    yield from _texts_of_nodes(graph.node)


def _texts_of_nodes(nodes: Iterable[onnx.NodeProto]) -> Iterator[Any]:
    for node in nodes:
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        for attribute in node.attribute:
            yield attribute.name
            for graph in graphs_in(attribute):
                yield from _texts_of_graph(graph)


# How large it gets when its functions are written out


def _refuse_many(path: Path, model: onnx.ModelProto) -> None:
    """Raises InputError where there are too many nodes, or functions that call themselves."""
    functions = {_key(function): list(_nodes(function.node)) for function in model.functions}
    calls = {
        key: {called for node in nodes if (called := _called(node)) in functions}
        for key, nodes in functions.items()
    }
    try:
        order = list(TopologicalSorter(calls).static_order())
    except CycleError as error:
        name = printable(error.args[1][0][1])
        raise InputError(f"{path}: the function {name} calls itself: no graph can be made of it") from None
    sizes: dict[FunctionKey, _Size] = {}
    for key in order:
        sizes[key] = _size(functions[key], sizes)
        _check(path, sizes[key])
    _check(path, _size(_nodes(model.graph.node), sizes))


class _Size(NamedTuple):
    """Of a graph whose functions are written out."""

    nodes: int
    bytes: int
    depth: int


def _size(nodes: Iterable[onnx.NodeProto], sizes: dict[FunctionKey, _Size]) -> _Size:
    count = total = depth = 0
    for node in nodes:
        inner = sizes.get(_called(node), _Size(0, 0, 0))
        count += 1 + inner.nodes
        total += node.ByteSize() + inner.bytes
        depth = max(depth, 1 + inner.depth)
    return _Size(count, total, depth)


def _check(path: Path, size: _Size) -> None:
    if size.nodes > MOST_NODES:
        raise InputError(f"{path}: it has more than {MOST_NODES:,} nodes: no network has as many")
    if size.bytes > MOST_KEPT:
        raise InputError(
            f"{path}: with its functions written out it has more than {MOST_KEPT // 1_000_000} MB beside its weights"
        )
    if size.depth > DEEPEST_CALLS:
        raise InputError(f"{path}: its functions call one another more than {DEEPEST_CALLS} deep")


def _key(function: onnx.FunctionProto) -> FunctionKey:
    return function.domain, function.name, getattr(function, "overload", "")


def _called(node: onnx.NodeProto) -> FunctionKey:
    """The function that a node calls, where it is no operator."""
    return node.domain, node.op_type, getattr(node, "overload", "")


def _nodes(nodes: Iterable[onnx.NodeProto]) -> Iterator[onnx.NodeProto]:
    """All nodes, those of graphs within nodes too."""
    for node in nodes:
        yield node
        for attribute in node.attribute:
            for graph in graphs_in(attribute):
                yield from _nodes(graph.node)


def graphs_in(attribute: Any) -> Iterator[onnx.GraphProto]:
    """The graphs that an attribute holds: bodies of loops, branches."""
    if attribute.HasField("g"):
        yield attribute.g
    yield from attribute.graphs


def names_read(node: onnx.NodeProto) -> Iterator[str]:
    """The names that a node reads, graphs within it too."""
    yield from node.input
    yield from names_read_within(node)


def names_read_within(node: onnx.NodeProto) -> Iterator[str]:
    """The names that graphs within a node read."""
    for attribute in node.attribute:
        for graph in graphs_in(attribute):
            for inner in graph.node:
                yield from names_read(inner)
            yield from (item.name for item in graph.output)
