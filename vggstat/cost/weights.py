"""A file of weights held against a specification: shapes decide, and their order where it can be seen; not names."""

from __future__ import annotations

from collections.abc import Iterator

from vggstat.cost.check import Check, Verdict, Verification, judge, structure_checks, unchecked
from vggstat.cost.identify import match_weights
from vggstat.cost.report import Report
from vggstat.net import Graph
from vggstat.net.difference import Difference
from vggstat.net.match import Match
from vggstat.sources.state_dict import StateDict, name_style
from vggstat.sources.stored_layers import stored_layers

__all__ = ["verify_weights"]

SOURCE = "checkpoint"


def verify_weights(report: Report, state: StateDict) -> Verification:
    """Layers, values and names of a file against the report's network."""
    stored = stored_layers(state)
    match = match_weights(report.graph, stored)
    checks = list(structure_checks(SOURCE, match.replace(differences=tuple(_told(report.graph, match)))))
    checks.append(judge(SOURCE, "params", stored.learned - stored.beside, report.total.params))
    if match.same:
        checks.append(_names(report.graph, state, match))
    checks += _parts(state)
    checks += (unchecked(SOURCE, "weights", remark.rstrip(".")) for remark in stored.remarks)
    reason = "strides, padding, pools, ReLU, dropout: a file of weights does not hold them"
    checks.append(unchecked(SOURCE, "other settings", reason))
    return Verification(
        report=report,
        against=f"{state.origin} ({state.format}, {len(state.tensors):,} tensors)",
        checks=tuple(checks),
    )


def _parts(state: StateDict) -> Iterator[Check]:
    """Which part of a file was taken, where it has several."""
    if state.part:
        others = f"; weights are in {', '.join(state.others)} too" if state.others else ""
        yield unchecked(SOURCE, "part", f"{state.part} was taken{others}")


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


def _names(graph: Graph, state: StateDict, match: Match) -> Check:
    """Whose names the tensors have: with torchvision's, ``load_state_dict`` knows them."""
    wanted = {f"{node.torch_name}.{param.name}": None for node in graph.nodes for param in node.params}
    names = {tensor.name: None for tensor in state.tensors}
    style = name_style(state)
    if not state.prefix and (
        names.keys() <= wanted.keys() or wanted.keys() <= names.keys() or style == "torchvision"
    ):
        return judge(SOURCE, "names", "torchvision", "torchvision")
    example = next(iter(wanted), "")
    what = f"with {state.prefix} before them" if state.prefix else f"{state.tensors[0].name} and so on"
    return Check(
        source=SOURCE,
        quantity="names",
        stated=style,
        computed="torchvision",
        verdict=Verdict.UNCHECKED if match.differences else Verdict.AGREES_UNDER,
        note=f"renamed ({what}): shapes and order decide; load_state_dict(strict=True) wants {example}",
    )
