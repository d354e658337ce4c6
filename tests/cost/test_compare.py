"""Networks held against each other."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chains import chains
from tests.networks import SHIPPED, graph_of, report_of
from vggstat.cost.compare import Comparison, Figure, Step, compare_reports
from vggstat.cost.report import Report, Row, analyze
from vggstat.render import render
from vggstat.render.page import Target
from vggstat.render.views.compare import comparison_page


def compare(*arguments: str) -> Comparison:
    return compare_reports(tuple(report_of(argument) for argument in arguments))


def changes(comparison: Comparison) -> list[tuple[str, str, str]]:
    return [
        (slot.change, slot.block, slot.consensus.label) for slot in comparison.slots if slot.change != "same"
    ]


def test_e_adds_a_convolution_to_three_blocks() -> None:
    """Against D, E has one conv layer more in blocks 3, 4 and 5, and nothing else differs."""
    comparison = compare("D", "E")

    assert changes(comparison) == [
        ("added", "block3", "conv3-256"),
        ("added", "block4", "conv3-512"),
        ("added", "block5", "conv3-512"),
    ]


def test_lrn_is_added() -> None:
    """Against A, A-LRN has an LRN after the first convolution."""
    comparison = compare("A", "A-LRN")

    assert changes(comparison) == [("added", "block1", "LRN")]


def test_one_by_one_convolutions_are_changed() -> None:
    """Where C has 1x1 convolutions, D has 3x3: changed, not removed and added."""
    comparison = compare("C", "D")

    assert [change for change, _, _ in changes(comparison)] == ["changed"] * 3


def test_batch_norms_are_added() -> None:
    """D-BN has one batch norm for each of D's 13 convolutions."""
    comparison = compare("D", "D-BN")

    assert changes(comparison) == [
        ("added", slot.block, "BN") for slot in comparison.slots if slot.consensus.kind == "bn"
    ]
    assert len(changes(comparison)) == 13


def test_another_input_size_resizes_every_map() -> None:
    """D at 384 against D at 224: the same layers on other maps, and a pool before the FC layers."""
    comparison = compare("D@384", "D")
    kinds = {change for change, _, _ in changes(comparison)}

    assert kinds == {"resized", "removed"}
    assert [label for change, _, label in changes(comparison) if change == "removed"] == ["avgpool"]


def test_another_head() -> None:
    """With a global average pool D loses two FC layers and keeps all of its convolutions."""
    comparison = compare("D", "D@head=gap")
    removed = [label for change, _, label in changes(comparison) if change == "removed"]

    assert removed.count("FC-4096") == 2
    assert not any(block != "fc" for _, block, _ in changes(comparison))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_network_is_the_same_as_itself(name: str) -> None:
    """Nothing differs between a network and itself."""
    comparison = compare(name, name)

    assert comparison.same
    assert changes(comparison) == []


@pytest.mark.parametrize("pair", [("D", "E"), ("A", "E"), ("C", "D"), ("AlexNet", "D"), ("D@384", "D-BN")])
def test_differences_add_up(pair: tuple[str, str]) -> None:
    """The differences of the lines add up to the difference of the totals."""
    comparison = compare(*pair)
    first, last = (report_of(argument).total for argument in pair)
    figures: tuple[Figure, ...] = ("params", "macs", "output_values")
    for figure in figures:
        summed = comparison.sum_of_differences(comparison.slots, figure)

        assert summed == getattr(last, figure) - getattr(first, figure)


def test_every_row_stands_in_one_slot() -> None:
    """Aligning three networks loses no layer and repeats none."""
    comparison = compare("A", "C", "E-BN")
    for position, report in enumerate(comparison.networks):
        rows = [slot.rows[position] for slot in comparison.slots if slot.rows[position] is not None]

        assert rows == list(report.rows)


