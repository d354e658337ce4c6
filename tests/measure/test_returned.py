"""What a forward pass returns its tensors in makes no difference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from vggstat.cost.report import analyze
from vggstat.cost.workload import Workload
from vggstat.measure.verify.subject import subject_of
from vggstat.measure.verify.verify import verify
from vggstat.sources.torch_module.returned import tensors_returned
from vggstat.sources.torch_module.source import TorchSource
from vggstat.sources.wanted import Wanted


@dataclass
class Output:
    logits: Tensor
    name: str = "output"


@dataclass(slots=True)
class Slots:
    inner: Output


class Plain:
    def __init__(self, logits: Tensor) -> None:
        self.logits = logits


class Net(nn.Module):
    def __init__(self, wrap: Callable[[Tensor], Any]) -> None:
        super().__init__()
        self.conv, self.wrap = nn.Conv2d(3, 8, 3), wrap

    def forward(self, x: Tensor) -> Any:
        return self.wrap(self.conv(x))


WRAPS: tuple[Callable[[Tensor], Any], ...] = (
    Output,
    lambda x: Slots(Output(x)),
    Plain,
    lambda x: SimpleNamespace(states=[{"last": x}]),
)


@pytest.mark.parametrize("wrap", WRAPS)
def test_objects_are_looked_into(wrap: Callable[[Tensor], Any]) -> None:
    """8 filters of 3 · 9 weights at 6 × 6 places."""
    with torch.device("meta"):
        source = TorchSource(model=Net(wrap), name="net")
    wanted = Wanted(image=(3, 8, 8))
    report = analyze(source.graph(wanted), Workload())

    assert report.total.macs == 8 * 27 * 36
    assert verify(subject_of(report, source, wanted)).agrees


def test_a_module_is_no_result() -> None:
    """Its weights are not what a forward pass returns."""
    assert list(tensors_returned((nn.Linear(2, 2), "words", None))) == []


def test_an_object_may_hold_itself() -> None:
    held = SimpleNamespace(logits=torch.zeros(1))
    held.itself = [held]

    assert [tensor is held.logits for tensor in tensors_returned(held)] == [True]
