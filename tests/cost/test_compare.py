"""Networks held against each other."""

from __future__ import annotations

import pytest

from tests.networks import SHIPPED, report_of
from vggstat.cost.compare import Comparison, compare_reports


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
    first, last = (report.total for report in comparison.reports)
    for figure in ("params", "macs", "output_values"):
        summed = sum(comparison.difference(slot, figure) for slot in comparison.slots)

        assert summed == getattr(last, figure) - getattr(first, figure)


def test_every_row_stands_in_one_slot() -> None:
    """Aligning three networks loses no layer and repeats none."""
    comparison = compare("A", "C", "E-BN")
    for position, report in enumerate(comparison.reports):
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
