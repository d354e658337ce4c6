"""Every figure of a whole graph, for holding two graphs of one network against each other."""

from __future__ import annotations

from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.report import analyze
from vggstat.cost.workload import Workload
from vggstat.net.graph import Graph

__all__ = ["OF_NAMES", "totals"]

OF_NAMES = ("outputs", "cs231n-total", "convnet-burden", "torchsummary")
"""Accountings of the rows of a table, or of modules: a model's calls are other rows than a spec's layers."""


def totals(graph: Graph, *, but: tuple[str, ...] = ()) -> dict[str, object]:
    """Parameters, operations under every rule, and bytes under every accounting but some, at one image and at two."""
    found: dict[str, object] = {}
    for batch in (1, 2):
        report = analyze(graph, Workload(batch=batch))
        found |= {
            f"params, {batch}": (report.total.weights, report.total.biases, report.file_bytes),
            f"work, {batch}": report.ops,
            f"training FLOPs, {batch}": report.training_flops,
        }
        found |= {f"{rule.name}, {batch}": report.operations(rule) for rule in COUNTING_RULES}
        for accounting in ACCOUNTINGS:
            if accounting.name not in but:
                found[f"{accounting.name}, {batch}"] = report.memory_if_run(accounting)
    return found