def test_accuracies_are_paired_by_scheme() -> None:
    """Published accuracies are compared only under one source and scheme: the paper's best common one."""
    pairs = compare("D", "E").published
    paper = next(pair for pair in pairs if pair.source == "paper, Table 3")

    assert paper.values == ("25.6", "25.5")
    assert "[256;512]" in paper.convention


def test_no_common_scheme_no_pair() -> None:
    """A was tested at one scale only, so its pair with E is of that scale."""
    paper = next(pair for pair in compare("A", "E").published if pair.source == "paper, Table 3")

    assert paper.values == ("29.6", "27.3")


ALIKE = ("the same layers on the same maps", "the same rows, but other layers within them (ReLU, dropout)")
"""What is said where no row differs."""


def says_alike(line: str) -> bool:
    return any(words in line for words in ALIKE)


def counts(step: Step) -> tuple[int, int, int, int]:
    """How many layers were added, removed, changed, and are the same on another map."""
    return len(step.added), len(step.removed), len(step.changed), len(step.resized)


def page_of(comparison: Comparison) -> str:
    return render(comparison_page(comparison, only_differences=False), "text", Target(width=300))


def test_each_network_is_held_against_the_one_before_it() -> None:
    """C has five convolutions more than A, and three of them have become larger in D."""
    comparison = compare("A", "C", "D")
    page = page_of(comparison)

    assert [counts(step) for step in comparison.steps] == [(5, 0, 0, 0), (0, 0, 3, 0)]
    assert "C against A: 5 conv layers added, none removed, none changed" in page
    assert "D against C: none added, none removed, 3 conv layers changed" in page
    assert "each network against the one at its left" in page
    assert [slot.changes for slot in comparison.slots if slot.consensus.label == "conv1-256"] == [
        ("added", "changed")
    ]


def test_what_comes_back_stands_in_its_own_place() -> None:
    """E has three convolutions that D lacks: gone in the middle, and there again in the same lines."""
    comparison = compare("E", "D", "E")

    assert len(comparison.slots) == len(comparison.networks[0].rows)
    assert [counts(step) for step in comparison.steps] == [(0, 3, 0, 0), (3, 0, 0, 0)]
    assert {slot.change for slot in comparison.slots} == {"same", "changed"}


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("LRN", "{LRN: {size: 3}}"),
        ("maxpool", "{maxpool: {ceil: true}}"),
        ("dropout", "{dropout: {p: 0.25}}"),
        ("conv3-8", "{conv: {filters: 8, bias: false}}"),
    ],
)
def test_a_layer_is_what_its_settings_are(written: str, other: str) -> None:
    """Two LRNs read alike and are not the same layer where they sum over different numbers of channels."""
    text = "name: a\ninput: [3, 16, 16]\nblocks:\n  - [conv3-8, {item}]\n"
    reports = [analyze(graph_of(text.format(item=item))) for item in (written, other)]

    assert [slot.change for slot in compare_reports(tuple(reports)).slots] == ["same", "same", "changed"]


def test_a_padding_may_be_written_in_two_ways() -> None:
    """The padding of a 3x3 convolution that keeps the size is 1."""
    text = "name: a\ninput: [3, 16, 16]\nblocks:\n  - [{{conv: {{filters: 8, padding: {padding}}}}}]\n"
    reports = [analyze(graph_of(text.format(padding=padding))) for padding in ("same", "1")]

    assert compare_reports(tuple(reports)).same


def test_layers_without_a_row_count_as_a_difference() -> None:
    """A convolution without its ReLU has the same row, but the networks are not the same."""
    text = "name: a\ninput: [3, 16, 16]\nblocks:\n  - [{{conv: {{filters: 8, activation: {name}}}}}]\n"
    reports = [analyze(graph_of(text.format(name=name))) for name in ("relu", "none")]
    comparison = compare_reports(tuple(reports))

    assert not comparison.same
    assert "the same rows, but other layers within them" in " ".join(page_of(comparison).split())


def test_a_batch_changes_no_layer_and_no_map() -> None:
    """The figures are of four images; layers and maps are the same."""
    page = page_of(compare("D", "D@batch=4"))

    assert "none added, none removed, 22 the same in another batch" in page  # the image and 21 layers
    assert "none changed" not in page


