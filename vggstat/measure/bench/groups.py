"""A network group by group, as the tables have it: the same pass with a mark after each group of layers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, Final, NamedTuple, cast

from torch import Tensor, nn

from vggstat.cost.traffic import groups_of
from vggstat.measure.bench.benchmarked import Section
from vggstat.measure.bench.passes import BACKWARD, LOSS, OPTIMIZER, TimedPass
from vggstat.measure.bench.stopwatch import Mark
from vggstat.measure.module import done_after, function_of
from vggstat.net.graph import Node

__all__ = ["GroupRows", "Step", "call_of"]

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


def call_of(model: nn.Module, node: Node) -> Call:
    """The module of a node, or the function where it is none in torch."""
    if node.torch_name is None:
        return function_of(node)
    return cast(Call, model.get_submodule(node.torch_name))


class GroupRows:
    """A row a group, which are run one after the other in place of the model; together they are its forward pass."""

    words: Final = ""

    def __init__(self, timed: TimedPass) -> None:
        self.timed = timed
        groups = groups_of(timed.report.graph)
        done = done_after([node for group in groups for node in group.nodes])
        self.groups = [
            (
                group.name,
                [
                    Step(call_of(timed.model, node), node.inputs, node.output, done[node.index])
                    for node in group.nodes
                ],
            )
            for group in groups
        ]
        self.sections = tuple(Section(group.name, group.kind, (group.name,)) for group in groups)

    def watched(self) -> AbstractContextManager[None]:
        return nullcontext()

    def run(self, mark: Mark) -> None:
        """The pass with a mark after each group, in training in both directions.

        Backward rows begin where autograd reaches the last operation of a group: module backward hooks fail with
        ReLU in place (torch 2.13: "Output 0 of BackwardHookFunction is a view and is being modified inplace").
        """
        timed = self.timed
        maps = {0: timed.images}
        x = timed.images
        pending = [BACKWARD + LOSS]

        def reached(name: str, _: Any) -> None:
            mark(pending[0])
            pending[0] = BACKWARD + name

        with timed.autocast():
            for name, steps in self.groups:
                for step in steps:
                    x = step.run(maps)
                if x.grad_fn is not None:
                    x.grad_fn.register_prehook(partial(reached, name))
                mark(name)
            if not timed.is_training:
                return
            loss = timed.chosen_loss.of(x, timed.targets)
            del x
            maps.clear()
        mark(LOSS)
        loss.backward()  # type: ignore[no-untyped-call]
        del loss
        mark(pending[0])
        timed.update()
        mark(OPTIMIZER)

    def output(self) -> Tensor:
        """What the groups make of the images, without a mark."""
        maps = {0: self.timed.images}
        x = self.timed.images
        for _, steps in self.groups:
            for step in steps:
                x = step.run(maps)
        return x
