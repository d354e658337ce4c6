"""What holds for any network, by hypothesis on random legal chains."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chains import chains
from vggstat import to_dict
from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.compare import compare_reports
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.report import Report, analyze
from vggstat.cost.workload import DTYPES, Workload
from vggstat.sources.spec import read_text
from vggstat.sources.spec.build import build_graph

FEW = settings(max_examples=100, deadline=None)


def report(text: str, workload: Workload | None = None) -> Report:
    return analyze(build_graph(read_text(text, "chain.yaml")), workload)


@FEW
@given(chains(), st.integers(2, 9), st.sampled_from(DTYPES))
def test_batch_linearity(text: str, batch: int, dtype: object) -> None:
    """Work, values and bytes grow with the batch; parameters do not."""
    one = report(text, Workload(dtype=dtype))  # type: ignore[arg-type]
    many = report(text, Workload(batch=batch, dtype=dtype))  # type: ignore[arg-type]

    assert many.total.params == one.total.params
    assert many.total.macs_known == batch * one.total.macs_known
    assert one.training_flops is not None
    assert many.training_flops == batch * one.training_flops
    assert many.total.output_bytes == batch * one.total.output_bytes
    for rule in COUNTING_RULES:
        count = one.operations(rule)
        assert many.operations(rule) == (None if count is None else batch * count)


@FEW
@given(chains())
def test_totals_are_sums(text: str) -> None:
    """Totals are the sums of the rows, blocks add up to them, and every accounting is the sum of its items."""
    one = report(text, Workload(batch=2))  # no batch norm is trained on one value

    assert one.total.params == sum(row.weights + row.biases for row in one.rows)
    for figure in ("weights", "biases", "params", "macs", "flops", "output_values", "output_bytes"):
        whole = sum(getattr(row, figure) for row in one.rows)
        assert getattr(one.total, figure) == whole == sum(getattr(block, figure) for block in one.blocks)
    for entry in ACCOUNTINGS:
        items = entry.items(one.graph, one.workload)
        assert one.memory_bytes(entry) == sum(item.bytes for item in items)
        assert all(item.bytes > 0 for item in items)


@FEW
@given(chains())
def test_json_round_trip(text: str) -> None:
    """The report as data survives JSON unchanged, and its rows add up to its totals."""
    data = to_dict(report(text))

    assert json.loads(json.dumps(data)) == data
    for figure in ("weights", "biases", "params", "macs", "flops", "output_values", "output_bytes"):
        assert sum(row[figure] for row in data["rows"]) == data["totals"][figure]


@FEW
@given(chains())
def test_names_are_unique(text: str) -> None:
    """No two layers have the same name, in the paper's manner or in torch's."""
    graph = report(text).graph
    names = [node.name for node in graph.nodes]
    modules = [node.torch_name for node in graph.nodes if node.torch_name]

    assert len(set(names)) == len(names)
    assert len(set(modules)) == len(modules)


@FEW
@given(chains(), chains())
def test_differences_add_up(first: str, second: str) -> None:
    """Whatever is compared, the lines' differences add up to the totals' difference and no row is lost."""
    before, after = report(first), report(second)
    comparison = compare_reports((before, after))

    assert comparison.sum_of_differences(comparison.slots, "params") == (
        after.total.params - before.total.params
    )
    assert [slot.rows[1] for slot in comparison.slots if slot.rows[1]] == list(after.rows)
