"""Optimizers as values."""

from __future__ import annotations

import pytest

from tests.networks import report_of
from vggstat.cost.optimizer import IMPLEMENTATIONS, OPTIMIZERS, Optimizer, find_optimizer
from vggstat.cost.training import training_moments
from vggstat.cost.workload import Workload
from vggstat.errors import UsageError

SIZES = (10, 3, 100, 7)


@pytest.mark.parametrize(
    ("name", "implementation", "expected"),
    [
        ("momentum", "foreach", 0),
        ("momentum+wd", "foreach", 120),  # 10 + 3 + 100 + 7: all gradients with the decay added
        ("adam", "foreach", 120),  # the roots of all second moments
        ("adam", "fused", 0),
        ("sgd+wd", "loop", 100),  # one decayed gradient at a time: the largest
        ("nesterov", "loop", 100),
        ("nesterov+wd", "loop", 2 * 100),
        ("adam", "loop", 2 * 100 + 3),  # root and quotient, and the quotient of the parameter before
        ("adam+wd", "loop", 3 * 100 + 3),
        ("adamw", "loop", 2 * 100 + 3),
    ],
)
def test_temporaries(name: str, implementation: str, expected: int) -> None:
    """What is allocated during the step, in values, for four parameters."""
    copies = find_optimizer(name, implementation).temporaries(SIZES)

    assert sum(copy.copies * SIZES[copy.parameter] for copy in copies) == expected


def test_a_step_without_parameters_takes_nothing() -> None:
    """No parameters, no temporaries, in any implementation."""
    for optimizer in OPTIMIZERS:
        for implementation in IMPLEMENTATIONS:
            assert optimizer.replace(implementation=implementation).temporaries(()) == ()


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    """The message lists what can be said."""
    with pytest.raises(UsageError, match=r"unknown optimizer 'lion': expected one of sgd, .*adamw"):
        find_optimizer("lion")
    with pytest.raises(UsageError, match="expected one of foreach, fused, loop"):
        find_optimizer("adam", "fast")


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: optimizer.name)
def test_copies_kept_are_what_a_step_holds(optimizer: Optimizer) -> None:
    """When the optimizer steps, the parameters, their gradients and the states of E are so many copies of its parameters."""
    report = report_of("E")
    workload = Workload(optimizer=optimizer)
    step = list(training_moments(report.graph, workload))[-1]
    kept = [item for item in step.items if item.part in ("parameters", "gradients", "optimizer state")]

    assert step.phase == "optimizer"
    assert sum(item.bytes for item in kept) == optimizer.copies_kept * 4 * report.total.params
