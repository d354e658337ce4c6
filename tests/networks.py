"""Networks for tests: shipped ones by name, and others from YAML text."""

from __future__ import annotations

from vggstat.cost.report import Report
from vggstat.cost.variant import parse_variant
from vggstat.net import Graph
from vggstat.sources.spec import load, read_text
from vggstat.sources.spec.build import build_graph

PAPER = ("A", "A-LRN", "B", "C", "D", "E")
"""The six configurations of the paper's Table 1."""

CHAINS = (*PAPER, "A-BN", "B-BN", "D-BN", "E-BN", "AlexNet", "AlexNet-torchvision", "LeNet-5", "MobileNetV1")
"""Shipped networks that are one layer after another."""

BRANCHING = (
    *("DenseNet-121", "EfficientNet-B0", "GoogLeNet", "GoogLeNet-BN", "Inception-v3", "MobileNetV2"),
    *("ResNet-18", "ResNet-34", "ResNet-50", "ResNet-101", "ResNet-152", "SqueezeNet-1.1", "U-Net"),
)

SHIPPED = (*CHAINS, *BRANCHING)

DEEPER = ("ResNet-34", "ResNet-101", "ResNet-152")
"""Networks of the units of ResNet-18 and ResNet-50, more of them."""


def report_of(argument: str) -> Report:
    """The report of a shipped network, as ``D@384,head=gap`` names it."""
    variant = parse_variant(argument)
    return variant.report(load(variant.argument))


def graph_of(text: str) -> Graph:
    """The graph of a spec written in YAML."""
    return build_graph(read_text(text, "test.yaml"))
