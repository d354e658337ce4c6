"""One training step as the predictions mean it: cross entropy, CUDA's dropout masks, the loss kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from vggstat.cost.optimizer import Optimizer
from vggstat.sources.torch_module.returned import tensors_returned

__all__ = ["AddedBias", "NativeDropout", "capturable", "make_optimizer", "train_once"]


class NativeDropout(TorchFunctionMode):
    """Runs every dropout as CUDA does, with a mask of one byte a value.

    torch's dropout on a CPU and on meta keeps noise in the activations' dtype instead.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        if func is functional.dropout:
            given = dict(zip(("input", "p", "training"), args, strict=False)) | named
            x, p, training = given["input"], given.get("p", 0.5), given.get("training", True)
            # With p 0 or 1 CUDA keeps no mask either: torch multiplies or returns the input.
            if training and 0 < p < 1:
                return torch.native_dropout(x, p, True)[0]
        return func(*args, **named)


class AddedBias(TorchFunctionMode):
    """Adds the bias of an FC layer on rows in pieces in place, as torch does.

    On fake tensors torch makes a second map for the sum.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        if func is functional.linear:
            given = dict(zip(("input", "weight", "bias"), args, strict=False)) | named
            x, bias = given["input"], given.get("bias")
            if bias is not None and x.dim() > 2 and not x.is_contiguous():
                return func(x, given["weight"]).add_(bias)
        return func(*args, **named)


def make_optimizer(optimizer: Optimizer, model: nn.Module) -> torch.optim.Optimizer:
    """torch's optimizer of that update rule, in that implementation. The rates change no number of bytes."""
    rule, _, decay = optimizer.name.partition("+")
    settings: dict[str, Any] = {"lr": 0.01, "weight_decay": 0.01 if decay or rule == "adamw" else 0}
    settings["foreach"] = optimizer.implementation == "foreach"
    settings["fused"] = optimizer.implementation == "fused"
    parameters = list(model.parameters())
    if rule in ("adam", "adamw"):
        kind = torch.optim.Adam if rule == "adam" else torch.optim.AdamW
        return kind(parameters, **settings)
    momentum = 0.0 if rule == "sgd" else 0.9
    return torch.optim.SGD(parameters, momentum=momentum, nesterov=rule == "nesterov", **settings)


@contextmanager
def capturable(optimizer: torch.optim.Optimizer, device: torch.device) -> Iterator[list[Tensor]]:
    """Inside, a step can be recorded in a CUDA graph: Adam's counters of steps lie on the device, and it is told so.

    Gives the counters inside, which have to live as long as the graph does, for its replays go on counting in them.
    Outside, eager steps count where they did before: on the host, unless they are fused; Adam's foreach step is slower
    where it is told that it may be recorded.
    """
    groups = [group for group in optimizer.param_groups if "capturable" in group]
    before = {id(group): group["capturable"] for group in groups}
    parameters = [parameter for group in groups for parameter in group["params"]]
    counters = {parameter: optimizer.state[parameter].get("step") for parameter in parameters}
    inside: list[Tensor] = []
    try:
        for group in groups:
            group["capturable"] = True
        for parameter, counter in counters.items():
            if isinstance(counter, Tensor):
                moved = counter.to(device)
                optimizer.state[parameter]["step"] = moved
                inside.append(moved)
        yield inside
    finally:
        for group in groups:
            group["capturable"] = before[id(group)]
        for parameter, counter in counters.items():
            if isinstance(counter, Tensor):
                optimizer.state[parameter]["step"] = counter


def train_once(call: Callable[[], Any], optimizer: torch.optim.Optimizer, targets: Tensor) -> None:
    """Forward, backward, the optimizer's step, and the gradients dropped; logits and loss have no name.

    ``call`` runs the model, which returns its logits, be it in a tuple, a dictionary or an object.
    """
    functional.cross_entropy(next(tensors_returned(call())), targets).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
