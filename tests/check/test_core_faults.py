"""A fault in any formula of the core makes right documents fail: the documents are a test of the core, too.

The documents are written with the formulas as they are; then one formula at a time is made wrong, and a finding has to
come, or a network that is no longer recognised. The formulas are found, not listed: a new layer kind, rule of operations
or accounting is a case of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.networks import report_of
from vggstat.cost.accounting import ACCOUNTINGS, Accounting
from vggstat.cost.counting import COUNTING_RULES, CountingRule
from vggstat.cost.report import Report, analyze
from vggstat.lint import network
from vggstat.lint.config import Settings
from vggstat.net.ops.base import Backward, Extra, Layer, Param, Saved, Window, Windows
from vggstat.net.work import Work
from vggstat.sources.spec import load
from vggstat.sources.spec.build import build_graph

from .generate import csv, documents, plain
from .support import check

POOLED: Final = str(Path(__file__).parent / "pooled.yaml")
"""A network with average pools, which none of the shipped ones has."""


class Document(NamedTuple):
    """A right document, and the network that it is said to be of (empty where it says so itself)."""

    text: str
    name: str
    spec: str = ""


def _report(name: str) -> Report:
    return analyze(build_graph(load(name)))


def _facts(name: str, title: str) -> Iterator[Document]:
    """A network's operations under every rule and its activations under every accounting, one at a time."""
    report = _report(name)
    for rule in COUNTING_RULES:
        count = report.operations(rule)
        if count is not None:
            unit = "MACs" if rule.weights.get("conv_macs") == 1 else "FLOPs"
            yield Document(f"The network needs {count:,} {unit}, by {rule.name}.\n", "ops.md", name)
    for accounting in ACCOUNTINGS if title else ():
        size = f"{report.memory_bytes(accounting) / 1e6:.4f}"
        yield Document(f"| Model | Activations (MB) |\n|---|---|\n| {title} | {size} |\n", "memory.md")


def _counts() -> Document:
    report = _report("D")
    text = (
        f"VGG-16 has {report.conv_layers} conv layers and {report.fc_layers} FC layers: {report.weight_layers} weight "
        "layers.\n\n"
        f"A training step of VGG-16 takes {report.training_flops:,} FLOPs.\n"
    )
    return Document(text, "counts.md")


def _fields() -> Document:
    """The receptive fields of D."""
    rows = (row for row in _report("D").rows if row.receptive_field and row.kind in ("conv", "pool"))
    lines = (f"| {row.name} | {row.label} | {row.receptive_field} |" for row in rows)
    return Document(
        "\n".join(("# VGG-16\n", "| Layer | Type | Receptive field |", "|---|---|---|", *lines)), "fields.md"
    )


NETWORKS: Final = ("D", "D-BN", "A-LRN", POOLED)
"""Whose operations are stated."""


@cache
def _documents() -> tuple[Document, ...]:
    """Those of one figure first: most faults show in one of them, and nothing after it need be read."""
    cases = [case for case in documents(deep=False) if case.name.endswith((": D", ": A"))]
    cases += [case for case in documents("keras 2") if case.name.endswith(("D BN", "D at 32, gap, 10"))]
    cases += [case for case in documents("csv") if case.name.endswith(": A-LRN")]
    titles = ("VGG-16", "VGG-16-BN", "VGG-11-LRN", "")
    return (
        *(fact for name, title in zip(NETWORKS, titles, strict=True) for fact in _facts(name, title)),
        _counts(),
        Document(plain(csv(_report(POOLED))), "pooled.csv", POOLED),
        _fields(),
        *(Document(plain(case.text), f"doc{case.suffix}") for case in cases),
    )


def judged(document: Document) -> tuple[bool, int]:
    """Whether something is found wrong in it, or a network is not recognised; and how many of its numbers are right."""
    result = check(document.text, document.name, Settings(spec=document.spec))
    unknown = not result.claims or not all(table.spec for table in result.judgements)
    return bool(result.findings) or unknown, sum(table.right for table in result.judgements)


@cache
def _as_they_are() -> tuple[tuple[Document, tuple[bool, int]], ...]:
    """The documents, and how each is judged with the formulas as they are."""
    return tuple((document, judged(document)) for document in _documents())


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """All documents judged before any formula is wrong, and no network that was built with another formula."""
    _as_they_are()
    monkeypatch.setattr(network, "_built", {})


def noticed() -> bool:
    """Whether any document is judged otherwise than with the formulas as they are."""
    return any(judged(document) != before for document, before in _as_they_are())


def test_the_documents_are_right() -> None:
    """Without a fault nothing is found in any of them."""
    assert [document for document, (bad, _) in _as_they_are() if bad] == []
    assert sum(right for _, (_, right) in _as_they_are()) > 1000


# A wrong result for every kind of result that a formula has


def _wrong(result: Any) -> Any:
    """The result of a formula, with something about it changed; None where there is nothing in it to change."""
    if isinstance(result, Work):
        return result * 2 if result else None
    if isinstance(result, Windows):
        return Windows(_wrong(result.height), _wrong(result.width))
    if isinstance(result, Window):
        return result._replace(padding=result.padding + 1)
    if isinstance(result, tuple) and result and isinstance(result[0], int):
        return (*result[:-1], result[-1] + 1)
    if isinstance(result, tuple) and result:
        return _wrong_parts(result)
    return None