@st.composite
def relatives(draw: st.DrawFn) -> list[Report]:
    """Two or three networks of one or two blocks, of the same few layers in other orders."""
    layer = st.sampled_from(["conv3-4", "conv1-4", "conv3-6", "maxpool", "LRN", "relu", "bn"])
    block = st.lists(layer, min_size=1, max_size=6)
    reports = []
    for number in range(draw(st.integers(2, 3))):
        blocks = draw(st.lists(block, min_size=1, max_size=2))
        lines = "".join(f"  - [{', '.join(items)}]\n" for items in blocks)
        reports.append(analyze(graph_of(f"name: n{number}\ninput: [3, 512, 512]\nblocks:\n{lines}")))
    return reports


def edits(one: Report, other: Report) -> int:
    """The least price of turning one into the other, block by block: 2 for each layer left out or put in, 3 for a
    layer that becomes another of its kind. By the definition, without what is tested.
    """

    def look(row: Row) -> tuple[str, str]:
        return row.kind, row.label

    def price(left: list[Any], right: list[Any]) -> int:
        @cache
        def rest(i: int, j: int) -> int:
            if i == len(left) or j == len(right):
                return 2 * (len(left) - i + len(right) - j)
            ways = [rest(i + 1, j) + 2, rest(i, j + 1) + 2]
            if left[i][0] == right[j][0]:
                ways.append(rest(i + 1, j + 1) + 3 * (left[i] != right[j]))
            return min(ways)

        return rest(0, 0)

    names = {row.block for row in (*one.rows, *other.rows)}
    return sum(
        price(*([look(row) for row in report.rows if row.block == name] for report in (one, other)))
        for name in names
    )


@settings(max_examples=150, deadline=None)
@given(relatives())
def test_what_is_said_of_each_step_is_what_an_independent_count_finds(reports: list[Report]) -> None:
    """Added, removed and changed layers cost what the cheapest edit does, and account for the numbers of rows."""
    comparison = compare_reports(tuple(reports))

    for step, one, other in zip(comparison.steps, reports, reports[1:], strict=False):
        added, removed, changed, resized = counts(step)
        assert 2 * (added + removed) + 3 * changed == edits(one, other)
        assert len(other.rows) - len(one.rows) == added - removed
        assert (added, removed, changed, resized) == counts(compare_reports((one, other)).steps[0])


@settings(max_examples=150, deadline=None)
@given(relatives())
def test_none_changed_is_said_only_where_no_aligned_layer_differs(reports: list[Report]) -> None:
    """What the page says of each network, against the rows that stand side by side on it."""
    comparison = compare_reports(tuple(reports))
    page = page_of(comparison)
    said = [line for line in page.splitlines() if " added, " in line or says_alike(line)]
    assert len(said) == len(reports) - 1
    for position, line in enumerate(said, start=1):
        beside = [slot.rows[position - 1 : position + 1] for slot in comparison.slots]
        both = [(one, other) for one, other in beside if one and other]
        differ = any(
            (one.kind, one.label, one.in_shape, one.output_shape)
            != (other.kind, other.label, other.in_shape, other.output_shape)
            for one, other in both
        )
        assert not (differ and ("none changed" in line or says_alike(line)))
        added = any(one is None and other is not None for one, other in beside)
        assert added == ("none added" not in line and not says_alike(line))


@given(chains(), chains(), chains())
@settings(max_examples=30, deadline=None)
def test_no_row_of_three_networks_is_lost(first: str, second: str, third: str) -> None:
    """Whatever is compared, each network's rows are all there, in their order."""
    reports = tuple(analyze(graph_of(text)) for text in (first, second, third))
    comparison = compare_reports(reports)

    for position, report in enumerate(reports):
        assert [slot.rows[position] for slot in comparison.slots if slot.rows[position]] == list(report.rows)
