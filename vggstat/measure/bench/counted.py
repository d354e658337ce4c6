"""Before the clock starts: is the model that will be timed the one that was counted?"""

from __future__ import annotations

import torch
from torch import nn

from vggstat.cost.bench import Counted
from vggstat.cost.check import Check, Verdict
from vggstat.errors import VggstatError
from vggstat.measure.bench.groups import GroupRows
from vggstat.measure.bench.passes import TimedPass
from vggstat.measure.copies import copied
from vggstat.measure.module import Network
from vggstat.measure.verify.counters import flop_counter_mode, fvcore, hooks, parameters
from vggstat.measure.verify.forward import TOLERANCES
from vggstat.measure.verify.subject import Built, Subject

__all__ = ["DifferentModelError", "check_counted", "check_groups", "likeness"]


class DifferentModelError(VggstatError):
    """The model differs from the graph: its times would be those of another network."""


def check_counted(timed: TimedPass) -> tuple[Counted, ...]:
    """What agrees: shapes, parameters, operations. Raises DifferentModelError where anything does not."""
    report = timed.report
    subject = Subject(report, Built(lambda *, device, dtype: likeness(timed.model, device, dtype)))
    shapes = _agreeing(list(hooks.count(subject)))
    tensors = _agreeing(list(parameters.count(subject)))
    learned = [check for check in tensors if check.layer is None and check.quantity in ("weights", "biases")]
    found = [
        Counted("shapes", len(shapes), "forward hooks"),
        Counted("parameters", sum(_number(check) for check in learned), "torch"),
        _operations(subject, timed),
    ]
    return tuple(found)


def check_groups(timed: TimedPass) -> Counted:
    """That the groups of layers compute the model's output. Raises DifferentModelError otherwise.

    To the bit, as a rule; within the rounding of the format where a GPU's kernels add in an order of their own.
    """
    with timed.evaluated():
        whole, grouped = timed.inputs.given_to(timed.model), GroupRows(timed).output()
    workload = timed.workload
    allowed = TOLERANCES[(workload.autocast or workload.dtype).name]
    apart = (grouped.float() - whole.float()).norm()
    if not torch.equal(whole, grouped) and not apart <= allowed * whole.float().norm():
        raise DifferentModelError(
            f"{timed.report.name}: the groups of layers that are timed do not compute the model's output"
        )
    return Counted("output values", whole.numel(), "the groups of layers")


def likeness(model: nn.Module, device: str, dtype: torch.dtype) -> Network:
    """A copy of the model itself, of undefined content, so that what is checked is what is timed."""
    twin: Network = copied(model, device, dtype)  # type: ignore[assignment]
    return twin.train()


def _operations(subject: Subject, timed: TimedPass) -> Counted:
    """By fvcore; in training, and where fvcore is not there or not usable, by torch's FlopCounterMode."""
    if not timed.is_training:
        checks = [check for check in fvcore.count(subject) if check.layer is None]
        if checks and checks[0].verdict is not Verdict.UNCHECKED:
            (total, *_) = _agreeing(checks[:1])
            return Counted("operations", _number(total), "fvcore")
    counted = list(flop_counter_mode.count(subject))
    wanted = flop_counter_mode.TRAINING if timed.is_training else "operations"
    checks = [check for check in counted if check.layer is None and check.quantity == wanted]
    (total, *_) = _agreeing([check for check in counted if check.verdict is Verdict.DISAGREES] or checks)
    return Counted("operations", _number(total), "FlopCounterMode")


def _number(check: Check) -> int:
    return check.stated if isinstance(check.stated, int) else 0


def _agreeing(checks: list[Check]) -> list[Check]:
    for check in checks:
        if check.verdict is Verdict.DISAGREES:
            where = f" of {check.layer}" if check.layer else ""
            raise DifferentModelError(
                f"the model is not the one that was counted: {check.quantity}{where} is {check.stated} by "
                f"{check.source}, and {check.computed} by vggstat"
            )
    return [check for check in checks if check.verdict is not Verdict.UNCHECKED]
