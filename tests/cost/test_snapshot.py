"""Saved reports: what is read back, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.benchmarks import fuzz_reports
from tests.branching import Builder, branching
from tests.chains import chains
from tests.networks import SHIPPED, graph_of, report_of
from tests.saved import saved, saved_text
from vggstat.api import compare
from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.compare import compare_reports, compare_snapshots
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.facts import exact
from vggstat.cost.report import Report, analyze
from vggstat.cost.report_layout import TOTALS
from vggstat.cost.snapshot import snapshot_of
from vggstat.cost.snapshot_json import parse_snapshot, read_snapshot
from vggstat.cost.snapshot_sums import SUMS
from vggstat.errors import InputError
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.other import Other
from vggstat.render.report_data import row_data

KEYS = tuple(
    dict.fromkeys(
        (
            *TOTALS.values(),
            *(f"memory:{entry.name}" for entry in ACCOUNTINGS),
            *(f"operations:{rule.name}" for rule in COUNTING_RULES),
        )
    )
)
"""The facts that a saved report holds."""

reports = st.one_of(
    chains().map(lambda text: analyze(graph_of(text))),
    branching().map(analyze),
)
"""Random networks of the language, and random graphs that branch."""


def is_the_same_as_saved(report: Report) -> None:
    kept, now = saved(report), snapshot_of(report)
    rows = json.loads(saved_text(report))["rows"]

    assert json.loads(json.dumps([row_data(row) for row in kept.rows])) == rows
    assert {key: kept.figure(key) for key in KEYS} == {key: exact(report, key) for key in KEYS}
    for pair in ((kept, now), (now, kept), (kept, kept)):
        comparison = compare_snapshots(pair)
        assert comparison.same
        assert {slot.change for slot in comparison.slots} == {"same"}


@pytest.mark.parametrize("name", [*SHIPPED, "D@384,head=conv,batch=3,bf16", "AlexNet@head=none"])
def test_a_shipped_network_is_as_it_was_saved(name: str) -> None:
    """Rows, and every figure of the whole, come back; nothing differs from the network itself."""
    is_the_same_as_saved(report_of(name))


@settings(max_examples=40, deadline=None)
@given(reports)
def test_a_random_network_is_as_it_was_saved(report: Report) -> None:
    is_the_same_as_saved(report)


@settings(max_examples=40, deadline=None)
@given(reports, reports)
def test_saving_changes_nothing_about_a_comparison(first: Report, second: Report) -> None:
    """Whichever of two networks is a file's, the same layers are said to differ, by as much."""
    plain = compare_reports((first, second))

    for pair in ((saved(first), snapshot_of(second)), (snapshot_of(first), saved(second))):
        comparison = compare_snapshots(pair)
        assert [slot.changes for slot in comparison.slots] == [slot.changes for slot in plain.slots]
        assert comparison.same == plain.same
        assert comparison.quantities == plain.quantities
        assert [comparison.difference(slot, "macs") for slot in comparison.slots] == [
            plain.difference(slot, "macs") for slot in plain.slots
        ]


@pytest.mark.parametrize(
    ("written", "other"),
    [
        ("LRN", "{LRN: {size: 3}}"),
        ("maxpool", "{maxpool: {ceil: true}}"),
        ("{dropout: {p: 0.5}}", "{dropout: {p: 0.25}}"),
        ("conv3-8", "{conv: {filters: 8, bias: false}}"),
        ("conv3-8", "{conv: {filters: 8, activation: none}}"),
        ("elu", "{elu: {alpha: 2}}"),
        ("group-norm", "{group-norm: {groups: 4}}"),
    ],
)
def test_a_file_tells_layers_apart_that_have_the_same_figures(written: str, other: str) -> None:
    """What a layer sets is saved, and what stands between rows is too."""
    text = "name: a\ninput: [3, 16, 16]\nblocks:\n  - [conv3-32, {item}, conv3-8]\n"
    kept, now = (analyze(graph_of(text.format(item=item))) for item in (written, other))

    assert not compare_snapshots((saved(kept), snapshot_of(now))).same
    assert compare_snapshots((saved(kept), snapshot_of(kept))).same


def partial() -> Report:
    """A convolution of 36 x 8 x 8 x 4 MACs, and an operation that no rule knows."""
    builder = Builder((4, 8, 8))
    value = builder.put(Conv(filters=4), 0)
    builder.put(Other(operation="roll", makes=(4, 8, 8), settings=(("shifts", (1, float("inf"))),)), value)
    return analyze(builder.graph())


def test_what_is_not_counted_is_not_counted_in_a_file() -> None:
    """No figure, and the layer's name; what it sets comes back even where JSON has no number for it."""
    kept = saved(partial())

    assert kept.figure("operations:macs") is None
    assert kept.figure("inference_bytes") is None
    assert kept.not_counted("operations:macs") == ("other2",)
    assert kept.not_counted("params") == ()
    assert compare_snapshots((kept, snapshot_of(partial()))).same


def test_python_compares_files_too(tmp_path: Path) -> None:
    path = tmp_path / "baseline.JSON"
    path.write_text(saved_text(report_of("D")))

    assert compare(str(path), "D").same
    assert [len(step.added) for step in compare(str(path), "E").steps] == [3]


# what is refused ----------------------------------------------------------------------------------------------

TEXT = saved_text(report_of("LeNet-5"))


