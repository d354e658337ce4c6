"""Moments of a run: told from a ledger, and no more work the deeper the network."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from tests.chains import chains
from tests.networks import report_of
from tests.pace import seconds
from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.footprint import moments_of
from vggstat.cost.items import MemoryItem
from vggstat.cost.moments import Instant, Ledger, largest, moments
from vggstat.cost.report import analyze
from vggstat.cost.workload import Workload, find_dtype
from vggstat.net.ops.base import Mode
from vggstat.sources.spec import read_text
from vggstat.sources.spec.build import build_graph


def storage(name: str, size: int) -> MemoryItem:
    return MemoryItem(name, "output", size, size)


def a_run(tells: bool) -> Iterator[Instant]:
    """Two storages that come and go beside an image."""
    ledger = Ledger([storage("input", 3)], tells=tells)
    ledger["a"] = storage("conv1", 10)
    yield ledger.instant("conv1", extra=(storage("scratch", 5),))
    ledger["b"] = storage("conv2", 20)
    yield ledger.instant("conv2", without=["a", "never there"])
    ledger.drop("a")
    ledger["b"] = storage("conv2 again", 7)
    assert ledger.bytes == 10  # 3 + 7


def test_a_moment_is_told_again_when_the_run_is_over() -> None:
    """What came later, or went later, is not in it; what is left out of a moment is not either."""
    first, second = moments(a_run)

    assert [item.node for item in first.items] == ["input", "conv1", "scratch"]
    assert first.bytes == 18  # 3 + 10 + 5
    assert [item.node for item in second.items] == ["input", "conv2"]
    assert second.bytes == 23  # 3 + 20


def test_of_equal_moments_the_first_is_the_largest() -> None:
    """The peak stands where it is reached."""
    ledger = Ledger([storage("input", 3)])

    assert largest(moments(lambda _: map(ledger.instant, ("first", "second")))).node == "first"


@pytest.mark.parametrize("mode", ["inference", "training"])
@settings(deadline=None)
@given(text=chains())
def test_the_items_of_every_moment_add_up_to_its_bytes(mode: Mode, text: str) -> None:
    """Whatever the chain of layers, in either mode, under autocast too."""
    graph = build_graph(read_text(text, "chain.yaml"))
    plain = Workload(batch=2, mode=mode)

    for workload in (plain, plain.replace(autocast=find_dtype("bf16"))):
        for moment in moments_of(graph, workload):
            assert sum(item.bytes for item in moment.items) == moment.bytes


@pytest.mark.parametrize("name", ["A-LRN", "D", "D-BN", "AlexNet"])
def test_the_items_of_shipped_networks_add_up(name: str) -> None:
    """LRN and batch norm release what they have kept while they run backward."""
    graph = report_of(name).graph

    for moment in moments_of(graph, Workload(mode="training")):
        assert sum(item.bytes for item in moment.items) == moment.bytes


def test_four_thousand_layers_take_no_longer_than_their_number_asks_for() -> None:
    """Every accounting of 4,000 convolutions; work that grows with the square would take half a minute."""
    block = "  - [" + ", ".join(["conv3-8"] * 50) + "]\n"
    text = "name: tall\ninput: [3, 32, 32]\nblocks:\n" + block * 80 + "classifier: [FC-10]\n"
    report = analyze(build_graph(read_text(text, "tall.yaml")))

    def every_accounting() -> None:
        for accounting in ACCOUNTINGS:
            accounting.total_bytes(report.graph, report.workload)

    assert seconds(every_accounting, limit=4) < 4
