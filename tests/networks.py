"""Networks for tests: shipped ones by name, and others from YAML text."""

from __future__ import annotations

from vggstat.cost.report import Report
from vggstat.cost.variant import parse_variant
from vggstat.net import Graph
from vggstat.sources.spec import load, read_text
from vggstat.sources.spec.build import build_graph

PAPER = ("A", "A-LRN", "B", "C", "D", "E")
"""The six configurations of the paper's Table 1."""

SHIPPED = (*PAPER, "A-BN", "B-BN", "D-BN", "E-BN", "AlexNet")


def report_of(argument: str) -> Report:
    """The report of a shipped network, as ``D@384,head=gap`` names it."""
    variant = parse_variant(argument)
    return variant.report(load(variant.argument))


def graph_of(text: str) -> Graph:
    """The graph of a spec written in YAML."""
    return build_graph(read_text(text, "test.yaml"))
