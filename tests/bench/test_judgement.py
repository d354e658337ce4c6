"""What is said of a measurement: warnings, worst layers, and where memory went."""

from __future__ import annotations

import pytest

from tests.bench.fake_trace import TENSORS, WORKSPACES, forward_pass, frames, stripped
from tests.bench.literal_results import CEILINGS, EAGER, FILE, around
from tests.networks import report_of
from vggstat.cost.advice import apart, saved_by_compiling, worst_layers
from vggstat.cost.bench import BenchResult, LayerTime, Telemetry, Timing, Warned
from vggstat.cost.bridge import Allocation, attribute, library_of_frames, replay
from vggstat.cost.footprint import measure
from vggstat.cost.plausibility import Throttling, throttling, with_warnings
from vggstat.cost.workload import Workload, find_dtype


def codes(*results: BenchResult) -> list[set[str]]:
    return [{warning.code for warning in result.warnings} for result in with_warnings(results, [CEILINGS])]


def timed(seconds: float, **changes: object) -> BenchResult:
    return EAGER.replace(samples_s=around(seconds), **changes)


def test_a_sound_result_has_no_warning() -> None:
    """Neither the device nor the times give cause for doubt."""
    assert codes(EAGER) == [set()]


def test_more_work_yet_faster() -> None:
    """More FLOPs and more bytes, over 5 % faster: doubted. 4 % faster: not."""
    small = timed(7.2e-3, spec="A", flops=(EAGER.flops or 0) // 2, bytes=(EAGER.bytes or 0) // 2)

    assert codes(small, timed(6.0e-3)) == [set(), {"more-work-yet-faster"}]
    assert codes(small, timed(6.95e-3)) == [set(), set()]


def test_over_the_ceiling() -> None:
    """991 GFLOP in 1 ms are 1.25 times the matmul; in bfloat16 no Winograd explains it, in float16 it may."""
    (found,) = with_warnings([timed(1e-3)], [CEILINGS])
    (half,) = with_warnings([timed(1e-3, dtype="float16")], [CEILINGS.replace(dtype="fp16")])

    assert [warning.code for warning in found.warnings] == ["over-ceiling"]
    assert "Winograd" not in found.warnings[0].text
    assert "Winograd" in half.warnings[0].text


def test_throttled_and_shared() -> None:
    """Both are said: 1,386 of 1,980 MHz are 70 %, with the reason; and who else was there."""
    telemetry = Telemetry(
        clock_mhz=(1980, 1386), max_clock_mhz=1980, throttled=("power cap",), other_processes=2
    )
    (found,) = with_warnings([EAGER.replace(telemetry=telemetry)], [CEILINGS])

    assert [warning.text for warning in found.warnings] == [
        "the SM clock under load was 1,386 MHz, 70 % of the highest, 1,980 MHz: power cap",
        "2 other programs used the device meanwhile",
    ]
    assert codes(EAGER.replace(telemetry=Telemetry(others_share=0.3))) == [{"shared"}]


@pytest.mark.parametrize(
    ("clock", "highest", "reasons", "expected"),
    [
        (1782, 1980, ("power cap",), "not throttled"),  # 0.9 of the highest, and a GPU at its cap
        (1781, 1980, (), "throttled"),  # a lower clock is one, whatever the driver says
        (1980, 1980, ("hardware slowdown",), "throttled"),
        (1980, 1980, ("power cap", "thermal slowdown (software)"), "throttled"),
        (None, 1980, ("power cap",), "not known"),
        (1980, None, (), "not known"),
        (None, None, ("thermal slowdown (hardware)",), "throttled"),
    ],
)
def test_throttling_is_told_by_the_clock(
    clock: int | None, highest: int | None, reasons: tuple[str, ...], expected: Throttling
) -> None:
    """Hardware and temperature always count, the power cap alone never; the warning follows the same rule."""
    telemetry = Telemetry(clock_mhz=(300, clock), max_clock_mhz=highest, throttled=reasons)

    assert throttling(telemetry) == expected
    assert codes(EAGER.replace(telemetry=telemetry)) == [{"throttled"} if expected == "throttled" else set()]


def test_launches_of_the_host() -> None:
    """Launched in 6.48 ms, a run of 7.2 ms is launch-bound (0.9); in 6.4 ms it is not."""
    assert Timing(samples_s=(7.2e-3,) * 9, host_samples_s=(6.48e-3,) * 9).is_launch_bound
    assert not Timing(samples_s=(7.2e-3,) * 9, host_samples_s=(6.4e-3,) * 9).is_launch_bound
    assert not Timing(samples_s=(7.2e-3,) * 9).is_launch_bound


def test_a_host_that_waits_for_a_full_queue_is_not_slow() -> None:
    """Its first launches take 1 ms; the later ones wait for the device, 7.2 ms each."""
    timing = Timing(samples_s=(7.2e-3,) * 20, host_samples_s=(1e-3,) * 4 + (7.2e-3,) * 16)

    assert timing.host_s == pytest.approx(1e-3)
    assert not timing.is_launch_bound


def test_unsure() -> None:
    """Runs that differ by half of their time leave a wide interval."""
    assert codes(EAGER.replace(samples_s=around(7e-3, spread=1.0))) == [{"wide-interval", "wide-spread"}]


def test_worst_layers() -> None:
    """They are named by what they lose, and what separate kernels account for is computed.

    block1_conv2 moves 9,865,076,864 - 3,288,408,192 B more than its ideal: 1.529 ms at 4.3 TB/s. With 1.199 ms that is
    77 % of its 3.536 ms; 34 % without.
    """
    found = worst_layers(EAGER, CEILINGS)

    assert [(entry.layer, round(entry.reached, 2)) for entry in found] == [
        ("block1_conv2", 0.34),
        ("block1_conv1", 0.16),
        ("block1_pool", 0.47),
    ]
    assert {entry.verdict for entry in found} == {"separate kernels"}
    assert found[0].traffic == pytest.approx(9_865_076_864 / 3_288_408_192)
    assert found[0].reached_apart == pytest.approx((1.1988e-3 + 6_576_668_672 / 4.3e12) / 3.536e-3, rel=1e-3)


def worst_of(layer: LayerTime, **changes: object) -> tuple[str, float | None]:
    (found,) = worst_layers(EAGER.replace(layers=(layer,), **changes), CEILINGS)
    return found.verdict, found.reached_apart and round(found.reached_apart, 3)


def test_no_cause_where_none_is_computed() -> None:
    """Twice as slow, its kernels account for 39 % alone; without any, or where all of them cannot have run, nothing does."""
    first, second, pool = EAGER.layers
    slower = second.replace(samples_s=around(7.072e-3))

    assert worst_of(slower) == ("separate kernels in part", 0.386)
    assert worst_of(second.replace(eager_bytes=second.bytes)) == ("not measured", None)
    assert worst_of(second.replace(samples_s=around(1.8e-3))) == ("not measured", None)  # 2.728 ms with them
    assert worst_of(first, device="cpu") == ("not measured", None)  # there the library adds the bias
    assert worst_of(pool, device="cpu")[0] == "separate kernels"


def test_the_backward_pass_has_no_computed_cause() -> None:
    """The forward pass is accounted for, the backward one reaches a third of its bound."""
    layer = EAGER.layers[1]
    step = layer.replace(backward_samples_s=around(7e-3), backward_bound_s=2.4e-3)
    sound = step.replace(samples_s=around(4.0e-3), backward_samples_s=around(3e-3))

    assert worst_of(step)[0] == "separate kernels in part"
    assert worst_of(sound) == ("separate kernels in part", 0.682)
    assert worst_of(sound.replace(samples_s=around(3.8e-3)))[0] == "separate kernels"


def test_a_doubtful_result_names_no_cause() -> None:
    """Whatever the warning: the layers are named, and no more."""
    doubtful = EAGER.replace(warnings=(Warned("shared", "other programs took 85 % of the CPU meanwhile"),))
    found = worst_layers(doubtful, CEILINGS)

    assert {entry.verdict for entry in found} == {"doubtful"}
    assert all(entry.traffic is None and entry.reached_apart is None for entry in found)


def test_what_compiling_saved() -> None:
    """7.08 - 4.4 ms in the same graph; nothing where one is doubtful, within the noise, or not measured."""
    eager, graph, compiled = FILE.results[0], FILE.results[1], FILE.results[2].replace(warnings=())

    assert saved_by_compiling(eager, (eager, graph, compiled)) == pytest.approx(2.68e-3)
    assert saved_by_compiling(eager, FILE.results) is None
    assert saved_by_compiling(eager, (eager, graph, compiled.replace(samples_s=graph.samples_s))) is None
    assert saved_by_compiling(eager, (eager, compiled)) is None


def test_traffic_of_separate_kernels() -> None:
    """Both convolutions write and read their map twice more: 4 x 2 B x 3,211,264 x 256 each."""
    found = apart(EAGER, CEILINGS)

    assert found.pointwise_bytes == 2 * 4 * 2 * 3_211_264 * 256
    assert found.index_bytes == 8 * 802_816 * 256
    assert found.index_s == pytest.approx(found.index_bytes / 4.3e12, rel=1e-3)


# memory


def moments_of_d() -> tuple[object, ...]:
    return measure(report_of("D").graph, Workload(batch=1)).moments


MAP = 12_845_056
"""block1_conv1's and block1_conv2's output in float32."""


def test_library_scratch_is_told_from_tensors() -> None:
    """The reference's case: oneDNN's copy of a map is as large as a map, and its reordered weight 147,456 B."""
    live = [
        Allocation(MAP, "aten::resize_"),
        Allocation(MAP, "aten::resize_"),
        Allocation(MAP, "aten::mkldnn_convolution", "oneDNN scratch"),
        Allocation(147_456, "aten::mkldnn_convolution", "oneDNN scratch"),
    ]
    found = attribute(moments_of_d(), live)  # type: ignore[arg-type]

    assert found.node == "block1_conv2"
    assert sum(entry.bytes for entry in found.scratch) == MAP + 147_456 == 12_992_512


def test_what_nobody_asked_for_stays_unexplained() -> None:
    """A tensor that no prediction knows is not called scratch."""
    live = [
        Allocation(MAP, "aten::resize_"),
        Allocation(MAP, "aten::resize_"),
        Allocation(4096, "aten::empty"),
    ]

    assert attribute(moments_of_d(), live).scratch == ()  # type: ignore[arg-type]


def test_a_peak_that_scratch_moved() -> None:
    """The difference of the two predictions is a line, so that the bridge still adds up."""
    graph, workload = report_of("D").graph, Workload(batch=8, dtype=find_dtype("bf16"))
    footprint = measure(graph, workload)
    conv = next(moment for moment in footprint.moments if moment.node == "block1_conv2")
    held = ("parameters", "optimizer state", "input")
    live = [Allocation(item.bytes, "tensor") for item in conv.items if item.part not in held]
    live.append(Allocation(68_157_440, "trace", "cuDNN workspace"))
    found = attribute(footprint.moments, live)
    by_name = {entry.name: entry.bytes for entry in found.scratch}

    assert footprint.peak.node == "block1_pool"
    assert by_name == {"peak moved": conv.bytes - footprint.peak.bytes, "cuDNN workspace": 68_157_440}


@pytest.mark.parametrize("name", TENSORS)
def test_tensors_inside_a_library_s_work(name: str) -> None:
    """A convolution's output and gradients are allocated below cuDNN's frames, and are no workspace."""
    assert library_of_frames(frames(TENSORS[name])) == ""
    assert library_of_frames(frames(stripped(TENSORS[name]))) == ""


@pytest.mark.parametrize("name", WORKSPACES)
def test_workspaces_by_their_frames(name: str) -> None:
    """By the functions that take them; in a stripped torch by the library whose work it is, tensors aside."""
    library, stack = WORKSPACES[name]

    assert library_of_frames(frames(stack)) == library
    assert library_of_frames(frames(stripped(stack))) == library


def test_where_torch_is_installed_says_nothing() -> None:
    """Frames of Python and of no name show no library."""
    assert library_of_frames([{"name": "relu", "filename": "/envs/cudnn9/lib/torch/nn/functional.py"}]) == ""
    assert library_of_frames([{"name": "??", "filename": "??"}]) == ""


def test_workspaces_of_a_pass() -> None:
    """84,934,656 B of a workspace at block1_conv1, gone by the peak, and 33,554,432 B at block1_conv2, which is the peak:
    33,554,432 B are explained by cuDNN, and the rest by tensors that were predicted one by one.
    """
    graph, workload = report_of("D").graph, Workload(batch=16, dtype=find_dtype("bf16"))
    moments = measure(graph, workload).moments
    spaces = {"block1_conv1": 84_934_656, "block1_conv2": 33_554_432}
    live, kept = replay(forward_pass(graph, 16, 2, spaces).entries)
    found = attribute(moments, live, kept)
    moved = next(moment for moment in moments if moment.node == "block1_conv2").bytes - max(
        moment.bytes for moment in moments
    )

    # at block1_conv1 16 x 64 x 224 x 224 x 2 B and the workspace, at block1_conv2 twice that map and a smaller one
    assert 102_760_448 + 84_934_656 < 2 * 102_760_448 + 33_554_432
    assert found.node == "block1_conv2"
    assert {entry.name: entry.bytes for entry in found.scratch} == {
        "peak moved": moved,
        "cuDNN workspace": 33_554_432,
    }
    assert found.strays == ()


def test_a_workspace_never_stands_for_a_tensor() -> None:
    """Were every allocation taken for one, nothing would be explained: the maps are then missing."""
    graph, workload = report_of("D").graph, Workload(batch=8, dtype=find_dtype("bf16"))
    live, _ = replay(forward_pass(graph, 8, 2, {}).entries)
    flagged = [entry._replace(library="cuDNN workspace") for entry in live]
    found = attribute(measure(graph, workload).moments, flagged)

    assert found.strays
    assert all(stray.name == "predicted, not seen" for stray in found.strays)
    assert sum(stray.bytes for stray in found.strays) < 0


def test_tensors_that_only_one_side_knows_are_told() -> None:
    """One of 4,096 B is seen and not predicted, with the operation that asked; where it stands for another one, both."""
    graph, workload = report_of("D").graph, Workload(batch=1)
    trace = forward_pass(graph, 1, 4, {})
    trace.entries.insert(
        0, {"action": "alloc", "addr": -1, "size": 4096, "frames": frames(TENSORS["FC output"])}
    )
    live, _ = replay(trace.entries)
    (stray,) = attribute(measure(graph, workload).moments, live).strays

    assert (stray.name, stray.bytes) == ("seen, not predicted", 4096)
    assert stray.evidence.endswith("at::native::structured_addmm_out_cuda::impl")


@pytest.mark.parametrize(
    ("made", "size"),
    [
        (("input gradient",), 0),
        (("input gradient", "weight gradient"), 4 * 64 * 64 * 9),
        (("input gradient", "weight gradient", "bias gradient"), 4 * 64 * 64 * 9 + 4 * 64),
    ],
)
def test_the_backward_pass_of_a_convolution_is_three_moments(made: tuple[str, ...], size: int) -> None:
    """Input gradient, then weight's, then bias's: a workspace may stand beside each, and make it the peak."""
    graph, workload = report_of("D").graph, Workload(batch=1, mode="training")
    moments = [
        moment
        for moment in measure(graph, workload).moments
        if (moment.node, moment.phase) == ("block1_conv2", "backward")
    ]
    held = ("parameters", "optimizer state", "input")
    here = moments[len(made) - 1]
    live = [Allocation(item.bytes, "a tensor") for item in here.items if item.part not in held]
    found = attribute(
        measure(graph, workload).moments, [*live, Allocation(10**9, "the trace", "cuDNN workspace")]
    )

    assert len(moments) == 3
    assert here.bytes - moments[0].bytes == size
    assert found.node == "block1_conv2"
    assert found.strays == ()


def test_replaying_a_trace() -> None:
    """The peak's allocations, and the workspace that outlives the pass apart from them."""
    trace = [
        {"action": "alloc", "addr": 1, "size": 100, "frames": frames(TENSORS["output"])},
        {"action": "alloc", "addr": 2, "size": 50, "frames": frames(WORKSPACES["forward"][1])},
        {"action": "segment_alloc", "addr": 9, "size": 2_000_000, "frames": []},
        {"action": "free_requested", "addr": 2, "size": 50, "frames": []},
        {"action": "free_completed", "addr": 2, "size": 50, "frames": []},
        {"action": "alloc", "addr": 3, "size": 33_554_432, "frames": frames(WORKSPACES["cuBLAS"][1])},
        {"action": "alloc", "addr": 2, "size": 20, "frames": frames(TENSORS["pool"])},
        {"action": "free_requested", "addr": 1, "size": 100, "frames": []},
        {"action": "free_requested", "addr": 2, "size": 20, "frames": []},
        {"action": "free_requested", "addr": 77, "size": 5, "frames": []},
    ]
    live, kept = replay(trace)

    assert sorted((entry.bytes, entry.library) for entry in live) == [(50, "cuDNN workspace"), (100, "")]
    assert [(entry.bytes, entry.library) for entry in kept] == [(33_554_432, "cuBLAS workspace")]


def test_the_bridge_of_the_literal_adds_up() -> None:
    """Predicted and workspaces are what was requested: 0 B unexplained."""
    memory = FILE.results[0].memory

    assert memory is not None
    assert memory.unexplained_bytes == 0
