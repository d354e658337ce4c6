"""A torch module from a layer graph, with the names and the structure of torchvision's VGG.

Nothing of the caller's is disturbed: parameters are made on an explicit device and in an explicit dtype, on
``meta`` by default, where no value is drawn from the global random generator.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from inspect import signature
from typing import cast

import torch
from torch import Tensor, nn

from vggstat.cost.workload import DType
from vggstat.errors import UsageError
from vggstat.net.graph import Graph, Node
from vggstat.net.torch_names import class_name, module_of

__all__ = ["Network", "allocate", "as_torch_dtype", "build_module", "fill"]

CLASSIFIER = "classifier"


class Network(nn.Module):
    """Feature layers, what joins them to the FC layers, and the FC layers; it ends in logits."""

    def __init__(self, shown_name: str, *, flattens: bool) -> None:
        super().__init__()
        self.shown_name = shown_name
        """The class that its repr names: ``VGG`` for torchvision's networks."""
        self.flattens = flattens
        """Whether the maps are flattened before the classifier."""

    def _get_name(self) -> str:
        return self.shown_name

    def forward(self, x: Tensor) -> Tensor:
        """Logits ``(batch, classes)`` of images ``(batch, channels, height, width)``.

        Layers are called one by one and not through their containers, whose frames would hold on to the
        first map of each: every map is freed after its last reader.
        """
        for name, child in self.named_children():
            if name == CLASSIFIER and self.flattens:
                x = torch.flatten(x, 1)
            for layer in child if isinstance(child, nn.Sequential) else (child,):
                x = layer(x)
        return torch.flatten(x, 1) if self.flattens and not hasattr(self, CLASSIFIER) else x


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
    if any(node.inputs != (node.index,) for node in nodes):
        raise UsageError(
            f"{graph.spec.name} branches: vggstat builds a torch module of a chain of layers only"
        )
    model = Network(class_name(graph), flattens=any(_is_bare_flatten(node) for node in nodes))
    with _defaults("meta", dtype):
        for node in nodes:
            if node.torch_name is not None:
                _register(model, node.torch_name, _make(node))
    if torch.device(device).type != "meta":
        allocate(model, device)
    return model


def allocate(model: nn.Module, device: str | torch.device) -> None:
    """Memory for every tensor of a module on ``meta``, its content undefined.

    ``Module.to_empty`` does the same, but not under FakeTensorMode.
    """
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False)):
            new = torch.empty(parameter.shape, dtype=parameter.dtype, device=device)
            setattr(module, name, nn.Parameter(new, requires_grad=parameter.requires_grad))
        for name, buffer in list(module.named_buffers(recurse=False)):
            setattr(module, name, torch.empty(buffer.shape, dtype=buffer.dtype, device=device))


def _is_bare_flatten(node: Node) -> bool:
    """Whether the node is the flatten of the forward method, which torchvision makes no module of."""
    return node.torch_name is None and node.layer.storage("training") == "view"


def _make(node: Node) -> nn.Module:
    """The module of a node, with the arguments that this version of torch takes."""
    name, args, kwargs = module_of(node)
    kind = getattr(nn, name)
    taken = signature(kind).parameters
    return cast(nn.Module, kind(*args, **{key: value for key, value in kwargs.items() if key in taken}))


def _register(model: nn.Module, path: str, module: nn.Module) -> None:
    """``module`` under ``features.3`` or ``avgpool``; its container is made when first needed."""
    container, _, entry = path.rpartition(".")
    if not container:
        model.add_module(entry, module)
        return
    if not hasattr(model, container):
        model.add_module(container, nn.Sequential())
    cast(nn.Sequential, getattr(model, container)).add_module(entry, module)


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
    """Random weights in place, scaled so that values neither vanish nor overflow through ReLU layers.

    He et al. 2015: deviation sqrt(2 / fan-in); small biases, so that a lost bias shows. A generator of its
    own leaves the global one untouched.
    """
    with torch.no_grad():
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            kind = name.rpartition(".")[2]
            if tensor.dim() > 1:
                fan_in = tensor[0].numel()
                _uniform(tensor, (6 / fan_in) ** 0.5, seed)
            elif kind in ("weight", "running_var"):
                tensor.fill_(1)
            elif kind == "bias":
                _uniform(tensor, 0.1, seed)
            else:
                tensor.zero_()
            seed += 1


def _uniform(tensor: Tensor, bound: float, seed: int) -> None:
    generator = torch.Generator(device=tensor.device).manual_seed(seed)
    tensor.uniform_(-bound, bound, generator=generator)
