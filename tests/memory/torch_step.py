"""A forward pass and a training step in torch, watched by MemTracker on fake tensors of a CPU.

Built from the layers' own ``torch_module`` in a flat nn.Sequential, independently of ``vggstat.measure``.
"""

from __future__ import annotations

from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed._tools.mem_tracker import MemTracker
from torch.nn import functional

from vggstat.cost.optimizer import Optimizer
from vggstat.cost.workload import Workload
from vggstat.net import Graph

__all__ = ["inference_bytes", "sequential", "training_bytes"]


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


def sequential(graph: Graph, *, autocast: bool = False) -> nn.Sequential:
    """The graph's torch modules in a row; ReLU in place where the graph says so."""
    modules: list[nn.Module] = []
    for node in graph.nodes:
        if not node.in_model:
            continue
        name, args, kwargs = node.layer.torch_module(*node.in_shapes)
        if name == "Dropout":
            modules.append(CudaDropout(kwargs["p"]))
            continue
        if autocast and name == "Softmax":
            modules.append(CudaSoftmax())
            continue
        settings = {**kwargs, "inplace": node.in_place} if name == "ReLU" else dict(kwargs)
        kind = CudaLRN if autocast and name == "LocalResponseNorm" else getattr(nn, name)
        taken = signature(kind).parameters  # older versions of torch take fewer
        modules.append(kind(*args, **{key: value for key, value in settings.items() if key in taken}))
    return nn.Sequential(*modules)


def _prepare(graph: Graph, workload: Workload) -> tuple[nn.Sequential, Tensor]:
    dtype = getattr(torch, workload.dtype.name)
    torch.set_default_dtype(dtype)
    try:
        model = sequential(graph, autocast=workload.autocast is not None)
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
        _step(model, optimizer, image, target, workload)
        tracker = MemTracker()
        tracker.track_external(model, optimizer, image, target)
        with tracker:
            _step(model, optimizer, image, target, workload)
        counters = sum(4 for state in optimizer.state.values() if "step" in state)
        return _peak(tracker) - counters


def _step(
    model: nn.Module, optimizer: torch.optim.Optimizer, image: Tensor, target: Tensor, workload: Workload
) -> None:
    with _autocast(workload):
        loss = functional.cross_entropy(model(image), target)
    loss.backward()  # type: ignore[no-untyped-call]
    del loss
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
