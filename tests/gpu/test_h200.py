"""What was measured on an H200 in one run of ``measure.sh``: the goals that it reached, and README's figures from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.networks import report_of
from vggstat.cost.bench import BenchFile, BenchResult
from vggstat.cost.bench_json import parse_results
from vggstat.cost.calibrate import calibrate, errors_against, predict
from vggstat.cost.report import analyze
from vggstat.cost.roofline import roofline
from vggstat.cost.workload import Workload, find_dtype

FOLDER = Path(__file__).parents[1] / "data" / "h200"
README = Path(__file__).parents[2] / "README.md"
NAMES = ("infer_big", "infer_mid", "infer_one", "calib", "train")


def file_of(name: str) -> BenchFile:
    return parse_results((FOLDER / f"{name}.json").read_text(encoding="utf-8"), name)


def row(name: str, execution: str) -> BenchResult:
    return next(result for result in file_of(name).results if result.execution == execution)


def images_per_s(name: str, execution: str) -> float:
    speed = row(name, execution).images_per_s
    assert speed is not None
    return speed


@pytest.mark.parametrize("name", NAMES)
def test_memory_is_predicted_to_the_byte(name: str) -> None:
    """Requested at the peak = the pass's tensors + workspaces found in the allocator's trace; nothing is left over."""
    memories = [result.memory for result in file_of(name).results if result.memory is not None]

    assert memories
    for memory in memories:
        assert memory.unexplained_bytes == 0
        assert not memory.strays
        assert all("the allocator's trace" in workspace.evidence for workspace in memory.scratch)


def test_fused_reaches_the_goal() -> None:
    """80 % of the 22,700 images/s that no kernel traffic but a fused one's would leave at 790 TFLOP/s and 4.3 TB/s."""
    assert images_per_s("infer_big", "fused+graph") >= 0.8 * 22_700


@pytest.mark.parametrize("name", ["infer_big", "infer_mid", "train"])
def test_layers_add_up_to_the_pass(name: str) -> None:
    """Within 3 % of the same CUDA graph without events."""
    eager, graph = row(name, "eager"), row(name, "graph")
    rows = sum(layer.median_s + (layer.backward_s or 0.0) for layer in eager.layers)

    assert graph.timing is not None
    assert rows == pytest.approx(graph.timing.median_s, rel=0.03)


def test_nothing_is_faster_than_its_bound() -> None:
    """Neither a layer nor a whole pass, with the ceilings of the same run."""
    for name in NAMES:
        for result in file_of(name).results:
            assert result.timing is not None
            assert result.bound_s is not None
            assert result.timing.median_s >= result.bound_s
            for layer in result.layers:
                assert layer.median_s >= 0.98 * (layer.bound_s or 0.0), (name, layer.name)


def test_d_is_predicted_from_a_and_e() -> None:
    """The goal is a median error of 10 % a layer; README states what was reached."""
    result = row("infer_mid", "eager")
    workload = Workload(batch=32, dtype=find_dtype("bf16"))
    ceilings = file_of("infer_mid").ceilings_of(result)
    assert ceilings is not None
    line = roofline(analyze(report_of("D").graph, workload).graph, workload, ceilings.ceilings)
    errors = errors_against(predict(line, calibrate([file_of("calib")], line)), result)

    assert errors is not None
    assert errors.median <= 0.1
    assert f"within {100 * errors.median:.1f} % at the median" in " ".join(README.read_text("utf-8").split())


def test_readme_states_what_was_measured() -> None:
    """Each figure of its table, from the files."""
    text = README.read_text("utf-8")
    executions = ("eager", "graph", "compiled+graph", "fused+graph")
    speeds = [f"{images_per_s('infer_mid', name):,.0f} images/s" for name in executions]
    times = [1e6 * row("infer_one", name).timing.median_s for name in executions]  # type: ignore[union-attr]
    steps = [f"{images_per_s('train', name):,.0f} images/s" for name in executions[:3]]

    assert f"| inference, batch 32 | {' | '.join(speeds)} |" in text
    assert f"| inference, batch 1 | {' | '.join(f'{time:.1f} µs' for time in times)} |" in text
    assert f"autocast | {' | '.join(steps)} | – |" in text
