"""The pages of ``memory`` and ``fit``, and their JSON."""

from __future__ import annotations

import json
from itertools import product

import pytest

from tests.networks import graph_of, report_of
from vggstat.cost.fit import fit
from vggstat.cost.footprint import measure
from vggstat.cost.workload import Workload, find_dtype
from vggstat.errors import UsageError
from vggstat.net.ops.base import Mode
from vggstat.render import render
from vggstat.render.bars import bar
from vggstat.render.page import Page, Table, Target
from vggstat.render.views.fit import fit_page
from vggstat.render.views.memory import memory_page

MODES: tuple[Mode, ...] = ("inference", "training")


def table_named(page: Page, name: str) -> Table:
    return next(table for table in page.tables if table.name == name)


@pytest.mark.parametrize(("name", "mode", "batch"), list(product(["D", "A-LRN", "D-BN"], MODES, [1, 8])))
def test_the_rows_add_up_to_the_peak(name: str, mode: Mode, batch: int) -> None:
    """The total under the parts is the sum of the rows that are shown, and the peak of the timeline."""
    footprint = measure(report_of(name).graph, Workload(batch=batch, mode=mode))
    table = table_named(memory_page(footprint), "peak")
    column = [c.key for c in table.columns].index("bytes")
    shown = [row.cells[column] for row in table.rows if row.kind == "body"]
    total = next(row.cells[column] for row in table.rows if row.kind == "total")

    assert sum(shown) == total == footprint.peak.bytes
    assert max(point.bytes for point in footprint.timeline) == total


@pytest.mark.parametrize("mode", MODES)
def test_the_timeline_runs_through_all_layers(mode: Mode) -> None:
    """Forward in order, then, in training, the loss, the layers backwards, and the optimizer."""
    graph = report_of("D").graph
    names = [node.name for node in graph.nodes if node.in_model]
    footprint = measure(graph, Workload(mode=mode))
    points = [(point.node, point.phase) for point in footprint.timeline]
    forward = [(name, "forward") for name in names]

    if mode == "inference":
        assert points == forward
    else:
        backward = [(name, "backward") for name in reversed(names)]
        assert points == [*forward, ("predictions", "loss"), *backward, ("fc1", "optimizer")]


def test_json_of_memory() -> None:
    """The layout is stable: version 1, and its parts add up to the peak."""
    page = memory_page(measure(report_of("D").graph, Workload(mode="training")))
    data = json.loads(render(page, "json", Target()))

    assert data["schema"] == 1
    assert data["peak"] == {"bytes": 1_722_992_880, "layer": "block3_relu3", "phase": "backward"}
    assert sum(part["bytes"] for part in data["parts"]) == data["peak"]["bytes"]
    assert all(part["bytes"] == sum(item["bytes"] for item in part["items"]) for part in data["parts"])
    assert data["workload"]["optimizer"]["name"] == "momentum"
    assert set(data["timeline"][0]) == {"layer", "phase", "bytes"}


def test_json_of_fit() -> None:
    """What binds is the first batch that does not fit; without any batch there is no peak."""
    found = fit(report_of("D").graph, Workload(), 24 * 2**30)
    data = json.loads(json.dumps(fit_page(found).data()))

    assert (data["batch"], data["binds"]["batch"], data["binds"]["layer"]) == (918, 919, "block1_conv2")
    assert data["peak_bytes"] <= data["budget_bytes"] < data["binds"]["bytes"]

    nothing = fit(report_of("D").graph, Workload(mode="training"), 2 * 2**30)
    data = json.loads(json.dumps(fit_page(nothing).data()))

    assert (data["batch"], data["peak_bytes"]) == (0, None)
    assert "does not fit" in str(fit_page(nothing).shown[0])


@pytest.mark.parametrize(
    ("workload", "message"),
    [
        (Workload(mode="training", dtype=find_dtype("int8")), "nothing is trained in int8"),
        (Workload(dtype=find_dtype("bf16"), autocast=find_dtype("bf16")), "autocast keeps the parameters"),
    ],
)
def test_runs_that_torch_does_not_have(workload: Workload, message: str) -> None:
    """The message says what to change."""
    with pytest.raises(UsageError, match=message):
        measure(report_of("D").graph, workload)


def test_nothing_to_train() -> None:
    """A network without parameters has an inference peak and no training step."""
    graph = graph_of("{name: pools, input: [3, 8, 8], blocks: [[maxpool]]}")

    assert measure(graph, Workload()).peak.node == "block1_pool"
    with pytest.raises(UsageError, match="nothing to train"):
        measure(graph, Workload(mode="training"))


@pytest.mark.parametrize(
    ("part", "expected"), [(0, ""), (1, "▏"), (50, "█████"), (99, "█████████▉"), (100, "██████████")]
)
def test_bars(part: int, expected: str) -> None:
    """Ten characters for a hundred, in eighths; anything shows."""
    assert bar(part, 100, 10) == expected
