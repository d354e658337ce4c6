"""Predictions calibrated on other networks."""

from __future__ import annotations

import pytest

from tests.bench.literal_results import CEILINGS, DEVICE, EAGER, around
from tests.networks import report_of
from vggstat.cost.bench import BenchFile, BenchResult, LayerTime
from vggstat.cost.bench_json import results_text
from vggstat.cost.calibrate import calibrate, errors_against, predict
from vggstat.cost.devices import ceilings_named
from vggstat.cost.roofline import Roofline, roofline
from vggstat.cost.workload import Workload, find_dtype
from vggstat.errors import InputError, UsageError
from vggstat.present.views.calibration import calibration_page

BF16 = find_dtype("bf16")
EFFICIENCIES = {"conv": 0.6, "pool": 0.5, "fc": 0.4}


def line_of(name: str, batch: int = 32) -> Roofline:
    return roofline(report_of(name).graph, Workload(batch=batch, dtype=BF16), CEILINGS.ceilings)


def measured(name: str, *, first: float = 0.1) -> BenchResult:
    """A result in which every kind has one efficiency, and the first convolution its own."""
    line = line_of(name)
    layers = []
    for at, layer in enumerate(line.layers):
        efficiency = first if at == 0 else EFFICIENCIES[layer.kind]
        layers.append(
            LayerTime(
                name=layer.name,
                kind=layer.kind,
                samples_s=around(layer.fused_s / efficiency),
                flops=layer.flops,
                bytes=layer.bytes,
                bound_s=layer.fused_s,
                limit=layer.limit,
                input_channels=3 if at == 0 else 64 if layer.kind == "conv" else 0,
            )
        )
    return EAGER.replace(
        spec=name,
        digest=line.graph.spec.digest,
        batch=32,
        layers=tuple(layers),
        samples_s=around(sum(layer.median_s for layer in layers)),
        first_s=None,
        host_samples_s=(),
    )


def file_of(*names: str) -> BenchFile:
    return BenchFile(
        started="", device=DEVICE, ceilings=(CEILINGS,), results=tuple(measured(name) for name in names)
    )


def test_d_from_a_b_and_e() -> None:
    """Where efficiencies depend on the kind alone, the prediction is exact, the first convolution too."""
    prediction = predict(line_of("D"), calibrate([file_of("A", "B"), file_of("E")], line_of("D")))
    errors = errors_against(prediction, measured("D"))

    assert errors is not None
    assert errors.layers == 21
    assert abs(errors.worst) < 1e-6
    assert prediction.calibration.specs == ("A", "B", "E")
    assert prediction.expected is not None
    assert prediction.expected.median < 1e-6


def test_the_network_itself_is_never_used() -> None:
    """Results of D say nothing about D: with them alone there is nothing to calibrate on."""
    with pytest.raises(UsageError, match="no layers of other networks in bf16"):
        calibrate([file_of("D")], line_of("D"))


def test_one_network_alone_has_no_expected_error() -> None:
    """There is nothing to leave out."""
    prediction = predict(line_of("D"), calibrate([file_of("A")], line_of("D")))

    assert prediction.expected is None
    assert "cannot be said" in str(calibration_page(prediction).shown[1])


def test_unlike_layers_fall_back_to_their_kind() -> None:
    """At a batch 1,000 times larger no layer is near, so the median of the kind counts."""
    calibration = calibrate([file_of("A", "B")], line_of("D"))
    efficiency, basis, _ = calibration.efficiency("conv", 10**18, 10**15)

    assert basis == "kind"
    assert efficiency == pytest.approx(0.6)
    assert calibration.efficiency("lrn", 0, 10**9)[1] == "all"


def test_ceilings_by_name_and_by_file(tmp_path: object) -> None:
    """A device's name gives the datasheet's, a file what was measured, and given rates take their place."""
    path = f"{tmp_path}/h200.json"
    with open(path, "w", encoding="utf-8") as file:
        file.write(results_text(file_of("A")))

    assert ceilings_named("h200", BF16).flops_per_s == 989.5e12
    assert ceilings_named(path, BF16).flops_per_s == pytest.approx(790e12)
    assert ceilings_named("h200", BF16, tflops=790, bandwidth=4.3).bytes_per_s == pytest.approx(4.3e12)
    with pytest.raises(InputError, match="no ceilings measured in fp32, only in bf16"):
        ceilings_named(path, find_dtype("fp32"))
    with pytest.raises(UsageError, match="--tflops takes a rate above 0"):
        ceilings_named("h200", BF16, tflops=0)
