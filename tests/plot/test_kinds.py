"""Every kind of plot for every network: its rows are the report's figures, and its picture holds them."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.draw.pictures import THIRTY, TINY, report_from
from tests.networks import SHIPPED, report_of
from tests.plot.results import FILE, REPORT
from vggstat.cost.accounting import find_accounting
from vggstat.cost.bench import Warned
from vggstat.cost.convention import Convention
from vggstat.cost.counting import COUNTING_RULES, find_counting_rule
from vggstat.cost.report import Report
from vggstat.errors import UsageError
from vggstat.render import render
from vggstat.render.page import Target
from vggstat.render.plot import Plot, Request, find_kind, kind_names
from vggstat.render.plot.bubbles import Bubble, place_labels
from vggstat.render.plot.page import data_page, plot_page
from vggstat.render.plot.vega import STEP, chart

LAYERWISE = ("memory", "operations", "params", "receptive-field")


def build(kind: str, *reports: Report, **settings: Any) -> Plot:
    return find_kind(kind).build(Request(reports=reports, **settings))


def every_plot() -> dict[str, Plot]:
    """A plot of every kind, as people ask for them."""
    three = tuple(report_of(name) for name in ("A", "D", "AlexNet"))
    found = {kind: build(kind, *three) for kind in (*LAYERWISE, "compare", "landscape")}
    found["roofline"] = build("roofline", REPORT, device="h200")
    found["bench"] = build("bench", bench=FILE)
    return found


PLOTS = every_plot()


def test_every_kind_is_tried() -> None:
    """A new file in ``kinds/`` has to be tried here."""
    assert tuple(sorted(PLOTS)) == kind_names()


@pytest.mark.parametrize("name", SHIPPED)
def test_the_parameters_add_up(name: str) -> None:
    """The bars are the report's parameters, and the running sum ends in their total and 100 %."""
    report = report_of(name)
    rows = build("params", report).rows

    assert [row["params"] for row in rows] == [row.params for row in report.rows[1:]]
    assert rows[-1]["cumulative_params"] == report.total.params
    assert rows[-1]["cumulative_share"] == 100.0


@pytest.mark.parametrize("rule", [rule.name for rule in COUNTING_RULES])
@pytest.mark.parametrize("name", ["D", "D-BN@256", "AlexNet"])
def test_the_operations_add_up_under_every_rule(name: str, rule: str) -> None:
    """The running sum ends in the report's count under the rule; None where the rule is not known."""
    report = report_of(name)
    rows = build("operations", report, convention=Convention(ops=find_counting_rule(rule))).rows

    assert rows[-1]["cumulative_operations"] == report.operations(find_counting_rule(rule))


@pytest.mark.parametrize("name", [*SHIPPED, "D@batch=8", "C@head=gap,320"])
def test_the_memory_panels_are_the_accountings(name: str) -> None:
    """Outputs and saved bytes add up to their accountings; the most that is alive is the inference peak."""
    report = report_of(name)
    rows = build("memory", report).rows
    totals = {
        name: report.memory_bytes(find_accounting(name)) for name in ("outputs", "saved", "inference-peak")
    }

    assert sum(row["output_bytes"] for row in rows) == totals["outputs"]
    assert sum(row["saved_bytes"] for row in rows) == totals["saved"]
    assert max(row["live_bytes"] or 0 for row in rows) == totals["inference-peak"]


@pytest.mark.parametrize("name", ["D", "D-BN", "AlexNet"])
def test_in_training_the_most_alive_is_the_training_peak(name: str) -> None:
    """With ``--mode training`` the panels are of the step, forward and backward."""
    report = report_of(name)
    rows = build("memory", report, mode="training").rows
    alive = [row[key] or 0 for row in rows for key in ("forward_bytes", "backward_bytes")]

    assert max(alive) == report.memory_bytes(find_accounting("training-peak"))


def test_the_receptive_fields_are_the_reports() -> None:
    """Pixels for maps, None for FC layers, which see all of the image."""
    report = report_of("D")
    rows = build("receptive-field", report).rows

    assert [row["receptive_field"] for row in rows] == [row.receptive_field for row in report.rows[1:]]
    assert rows[-1]["receptive_field"] is None


