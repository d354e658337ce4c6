"""The pass that is timed: a real model with its input, run whole or group by group."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, Final, NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from vggstat.cost.report import Report
from vggstat.cost.traffic import groups_of
from vggstat.measure.bench.stopwatch import Mark
from vggstat.measure.module import as_torch_dtype, build_module, done_after, fill, function_of
from vggstat.measure.step import capturable, make_optimizer
from vggstat.net.graph import Node

__all__ = ["BACKWARD", "LOSS", "OPTIMIZER", "TimedPass"]

SEED: Final = 20140904
BACKWARD: Final = "backward:"
LOSS: Final = "loss"
OPTIMIZER: Final = "optimizer"
LEARNING_RATE: Final = 1e-9
"""So small that weights stay what they are however often a step is repeated: time and bytes do not depend on it."""

Call = Callable[..., Tensor]


class Step(NamedTuple):
    """A call of the forward pass; values are numbered as in the graph."""

    call: Call
    reads: tuple[int, ...]
    makes: int
    done: tuple[int, ...]
    """Values that nobody reads after it."""

    def run(self, maps: dict[int, Tensor]) -> Tensor:
        """What it makes of the maps that are there, which is put to them; those that are done with go."""
        entering = [maps[value] for value in self.reads]
        for value in self.done:
            del maps[value]
        made = maps[self.makes] = self.call(*entering)
        return made


class TimedPass:
    """A model on a device with random images: weights, images and class numbers never change."""

    def __init__(self, report: Report, device: torch.device, *, channels_last: bool) -> None:
        self.report = report
        self.workload = report.workload
        self.device = device
        self.is_training = self.workload.mode == "training"
        dtype = as_torch_dtype(self.workload.dtype)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.model = build_module(report.graph, device=device, dtype=dtype)
        fill(self.model, seed=SEED)
        # ``to`` changes only tensors of four axes, and copies only those that are laid out otherwise.
        self.model.to(memory_format=layout)  # type: ignore[call-overload]
        self.model.train(self.is_training)
        generator = torch.Generator(device=device).manual_seed(SEED)
        shape = (self.workload.batch, *report.graph.image)
        images = torch.empty(shape, device=device, dtype=dtype).uniform_(-1, 1, generator=generator)
        self.images = images.contiguous(memory_format=layout)
        self.targets = torch.zeros(0)
        self.optimizer: torch.optim.Optimizer | None = None
        if self.is_training:
            classes, *positions = report.graph.output_shape
            size = (self.workload.batch, *positions)
            self.targets = torch.randint(classes, size, device=device, generator=generator)
            self.optimizer = make_optimizer(self.workload.optimizer, self.model)
            for group in self.optimizer.param_groups:
                group["lr"] = LEARNING_RATE
        self._recorded: list[Tensor] = []
        """Adam's counters in which recorded steps count."""

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

    def _autocast(self) -> AbstractContextManager[Any]:
        """Entered in every run: leaving it drops the weights' copies, which each pass makes anew."""
        if self.workload.autocast is None:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=as_torch_dtype(self.workload.autocast))

    # whole -------------------------------------------------------------------------------------------------

    def run(self, mark: Mark, forward: Callable[..., Tensor] | None = None) -> None:
        """One forward pass, or one training step with marks after its three parts."""
        if not self.is_training:
            with self._autocast():
                # A compiled module has no truth value: it would ask the model for its length.
                (self.model if forward is None else forward)(self.images)
            mark("forward")
            return
        with self._autocast():
            loss = (self.loss if forward is None else forward)(self.images)
        mark("forward")
        loss.backward()  # type: ignore[no-untyped-call]
        del loss  # its graph is freed here, within the step
        mark("backward")
        self._update()
        mark(OPTIMIZER)

    def loss(self, images: Tensor) -> Tensor:
        """The mean cross entropy of the logits, which are dropped."""
        return functional.cross_entropy(cast(Tensor, self.model(images)), self.targets)

    def _update(self) -> None:
        assert self.optimizer is not None
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    # group by group ----------------------------------------------------------------------------------------

    def groups(self) -> list[tuple[str, list[Step]]]:
        """The model's modules in groups, as the tables have them; together they are the forward pass."""
        groups = groups_of(self.report.graph)
        done = done_after([node for group in groups for node in group.nodes])
        return [
            (
                group.name,
                [
                    Step(self.call_of(node), node.inputs, node.output, done[node.index])
                    for node in group.nodes
                ],
            )
            for group in groups
        ]

    def call_of(self, node: Node) -> Call:
        """The module of a node, or the function where it is none in torch."""
        if node.torch_name is None:
            return function_of(node)
        return cast(Call, self.model.get_submodule(node.torch_name))

    def run_groups(self, groups: Sequence[tuple[str, list[Step]]], mark: Mark) -> None:
        """The same pass with a mark after each group, in training in both directions.

        Backward rows begin where autograd reaches the last operation of a group: module backward hooks fail with
        ReLU in place (torch 2.13: "Output 0 of BackwardHookFunction is a view and is being modified inplace").
        """
        maps = {0: self.images}
        x = self.images
        pending = [BACKWARD + LOSS]

        def reached(name: str, _: Any) -> None:
            mark(pending[0])
            pending[0] = BACKWARD + name

        with self._autocast():
            for name, steps in groups:
                for step in steps:
                    x = step.run(maps)
                if x.grad_fn is not None:
                    x.grad_fn.register_prehook(partial(reached, name))
                mark(name)
            if not self.is_training:
                return
            loss = functional.cross_entropy(x, self.targets)
            del x
            maps.clear()
        mark(LOSS)
        loss.backward()  # type: ignore[no-untyped-call]
        del loss
        mark(pending[0])
        self._update()
        mark(OPTIMIZER)

    def logits(self, *, by_groups: bool) -> Tensor:
        """The model's output, dropout left out; to show that both ways to run it are one and the same."""
        was_training = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode(), self._autocast():
                if not by_groups:
                    return cast(Tensor, self.model(self.images))
                maps = {0: self.images}
                x = self.images
                for _, steps in self.groups():
                    for step in steps:
                        x = step.run(maps)
                return x
        finally:
            self.model.train(was_training)

    def held_bytes(self) -> int:
        """Bytes of the tensors that stay between passes."""
        tensors: list[Tensor] = [*self.model.parameters(), *self.model.buffers(), self.images]
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

    def modules(self) -> nn.Module:
        return self.model
