"""Peak bytes by torch's MemTracker, on fake tensors of a CPU: nothing is allocated, every storage is watched.

MemTracker is private to torch and may move; where it is missing the peaks stay unchecked. The fake device is
the CPU because the first op that records autograd state on a fake CUDA device aborts the process of a CPU
build (torch 2.13, c10 DeviceGuardImplInterface); CUDA's dropout masks are had by NativeDropout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Literal
from unittest.mock import patch

import torch
from torch import Tensor, nn

from vggstat.cost.check import Check, Verdict, judge, unchecked
from vggstat.cost.inference import inference_peak, peak_as_written
from vggstat.cost.training import training_peak
from vggstat.errors import UnknownMemoryError
from vggstat.measure.step import AddedBias, NativeDropout, make_optimizer, train_once
from vggstat.measure.verify.counters.base import attempt, training_refused
from vggstat.measure.verify.subject import Subject
from vggstat.net.graph import Node
from vggstat.net.ops.upsample import Upsample

__all__ = ["SOURCE", "check_inference", "check_training", "count"]

SOURCE: Final = "MemTracker"
INFERENCE: Final = "inference_peak_bytes"
TRAINING: Final = "training_peak_bytes"

AS_WRITTEN: Final = " as written"
"""In the name of a rule: each map lives until the model's own code lets go of it."""

MAX_LAYERS: Final = 600
"""MemTracker looks at all tensors at each operation: 400 layers take it four seconds, 4,000 would take minutes."""


def count(subject: Subject) -> Iterator[Check]:
    """The peak of a forward pass without gradients, then of a training step; parameters included in both."""
    try:
        from torch.distributed._tools.mem_tracker import MemTracker  # noqa: F401  private to torch
    except ImportError as error:
        yield unchecked(SOURCE, INFERENCE, f"this torch has no MemTracker ({error})")
        return
    layers = len(subject.report.graph.nodes)
    if layers > MAX_LAYERS:
        for quantity in (INFERENCE, TRAINING):
            yield unchecked(
                SOURCE, quantity, f"not asked for more than {MAX_LAYERS} layers: here are {layers:,}"
            )
        return
    decomposed = next((node for node in subject.report.graph.nodes if _in_steps(node)), None)
    if decomposed is not None:
        reason = f"torch's fake tensors compute the bilinear upsampling of {decomposed.name} in steps, a device does not"
        for quantity in (INFERENCE, TRAINING):
            yield unchecked(SOURCE, quantity, reason)
        return
    yield from attempt(SOURCE, INFERENCE, subject, lambda: [check_inference(subject)])
    if subject.report.total.params:
        yield from attempt(SOURCE, TRAINING, subject, lambda: [check_training(subject)])


def _in_steps(node: Node) -> bool:
    """Whether fake tensors make maps for it that no device makes."""
    return isinstance(node.layer, Upsample) and node.layer.mode == "bilinear"


def check_inference(subject: Subject) -> Check:
    """The peak of a forward pass; of somebody's model with each map until its code lets go of it."""
    report = subject.report
    is_written = report.graph.held_until is not None
    rule = f"inference-peak{AS_WRITTEN if is_written else ''} + parameters"
    try:
        moment = (peak_as_written if is_written else inference_peak)(report.graph, report.workload)
    except UnknownMemoryError as error:
        return unchecked(SOURCE, INFERENCE, str(error), convention=rule)
    computed = report.file_bytes + sum(item.bytes for item in moment.items)
    stated, path = _inference(subject)
    return _judge(INFERENCE, stated, computed, rule, subject, path, moment.node)


def check_training(subject: Subject) -> Check:
    """The peak of a training step with cross entropy and the workload's optimizer, in its second round.

    autograd adds gradients of one map in place in a real run and copies MemTracker's: where that makes a difference, the
    rule says so.
    """
    refused = training_refused(SOURCE, TRAINING, subject)
    if refused:
        return refused
    report = subject.report
    try:
        moment = training_peak(report.graph, report.workload, "copied", as_written=True)
        real = training_peak(report.graph, report.workload, as_written=True)
    except UnknownMemoryError as error:
        return unchecked(SOURCE, TRAINING, str(error), convention="training-peak")
    stated, path = _training(subject)
    copied = ", gradients copied" if real.bytes != moment.bytes else ""
    written = AS_WRITTEN if report.graph.held_until is not None else ""
    rule = f"training-peak{written}{copied}, {report.workload.optimizer.title}"
    return _judge(TRAINING, stated, moment.bytes, rule, subject, path, moment.node)


def _inference(subject: Subject) -> tuple[int, str]:
    from torch.distributed._tools.mem_tracker import MemTracker

    with subject.run("fake") as run:
        run.model.eval().requires_grad_(True)  # it puts hooks on parameters, which frozen ones refuse
        tracker = MemTracker()
        tracker.track_external(run.model, *run.inputs)
        with tracker, AddedBias(), torch.no_grad():  # in inference mode a fake dropout would copy its input
            run.call()
        return _peak(tracker)


def _training(subject: Subject) -> tuple[int, str]:
    """The peak of a step after the first: the optimizer has its state."""
    from torch.distributed._tools.mem_tracker import MemTracker

    logits = subject.report.graph.output_shape
    with subject.run("fake") as run, NativeDropout(), AddedBias(), torch.enable_grad():
        targets = torch.zeros((subject.batch, *logits[1:]), dtype=torch.int64)
        optimizer = make_optimizer(subject.report.workload.optimizer, run.model)
        _make_state(run.model, optimizer)
        tracker = MemTracker()
        tracker.track_external(run.model, optimizer, *run.inputs, targets)
        with tracker, _holding_no_gradients():
            train_once(run.call, optimizer, targets)
        return _peak(tracker)


@contextmanager
def _holding_no_gradients() -> Iterator[None]:
    """Within it MemTracker waits for one gradient of a module's inputs to know that its backward pass is over.

    It would wait for those of all, and keep them alive meanwhile.
    """
    from torch.distributed._tools import mod_tracker

    register = mod_tracker.register_multi_grad_hook  # type: ignore[attr-defined]

    def register_one(tensors: Sequence[Tensor], fn: Any, mode: Literal["all", "any"] = "all") -> Any:
        return register(tensors[:1] if mode == "all" else tensors, fn, mode=mode)

    with patch.object(mod_tracker, "register_multi_grad_hook", register_one):
        yield


def _make_state(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """What the first step leaves behind: the optimizer's state, made from gradients of undefined content."""
    for parameter in model.parameters():
        parameter.grad = torch.empty_like(parameter)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def _peak(tracker: Any) -> tuple[int, str]:
    """The peak in bytes and the name of the module that ran then."""
    peak = tracker.get_tracker_snapshot("peak")[torch.device("cpu")]["Total"]
    for stats in tracker.memory_tracking.values():
        at_peak = any(local == peak for local in stats.local_peak.values())
        if at_peak and "." in stats.mod_fqn:
            return peak, stats.mod_fqn.partition(".")[2]
    return peak, ""


def _judge(
    quantity: str, stated: int, computed: int, rule: str, subject: Subject, path: str, ours: str
) -> Check:
    """The check, with the layers of both peaks in its note where they differ."""
    check = judge(SOURCE, quantity, stated, computed, convention=rule)
    if check.verdict is not Verdict.DISAGREES:
        return check
    theirs = subject.label(path) if path else "no layer"
    where = f"MemTracker's peak stands at {theirs}, vggstat's at {ours}"
    return check.replace(note=f"{check.note}: {where}")