def test_the_images_side_is_a_line_across_all_layers() -> None:
    """The dashed line that the text speaks of stands at the image's side, from the first layer to the last."""
    pytest.importorskip("vl_convert")
    from vggstat.render.plot.draw import draw

    svg = draw(chart(build("receptive-field", report_of("D"))), "svg").decode()
    dashed = re.findall(r"<line[^>]*stroke-dasharray[^>]*>", svg)

    assert len(dashed) == 1
    height = re.search(r'y2="([0-9.]+)"', dashed[0])
    assert height is not None
    assert float(height[1]) == 21 * STEP  # 13 convolutions, 5 pools, 3 FC layers


def test_a_definition_is_said_in_the_words_of_the_rule() -> None:
    """What a MAC counts is written once, where it is counted."""
    comparison = build("compare", report_of("D"), report_of("E"))

    assert find_counting_rule("macs").definition in comparison.subtitle[1]


def test_columns_of_bytes_say_so() -> None:
    """In the text form too every figure has its unit."""
    for settings in ({}, {"mode": "training"}):
        plot = build("memory", report_of("A"), **settings)
        assert all(c.heading.endswith(", B") for c in plot.columns if c.key.endswith("_bytes"))
        assert all(c.header_lines[-1].endswith(", B") for c in plot.columns if c.key.endswith("_bytes"))


def test_the_landscape_has_each_publishers_best_of_its_first_table() -> None:
    """D: 25.6 % of the paper's Table 3, torchvision's 71.592 %, Keras' 71.3 %; AlexNet's of one net on 2012."""
    rows = {(row["spec"], row["publisher"]): row["top1_accuracy"] for row in PLOTS["landscape"].rows}

    assert rows["D", "the network's paper"] == 74.4
    assert rows["D", "torchvision"] == 71.592
    assert rows["D", "Keras"] == 71.3
    assert rows["AlexNet", "the network's paper"] == 59.3


def test_a_changed_network_has_no_published_accuracy() -> None:
    """What was published of D is not true of D at another size."""
    with pytest.raises(UsageError, match="published"):
        build("landscape", report_of("D@384"))


def test_the_roofline_obeys_its_ceilings() -> None:
    """No point lies above the roof: the peak, or intensity times bandwidth (H200: 989.5 TFLOP/s, 4.8 TB/s)."""
    for row in PLOTS["roofline"].rows:
        if row["intensity"] is not None:
            roof = min(989.5e12, row["intensity"] * 4.8e12)

            assert row["attainable_flops_per_s"] == pytest.approx(roof)


def test_measured_points_are_the_layers_times() -> None:
    """Every layer took twice its bound, so it reaches half of what the ceilings allow."""
    rows = build("roofline", REPORT, bench=FILE).rows

    assert all(row["measured_s"] == pytest.approx(2 * row["bound_s"]) for row in rows)


def test_measured_points_may_stand_under_a_datasheets_roof() -> None:
    """With a device and measurements, the points are measured and the roof is the datasheet's."""
    plot = build("roofline", REPORT, bench=FILE, device="h200")

    assert "NVIDIA H200 SXM" in plot.subtitle[0]
    assert all(row["measured_s"] > 0 for row in plot.rows)


def test_the_bench_plot_has_all_results() -> None:
    """Two batches: 1 image in 1 ms is 1,000 images/s, 8 in 4 ms are 2,000; and the layers of the larger."""
    rows = PLOTS["bench"].rows

    assert [row["images_per_s"] for row in rows if row["what"] == "network"] == [1000.0, 2000.0]
    assert {row["batch"] for row in rows if row["what"] == "layer"} == {8}


def test_the_bench_plot_says_which_results_are_doubtful() -> None:
    """In words above the picture, in the data's rows and in the words of each mark; sound ones are not named."""
    first, second = FILE.results
    doubtful = second.replace(warnings=(Warned("shared", "other programs took 85 % of the CPU meanwhile"),))
    plot = build("bench", bench=FILE.replace(results=(first, doubtful)))
    by_batch = {(row["batch"], row["doubtful"]) for row in plot.rows}

    assert by_batch == {(1, ""), (8, "shared")}
    assert plot.subtitle[2].startswith("Doubtful: 1 of 2 results: D · batch 8 ")
    assert "took 85 % of the CPU" in plot.subtitle[2]
    for row, words in zip(plot.rows, plot.labels, strict=True):
        assert ("doubtful: shared" in words["words"]) == (row["doubtful"] == "shared")
    assert len(PLOTS["bench"].subtitle) == 2


def test_a_picture_names_few_doubtful_results() -> None:
    """Of twenty the first two with their reasons: all stand in the data."""
    wide = FILE.results[0].replace(warnings=(Warned("wide-spread", "the runs differ much"),))
    results = tuple(wide.replace(batch=batch) for batch in range(1, 21))
    plot = build("bench", bench=FILE.replace(results=results))

    assert "20 of 20 results" in plot.subtitle[2]
    assert plot.subtitle[2].count("the runs differ much") == 2
    assert "and 18 more" in plot.subtitle[2]


