"""A file of weights held against a specification: shapes and order decide, not names alone."""

from __future__ import annotations

from collections.abc import Iterator

from vggstat.cost.check import Check, Verdict, Verification, judge, structure_checks, unchecked
from vggstat.cost.identify import match_weights
from vggstat.cost.report import Report
from vggstat.errors import VggstatError
from vggstat.net import Graph
from vggstat.net.difference import Difference
from vggstat.net.match import Match
from vggstat.shapes import values
from vggstat.sources.spec.build import build_graph
from vggstat.sources.state_dict import StateDict, name_style, readings, split_name

__all__ = ["verify_weights"]

SOURCE = "checkpoint"


def verify_weights(report: Report, state: StateDict) -> Verification:
    """Layers, values and names of a file against the report's network."""
    orders = tuple(readings(state))
    matches = [match_weights(graph, orders) for graph in _graphs(report.graph)]
    match = min(matches, key=lambda found: (found.cost, len(found.differences)))
    checks = list(structure_checks(SOURCE, match.replace(differences=tuple(_told(report.graph, match)))))
    checks.append(judge(SOURCE, "params", _learned(state), report.total.params))
    if match.same:
        checks.append(_names(report.graph, state, match))
    reason = "strides, padding, pools, ReLU, dropout: a file of weights does not hold them"
    checks.append(unchecked(SOURCE, "other settings", reason))
    return Verification(
        report=report,
        against=f"{state.origin} ({state.format}, {len(state.tensors):,} tensors)",
        checks=tuple(checks),
    )


def _graphs(graph: Graph) -> Iterator[Graph]:
    """The graph, and the one whose FC layers are convolutions: the same weights in another shape."""
    yield graph
    if graph.head in ("adaptive", "flatten"):
        try:
            yield build_graph(graph.spec, head="conv", classes=graph.classes)
        except VggstatError:
            return


def _told(graph: Graph, match: Match) -> Iterator[Difference]:
    """The differences; layers that are missing at the end make one, said to be a truncation."""
    weighted = [node.name for node in graph.nodes if node.params]
    gone = {difference.layer for difference in match.differences if difference.kind == "missing"}
    tail = []
    while weighted and weighted[-1] in gone:
        tail.append(weighted.pop())
    for difference in match.differences:
        if difference.layer in tail and difference.kind == "missing":
            if difference.layer != tail[-1]:
                continue
            names = ", ".join(reversed(tail))
            end = f"truncated: it ends after {weighted[-1]}" if weighted else "it has none of the layers"
            if all(node.block == "fc" for node in graph.nodes if node.name in tail) and _is_top(graph, tail):
                end = "no FC layers (a file without the top)"
            yield difference.replace(text=f"{end}; missing: {names}")
            continue
        yield difference


def _is_top(graph: Graph, tail: list[str]) -> bool:
    """Whether exactly the layers of the classifier are gone."""
    return {node.name for node in graph.nodes if node.params and node.block == "fc"} == set(tail)


def _learned(state: StateDict) -> int:
    """Values of the tensors that are learned: no counters, no running statistics."""
    kept = ("running_mean", "running_var", "moving_mean", "moving_variance", "num_batches_tracked")
    return sum(values(tensor.shape) for tensor in state.tensors if split_name(tensor.name)[1] not in kept)


def _names(graph: Graph, state: StateDict, match: Match) -> Check:
    """Whose names the tensors have: with torchvision's, ``load_state_dict`` knows them."""
    wanted = {f"{node.torch_name}.{param.name}": None for node in graph.nodes for param in node.params}
    names = {tensor.name: None for tensor in state.tensors}
    style = name_style(state)
    prefixed = any(name.startswith("module.") for name in names)
    if (
        names.keys() <= wanted.keys()
        or wanted.keys() <= names.keys()
        or (style == "torchvision" and not prefixed)
    ):
        return judge(SOURCE, "names", "torchvision", "torchvision")
    example = next(iter(wanted), "")
    what = "with DataParallel's module. before them" if prefixed else f"{state.tensors[0].name} and so on"
    return Check(
        source=SOURCE,
        quantity="names",
        stated=style,
        computed="torchvision",
        verdict=Verdict.UNCHECKED if match.differences else Verdict.AGREES_UNDER,
        note=f"renamed ({what}): shapes and order decide; load_state_dict(strict=True) wants {example}",
    )
