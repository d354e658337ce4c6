"""Law 1: of a right figure nothing is said, of whatever part, in whatever words.

The frames are written as people write, in five languages; none of them is of our own pages.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from vggstat.cost.facts import Fact, facts
from vggstat.cost.report import Report, analyze
from vggstat.sources.spec import load
from vggstat.sources.spec.build import build_graph

from .support import check

NETWORKS = (
    "A",
    "A-LRN",
    "B",
    "C",
    "D",
    "E",
    "AlexNet",
    "ResNet-18",
    "ResNet-50",
    "MobileNetV2",
    "DenseNet-121",
    "GoogLeNet",
)
TITLES = {
    "A": "VGG-11",
    "B": "VGG-13",
    "C": "VGG-16 (C)",
    "D": "VGG-16",
    "E": "VGG-19",
    "A-LRN": "VGG-11-LRN",
}

PARAMS = (
    "{net} has {v} parameters.",
    "With {v} parameters, {net} is what we compare with.",
    "There are {v} trainable parameters in {net}.",
    "{net}: {v} params",
    "- **{net}**: {v} parameters, trained for 74 epochs",
    "The number of parameters of {net} is {v}.",
    "{net} ({v} parameters) was fine-tuned on our data.",
    "Compared with {net} and its {v} parameters, ours is small.",
    "| {net} | {v} | 71.5 |",
    "{net} hat {v} Parameter.",
    "Das Netz {net} kommt auf {v} Parameter.",
    "{net} possède {v} paramètres.",
    "Le réseau {net} compte {v} paramètres au total.",
    "{net} tiene {v} parámetros.",
    "La red {net} usa {v} parámetros entrenables.",
    "{net} 有 {v} 个参数。",
    "{net} 的参数量为 {v}。",
    "Parameters of {net}: {v}",
    "Its {v} parameters make {net} slow to download.",
)
OPERATIONS = (
    "{net} needs {v} multiply-accumulates for an image.",
    "One forward pass of {net} takes {v} MACs.",
    "{net}: {v} MACs",
    "The cost of {net} is {v} multiply-adds.",
    "{net} braucht {v} MACs je Bild.",
    "{net} demande {v} MACs par image.",
    "{net} necesita {v} MACs por imagen.",
    "{net} 的计算量为 {v} MACs。",
    "At {v} MACs, {net} is too slow for a phone.",
)
PARTS = (
    "The convolutional layers of {net} hold {v} parameters.",
    "Of {net}'s parameters, {v} sit in {part}.",
    "{part} of {net} has {v} parameters.",
    "In {net}, {v} parameters are in {part}.",
    "{net} without its classifier has {v} parameters.",
    "{v} parameters of {net} are in {part} alone.",
    "We freeze {part} of {net}, which are {v} parameters.",
    "In {net} hat {part} {v} Parameter.",
    "Dans {net}, {part} a {v} paramètres.",
    "En {net}, {part} tiene {v} parámetros.",
    "{net} 的 {part} 有 {v} 个参数。",
)
LAYERS = (
    "{part} of {net} has {v} parameters.",
    "{net}'s {part}: {v} weights and biases",
    "- {part}: {v} parameters ({net})",
    "In {net} the layer {part} has {v} parameters.",
    "{part} ({v} parameters) is the layer of {net} that we look at.",
    "{net} 的 {part} 层有 {v} 个参数。",
)
COUNTS = (
    "We keep {n} conv layers of {net} and train the rest.",
    "{net} stacks {n} conv layers in this block.",
    "The last {n} conv layers of {net} are fine-tuned.",
    "Block with {n} conv layers, as in {net}.",
    "After {n} convolutional layers {net} has a pooling layer.",
    "{net}: the first {n} convolutional layers see edges.",
    "{net} friert {n} Faltungsschichten ein.",
    "On gèle {n} conv layers de {net}.",
    "{net} 的前 {n} 个卷积层被冻结。",
    "Each of these {n} conv layers of {net} has a ReLU.",
)
BYTES = (
    "The weights of {net} take {v} in float32.",
    "{net} is a download of {v}.",
    "{net}: {v} on disk",
    "The checkpoint of {net} is {v}.",
    "{net} belegt {v} an Gewichten.",
)
FRAMES = len(PARAMS + OPERATIONS + PARTS + LAYERS + COUNTS + BYTES)


def test_there_are_at_least_sixty_frames() -> None:
    """And in five languages."""
    assert FRAMES >= 60


def report_of(name: str) -> Report:
    return analyze(build_graph(load(name)))


def printed(exact: int) -> Iterator[str]:
    """The forms in which people print a count: to the last digit, rounded and truncated."""
    yield f"{exact:,}"
    yield str(exact)
    for scale, unit in ((10**9, "G"), (10**6, "M")):
        if exact >= scale:
            yield f"{exact / scale:.2f}{unit}"
            yield f"{exact / scale:.1f}{unit}"
            yield f"{exact // (scale // 10) / 10:.1f}{unit}"
            return


def words_of(fact: Fact) -> str:
    kind, name = fact.scope
    return {"trunk": "the convolutional part", "head": "the classifier", "kind": f"all {name} layers"}.get(
        kind, name
    )


def frames(report: Report, title: str) -> Iterator[str]:
    """Every fact of a network in the frames of its kind."""
    for fact in facts(report, "network", "part", "layer"):
        if not fact.is_plain or fact.exact < 10_000:
            continue
        level = fact.scope.kind
        some = {
            ("params", "network"): PARAMS,
            ("operations", "network"): OPERATIONS if fact.quantity.endswith("macs") else (),
            ("params", "layer"): LAYERS,
        }.get((fact.family, level), PARTS if fact.family == "params" else ())
        for value in printed(fact.exact):
            for frame in some:
                yield frame.format(net=title, v=value, part=words_of(fact))
    for count in range(2, min(report.conv_layers, 14)):
        for frame in COUNTS:
            yield frame.format(net=title, n=count)
    for scale, unit in ((10**6, "MB"), (2**20, "MiB"), (2**20, "MB")):
        for frame in BYTES:
            yield frame.format(net=title, v=f"{report.param_bytes / scale:.0f} {unit}")


@pytest.mark.parametrize("name", NETWORKS)
def test_of_a_right_figure_nothing_is_said(name: str) -> None:
    """Not even a warning."""
    report = report_of(name)
    texts = list(frames(report, TITLES.get(name, name)))
    # A document each would take minutes; an empty line and a heading part them as well.
    wrong = []
    for start in range(0, len(texts), 200):
        lines = texts[start : start + 200]
        result = check("\n\n".join(lines).encode(), "notes.md")
        wrong += [
            (lines[finding.place.line // 2], finding.code, finding.message) for finding in result.findings
        ]

    assert wrong[:12] == []
