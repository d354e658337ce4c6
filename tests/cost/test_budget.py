"""Limits of growth, and what is said of a network against a baseline."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.chains import chains
from tests.cost.test_snapshot import KEYS, partial, reports
from tests.networks import graph_of, report_of
from tests.saved import saved, saved_text
from vggstat.cost.budget import Budget, Limit, check_budget, parse_limits
from vggstat.cost.compare import compare_reports, compare_snapshots
from vggstat.cost.facts import WHOLE, exact
from vggstat.cost.report import Report, analyze
from vggstat.cost.snapshot import Snapshot, snapshot_of
from vggstat.cost.snapshot_json import parse_snapshot
from vggstat.errors import UsageError
from vggstat.render import render
from vggstat.render.page import Target
from vggstat.render.views.budget import budget_data, budget_page


def limit_of(text: str) -> Limit:
    (limit,) = parse_limits([text])
    return limit


def budget_of(baseline: str, now: str, *limits: str) -> Budget:
    """A shipped network against the saved report of another."""
    comparison = compare_snapshots((saved(report_of(baseline)), snapshot_of(report_of(now))))
    return check_budget(comparison, parse_limits(limits))


def verdicts(budget: Budget) -> dict[str, str]:
    return {line.limit.name: line.verdict for line in budget.lines}


# limits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "of_a_million"),
    [
        ("params=0", "params", 0),
        ("params=+100k", "params", 100_000),
        ("params=1.5M", "params", 1_500_000),
        ("params=7B", "params", 7_000_000_000),  # billions, where nothing is counted in bytes
        ("params=5_000", "params", 5_000),
        ("params=2e5", "params", 200_000),
        ("macs=1%", "operations:macs", 10_000),
        ("MACs = 1 %", "operations:macs", 10_000),
        ("macs=0.25%", "operations:macs", 2_500),
        ("macs=0.00015%", "operations:macs", 1),  # 1.5 of a million, rounded down
        ("flops=1G", "operations:flops", 10**9),
        ("operations:fvcore=3", "operations:fvcore", 3),
        ("fvcore=3", "operations:fvcore", 3),
        ("training-peak=50MB", "memory:training-peak", 50_000_000),
        ("training_peak=50MiB", "memory:training-peak", 50 * 2**20),
        ("saved=7B", "memory:saved", 7),  # bytes, where bytes are counted
        ("saved=4096", "memory:saved", 4096),
        ("memory:torchinfo=1kB", "memory:torchinfo", 1000),
        ("param-bytes=200%", "param_bytes", 2_000_000),
        ("outputs=0", "memory:outputs", 0),
        ("output-values=0", "values:outputs", 0),
        ("inference-bytes=0", "inference_bytes", 0),
        ("weight-layers=2", "weight_layers", 2),
    ],
)
def test_a_limit_is_read_as_numbers_are_everywhere(text: str, key: str, of_a_million: int) -> None:
    """Its quantity, and the growth that it allows over a baseline of a million."""
    limit = limit_of(text)

    assert (limit.key, limit.allowed(10**6)) == (key, of_a_million)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("parms=0", "no quantity 'parms': did you mean params"),
        ("memory=0", "expected one of weight-layers, .*params, .*training-peak, .*operations:fvcore"),
        ("torchinfo=0", "may be memory:torchinfo or operations:torchinfo"),
        ("values:saved=0", "no quantity 'values:saved'"),  # no saved report has it
        ("5%", "cannot read '5%' of --fail-over: expected quantity=limit, as in params=0"),
        ("", "cannot read ''"),
        ("params=", "cannot read 'params='"),
        ("=3", "cannot read '=3'"),
        ("params=0,,macs=1%", "cannot read ''"),
        ("params=100,000", "cannot read '000'"),
        ("params=0,macs=1%,PARAMS=3", "limits params twice"),
        ("outputs=0,output-bytes=1", "limits output-bytes twice"),
        ("params=-1", "cannot take '-1' as the growth of params"),
        ("params=-1%", "cannot take '-1%'"),
        ("params=~5%", "cannot take '~5%'"),
        ("params=many", r"expected a count \(0, 5000, 100k\) or a percentage"),
        ("params=50MB", "cannot take '50MB' as the growth of params"),
        ("macs=1 GFLOPs", "cannot take '1 GFLOPs'"),
        ("saved=5px", r"expected a size \(0, 50MB, 4096\) or a percentage"),
        ("params=1.500", "can be read in two ways"),
        ("macs=1e99%", "cannot take '1e99%'"),
        ("params=" + "9" * 100, "cannot take '9"),
    ],
)
def test_what_is_no_limit_is_refused_in_words(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_limits([text])


def test_limits_may_be_given_one_by_one() -> None:
    assert parse_limits(["params=0", "macs=1%"]) == parse_limits(["params=0, macs=1%"])


def test_every_quantity_of_a_saved_report_may_have_a_limit() -> None:
    """And each is a fact of the whole network."""
    for key in KEYS:
        name = key if ":" in key and not key.startswith("values:") else key.split(":")[-1]
        name = "output-values" if key == "values:outputs" else name
        assert limit_of(f"{name}=0").key == key
        assert key in WHOLE


# verdicts -----------------------------------------------------------------------------------------------------


def with_figure(value: int | None) -> Snapshot:
    """A network that has this figure, whatever it is asked for."""
    return snapshot_of(report_of("LeNet-5")).replace(figure=lambda _: value)


def verdict_of(baseline: int | None, now: int | None, limit: Limit) -> str:
    comparison = compare_snapshots((with_figure(baseline), with_figure(now)))
    return check_budget(comparison, (limit,)).lines[0].verdict


@pytest.mark.parametrize(
    ("limit", "baseline", "last", "first_over"),
    [
        ("params=0", 100, 100, 101),
        ("params=1%", 100, 101, 102),
        ("params=1%", 99, 99, 100),  # 0.99 of one is none
        ("macs=1%", 15_470_264_300, 15_624_966_943, 15_624_966_944),  # 154,702,643 more are exactly 1 %
        (
            "macs=0.1%",
            10**30 + 999,
            10**30 + 999 + 10**27,
            10**30 + 10**27 + 1000,
        ),  # no float tells these apart
        ("saved=1KiB", 10**6, 10**6 + 1024, 10**6 + 1025),
        ("params=5%", 0, 0, 1),  # a share of nothing is nothing
    ],
)
def test_the_border_belongs_to_the_limit(limit: str, baseline: int, last: int, first_over: int) -> None:
    """A growth of exactly the limit is within it, and one more is not."""
    assert verdict_of(baseline, last, limit_of(limit)) == "within"
    assert verdict_of(baseline, first_over, limit_of(limit)) == "grown"
    assert verdict_of(baseline, max(baseline - 1, 0), limit_of(limit)) == ("shrunk" if baseline else "within")


@given(
    baseline=st.integers(0, 10**40),
    hundredths=st.integers(0, 10**6),
    decimals=st.integers(0, 2),
    beside=st.integers(-1, 1),
)
def test_a_share_is_decided_exactly(baseline: int, hundredths: int, decimals: int, beside: int) -> None:
    """Against fractions: within if and only if growth / baseline is no more than the percentage."""
    whole, rest = divmod(hundredths, 10**decimals)
    text = f"{whole}.{rest:0{decimals}d}%" if decimals else f"{hundredths}%"
    share = Fraction(hundredths, 10**decimals * 100)
    growth = int(baseline * share) + beside

    expected = "shrunk" if growth < 0 else "within" if growth <= baseline * share else "grown"
    assert verdict_of(baseline, baseline + max(growth, -baseline), limit_of(f"params={text}")) == (
        expected if baseline or growth >= 0 else "within"
    )


def test_what_is_not_known_fails() -> None:
    """On either side, and on both: a part that is known is no figure of the whole."""
    limit = limit_of("macs=1000%")

    assert verdict_of(None, 5, limit) == "unknown"
    assert verdict_of(5, None, limit) == "unknown"
    assert verdict_of(None, None, limit) == "unknown"


def test_layers_that_are_not_counted_are_named() -> None:
    """Parameters of the same network are known, and within; MACs and memory are not, though nothing has changed."""
    comparison = compare_snapshots((saved(partial()), snapshot_of(partial())))
    budget = check_budget(comparison, parse_limits(["params=0,macs=0,training-peak=0"]))

    assert verdicts(budget) == {"params": "within", "macs": "unknown", "training-peak": "unknown"}
    assert budget.lines[1].not_counted == (("other2",), ("other2",))
    assert [line.limit.name for line in budget.failing] == ["macs", "training-peak"]


@pytest.mark.parametrize(
    ("now", "differs"),
    [
        ("D@batch=2", ["batch"]),
        ("D@bf16", ["dtype"]),
        ("D@256", ["input"]),
        ("D@head=gap", ["head"]),
        ("D@classes=10", ["classes"]),
        ("D@head=none,batch=2", ["batch", "head", "classes"]),
    ],
)
def test_another_workload_fails(now: str, differs: list[str]) -> None:
    """However small the figures are."""
    budget = budget_of("D", now, "params=100%", "macs=1000000%")

    assert [setting.name for setting in budget.settings] == differs
    assert set(verdicts(budget).values()) == {"other workload"}
    assert len(budget.failing) == 2


def test_another_second_input_fails() -> None:
    """A baseline that was given a mask beside its image, and whose head nobody has told."""
    data = json.loads(saved_text(report_of("LeNet-5")))
    mask = {"name": "mask", "output_shape": [1, 32, 32], "output_values": 1024, "output_bytes": 4096}
    data["rows"].insert(1, {**data["rows"][0], **mask})
    data["totals"]["output_values"] += 1024
    for figures, name in ((data["totals"], "output_bytes"), (data["memory"], "outputs")):
        figures[name] += 4096
    data["workload"]["head"] = None
    baseline = parse_snapshot(json.dumps(data).encode(), "base.json")
    comparison = compare_snapshots((baseline, snapshot_of(report_of("LeNet-5"))))
    budget = check_budget(comparison, parse_limits(["params=0"]))
    page = " ".join(render(budget_page(budget, ("base.json", "LeNet-5")), "text", Target()).split())

    assert verdicts(budget) == {"params": "other workload"}
    assert (
        "further inputs mask 32×32×1 in the baseline, none now; head – in the baseline, flatten now." in page
    )
    assert "To run it as the baseline was" not in page  # no option gives it a mask


def test_one_baseline_and_one_network() -> None:
    comparison = compare_reports((report_of("A"), report_of("D"), report_of("E")))
    with pytest.raises(UsageError, match="two networks: the baseline"):
        check_budget(comparison, parse_limits(["params=0"]))


# growth -------------------------------------------------------------------------------------------------------


def names(budget: Budget) -> list[str]:
    return [growth.slot.consensus.name for growth in budget.growths]


def test_the_layers_that_grew_most_come_first() -> None:
    """By the quantity that is over its limit: E adds 590,080, 2,359,808 and 2,359,808 parameters, and 1.85, 1.85 and
    0.46 GMACs to D, and most of its values in block 3.
    """
    assert names(budget_of("D", "E", "params=0", "macs=100%"))[-1] == "block3_conv4"
    assert names(budget_of("D", "E", "params=100%", "macs=0"))[-1] == "block5_conv4"
    assert names(budget_of("D", "E", "saved=0"))[0] == "block3_conv4"


def test_what_shrank_comes_last() -> None:
    """E as the baseline: everything is removed; D-BN adds 13 batch norms, of which the widest have most parameters."""
    assert {growth.slot.change for growth in budget_of("E", "D", "params=0").growths} == {"removed"}
    budget = budget_of("D", "D-BN", "params=0")

    assert [growth.params for growth in budget.growths] == [
        2 * n for n in (512,) * 6 + (256,) * 3 + (128,) * 2 + (64,) * 2
    ]


@settings(max_examples=30, deadline=None)
@given(reports, reports)
def test_every_change_is_the_difference_of_two_reports(first: Report, second: Report) -> None:
    """Quantity by quantity; and the layers' growth adds up to the growth of the sums of rows."""
    limits = parse_limits(f"{key}=0" for key in KEYS if key.startswith(("operations:", "memory:")))
    budget = check_budget(compare_snapshots((saved(first), snapshot_of(second))), limits)

    for line in budget.lines:
        one, other = exact(first, line.limit.key), exact(second, line.limit.key)
        assert line.growth == (None if one is None or other is None else other - one)
        assert line.fails or (line.growth is not None and line.growth <= 0)
    for figure in ("params", "macs", "output_values"):
        grown = sum(getattr(growth, figure) for growth in budget.growths)
        assert grown == getattr(second.total, figure) - getattr(first.total, figure)


@settings(max_examples=30, deadline=None)
@given(chains())
def test_a_network_is_within_every_budget_of_its_own(text: str) -> None:
    """No growth at all, no layer that differs, and the JSON says so."""
    report = analyze(graph_of(text))
    keys = [
        key for key in KEYS if exact(report, key) is not None and key.startswith(("operations:", "memory:"))
    ]
    budget = check_budget(
        compare_snapshots((saved(report), snapshot_of(report))), parse_limits(f"{key}=0" for key in keys)
    )
    data = budget_data(budget)

    assert budget.failing == ()
    assert budget.growths == ()
    assert data["passed"] is data["same"] is True
    assert {line["growth"] for line in data["budget"]} == {0}
