"""A torch module from a layer graph, with the names and the structure of torchvision's VGG where it is one.

Nothing of the caller's is disturbed: parameters are made on an explicit device and in an explicit dtype, on
``meta`` by default, where no value is drawn from the global random generator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from inspect import signature
from typing import Any, Final, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves, tree_map_only

from vggstat.cost.workload import DType
from vggstat.errors import UsageError
from vggstat.net.graph import Graph, Node
from vggstat.net.initial import initial_range
from vggstat.net.ops.part import Part
from vggstat.net.torch_names import Container, class_name, module_of, module_tree

__all__ = [
    "Network",
    "allocate",
    "as_torch_dtype",
    "build_module",
    "done_after",
    "fill",
    "fill_parameters",
    "function_of",
    "over_channels",
]

Function = Callable[..., Tensor]


class _Step(NamedTuple):
    """One call of the forward pass. Values are numbered as in the graph."""

    holder: nn.Module | None
    """The module that has the layer as its child ``name``; None where a function is called."""
    name: str
    function: Function | None
    reads: tuple[int, ...]
    makes: int
    done: tuple[int, ...]
    """Values that nobody reads after it."""


def done_after(nodes: Sequence[Node]) -> dict[int, tuple[int, ...]]:
    """For each node, by its index, the values that nobody reads after it."""
    last = {value: node.index for node in nodes for value in node.inputs}
    return {
        node.index: tuple(value for value in dict.fromkeys(node.inputs) if last[value] == node.index)
        for node in nodes
    }


class Block(nn.Module):
    """Holds layers between which maps part or meet; the network calls them itself."""


class Network(nn.Module):
    """The layers of a graph, in containers by their names; it ends in logits."""

    def __init__(self, shown_name: str) -> None:
        super().__init__()
        self._shown_name = shown_name
        """The class that its repr names: ``VGG`` for torchvision's networks."""
        self._steps: tuple[_Step, ...] = ()

    def _get_name(self) -> str:
        return self._shown_name

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(batch, classes)`` of images ``(batch, channels, height, width)``.

        Layers are called one by one and not through their containers, whose frames would hold on to the
        first map of each: every map is freed after its last reader.
        """
        maps = {0: x}
        made = 0
        for holder, name, function, reads, makes, done in self._steps:
            entering = [maps[value] for value in reads]
            for value in done:
                del maps[value]
            call = cast(Function, function if holder is None else holder._modules[name])
            maps[makes] = call(*entering)
            made = makes
        return maps[made]


def as_torch_dtype(dtype: DType) -> torch.dtype:
    """torch's dtype for one of vggstat's. Raises UsageError where torch has no layers in it."""
    name = "float32" if dtype.name == "tf32" else dtype.name  # tf32 is a way to multiply, stored as float32
    if name not in ("float32", "float16", "bfloat16"):
        raise UsageError(f"torch has no convolutions in {dtype.name}: use fp32, tf32, fp16 or bf16")
    return cast(torch.dtype, getattr(torch, name))


def build_module(
    graph: Graph, *, device: str | torch.device = "meta", dtype: torch.dtype = torch.float32
) -> Network:
    """The module that computes what ``graph`` means, in training mode.

    On ``meta`` it has shapes and no memory. On any other device its parameters are allocated but not set:
    see ``fill``.
    """
    nodes = [node for node in graph.nodes if node.in_model]
    model = Network(class_name(graph))
    with _defaults("meta", dtype):
        _fill_container(model, module_tree(nodes))
    model._steps = tuple(_steps(model, nodes))
    if torch.device(device).type != "meta":
        allocate(model, device)
    return model


def _steps(model: nn.Module, nodes: Sequence[Node]) -> Iterator[_Step]:
    """The forward pass, with each map forgotten by its last reader."""
    ends = done_after(nodes)
    for node in nodes:
        done = ends[node.index]
        if node.torch_name is None:
            yield _Step(None, "", function_of(node), node.inputs, node.output, done)
        else:
            container, _, entry = node.torch_name.rpartition(".")
            yield _Step(model.get_submodule(container), entry, None, node.inputs, node.output, done)


def function_of(node: Node) -> Function:
    """What computes a node that is no module."""
    if isinstance(node.layer, Part):
        return _part(node.layer)
    function = (IN_PLACE if node.in_place else FUNCTIONS).get(node.layer.stem)
    if function is None:
        raise UsageError(
            f"{node.name}: vggstat knows no torch function for {node.layer.label}: it builds the networks of specs, which "
            "vggstat spec writes of what is read from elsewhere"
        )
    return function


def _flatten(x: Tensor) -> Tensor:
    return torch.flatten(x, 1)


def _add(first: Tensor, second: Tensor, *others: Tensor) -> Tensor:
    return reduce(torch.Tensor.add_, others, first + second)


def _add_in_place(first: Tensor, *others: Tensor) -> Tensor:
    return reduce(torch.Tensor.add_, others, first)


def _concat(*maps: Tensor) -> Tensor:
    return torch.cat(maps, 1)


def _part(layer: Part) -> Function:
    """The part of a map as slices of it, one along each axis that is cut."""

    def cut(x: Tensor) -> Tensor:
        for axis, (start, size) in enumerate(zip(layer.start, layer.makes, strict=True), start=1):
            if size != x.shape[axis]:
                x = x.narrow(axis, start, size)
        return x

    return cut


FUNCTIONS: Final[dict[str, Function]] = {
    "flatten": _flatten,
    "add": _add,
    "concat": _concat,
    "multiply": torch.mul,
}
"""What computes a layer that torchvision makes no module of, by the layer's stem."""

