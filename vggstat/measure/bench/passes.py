"""The pass that is timed: a real model with its inputs, run whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

from vggstat.cost.report import Report
from vggstat.measure.bench.stopwatch import Mark
from vggstat.measure.module import as_torch_dtype
from vggstat.measure.step import capturable, make_optimizer

__all__ = ["BACKWARD", "LOSS", "OPTIMIZER", "SEED", "Inputs", "Loss", "TimedPass", "laid_out", "targets_of"]

SEED: Final = 20140904
BACKWARD: Final = "backward:"
LOSS: Final = "loss"
OPTIMIZER: Final = "optimizer"
LEARNING_RATE: Final = 1e-9
"""So small that weights stay what they are however often a step is repeated: time and bytes do not depend on it."""

_Returned = TypeVar("_Returned")


class Loss(NamedTuple):
    """What a training step goes down by."""

    of: Callable[[Any, Tensor], Tensor]
    """Of what the model returns, and the class numbers."""
    words: str = ""
    """What it is, where it is not the cross entropy of the logits."""


class Inputs(NamedTuple):
    """What a model is called with: a batch of each input, by position or by name."""

    args: tuple[Tensor, ...]
    named: Mapping[str, Tensor] = {}

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        return (*self.args, *self.named.values())

    def given_to(self, function: Callable[..., _Returned]) -> _Returned:
        """What a function makes of them."""
        return function(*self.args, **self.named)


def laid_out(tensor: Tensor, *, channels_last: bool) -> Tensor:
    """An input with its channels innermost in memory, or in the usual order; as it is where it has not four axes."""
    if tensor.dim() != 4:
        return tensor
    return tensor.contiguous(memory_format=torch.channels_last if channels_last else torch.contiguous_format)


def targets_of(report: Report, device: torch.device, generator: torch.Generator) -> Tensor:
    """A class number for each image, at each position of a map; none where nothing is trained."""
    if report.workload.mode != "training":
        return torch.zeros(0)
    classes, *positions = report.graph.output_shape
    size = (report.workload.batch, *positions)
    return torch.randint(classes, size, device=device, generator=generator)


class TimedPass:
    """A model on a device with random inputs: weights, inputs and class numbers never change."""

    def __init__(
        self,
        report: Report,
        device: torch.device,
        model: nn.Module,
        inputs: Inputs,
        *,
        loss: Loss,
        targets: Tensor,
    ) -> None:
        self.report = report
        self.workload = report.workload
        self.device = device
        self.is_training = self.workload.mode == "training"
        self.model = model.train(self.is_training)
        self.inputs = inputs
        self.targets = targets
        self.chosen_loss = loss
        self.optimizer: torch.optim.Optimizer | None = None
        if self.is_training:
            self.optimizer = make_optimizer(self.workload.optimizer, self.model)
            for group in self.optimizer.param_groups:
                group["lr"] = LEARNING_RATE
        self._recorded: list[Tensor] = []
        """Adam's counters in which recorded steps count."""

    @property
    def images(self) -> Tensor:
        """The first input."""
        return self.inputs.tensors[0]

    # settings ----------------------------------------------------------------------------------------------

    def context(self) -> AbstractContextManager[Any]:
        """What is entered around many runs."""
        return nullcontext() if self.is_training else torch.inference_mode()

    @contextmanager
    def capturable(self) -> Iterator[None]:
        """Entered while a pass is recorded in a CUDA graph, after a first eager one."""
        if self.optimizer is None:
            yield
            return
        with capturable(self.optimizer, self.device) as counters:
            self._recorded += counters
            yield

    def autocast(self) -> AbstractContextManager[Any]:
        """Entered in every run: leaving it drops the weights' copies, which each pass makes anew."""
        if self.workload.autocast is None:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=as_torch_dtype(self.workload.autocast))

    # whole -------------------------------------------------------------------------------------------------

    def run(self, mark: Mark, forward: Callable[..., Any] | None = None) -> None:
        """One forward pass, or one training step with marks after its three parts."""
        if not self.is_training:
            with self.autocast():
                # A compiled module has no truth value: it would ask the model for its length.
                self.inputs.given_to(self.model if forward is None else forward)
            mark("forward")
            return
        with self.autocast():
            loss = self.inputs.given_to(self.loss if forward is None else forward)
        mark("forward")
        loss.backward()
        del loss  # its graph is freed here, within the step
        mark("backward")
        self.update()
        mark(OPTIMIZER)

    def loss(self, *args: Tensor, **named: Tensor) -> Tensor:
        """Of what the model returns, which is dropped."""
        return self.chosen_loss.of(self.model(*args, **named), self.targets)

    def update(self) -> None:
        assert self.optimizer is not None
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    @contextmanager
    def evaluated(self) -> Iterator[None]:
        """Dropout left out, and no gradients: for what the model computes, not for its time."""
        was_training = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode(), self.autocast():
                yield
        finally:
            self.model.train(was_training)

    def held_bytes(self) -> int:
        """Bytes of the tensors that stay between passes."""
        tensors: list[Tensor] = [*self.model.parameters(), *self.model.buffers(), *self.inputs.tensors]
        if self.optimizer is not None:
            tensors.append(self.targets)
            for state in self.optimizer.state.values():
                # Adam's step counters: one value a tensor, which the prediction leaves out
                tensors += [value for value in state.values() if isinstance(value, Tensor) and value.dim()]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def counter_bytes(self) -> int:
        """Bytes of Adam's step counters on the device, one value a tensor, which predictions leave out."""
        states = self.optimizer.state.values() if self.optimizer is not None else ()
        values = (value for state in states for value in state.values() if isinstance(value, Tensor))
        return sum(v.element_size() for v in values if not v.dim() and v.device.type == self.device.type)
