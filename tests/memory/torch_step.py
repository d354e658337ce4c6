"""A forward pass and a training step in torch, watched by MemTracker on fake tensors of a CPU.

Built from the layers' own ``torch_module`` in a flat row, independently of ``vggstat.measure``.
"""

from __future__ import annotations

from inspect import signature
from itertools import accumulate
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.mem_tracker import MemTracker
from torch.nn import functional
from torch.profiler import ProfilerActivity, profile

from vggstat.cost.optimizer import Optimizer
from vggstat.cost.workload import Workload
from vggstat.measure.module import over_channels
from vggstat.net import Graph, Node
from vggstat.net.ops.part import Part

__all__ = ["Flat", "inference_bytes", "real_training_bytes", "training_bytes"]


class CudaDropout(nn.Module):
    """Dropout as CUDA runs it, with a mask of one byte a value; a CPU keeps noise in the dtype."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if 0 < self.p < 1 and self.training:
            return torch.native_dropout(x, self.p, True)[0]
        return functional.dropout(x, self.p, self.training)  # everything, or nothing: no mask is made


class CudaLRN(nn.LocalResponseNorm):
    """LRN as CUDA's autocast lists have it: ``pow`` on a float32 copy, every other step in the format it gets.

    The steps are those of torch.nn.functional.local_response_norm; a CPU's lists raise avg_pool3d instead.
    """

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            mean = x.mul(x)
            batch, channels, height, _ = x.shape
            mean = mean.view(batch, 1, channels, height, -1)
            mean = functional.pad(mean, (0, 0, 0, 0, self.size // 2, (self.size - 1) // 2))
            mean = functional.avg_pool3d(mean, (self.size, 1, 1), stride=1).squeeze(1)
            mean = mean.view(x.shape)
            mean = _raised_power(mean.mul(self.alpha).add(self.k), self.beta)
            return x / mean


def _raised_power(x: Tensor, exponent: float) -> Tensor:
    """``x`` lives until the power is there, as an operator's arguments do."""
    return x.to(torch.float32).pow(exponent)


class CudaSoftmax(nn.Module):
    """Softmax as CUDA's autocast lists have it: in float32."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.softmax(x, 1, dtype=torch.float32)


class CudaGroupNorm(nn.GroupNorm):
    """Group norm as CUDA's autocast lists have it: in float32."""

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast("cpu", enabled=False):
            return super().forward(x.to(torch.float32))


LOWERED = {"LocalResponseNorm": CudaLRN, "GroupNorm": CudaGroupNorm}
"""What stands for a module under autocast, where a CPU's lists differ from CUDA's."""

JOINS = ("Add", "Concat", "Multiply", "Part")


class Flat(nn.Module):
    """The graph's layers called one after the other; in place where the graph says so. A map goes with its last reader."""

    def __init__(self, graph: Graph, *, autocast: bool = False) -> None:
        super().__init__()
        self.nodes = [node for node in graph.nodes if node.in_model]
        self.calls = nn.ModuleList(_call_of(node, autocast=autocast) for node in self.nodes)
        self.last = {value: node.index for node in self.nodes for value in node.inputs}

    def forward(self, x: Tensor) -> Tensor:
        maps = {0: x}
        for node, call in zip(self.nodes, self.calls, strict=True):
            entering = [maps[value] for value in node.inputs]
            maps = {value: made for value, made in maps.items() if self.last[value] > node.index}
            kind = node.layer.torch_module(*node.in_shapes).name
            if kind in JOINS:
                maps[node.output] = (
                    _part(node.layer, *entering)
                    if isinstance(node.layer, Part)
                    else _joined(kind, entering, in_place=node.in_place)
                )
            else:
                maps[node.output] = call(*entering)
        return maps[self.nodes[-1].output]


def _part(layer: Part, x: Tensor) -> Tensor:
    """The part of a map by an index, as a model writes it."""
    ends = zip(layer.start, layer.makes, strict=True)
    return x[(slice(None), *(slice(start, start + size) for start, size in ends))]


def _joined(kind: str, maps: list[Tensor], *, in_place: bool) -> Tensor:
    """A join, as torch writes it. No module: MemTracker's hooks on one would hold the gradients of several inputs."""
    first, *others = maps
    if kind == "Concat":
        return torch.cat(maps, dim=1)
    if kind == "Multiply":
        return first * others[0]
    for position, other in enumerate(others):
        first = first + other if position == 0 and not in_place else first.add_(other)
    return first