@pytest.mark.parametrize("kind", PLOTS)
def test_a_plot_is_valid_vega_lite(kind: str) -> None:
    """Altair, which checks against Vega-Lite's schema, takes every description; and it is plain JSON."""
    altair = pytest.importorskip("altair")
    view = chart(PLOTS[kind])
    altair.Chart.from_dict(json.loads(json.dumps(view, allow_nan=False)))

    assert view["title"]["text"]


@pytest.mark.parametrize("kind", PLOTS)
def test_a_picture_is_well_formed_and_says_its_figures(kind: str) -> None:
    """The SVG is XML; every mark's words, with exact figures, are in it for screen readers."""
    pytest.importorskip("vl_convert")
    from vggstat.render.plot.draw import draw

    plot = PLOTS[kind]
    svg = draw(chart(plot), "svg").decode()
    root = ElementTree.fromstring(svg)
    spoken = {element.get("aria-label") for element in root.iter() if element.get("aria-label")}
    words = {
        text
        for row, label in zip(plot.rows, plot.labels, strict=True)
        for key, text in label.items()
        if key.endswith("words") and row.get(key.removesuffix("_words"), 1) is not None
    }

    assert words
    assert words <= spoken


@pytest.mark.parametrize(("extension", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_other_formats_are_what_they_say(extension: str, start: bytes) -> None:
    """PNG and PDF begin as such files do."""
    pytest.importorskip("vl_convert")
    from vggstat.render.plot.draw import draw

    assert draw(chart(PLOTS["params"], "dark"), extension).startswith(start)


@pytest.mark.parametrize("kind", LAYERWISE)
@pytest.mark.parametrize("text", [TINY, THIRTY], ids=["three layers", "thirty layers"])
def test_small_and_deep_networks_are_drawn(kind: str, text: str) -> None:
    """One convolution, or thirty without FC layers: every layer has its row."""
    report = report_from(text)
    rows = build(kind, report).rows

    assert {row["layer"] for row in rows} >= {row.name for row in report.rows[1:]}
    assert chart(build(kind, report))


def test_the_same_network_twice_is_told_apart() -> None:
    """Rows of the two are not mixed."""
    report = report_of("D")

    assert Request(reports=(report, report)).names == ("D", "D (2)")


@pytest.mark.parametrize("kind", PLOTS)
def test_text_holds_every_row(kind: str) -> None:
    """Without a file the same rows stand as text; CSV has them alone, with raw integers."""
    text = render(plot_page(PLOTS[kind]), "text", Target(width=110))
    table = render(data_page(PLOTS[kind]), "csv", Target())

    assert len(table.splitlines()) == len(PLOTS[kind].rows) + 1
    assert "▏" in text or "█" in text or not PLOTS[kind].bars


def test_what_a_spec_says_is_data_not_code() -> None:
    """A title with quotes, brackets or an expression stays text, and networks are chosen by value."""
    title = "x\" + alert('</svg>') + \"<script>"
    report = report_from(TINY.replace("name: tiny", f"name: tiny\ntitle: {json.dumps(title)}"))
    view = chart(build("params", report, report_of("D")))
    alone = chart(build("params", report))

    assert view["hconcat"][0]["transform"] == [{"filter": {"field": "spec", "equal": "tiny"}}]
    assert alone["title"]["text"] == f"Parameters by layer · tiny · {title}"


def test_names_of_bubbles_never_meet() -> None:
    """Forty bubbles close together: no two names overlap, and none is left out of the picture."""
    from vggstat.render.draw.metrics import text_width
    from vggstat.render.draw.scene import Box

    bubbles = [
        Bubble(x=200 + 23 * (n % 8), y=150 + 17 * (n // 8), radius=5, text=f"layer {n}") for n in range(40)
    ]
    places = place_labels(bubbles, 620, 400)
    boxes = []
    for bubble, place in zip(bubbles, places, strict=True):
        assert place is not None
        half = text_width(bubble.text, 11.0) / 2
        boxes.append(Box(place.x - half, place.y - 6.5, place.x + half, place.y + 6.5))

    assert not any(one.overlaps(other) for at, one in enumerate(boxes) for other in boxes[:at])
    assert all(box.inside(Box(0, 0, 620, 400)) for box in boxes)
