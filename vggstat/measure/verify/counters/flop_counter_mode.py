"""Operations by torch's FlopCounterMode: two per multiply-accumulate, forward and in a training step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import torch
from torch.utils.flop_counter import FlopCounterMode

from vggstat.cost.check import Check, Verdict, judge
from vggstat.cost.counting import find_counting_rule
from vggstat.measure.module import Network
from vggstat.measure.step import loss_of
from vggstat.measure.verify.counters.base import (
    OPERATIONS,
    Subject,
    compare_operations,
    training_refused,
)
from vggstat.net.graph import Node

__all__ = ["SOURCE", "count", "grouped_extra"]

SOURCE: Final = "FlopCounterMode"
TRAINING: Final = "training_operations"


def count(subject: Subject) -> Iterator[Check]:
    """The forward pass, then forward and backward of a training step with cross entropy."""
    rule = find_counting_rule("flops")
    model = subject.model().eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(subject.images())
    by_layer = _by_layer(counter, model)
    yield from compare_operations(
        SOURCE, subject, rule, counter.get_total_flops(), by_layer, quantity=OPERATIONS
    )
    if not subject.report.total.params:
        return
    refused = training_refused(SOURCE, TRAINING, subject)
    if refused:
        yield refused
        return
    model = subject.model()
    with FlopCounterMode(display=False) as counter:
        loss_of(model, subject.images()).backward()  # type: ignore[no-untyped-call]
    yield from _training(subject, counter.get_total_flops(), _by_layer(counter, model))


def _by_layer(counter: FlopCounterMode, model: Network) -> dict[str, int]:
    """Counts by module name; torch puts the class's name before it."""
    prefix = f"{type(model).__name__}."
    return {
        name.removeprefix(prefix): sum(counts.values())
        for name, counts in counter.get_flop_counts().items()
        if name.startswith(prefix)
    }


def _training(subject: Subject, total: int, by_layer: dict[str, int]) -> Iterator[Check]:
    """A training step: what vggstat states, and what torch adds to it for grouped convolutions.

    Layers are looked at only where the total differs: torch lays the backward pass of a layer to the one
    after it where that one hands its input on (a dropout that drops nothing).
    """
    report = subject.report
    extra = sum(grouped_extra(node) for node in report.graph.nodes) * subject.batch
    known = report.training_flops
    expected_total = None if known is None else known + extra
    check = judge(SOURCE, TRAINING, total, expected_total, convention="flops")
    layers = [
        judge(SOURCE, TRAINING, by_layer.get(name, 0), expected, layer=node.name, convention="flops")
        for name, node in subject.modules.items()
        if check.verdict is Verdict.DISAGREES
        and by_layer.get(name, 0) != (expected := _step_flops(node) * subject.batch)
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
