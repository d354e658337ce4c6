"""Several devices: what scaling says, which device is an outlier, and how both are shown."""

from __future__ import annotations

import json

import pytest

from tests.bench.literal_results import CEILINGS, DEVICE, EAGER, around
from vggstat.cost.bench import BenchFile, BenchResult, Telemetry
from vggstat.cost.bench_compare import compare_results
from vggstat.cost.bench_json import parse_results, results_text
from vggstat.cost.outliers import shares_of
from vggstat.cost.scaling import Scaling, ScalingPoint, ring_bytes
from vggstat.errors import InputError
from vggstat.render import render
from vggstat.render.page import Page, Target
from vggstat.render.views.bench import bench_page
from vggstat.render.views.scaling import scaling_page

PARAMETERS = 138_357_544


def text_of(page: Page) -> str:
    return render(page, "text", Target(width=110))


@pytest.mark.parametrize(
    ("processes", "sent"),
    [(1, 0), (2, 4 * PARAMETERS), (4, 6 * PARAMETERS), (8, 7 * PARAMETERS)],
)
def test_bytes_of_a_ring(processes: int, sent: int) -> None:
    """4 B x parameters x 2 (N - 1) / N: once the gradients with two, nearly twice with many; nothing alone."""
    assert ring_bytes(4 * PARAMETERS, processes) == sent


POINTS = (
    ScalingPoint(processes=1, samples_s=around(0.100)),
    ScalingPoint(processes=2, samples_s=around(0.120), unsynced_samples_s=around(0.105)),
    ScalingPoint(processes=4, samples_s=around(0.125), unsynced_samples_s=around(0.105)),
)
SCALING = Scaling(
    spec="D", title="VGG-16", dtype="float32", image=(3, 224, 224), batch=32, optimizer="momentum",
    implementation="foreach", backend="nccl", gradient_bytes=4 * PARAMETERS, points=POINTS,
)  # fmt: skip
SCALED = BenchFile(device=DEVICE, results=(), scaling=(SCALING,))


def test_what_scaling_says() -> None:
    """4 x 32 images in 125 ms are 1,024 a second, 0.8 of four times 320; 20 ms of the all-reduce are exposed."""
    point = POINTS[2]
    ratio = SCALING.efficiency(point)

    assert SCALING.images_per_s(point) == pytest.approx(1024, rel=1e-3)
    assert ratio is not None
    assert ratio.value == pytest.approx(0.8, rel=1e-3)
    assert ratio.interval.low < 0.8 < ratio.interval.high
    assert point.exposed_s == pytest.approx(0.020, rel=1e-2)
    low, high = point.exposed_interval_s or (0.0, 0.0)
    assert low < 0.020 < high
    assert POINTS[0].exposed_s is None


def test_without_one_process_alone_there_is_no_efficiency() -> None:
    """Interrupted before: what it would be held against is not there."""
    assert SCALING.replace(points=POINTS[1:]).efficiency(POINTS[1]) is None


def test_the_page_of_scaling() -> None:
    """By processes: the step, images a second, efficiency, the all-reduce, and what is sent."""
    text = text_of(scaling_page(SCALED))

    assert "4      125.0 ms" in text
    assert "80 %" in text
    assert "830.1" in text  # 6 x 138,357,544 B in MB
    assert "nccl, batch 32 of each process; gradients 553.4 MB" in text
    assert "statistics" not in text
    assert "statistics of each process's own batch" in text_of(
        scaling_page(SCALED.replace(scaling=(SCALING.replace(has_batch_norm=True),)))
    )


def test_scaling_comes_back() -> None:
    """Written with what is derived, read from the samples; broken ones are refused with their place."""
    text = results_text(SCALED)
    data = json.loads(text)
    data["scaling"][0]["points"][1]["samples_s"] = []

    assert parse_results(text, "x.json") == SCALED
    assert json.loads(text)["scaling"][0]["points"][2]["sent_bytes"] == 6 * PARAMETERS
    with pytest.raises(InputError, match=r"scaling\[0\]\.points\[1\]\.samples_s"):
        parse_results(json.dumps(data), "x.json")


# devices one after the other


def node(*seconds: float) -> tuple[BenchResult, ...]:
    """D on so many GPUs of a node."""
    return tuple(
        EAGER.replace(
            device=f"cuda:{number}", samples_s=around(time), layers=(), memory=None,
            telemetry=Telemetry(clock_mhz=(1980, 1900 - number), temperature_c=(50, 60 + number)),
        )
        for number, time in enumerate(seconds)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "odd"),
    [
        ((7.2e-3, 7.2e-3, 7.21e-3, 7.2e-3), []),
        ((7.2e-3, 7.2e-3, 7.21e-3, 7.72e-3), ["cuda:3"]),
        ((7.2e-3, 6.5e-3, 7.21e-3, 7.72e-3), ["cuda:1", "cuda:3"]),
        ((7.2e-3, 7.4e-3, 7.2e-3), []),  # 2.8 % more are within the rule
        ((7.2e-3, 9e-3), []),  # of two nobody knows which is the odd one
    ],
)
def test_outliers(seconds: tuple[float, ...], odd: list[str]) -> None:
    """More than 3 % from the median of all, with the whole interval."""
    (shares,) = shares_of(node(*seconds))

    assert [share.result.device for share in shares if share.is_outlier] == odd


def test_a_noisy_device_is_no_outlier() -> None:
    """Its median is 7 % off, but its interval reaches the others."""
    steady = node(7.2e-3, 7.2e-3, 7.2e-3)
    noisy = node(7.2e-3, 7.2e-3, 7.2e-3, 7.7e-3)[3].replace(samples_s=around(7.7e-3, spread=0.5))
    (shares,) = shares_of((*steady, noisy))

    assert not any(share.is_outlier for share in shares)


def test_configurations_apart() -> None:
    """Batches are not held against one another, and what only one device ran is no comparison."""
    results = (*node(7.2e-3, 7.2e-3), EAGER.replace(batch=1), *node(7.2e-3, 7.2e-3)[:0])

    assert [len(shares) for shares in shares_of(results)] == [2]


def test_the_page_of_a_node() -> None:
    """A row a device, with its clock; the outlier by name, and the rule."""
    file = BenchFile(device=DEVICE, ceilings=(CEILINGS,), results=node(7.2e-3, 7.2e-3, 7.2e-3, 7.72e-3))
    text = text_of(bench_page(file))

    assert "cuda:3 takes 7.2 % more time than the median of 4" in " ".join(text.split())
    assert "1,897" in text
    assert " device  batch" in text


def test_devices_are_compared_by_name() -> None:
    """Two files of a node: each device against itself; of two machines with one GPU each, whatever its number."""
    before = BenchFile(device=DEVICE, results=node(7.2e-3, 7.2e-3))
    after = BenchFile(device=DEVICE, results=node(7.2e-3, 8.2e-3))
    one, other = (BenchFile(device=DEVICE, results=(result,)) for result in node(7.2e-3, 8.2e-3))

    assert [pair.verdict for pair in compare_results(before, after).pairs] == ["no difference", "slower"]
    assert [pair.verdict for pair in compare_results(one, other).pairs] == ["slower"]