def _wrong_parts(parts: tuple[Any, ...]) -> Any:
    if isinstance(parts[0], Param):
        return tuple(part._replace(shape=_wrong(part.shape) or part.shape) for part in parts)
    if isinstance(parts[0], Saved | Extra):
        return tuple(part._replace(elements=2 * part.elements + 1) for part in parts)
    if isinstance(parts[0], Backward):
        return tuple(part._replace(extras=_wrong(part.extras) or part.extras) for part in parts)
    return tuple(_wrong(part) or part for part in parts)


FORMULAS: Final = (
    *(
        "params",
        "out_shape",
        "ops",
        "windows",
        "saved",
        "saved_in_place",
        "saved_compiled",
        "alive",
        "backward",
    ),
)
UNSEEN: Final = {
    "AdaptiveAvgPool.windows": "no window: None",
    "Linear.windows": "no window: None",
    "Flatten.windows": "no window: None",
    "AvgPool.saved": "the pooled network is in no table of activations",
    "Softmax.out_shape": "a softmax has no row",
    "Softmax.ops": "the count with a softmax is admitted beside the one without",
    "Softmax.saved": "the network is counted as it is trained, without its softmax",
    "ReLU.saved": "in a document's network a ReLU writes over its input",
    "Dropout.alive": "what it holds is never at the peak of a shipped network",
}
"""Formulas whose fault no document shows, with the reason."""


def _formulas() -> list[tuple[type[Layer], str]]:
    """Every formula of the layers of a document's networks that is not the one of all layers.

    Kinds that none of them has, and whose faults no document can show, are held against torch alone.
    """
    graphs = (report_of(name).graph for name in (*NETWORKS, "A", "D@head=gap"))
    layers = dict.fromkeys(type(node.layer) for graph in graphs for node in graph.nodes)
    return [
        (layer, name)
        for layer in layers
        for name in FORMULAS
        if getattr(layer, name) is not getattr(Layer, name)
    ]


@pytest.mark.parametrize(
    ("layer", "formula"), _formulas(), ids=lambda value: getattr(value, "__name__", value)
)
def test_a_fault_in_a_formula_of_a_layer(
    layer: type[Layer], formula: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one formula wrong, right documents have findings, or are not recognised any more."""
    right: Callable[..., Any] = getattr(layer, formula)
    changed = []

    def wrong(self: Layer, *inputs: Any) -> Any:
        result = right(self, *inputs)
        other = _wrong(result)
        changed.append(other is not None)
        return result if other is None else other

    monkeypatch.setattr(layer, formula, wrong)
    seen = noticed()
    assert seen == (f"{layer.__name__}.{formula}" not in UNSEEN), (seen, sum(changed), len(changed))


WEIGHTS: Final = [(rule, name) for rule in COUNTING_RULES for name in rule.weights]


@cache
def _reports() -> tuple[Report, ...]:
    """Of the networks whose operations are stated; made before any formula is wrong."""
    return tuple(map(_report, NETWORKS))


@pytest.mark.parametrize(("rule", "name"), WEIGHTS, ids=lambda value: getattr(value, "name", value))
def test_a_fault_in_a_rule_of_operations(
    rule: CountingRule, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one weight of one rule wrong, a figure under that rule is wrong, wherever there is such work."""
    if name == "bn_values":
        pytest.skip("versions of the tools differ in it, and every cost in use is admitted")
    reports = _reports()
    own = {report.operations(rule) for report in reports if report.ops[name]}
    others = {r.operations(other) for r in reports for other in COUNTING_RULES if other is not rule}
    if not own - {None} - others:
        pytest.skip("no document has such work, or another rule gives the same figures")
    right = CountingRule.count

    def wrong(self: CountingRule, ops: Work) -> int | None:
        count = right(self, ops)
        return count if self.name != rule.name or count is None else count + ops[name]

    monkeypatch.setattr(CountingRule, "count", wrong)
    assert noticed()


@pytest.mark.parametrize("accounting", ACCOUNTINGS, ids=lambda accounting: accounting.name)
def test_a_fault_in_an_accounting(accounting: Accounting, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one accounting a hundredth too large, and those that give the same, the memory under it is wrong."""
    right = Accounting.total_bytes
    same = {
        other.name
        for other in ACCOUNTINGS
        if all(
            _report(name).memory_bytes(other) == _report(name).memory_bytes(accounting)
            for name in ("D", "D-BN")
        )
    }

    def wrong(self: Accounting, *inputs: Any) -> int:
        return right(self, *inputs) * (101 if self.name in same else 100) // 100

    monkeypatch.setattr(Accounting, "total_bytes", wrong)
    assert noticed()


@pytest.mark.parametrize("name", ["training_flops", "conv_layers", "fc_layers", "weight_layers"])
def test_a_fault_in_a_figure_of_the_whole(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a figure of the report off by one in a hundred, or by one, a sentence about it is wrong."""
    right = getattr(Report, name).fget
    monkeypatch.setattr(Report, name, property(lambda self: right(self) + max(1, right(self) // 100)))

    assert noticed()