def _call_of(node: Node, *, autocast: bool) -> nn.Module:
    name, args, kwargs, _ = node.layer.torch_module(*node.in_shapes)
    if name in JOINS:
        return nn.Identity()
    if name == "Dropout":
        return CudaDropout(kwargs["p"])
    if autocast and name == "Softmax":
        return CudaSoftmax()
    settings = {**kwargs, "inplace": node.in_place} if kwargs.get("inplace") else dict(kwargs)
    kind = LOWERED[name] if autocast and name in LOWERED else getattr(nn, name)
    taken = signature(kind).parameters  # older versions of torch take fewer
    made: nn.Module = kind(*args, **{key: value for key, value in settings.items() if key in taken})
    if isinstance(made, nn.LayerNorm) and len(node.in_shapes[0]) == 3:
        over_channels(made)
    return made


def _prepare(graph: Graph, workload: Workload) -> tuple[Flat, Tensor]:
    dtype = getattr(torch, workload.dtype.name)
    torch.set_default_dtype(dtype)
    try:
        model = Flat(graph, autocast=workload.autocast is not None)
        return model, torch.empty(workload.batch, *graph.image)
    finally:
        torch.set_default_dtype(torch.float32)


def _peak(tracker: MemTracker) -> int:
    return int(tracker.get_tracker_snapshot("peak")[torch.device("cpu")]["Total"])


def inference_bytes(graph: Graph, workload: Workload) -> int:
    """The peak under no_grad. Under inference_mode MemTracker does not see a pool's indices."""
    with FakeTensorMode():
        model, image = _prepare(graph, workload)
        model.eval()
        tracker = MemTracker()
        tracker.track_external(model, image)
        with tracker, torch.no_grad(), _autocast(workload):
            model(image)
        return _peak(tracker)


def training_bytes(graph: Graph, workload: Workload) -> int:
    """The peak of the second training step, Adam's ``step`` counters left out."""
    with FakeTensorMode():
        model, image = _prepare(graph, workload)
        logits = [node for node in graph.nodes if node.in_model][-1].shape
        target = torch.empty(workload.batch, *logits[1:], dtype=torch.int64)
        optimizer = _optimizer(workload.optimizer, list(model.parameters()))
        _make_states(model, optimizer)
        tracker = MemTracker()
        tracker.track_external(model, optimizer, image, target)
        with tracker:
            _step(model, optimizer, image, target, workload)
        counters = sum(4 for state in optimizer.state.values() if "step" in state)
        return _peak(tracker) - counters


def real_training_bytes(graph: Graph, workload: Workload) -> int:
    """The peak of a second step that a CPU really runs, from the profiler's record of what was allocated and freed."""
    model = Flat(graph)
    image = torch.ones(workload.batch, *graph.image)
    target = torch.zeros(workload.batch, dtype=torch.int64)
    optimizer = _optimizer(workload.optimizer, list(model.parameters()))
    _step(model, optimizer, image, target, workload)
    kept = [tensor for state in optimizer.state.values() for tensor in state.values() if tensor is not None]
    held: int = sum(tensor.nbytes for tensor in (*model.parameters(), *kept, image, target))
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        _step(model, optimizer, image, target, workload)
    events = profiled.profiler.kineto_results.events()
    memory: list[tuple[int, int]] = sorted(
        (event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]"
    )
    peak: int = max(accumulate(size for _, size in memory))
    return held + peak


def _step(
    model: nn.Module, optimizer: torch.optim.Optimizer, image: Tensor, target: Tensor, workload: Workload
) -> None:
    with _autocast(workload):
        loss = functional.cross_entropy(model(image), target)
    loss.backward()  # type: ignore[no-untyped-call]
    del loss
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def _make_states(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """All that a first step leaves behind: the optimizer's states, which it makes whatever the gradients hold."""
    for parameter in model.parameters():
        parameter.grad = torch.empty_like(parameter)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def _autocast(workload: Workload) -> torch.autocast:
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=workload.autocast is not None)


def _optimizer(optimizer: Optimizer, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    rule, _, decay = optimizer.name.partition("+")
    settings: dict[str, Any] = {
        "lr": 0.1,
        "weight_decay": 5e-4 if decay or rule == "adamw" else 0,
        "foreach": optimizer.implementation == "foreach",
        "fused": optimizer.implementation == "fused",
    }
    if rule in ("adam", "adamw"):
        return (torch.optim.Adam if rule == "adam" else torch.optim.AdamW)(parameters, **settings)
    momentum = 0.0 if rule == "sgd" else 0.9
    return torch.optim.SGD(parameters, momentum=momentum, nesterov=rule == "nesterov", **settings)
