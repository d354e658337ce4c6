"""Networks that others publish, written in the language: their totals, and a real model of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from vggstat.cost.report import Report, analyze
from vggstat.sources.spec import load
from vggstat.sources.spec.build import build_graph

FOLDER = Path(__file__).parents[1] / "data" / "networks"


def report(name: str) -> Report:
    return analyze(build_graph(load(str(FOLDER / f"{name}.yaml"))))


@pytest.mark.parametrize(
    ("name", "params", "macs"),
    [
        # 5*5*6+6 + 5*5*6*16+16 + 400*120+120 + 120*84+84 + 84*10+10; 28*28*150 + 10*10*2400 + 48000 + 10080 + 840
        ("LeNet-5", 61_706, 416_520),
        ("MobileNetV1", 4_231_976, 568_740_352),  # timm; Keras's trainable parameters
        ("AlexNet-torchvision", 61_100_840, 714_188_480),  # torchvision: 61,100,840 parameters, 0.71 GFLOPS
    ],
)
def test_totals(name: str, params: int, macs: int) -> None:
    total = report(name).total

    assert (total.params, total.macs) == (params, macs)


def test_lenet_is_written_honestly() -> None:
    """No padding, no dropout, and tanh in place of ReLU, none after the predictions."""
    graph = report("LeNet-5").graph
    labels = [node.layer.label for node in graph.nodes if node.in_model]

    assert labels == [
        *("conv5-6", "tanh", "avgpool", "conv5-16", "tanh", "avgpool", "flatten"),
        *("FC-120", "tanh", "FC-84", "tanh", "FC-10"),
    ]
    assert [node.shape for node in graph.nodes if node.layer.stem == "conv"] == [(6, 28, 28), (16, 10, 10)]


@pytest.mark.parametrize("name", ["LeNet-5", "AlexNet-torchvision", "MobileNetV1"])
def test_a_real_model_agrees(name: str) -> None:
    """Every figure, with torch's counters and fvcore."""
    from vggstat.cost.check import Verdict
    from vggstat.measure.verify.counters.base import Subject
    from vggstat.measure.verify.verify import verify

    found = verify(Subject(report(name)))

    assert not [check for check in found.checks if check.verdict is Verdict.DISAGREES]
    assert len([check for check in found.checks if check.verdict is Verdict.AGREES]) >= 20
