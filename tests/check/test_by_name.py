"""Listings whose rows are told by their names, and columns that follow from others."""

from __future__ import annotations

import pytest

from tests.check.support import check
from vggstat.cost.facts import facts
from vggstat.cost.report import analyze
from vggstat.net.layer_names import find_schemes, plain_name
from vggstat.sources.spec import load
from vggstat.sources.spec.build import build_graph

NETWORKS = ("A", "C", "D", "E", "AlexNet", "ResNet-18", "SqueezeNet-1.1")


def found(text: str) -> list[tuple[str, str, str]]:
    """Code, text and what is expected instead."""
    return [(f.code, f.text, f.expected) for f in check(text, "notes.md").findings]


def right(text: str) -> int:
    """How many numbers are right."""
    return sum(judgement.right for judgement in check(text, "notes.md").judgements)


@pytest.mark.parametrize("name", NETWORKS)
def test_names_of_rows_are_those_of_one_row(name: str) -> None:
    """In each way to name them every name means a row of the graph, and every row has its own name."""
    graph = build_graph(load(name))
    rows = {node.name for node in graph.nodes if node.is_row}

    for names in find_schemes(graph):
        assert set(names.values()) <= rows
        assert {name.lower() for name in rows} <= set(names)


def test_what_papers_and_tools_call_a_row() -> None:
    """The third convolution of block 5 of VGG-16 is its 13th, and module 28 of torch's features."""
    by_block, by_order, numbered = find_schemes(build_graph(load("D")))

    for words in ("conv5_3", "Conv 5-3", "conv5.3", "block5_conv3 (Conv2D)", "features.28"):
        assert by_block[plain_name(words)] == "block5_conv3", words
    assert by_order["conv13"] == "block5_conv3"
    assert by_block["fc6"] == by_block["fc1"] == by_order["fc1"] == numbered["fc14"] == "fc1"
    assert by_block["fc8"] == by_block["predictions"] == "predictions"


@pytest.mark.parametrize("name", ["D", "AlexNet"])
def test_every_count_of_a_part_is_right_by_its_name(name: str) -> None:
    """A table of parts, of their parameters and MACs from the facts."""
    report = analyze(build_graph(load(name)))
    rows: dict[str, list[str]] = {}
    for fact in facts(report, "part"):
        if fact.scope.kind == "block" and fact.quantity in ("parameters", "MACs"):
            rows.setdefault(fact.scope.name.replace("block", "Block "), []).append(f"{fact.exact:,}")
    lines = [f"| {words} | {' | '.join(counts)} |" for words, counts in rows.items()]
    text = "\n".join(
        [
            f"# {report.name if name != 'D' else 'VGG-16'}",
            "",
            "| Part | Parameters | MACs |",
            "|---|---|---|",
            *lines,
            "",
        ]
    )

    assert found(text) == []
    assert right(text) == 2 * len(rows) >= 4


PARTS = """# VGG-16

| Part | Parameters | Share |
|---|---|---|
| Convolutional layers | 14,714,688 | 10.6% |
| Fully connected layers | 123,642,856 | 89.4% |
"""
FIELDS = """# VGG-16

| Layer | RF |
|---|---|
| conv1_1 | 3 |
| conv1_2 | 5 |
| pool1 | 6 |
| conv2_1 | 10 |
| conv2_2 | 14 |
"""
CHAIN = """| Layer | k | s | RF |
|---|---|---|---|
| conv1 | 5 | 1 | 5 |
| pool1 | 2 | 2 | 6 |
| conv2 | 5 | 1 | 14 |
| pool2 | 2 | 2 | 16 |
| conv3 | 3 | 1 | 24 |
"""
LENET = """| Layer | Parameters | % of total |
|---|---|---|
| conv1 | 156 | 0.3% |
| conv2 | 2,416 | 3.9% |
| fc1 | 48,120 | 78.0% |
| fc2 | 10,164 | 16.5% |
| fc3 | 850 | 1.4% |
| Total | 61,706 | 100% |
"""
STACKS = """| stack | weights | multiply-adds |
|---|---|---|
| one 3x3 | 147,456 | 462 M |
| two 3x3 | 294,912 | 925 M |
| one 5x5 | 409,600 | 1,285 M |
| three 3x3 | 442,368 | 1,387 M |
| one 7x7 | 802,816 | 2,518 M |
"""  # at each of 56 x 56 positions, 128 channels in and out


@pytest.mark.parametrize(
    ("text", "before", "after", "finding"),
    [
        (PARTS, "123,642,856", "123,624,856", ("V201", "123,624,856", "123,642,856")),
        (PARTS, "89.4", "84.9", ("V505", "84.9", "89.4")),
        (FIELDS, "| 10 |", "| 11 |", ("V103", "11", "10")),
        (CHAIN, "| 24 |", "| 42 |", ("V103", "42", "24")),  # 16 + (3 - 1) x 4
        (STACKS, "2,518", "2,158", ("V401", "2,158 M", "2,518 M")),
        (LENET, "78.0", "87.0", ("V505", "87.0", "78.0")),  # 48,120 / 61,706
    ],
)
def test_a_slip_in_one_number(text: str, before: str, after: str, finding: tuple[str, str, str]) -> None:
    """The right table has no finding; with one number changed, exactly that one is found."""
    assert found(text) == []
    assert right(text) >= 4
    assert found(text.replace(before, after, 1)) == [finding]


OWN_HEAD = """# VGG-16 for 20 classes

| Layer | Parameters |
|---|---|
| Block 1 | 38,720 |
| Block 2 | 221,440 |
| Block 3 | 1,475,328 |
| Dense 1 | 25,691,136 |
| Dense 2 | 20,500 |
"""


def test_a_part_of_ones_own_is_not_judged() -> None:
    """25,088 x 1,024 + 1,024 and 1,024 x 20 + 20 are another head's, and no slip of VGG-16's."""
    assert found(OWN_HEAD) == []
    assert right(OWN_HEAD) == 3


def test_a_formula_over_several_lines() -> None:
    """Each line that begins with an equals sign goes on with the one above; LaTeX's marks are no part of it."""
    text = "conv1_1: (3 × 3 × 3 + 1) × 64\n       = 28 × 64\n       = 1,792\n"
    aligned = "\\text{fc6} &= 7 \\times 7 \\times 512 \\times 4096 + 4096 \\\\\n &= 102{,}764{,}544\n"

    for right_text, before, after in ((text, "1,792", "1,972"), (aligned, "102{,}764", "102{,}746")):
        assert found(right_text) == []
        assert right(right_text) == 1
        ((code, _, _),) = found(right_text.replace(before, after))
        assert code == "V202"


def test_shares_of_something_else_are_let_be() -> None:
    """Several that differ are shares of another total, and shares of accuracy are none at all."""
    text = LENET.replace("78.0", "60.0").replace("16.5", "12.7").replace("3.9", "3.0")
    assert found(text) == []
