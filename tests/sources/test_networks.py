"""Networks that others publish, written in the language: their totals, and a real model of each."""

from __future__ import annotations

import pytest

from tests.networks import DEEPER, report_of
from vggstat.cost.check import Verdict
from vggstat.measure.verify.counters import flop_counter_mode, fvcore, hooks, parameters, saved_tensors
from vggstat.measure.verify.subject import Subject
from vggstat.measure.verify.verify import verify
from vggstat.sources.spec.library import families

TOTALS = {
    # 5*5*6+6 + 5*5*6*16+16 + 400*120+120 + 120*84+84 + 84*10+10; 28*28*150 + 10*10*2400 + 48000 + 10080 + 840
    "LeNet-5": (61_706, 416_520, 5),
    "AlexNet-torchvision": (61_100_840, 714_188_480, 8),
    "GoogLeNet": (6_998_552, 1_582_671_872, 58),
    "GoogLeNet-BN": (6_624_904, 1_498_376_192, 58),
    # torchvision publishes 27,161,264 with 3,326,696 of the auxiliary classifier
    "Inception-v3": (27_161_264 - 3_326_696, 5_713_216_096, 95),
    "ResNet-18": (11_689_512, 1_814_073_344, 18),
    "ResNet-34": (21_797_672, 3_663_761_408, 34),
    "ResNet-50": (25_557_032, 4_089_184_256, 50),
    "ResNet-101": (44_549_160, 7_801_405_440, 101),
    "ResNet-152": (60_192_808, 11_513_626_624, 152),
    "SqueezeNet-1.1": (1_235_496, 349_151_936, 26),
    "MobileNetV1": (4_231_976, 568_740_352, 28),  # timm; Keras's trainable parameters
    "MobileNetV2": (3_504_872, 300_774_272, 53),
    "DenseNet-121": (7_978_856, 2_834_161_664, 121),
    "EfficientNet-B0": (5_288_548, 385_814_752, 82),
    "U-Net": (31_030_658, 150_428_424_448, 23),
}
"""Parameters and MACs as torchvision's documentation has them, or of independent definitions counted by torch on shapes;
layers with weights, as the names say where they do."""


@pytest.mark.parametrize("name", TOTALS)
def test_totals(name: str) -> None:
    report = report_of(name)

    assert (report.total.params, report.total.macs, report.weight_layers) == TOTALS[name]


def test_every_network_of_another_family_has_its_totals_here() -> None:
    assert {name for family, held in families().items() if family != "VGG" for name in held} == {
        *TOTALS,
        "AlexNet",
    }


def test_lenet_is_written_honestly() -> None:
    """No padding, no dropout, and tanh in place of ReLU, none after the predictions."""
    graph = report_of("LeNet-5").graph
    labels = [node.layer.label for node in graph.nodes if node.in_model]

    assert labels == [
        *("conv5-6", "tanh", "avgpool", "conv5-16", "tanh", "avgpool", "flatten"),
        *("FC-120", "tanh", "FC-84", "tanh", "FC-10"),
    ]
    assert [node.shape for node in graph.nodes if node.layer.stem == "conv"] == [(6, 28, 28), (16, 10, 10)]


@pytest.mark.parametrize("name", [name for name in TOTALS if name not in DEEPER])
def test_a_real_model_agrees(name: str) -> None:
    """Every figure, with torch's counters and fvcore: shapes, parameters, work, what is kept, and both peaks."""
    found = verify(Subject(report_of(name)))

    assert not [check for check in found.checks if check.verdict is Verdict.DISAGREES]
    assert len([check for check in found.checks if check.verdict is Verdict.AGREES]) >= 20


@pytest.mark.parametrize("name", DEEPER)
def test_more_of_the_same_units_agree(name: str) -> None:
    """Every figure but the peaks: MemTracker's time grows with the square of the layers, and the units are those of above."""
    subject = Subject(report_of(name))
    counters = (hooks, parameters, fvcore, flop_counter_mode, saved_tensors)
    checks = [check for counter in counters for check in counter.count(subject)]

    assert not [check for check in checks if check.verdict is Verdict.DISAGREES]
    assert len([check for check in checks if check.verdict is Verdict.AGREES]) >= 20
