"""A network from one source held against that of another, by structure: nothing is run."""

from __future__ import annotations

from vggstat.cost.check import Check, Verification, judge, structure_checks, unchecked
from vggstat.cost.report import Report, analyze
from vggstat.errors import VggstatError
from vggstat.net.graph import Graph
from vggstat.net.known import known_layers
from vggstat.net.match import match_layers
from vggstat.shapes import Shape, describe
from vggstat.sources.wanted import Source, Wanted

__all__ = ["verify_source"]

SOURCE = "network"

UNSEEN = ("dropout",)
"""Kinds that a file for inference leaves out."""


def verify_source(report: Report, source: Source) -> Verification:
    """Layers and parameters of what ``source`` holds against the report's network, on the same image where it takes that.

    Raises a VggstatError where it cannot be read on any image.
    """
    found, checks = _found(source, report.graph.image)
    wanted, seen = (known_layers(graph, UNSEEN) for graph in (report.graph, found))
    checks += structure_checks(SOURCE, match_layers(wanted, seen))
    checks.append(judge(SOURCE, "params", analyze(found).total.params, report.total.params))
    checks.append(unchecked(SOURCE, ", ".join(UNSEEN), "does not show in what runs in inference alone"))
    return Verification(report=report, against=source.name, checks=tuple(checks))


def _found(source: Source, image: Shape) -> tuple[Graph, list[Check]]:
    """Its graph, and the check of its image where that is another one."""
    try:
        if len(image) != 3:
            return source.graph(Wanted(inputs={"input": image})), []
        channels, height, width = image
        return source.graph(Wanted(image=(channels, height, width))), []
    except VggstatError as reason:
        graph = source.graph(Wanted())
        note = f"it takes {describe(graph.image)}, not {describe(image)}: {reason}"
        return graph, [judge(SOURCE, "input_shape", graph.image, image, note=note)]