def changed(change: Callable[[Any], object]) -> str:
    data = json.loads(TEXT)
    change(data)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "was it cut off"),
        (TEXT[:5000], "it ends in the middle: was it cut off"),
        ("name: D\n", "is it a report that `vggstat table SOURCE --format json -o FILE` wrote"),
        ("[]", "x.json: the file: expected an object, got a list"),
        ("{}", "x.json holds no saved report: expected a report that"),
        ('{"schema": 1, "results": []}', "found benchmark results"),
        ('{"schema": 1, "specs": [], "rows": [], "totals": []}', "found a comparison"),
        ('{"schema": 1, "spec": "D", "rows": []}', "holds no saved report"),
        (changed(lambda data: data.update(schema=2)), "is of schema 2, .* reads schema 1: update vggstat"),
        (changed(lambda data: data.update(schema=0)), "save it again: vggstat table SOURCE .* -o x.json"),
        (changed(lambda data: data.update(schema=True)), "schema: expected a whole number"),
        (changed(lambda data: data["totals"].pop("params")), r"totals\.params: is missing"),
        (changed(lambda data: data["totals"].update(params="many")), r"totals\.params: expected a whole"),
        (changed(lambda data: data["totals"].update(params=-1)), r"totals\.params: expected a whole number, from 0"),
        (changed(lambda data: data["totals"].update(params=10**400)), r"totals\.params: expected a whole number, from 0"),
        (changed(lambda data: data["memory"].update(saved=1.5)), r"x.json: memory\.saved: expected a whole number"),
        (changed(lambda data: data["tools"]["operations"].update(fvcore=True)), r"tools\.operations\.fvcore: expected"),
        (changed(lambda data: data["rows"][1].update(params=3, weights=-1)), r"rows\[1\]\.weights: expected"),
        (changed(lambda data: data["rows"][1].update(macs=1.5)), r"rows\[1\]\.macs: expected a whole number"),
        (changed(lambda data: data["rows"][2].pop("settings")), r"rows\[2\]\.settings: is missing; save it again"),
        (changed(lambda data: data["workload"].update(batch=0)), r"workload\.batch: expected"),
        (changed(lambda data: data["workload"].update(input=[])), r"workload\.input: expected"),
        (changed(lambda data: data["workload"].update(dtype="fp12")), "workload.dtype: unknown dtype 'fp12'"),
        ('{"schema": 1, "rows": ' + "[" * 100_000, "nested too deeply|cut off"),
    ],
)  # fmt: skip
def test_what_is_no_saved_report_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_snapshot(text.encode(), "x.json")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        # LeNet-5 has 61,470 + 236 parameters; conv1 has 6 x 25 x 1 + 6 of them and 6 x 25 x 28 x 28 = 117,600 MACs
        (lambda data: data["totals"].update(params=61707), "totals.params is 61,707, and its rows add up to 61,706"),
        (lambda data: data["totals"].update(params=None), "totals.params is null, and its rows add up to 61,706"),
        (lambda data: data["totals"].update(macs=None), "totals.macs is null, and its rows add up to 416,520"),
        (lambda data: data["rows"][1].update(weights=149), "totals.weights is 61,470, and its rows add up to 61,469"),
        (lambda data: data["rows"][1].update(macs=None), "totals.macs is 416,520, and its rows add up to null"),
        (lambda data: data["totals"].update(flops=1), "totals.flops is 1, and its rows add up to 833,040"),
        (lambda data: data["totals"].update(param_bytes=4), "totals.param_bytes is 4, and .* have 246,824 bytes"),
        (lambda data: data["workload"].update(dtype="bf16"), "totals.param_bytes is 246,824, and .* have 123,412 bytes"),
        (lambda data: data["totals"].update(training_flops=7), "training_flops is 7, and totals.flops and .* add up to"),
        (lambda data: data["totals"].update(output_bytes=8), "totals.output_bytes is 8, and its rows add up to"),
        (lambda data: data["totals"].update(output_bytes=None), "memory.outputs is .*, and totals.output_bytes is null"),
        (lambda data: data["memory"].update(outputs=8), "memory.outputs is 8, and its rows add up to"),
        (lambda data: data["tools"]["operations"].update(macs=0), "tools.operations.macs is 0, and its rows add up to"),
        (lambda data: data["totals"].update(weight_layers=6), "totals.weight_layers is 6, and its rows add up to 5"),
    ],
)  # fmt: skip
def test_totals_that_are_not_the_sums_of_the_rows_are_refused(
    change: Callable[[Any], object], message: str
) -> None:
    """A baseline that somebody has edited: the key, what was found, and what the rows say."""
    with pytest.raises(InputError, match=f"x.json: .*{message}.* save it again"):
        parse_snapshot(changed(change).encode(), "x.json")


@pytest.mark.parametrize("name", [name for name in TOTALS if name in SUMS])
@settings(max_examples=10, deadline=None)
@given(report=reports, by=st.sampled_from((-1, 1, 1000)))
def test_every_sum_of_a_random_network_is_checked(name: str, report: Report, by: int) -> None:
    data = json.loads(saved_text(report))
    total = data["totals"][name]
    assume(total is not None and total + by >= 0)
    data["totals"][name] = total + by

    with pytest.raises(InputError, match=name):
        parse_snapshot(json.dumps(data).encode(), "x.json")


def test_a_file_that_cannot_be_one_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder, and a file of more bytes than any network has."""
    monkeypatch.setattr("vggstat.cost.snapshot_json.LARGEST", 1_000_000)
    large = tmp_path / "large.json"
    large.write_bytes(b" " * 1_000_001)

    with pytest.raises(InputError, match="larger than 1 MB: this is not a saved report"):
        read_snapshot(str(large))
    with pytest.raises(InputError, match="this is a directory, not a saved report"):
        read_snapshot(str(tmp_path))


def test_broken_reports_end_in_words() -> None:
    """Some files can still be read, most are refused, and none ends in a fault."""
    tally = fuzz_reports.fuzz(runs=300, seed=1)

    assert tally.failures == []
    assert tally.counts["read"] > 30
    assert tally.counts["refused"] > 100
