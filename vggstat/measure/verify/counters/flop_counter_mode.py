"""Operations by torch's FlopCounterMode: two per multiply-accumulate, forward and in a training step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from vggstat.cost.check import Check, Verdict, judge, unchecked
from vggstat.cost.counting import find_counting_rule
from vggstat.measure.verify.counters.base import (
    OPERATIONS,
    attempt,
    compare_operations,
    in_short,
    training_refused,
)
from vggstat.measure.verify.subject import Run, Subject
from vggstat.net.graph import Node
from vggstat.sources.torch_module.returned import tensors_returned

__all__ = ["SOURCE", "count", "grouped_extra"]

SOURCE: Final = "FlopCounterMode"
TRAINING: Final = "training_operations"


def count(subject: Subject) -> Iterator[Check]:
    """The forward pass, then forward and backward of a training step whose loss takes all outputs."""
    yield from attempt(SOURCE, OPERATIONS, subject, lambda: _forward(subject))
    if subject.report.total.params:
        yield from attempt(SOURCE, TRAINING, subject, lambda: _both_ways(subject))


def _forward(subject: Subject) -> Iterator[Check]:
    with subject.run() as run, FlopCounterMode(display=False) as counter, torch.no_grad():
        run.model.eval()
        run.call()
        total, by_path = counter.get_total_flops(), _by_path(counter, run.model)
    rule = find_counting_rule("flops")
    yield from compare_operations(SOURCE, subject, rule, total, by_path, quantity=OPERATIONS)


def _both_ways(subject: Subject) -> Iterator[Check]:
    refused = training_refused(SOURCE, TRAINING, subject)
    if refused:
        yield refused
        return
    with subject.run() as run, FlopCounterMode(display=False) as counter, torch.enable_grad():
        _step(run)
        total, by_path = counter.get_total_flops(), _by_path(counter, run.model)
    yield from _training(subject, total, by_path)


def _step(run: Run) -> None:
    """Forward, and backward from the sum of all outputs that have a gradient."""
    sums = [tensor.sum() for tensor in tensors_returned(run.call()) if tensor.requires_grad]
    if sums:
        loss: Tensor = torch.stack(sums).sum()
        loss.backward()  # type: ignore[no-untyped-call]


def _by_path(counter: FlopCounterMode, model: nn.Module) -> dict[str, int]:
    """Counts by the paths of modules; torch puts the class's name before them."""
    prefix = f"{type(model).__name__}."
    return {
        name.removeprefix(prefix): sum(counts.values())
        for name, counts in counter.get_flop_counts().items()
        if name.startswith(prefix)
    }


def _training(subject: Subject, total: int, by_path: dict[str, int]) -> Iterator[Check]:
    """A training step: what vggstat states, and what torch adds to it for grouped convolutions.

    Layers are looked at only where the total differs: torch lays the backward pass of a layer to the one
    after it where that one hands its input on (a dropout that drops nothing).
    """
    report = subject.report
    known = report.training_flops
    if known is None:
        names = in_short(report.total.macs_not_counted)
        yield unchecked(SOURCE, TRAINING, f"vggstat does not count {names}", convention="flops", stated=total)
        return
    extra = sum(grouped_extra(node) for node in report.graph.nodes) * subject.batch
    check = judge(SOURCE, TRAINING, total, known + extra, convention="flops")
    layers = [
        judge(SOURCE, TRAINING, by_path.get(path, 0), expected, layer=subject.label(path), convention="flops")
        for path, nodes in subject.layers.items()
        if check.verdict is Verdict.DISAGREES
        and path
        and by_path.get(path, 0) != (expected := sum(map(_step_flops, nodes)) * subject.batch)
    ]
    if layers:
        check = check.replace(note=f"{check.note}: differs in {layers[0].layer}")
    elif extra:
        check = check.replace(note=f"{extra:,} of them torch's: it counts grouped weight gradients as dense")
    yield check
    yield from layers


def _step_flops(node: Node) -> int:
    """Forward, the weight's gradient, and the input's where one is needed: two FLOPs per MAC each."""
    return 2 * (node.ops.macs + node.backward_macs) + grouped_extra(node)


def grouped_extra(node: Node) -> int:
    """What torch 2.13 adds for the weight gradient of a grouped convolution, as if it were dense.

    ``conv_backward_flop`` multiplies all input channels by all output channels.
    """
    macs = node.ops["conv_macs"] + node.ops["upconv_macs"]
    return 2 * macs * (getattr(node.layer, "groups", 1) - 1) if node.trained else 0
