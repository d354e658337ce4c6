"""The list of facts: parts add up to the whole, and each figure is the report's own."""

from __future__ import annotations

import pytest

from tests.networks import graph_of, report_of
from vggstat.cost import facts as module
from vggstat.cost.facts import OTHER_CLASSES, Fact, Scope, facts
from vggstat.cost.report import Report, analyze
from vggstat.sources.spec import names

NETWORKS = [*names(), "D@head=conv", "D@384", "D@batch=4", "D@head=none"]


def figure(found: list[Fact], quantity: str, scope: Scope) -> int:
    [fact] = [fact for fact in found if (fact.quantity, fact.scope) == (quantity, scope)]
    return fact.exact


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("quantity", ["weights", "parameters", "MACs", "output values"])
def test_layers_add_up_to_the_whole(name: str, quantity: str) -> None:
    """The layers of every network, its image among the output values."""
    report = report_of(name)
    total = {
        "weights": report.total.weights,
        "parameters": report.total.params,
        "MACs": report.total.macs,
        "output values": report.total.output_values,
    }
    layers = [fact.exact for fact in facts(report, "layer") if fact.quantity == quantity]

    assert sum(layers) == total[quantity]


@pytest.mark.parametrize("name", [name for name in names() if name != "U-Net"])  # which has no head
def test_trunk_and_head_are_the_whole(name: str) -> None:
    """All but the FC layers, and the FC layers: parameters and MACs of one and the other come to the totals."""
    report = report_of(name)
    found = list(facts(report, "part"))
    trunk, head = Scope("trunk"), Scope("head")

    assert figure(found, "parameters", trunk) + figure(found, "parameters", head) == report.total.params
    assert figure(found, "MACs", trunk) + figure(found, "MACs", head) == report.total.macs
    values = figure(found, "output values", trunk) + figure(found, "output values", head)
    assert values + report.rows[0].output_values == report.total.output_values  # and the image


def test_parts_of_d() -> None:
    """14,714,688 = 138,357,544 - 123,642,856; the conv layers of a plain VGG are its trunk, and told once."""
    found = list(facts(report_of("D"), "part"))

    assert figure(found, "parameters", Scope("trunk")) == 14_714_688
    assert figure(found, "parameters", Scope("head")) == 123_642_856
    assert not [fact for fact in found if fact.scope == Scope("kind", "conv")]
    assert [fact for fact in facts(report_of("D-BN"), "part") if fact.scope == Scope("kind", "conv")]


@pytest.mark.parametrize("name", ["A", "D-BN", "AlexNet"])
@pytest.mark.parametrize("classes", OTHER_CLASSES)
def test_other_heads_are_what_the_network_would_have(name: str, classes: int) -> None:
    """The formula comes to what the network with that many classes has, built anew."""
    [fact] = [
        fact
        for fact in facts(report_of(name), "classes")
        if fact.quantity == f"parameters with {classes} classes"
    ]

    assert fact.exact == report_of(f"{name}@classes={classes}").total.params


def test_a_share_is_of_its_whole() -> None:
    """Blocks' shares of a quantity come to 1, and so do the layers'."""
    for quantity in ("share of the parameters", "share of the MACs"):
        for kind in ("block", "layer"):
            found = [
                fact
                for fact in facts(report_of("D"), "share")
                if fact.quantity == quantity and fact.scope.kind == kind
            ]
            assert sum(fact.exact for fact in found) == found[0].whole


def test_they_are_made_as_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for the whole does not pay for layers."""

    def fail(report: Report) -> None:
        raise AssertionError(report.name)

    monkeypatch.setitem(module._LEVELS, "layer", fail)

    assert next(facts(report_of("D"))).exact == 138_357_544
    assert list(facts(report_of("D"), "network", "part"))


def test_json_tells_how_much_of_a_total_is_known() -> None:
    """A convolution of 36 x 8 x 8 x 4 MACs and an operation that no rule knows: no MACs, and what is known of them."""
    from tests.branching import Builder
    from vggstat.net.ops.conv import Conv
    from vggstat.net.ops.other import Other
    from vggstat.render.report_data import report_data

    builder = Builder((4, 8, 8))
    value = builder.put(Conv(filters=4), 0)
    builder.put(Other(operation="roll", makes=(4, 8, 8)), value)
    totals = report_data(analyze(builder.graph()))["totals"]
    assert totals["macs"] is None
    assert totals["macs_known"] == 36 * 8 * 8 * 4
    assert totals["macs_status"] == "partial"
    assert totals["macs_not_counted"] == [{"name": "other2", "work": ["other roll"], "place": "here:1"}]
    assert totals["flops_known"] == 2 * totals["macs_known"]


def test_json_says_complete_where_all_is_counted() -> None:
    from vggstat.render.report_data import report_data

    totals = report_data(analyze(graph_of("name: x\ninput: [3, 8, 8]\nblocks: [[conv3-4, bn]]\n")))["totals"]
    assert (totals["macs_status"], totals["macs_known"], totals["macs_not_counted"]) == (
        "complete",
        totals["macs"],
        [],
    )