IN_PLACE: Final[dict[str, Function]] = {"add": _add_in_place}


def allocate(model: nn.Module, device: str | torch.device, dtype: torch.dtype | None = None) -> None:
    """New memory for every tensor that a module holds, its content undefined; parameters and buffers in ``dtype``.

    What several modules hold stays one tensor. Whole numbers, which may point at something, are 0 where there were none.
    ``Module.to_empty`` does much the same, but not under FakeTensorMode, nor for tensors that are plain attributes.
    """
    made: dict[int, tuple[Tensor, Tensor]] = {}  # with the old ones, so that no other one gets their id

    def new(tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
        if id(tensor) not in made:
            made[id(tensor)] = (tensor, _memory_like(tensor, device, dtype))
        return made[id(tensor)][1]

    for module in model.modules():
        for tensors in cast(tuple[dict[str, Any], ...], (module._parameters, module._buffers)):
            tensors.update({name: new(held, dtype) for name, held in tensors.items() if held is not None})
        own = vars(module)
        for name in own.keys() - ("_parameters", "_buffers", "_modules"):
            if any(isinstance(leaf, Tensor) for leaf in tree_leaves(own[name])):
                own[name] = tree_map_only(Tensor, lambda tensor: new(tensor, None), own[name])


def _memory_like(tensor: Tensor, device: str | torch.device, dtype: torch.dtype | None) -> Tensor:
    if tensor.is_floating_point():
        made = torch.empty(tensor.shape, dtype=dtype or tensor.dtype, device=device)
    else:
        made = torch.zeros(tensor.shape, dtype=tensor.dtype, device=device)
        if not tensor.is_meta and not made.is_meta:
            made.copy_(tensor.detach())
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(made, requires_grad=tensor.requires_grad)
    return made


def _make(node: Node) -> nn.Module:
    """The module of a node, with the arguments that this version of torch takes."""
    name, args, kwargs, _ = module_of(node)
    kind = getattr(nn, name)
    taken = signature(kind).parameters
    module = cast(nn.Module, kind(*args, **{key: value for key, value in kwargs.items() if key in taken}))
    if isinstance(module, nn.LayerNorm) and len(node.in_shapes[0]) == 3:
        over_channels(module)
    return module


def over_channels(norm: nn.LayerNorm) -> None:
    """Have a layer norm take maps whose channels come first: they are brought to the last axis, and back."""
    inner = norm.forward

    def forward(x: Tensor) -> Tensor:
        return inner(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    norm.forward = forward  # type: ignore[method-assign, assignment]


def _fill_container(holder: nn.Module, container: Container) -> None:
    """The modules of a container, with those of the containers in it."""
    for name, held in container.held.items():
        if isinstance(held, Node):
            holder.add_module(name, _make(held))
            continue
        inner = nn.Sequential() if held.is_chain else Block()
        _fill_container(inner, held)
        holder.add_module(name, inner)


@contextmanager
def _defaults(device: str, dtype: torch.dtype) -> Iterator[None]:
    """torch's default dtype and device for a while; the caller's come back however the block ends."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            yield
    finally:
        torch.set_default_dtype(before)


def fill(module: nn.Module, *, seed: int = 0) -> None:
    """Random weights in place, in their ``initial_range``. A generator of its own leaves the global one untouched."""
    fill_parameters(module, seed=seed)
    with torch.no_grad():
        for name, buffer in module.named_buffers():
            buffer.fill_(initial_range(name.rpartition(".")[2], tuple(buffer.shape))[0])


def fill_parameters(module: nn.Module, *, seed: int = 0) -> None:
    """The same of the parameters alone; what is called a bias is one, and all else a weight."""
    with torch.no_grad():
        for number, (name, parameter) in enumerate(module.named_parameters(), start=seed):
            if not parameter.numel() or not parameter.is_floating_point():
                parameter.zero_()
                continue
            kind = "bias" if name.endswith("bias") else "weight"
            lowest, highest = initial_range(kind, tuple(parameter.shape))
            if lowest == highest:
                parameter.fill_(lowest)
            else:
                generator = torch.Generator(device=parameter.device).manual_seed(number)
                parameter.uniform_(lowest, highest, generator=generator)
