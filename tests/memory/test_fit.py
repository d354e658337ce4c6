"""``vggstat fit``: the largest batch, what binds, what would help."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.networks import report_of
from vggstat.cost.fit import RESERVE, fit, largest_batch, parse_memory
from vggstat.cost.footprint import measure
from vggstat.cost.optimizer import IMPLEMENTATIONS, OPTIMIZERS
from vggstat.cost.workload import Workload, find_dtype
from vggstat.errors import UsageError

GIBI = 2**30

RUNS = [
    Workload(),
    Workload(dtype=find_dtype("bf16")),
    Workload(autocast=find_dtype("bf16")),
    Workload(mode="training", autocast=find_dtype("bf16")),
    *(
        Workload(mode="training", optimizer=optimizer.replace(implementation=implementation))
        for optimizer in OPTIMIZERS
        for implementation in IMPLEMENTATIONS
    ),
]


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(["A", "D", "D-BN", "E@head=gap", "AlexNet", "A-LRN"]),
    workload=st.sampled_from(RUNS),
    gibibytes=st.integers(1, 200),
)
def test_the_next_image_does_not_fit(name: str, workload: Workload, gibibytes: int) -> None:
    """The peak of the batch found is within the budget, and that of one image more is not."""
    graph = report_of(name).graph
    budget = gibibytes * GIBI
    batch = largest_batch(graph, workload, budget)

    assert batch == 0 or measure(graph, workload.replace(batch=batch)).peak.bytes <= budget
    assert measure(graph, workload.replace(batch=batch + 1)).peak.bytes > budget


def test_an_example_by_hand() -> None:
    """D in inference: parameters 553,430,176 B, and 602,112 + 25,690,112 B an image at block1_conv2."""
    found = fit(report_of("D").graph, Workload(), 24 * GIBI)
    budget = 24 * GIBI - RESERVE

    assert found.batch == (budget - 553_430_176) // (602_112 + 25_690_112) == 918
    assert (found.next.peak.node, found.next.workload.batch) == ("block1_conv2", 919)


def test_remedies_are_better_and_sorted() -> None:
    """What would help is listed with its batch, the best first, and nothing that does not help."""
    adam = Workload(mode="training", optimizer=OPTIMIZERS[-3])
    found = fit(report_of("D").graph, adam, 8 * GIBI)
    batches = [remedy.batch for remedy in found.remedies]

    assert batches == sorted(batches, reverse=True)
    assert min(batches) > found.batch
    assert {"--dtype bf16", "--autocast bf16", "--optimizer sgd", "--head gap"} <= {
        remedy.change for remedy in found.remedies
    }


def test_nothing_fits() -> None:
    """Where one image is too much the batch is 0, and the peak of one image says why."""
    found = fit(report_of("D").graph, Workload(mode="training"), 2 * GIBI)

    assert found.batch == 0
    assert found.next.peak.bytes == 1_722_992_880 > found.budget_bytes


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("24GiB", 24 * 2**30),
        ("80 GB", 80 * 10**9),
        ("1.5gib", 3 * 2**29),
        ("0B", 0),
        ("24564MiB", 24564 * 2**20),
        ("0.5KB", 500),
    ],
)
def test_memory_as_text(text: str, expected: int) -> None:
    """GB is 10^9 bytes and GiB 2^30."""
    assert parse_memory(text, "--memory") == expected


@pytest.mark.parametrize("text", ["24", "24G", "GiB", "-1GiB", "1e9B", "24GiBs", "1.GiB", "9999999PB", "1iB"])
def test_memory_that_cannot_be_read(text: str) -> None:
    """A number without its full unit is refused, as 24G may be either."""
    with pytest.raises(UsageError, match="--memory"):
        parse_memory(text, "--memory")


def test_a_reserve_that_leaves_nothing_is_refused() -> None:
    """The message says which two options to change."""
    with pytest.raises(UsageError, match="give more --memory, or less --reserve"):
        fit(report_of("D").graph, Workload(), GIBI, GIBI)
