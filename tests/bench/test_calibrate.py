"""Predictions calibrated on other networks."""

from __future__ import annotations

import pytest

from tests.bench.literal_results import CEILINGS, DEVICE, EAGER, around
from tests.networks import report_of
from vggstat.cost.bench import BenchFile, BenchResult, LayerTime, Warned
from vggstat.cost.bench_json import results_text
from vggstat.cost.calibrate import calibrate, errors_against, predict
from vggstat.cost.devices import ceilings_named, is_same_device
from vggstat.cost.roofline import Roofline, roofline
from vggstat.cost.workload import Workload, find_dtype
from vggstat.errors import InputError, UsageError
from vggstat.render.views.calibration import calibration_page

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


def file_of(*names: str, device: str = DEVICE.name, **changes: object) -> BenchFile:
    """Results of some networks; ``changes`` are made to each."""
    return BenchFile(
        started="",
        device=DEVICE.replace(name=device),
        ceilings=(CEILINGS,),
        results=tuple(measured(name).replace(**changes) for name in names),
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
    with pytest.raises(UsageError, match=r"looked for layers of networks other than D .*hold D "):
        calibrate([file_of("D")], line_of("D"))


OTHERWISE: dict[str, dict[str, object]] = {
    "another device": {"device": "NVIDIA H100 80GB HBM3"},
    "a device of the same family": {"device": "NVIDIA H200 NVL"},
    "another mode": {"mode": "training", "optimizer": "momentum"},
    "another dtype": {"dtype": "float16"},
    "autocast": {"autocast": "float16"},
    "compiled": {"execution": "compiled"},
}


@pytest.mark.parametrize("otherwise", OTHERWISE)
def test_what_was_measured_otherwise_is_no_measure(otherwise: str) -> None:
    """It changes nothing beside what fits, and alone it is refused."""
    foreign = file_of("E", **OTHERWISE[otherwise])  # type: ignore[arg-type]

    assert calibrate([foreign, file_of("A")], line_of("D")).specs == ("A",)
    with pytest.raises(UsageError, match="nothing to calibrate with"):
        calibrate([foreign], line_of("D"))


def test_the_refusal_says_what_there_is() -> None:
    """What was looked for, and what each kind of result in the files is."""
    files = [
        file_of("A", "B", device="Some CPU", layers_method="the host's clock"),
        file_of("E", dtype="float32"),
    ]
    with pytest.raises(UsageError) as refusal:
        calibrate(files, line_of("D"), "events in a graph")

    text = str(refusal.value)
    assert "other than D (NVIDIA H200, inference, bf16, timed by events in a graph)" in text
    assert (
        "hold A, B (Some CPU, inference, bf16, timed by the host's clock); E (NVIDIA H200, inference, fp32,"
        in text
    )
    with pytest.raises(UsageError, match="the files hold no layers: measure some"):
        calibrate([], line_of("D"))


def test_a_datasheet_stands_for_the_device_that_torch_names() -> None:
    """``roofline --device h200`` predicts from results of an "NVIDIA H200", and not from those of another one."""
    sheet = ceilings_named("h200", BF16)
    line = roofline(report_of("D").graph, Workload(batch=32, dtype=BF16), sheet)

    assert sheet.name != DEVICE.name
    assert calibrate([file_of("A")], line).specs == ("A",)
    assert not is_same_device(sheet.name, "NVIDIA H200 NVL")
    assert not is_same_device("NVIDIA A100-SXM4-40GB", "NVIDIA A100-PCIE-40GB")  # two names, one sheet


EVENTS, HOST = EAGER.layers_method, "the host's clock between groups"


def test_layers_of_one_method_only() -> None:
    """Without a method given those of a CUDA graph count, and the page says what is left out; else the given one's."""
    files = [file_of("E", layers_method=HOST), file_of("A", "B")]
    chosen, given = calibrate(files, line_of("D")), calibrate(files, line_of("D"), HOST)
    words = str(calibration_page(predict(line_of("D"), chosen)).shown[1])

    assert (chosen.method, chosen.specs, chosen.left_out) == (EVENTS, ("A", "B"), (HOST,))
    assert (given.method, given.specs, given.left_out) == (HOST, ("E",), (EVENTS,))
    assert f"timed by {EVENTS}; what the files have by {HOST} is not used" in words


def test_what_it_rests_on_may_be_doubtful() -> None:
    """Warnings of the results used are told; of those not used they do not matter."""
    warned = (Warned("shared", "other programs took 85 % of the CPU meanwhile"),)
    files = [file_of("A"), file_of("B", warnings=warned), file_of("E", warnings=warned, layers_method=HOST)]
    page = calibration_page(predict(line_of("D"), calibrate(files, line_of("D"))))

    assert "rests on are doubtful by their warnings: B." in str(page.shown[1])
    assert "doubtful" not in str(calibration_page(predict(line_of("D"), calibrate(files[:1], line_of("D")))))


@pytest.mark.parametrize(("batch", "stated"), [(31, True), (32, False), (256, False)])
def test_the_goal_is_for_batches_of_32_and_more(batch: int, stated: bool) -> None:
    """Below that the page says that it is none."""
    prediction = predict(line_of("D", batch), calibrate([file_of("A")], line_of("D", batch)))

    assert ("batches of 32 and more" in str(calibration_page(prediction).shown[1])) is stated


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
