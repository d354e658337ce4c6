"""What runs only on a GPU, against a stand-in for ``torch.cuda``."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from tests.bench.fake_cuda import FakeCuda
from tests.bench.fake_trace import Trace
from tests.networks import report_of
from vggstat.cost.calibrate import preferred
from vggstat.cost.footprint import measure
from vggstat.cost.optimizer import find_optimizer
from vggstat.cost.plausibility import throttling
from vggstat.cost.workload import find_dtype
from vggstat.errors import UsageError
from vggstat.measure.bench import memory, session
from vggstat.measure.bench.clock import CudaClock
from vggstat.measure.bench.graphs import GraphWatch, PrimedWatch, capture
from vggstat.measure.bench.network import NETWORK
from vggstat.measure.bench.run import _current
from vggstat.measure.bench.settings import numerics, require_dtype
from vggstat.measure.bench.stopwatch import Mark, Stopwatch, take_turns
from vggstat.measure.bench.telemetry import GpuSensors, Reading, between, worse
from vggstat.measure.products import multiplied
from vggstat.measure.step import capturable, make_optimizer

GROUPS = {"block1": 3.0, "block2": 2.0, "fc": 1.0}


def layered(cuda: FakeCuda) -> Any:
    def run(mark: Mark) -> None:
        for name, milliseconds in GROUPS.items():
            cuda.kernel(milliseconds)
            mark(name)

    return run


def rows(cuda: FakeCuda) -> Any:
    """The same as rows of layers."""
    return SimpleNamespace(run=layered(cuda), watched=nullcontext)


def test_events_of_a_graph_add_up_to_the_pass() -> None:
    """Each replay records the events anew; the sections telescope into the whole."""
    cuda = FakeCuda()
    captured = capture(layered(cuda), cuda, with_events=True)
    watch = GraphWatch("layers", captured, CudaClock(cuda), limit_s=0.01)
    watch.start()
    take_turns([watch])

    for name, milliseconds in GROUPS.items():
        assert watch.sections[name] == pytest.approx([milliseconds / 1e3] * len(watch.samples))
    assert watch.samples == pytest.approx([6e-3] * len(watch.samples))
    assert len(watch.samples) >= 10


def test_a_graph_without_events_is_timed_from_outside() -> None:
    """Replays lie between two events on the stream; several are queued before the host waits."""
    cuda = FakeCuda()
    watch = GraphWatch(
        "graph", capture(layered(cuda), cuda, with_events=False), CudaClock(cuda), limit_s=0.01
    )
    watch.start()
    watch.turn()

    assert watch.sections == {}
    assert watch.samples == pytest.approx([6e-3] * len(watch.samples))
    assert len(watch.host_samples) == len(watch.samples) > 1


def test_a_primed_run_does_not_count_its_wait() -> None:
    """The wait that lets the host run ahead stands before the first section."""
    cuda = FakeCuda()
    watch = PrimedWatch("layers", layered(cuda), CudaClock(cuda), limit_s=0.01)
    watch.start()
    watch.turn()

    assert watch.samples == pytest.approx([6e-3] * len(watch.samples))
    assert set(watch.sections) == set(GROUPS)


def test_eager_runs_are_read_after_the_device_is_there() -> None:
    """A stand-in that is asked for a time while work is pending refuses."""
    cuda = FakeCuda()
    watch = Stopwatch("eager", layered(cuda), CudaClock(cuda), limit_s=0.01)
    watch.start()
    watch.turn()

    assert watch.sections["block2"] == pytest.approx([2e-3] * len(watch.samples))


def bare_session(cuda: FakeCuda) -> Any:
    made: Any = object.__new__(session.Session)
    made.clock, made.notes, made.errors, made.watches = CudaClock(cuda), {}, {}, {}
    made.pool, made.has_room, made.sensors, made.busy = "pool of this session", True, None, None
    made.plan = SimpleNamespace(seconds=0.01, target=0.01)
    made.timed, made.what = SimpleNamespace(capturable=nullcontext), NETWORK
    made._both = lambda: torch.inference_mode()
    return made


def test_layers_fall_back_where_capture_fails() -> None:
    """The fallback is named, with torch's reason, and times all the same."""
    cuda = FakeCuda(capture_fails=True)
    made = bare_session(cuda)
    watch, method = made._graph_of_layers(rows(cuda))

    assert isinstance(watch, PrimedWatch)
    assert "eager" in method
    assert made.notes["eager"] == (
        "layers not in a CUDA graph, which failed: CUDA error: operation not permitted when stream is capturing"
    )


def test_rows_are_watched_while_they_are_recorded() -> None:
    """A model's hooks are there for the capture, and gone for the replays, which need none; where it fails, for each turn."""
    watched: list[bool] = []

    class Watched:
        words = ""
        now = False

        @contextmanager
        def watched(self) -> Iterator[None]:
            self.now = True
            yield
            self.now = False

        def run(self, mark: Mark) -> None:
            watched.append(self.now)
            mark("row")

    for fails in (False, True):
        made = bare_session(FakeCuda(capture_fails=fails))
        watch, _ = made._graph_of_layers(Watched())
        recorded = len(watched)
        watch.start()

        assert isinstance(watch, PrimedWatch) is fails
        assert (len(watched) > recorded) is fails
        assert all(watched)


def test_rows_of_a_graph_that_cannot_be_captured() -> None:
    """The eager one becomes a row with the reason; the compiled one is timed without a graph."""
    cuda = FakeCuda(capture_fails=True)
    made = bare_session(cuda)
    made._ready_graph("graph", layered(cuda))
    made._ready_graph("compiled+graph", layered(cuda))

    assert made.errors["graph"].startswith("capture failed")
    assert list(made.watches) == ["compiled"]
    assert made.notes["compiled"].startswith("without a CUDA graph")


class Timed:
    """As much of a TimedPass as the bridge asks for."""

    def __init__(self) -> None:
        self.report = report_of("D@bf16")
        self.workload = self.report.workload
        self.device = torch.device("cuda", 0)

    def counter_bytes(self) -> int:
        return 0


def test_the_bridge_on_cuda() -> None:
    """Workspaces come from the trace, and nothing is left unexplained; steps follow the reference's order."""
    timed: Any = Timed()
    peak = measure(timed.report.graph, timed.workload).peak
    workspace = 33_554_432
    cuda = FakeCuda(
        stats={
            "requested_bytes.all.peak": peak.bytes + workspace,
            "allocated_bytes.all.peak": peak.bytes + workspace + 512,
            "reserved_bytes.all.peak": peak.bytes + workspace + 2**21,
        }
    )
    held = ("parameters", "optimizer state", "input")
    items = [item for item in peak.items if item.part not in held]
    trace = Trace()
    for item in items:
        trace.take(item.bytes, "output")
    trace.take(workspace, "cuBLAS")
    cuda.memory.trace = trace.entries
    runs: list[int] = []
    bridge = memory.cuda_bridge(timed, lambda: runs.append(1), cuda)

    assert (bridge.unexplained_bytes, bridge.workspace_bytes, bridge.device_bytes) == (0, workspace, 30)
    assert bridge.measured_at == bridge.predicted_at == peak.node
    assert len(runs) == 3 + 1 + 1
    assert cuda.calls == ["empty_cache", "reset_peak"]
    assert cuda.memory.recording == ["all", None]


def test_a_failed_capture_leaves_the_stream_as_it_was() -> None:
    """torch leaves the stream of the capture in place where its end fails; what comes after would run on that."""
    cuda = FakeCuda(capture_fails=True)
    with pytest.raises(RuntimeError, match="stream is capturing"):
        capture(layered(cuda), cuda, with_events=False)

    assert cuda.current_stream() is cuda.own


def test_a_failed_capture_is_followed_by_a_fresh_pool() -> None:
    """What lies in the old one is unknown: the next capture of the configuration gets one of its own."""
    cuda = FakeCuda(capture_fails=True)
    made = bare_session(cuda)
    made._graph_of_layers(rows(cuda))
    after_the_first = made.pool
    cuda.capture_fails = False
    made._ready_graph("graph", layered(cuda))

    assert cuda.pools == ["pool of this session", after_the_first]
    assert after_the_first != "pool of this session"
    assert "graph" in made.watches


def test_an_error_that_sticks_is_told_from_one_that_does_not() -> None:
    """A refused capture is this row's; after an illegal access every call fails, and the whole run ends."""
    cuda = FakeCuda(capture_fails=True)
    made = bare_session(cuda)
    made._graph_of_layers(rows(cuda))
    cuda.lost = "CUDA error: an illegal memory access was encountered\nmore"

    assert CudaClock(cuda).failure() == "CUDA error: an illegal memory access was encountered"
    with pytest.raises(session.DeviceLostError, match="illegal memory access"):
        made._ready_graph("graph", layered(cuda))


@pytest.mark.parametrize("rule", ["adam", "adamw"])
def test_adam_s_counters_lie_on_the_device_only_while_a_step_is_recorded(rule: str) -> None:
    """An eager step counts on the host, where it is faster; what is recorded goes on counting on what it was given."""
    model = torch.nn.Linear(3, 2)
    optimizer = make_optimizer(find_optimizer(rule), model)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    before = [state["step"] for state in optimizer.state.values()]
    with capturable(optimizer, torch.device("meta")) as counters:
        inside = [state["step"].device.type for state in optimizer.state.values()]
        assert all(group["capturable"] for group in optimizer.param_groups)

    assert inside == ["meta", "meta"]
    assert len(counters) == 2
    assert [state["step"] for state in optimizer.state.values()] == before
    assert not any(group["capturable"] for group in optimizer.param_groups)
    optimizer.step()


def test_other_configurations_are_left_out() -> None:
    """What else the sweep holds on the device is taken off the peak; rounding is then not known."""
    stats = {f"{kind}_bytes.all.peak": 1000 for kind in ("requested", "allocated", "reserved")}
    cuda = FakeCuda(stats={**stats, "requested_bytes.all.current": 400})
    timed: Any = Timed()
    others = memory.bytes_of_others(timed.device, cuda)
    bridge = memory.cuda_bridge(timed, lambda: None, cuda, others=others)

    assert (others, bridge.requested_peak_bytes, bridge.allocated_peak_bytes) == (400, 600, None)


def test_without_a_trace_the_peaks_still_stand() -> None:
    """The history is private to torch: where it fails the bridge says so and names no workspace."""
    cuda = FakeCuda(stats={f"{kind}_bytes.all.peak": 7 for kind in ("requested", "allocated", "reserved")})
    cuda.memory = SimpleNamespace()  # type: ignore[assignment]
    bridge = memory.cuda_bridge(Timed(), lambda: None, cuda)  # type: ignore[arg-type]

    assert bridge.requested_peak_bytes == 7
    assert "no allocator trace" in bridge.error


class Nvml:
    """As much of pynvml as is read; it has nothing that could set anything."""

    NVML_CLOCK_SM, NVML_TEMPERATURE_GPU = 1, 0
    nvmlClocksThrottleReasonSwPowerCap = 4  # noqa: N815
    nvmlClocksThrottleReasonHwSlowdown = 8  # noqa: N815

    def __init__(self, reasons: int, processes: tuple[int, ...]) -> None:
        self.reasons, self.processes = reasons, processes

    def nvmlDeviceGetClockInfo(self, handle: Any, kind: int) -> int:  # noqa: N802
        return 1980

    def nvmlDeviceGetMaxClockInfo(self, handle: Any, kind: int) -> int:  # noqa: N802
        assert kind == self.NVML_CLOCK_SM
        return 2010

    def nvmlDeviceGetTemperature(self, handle: Any, kind: int) -> int:  # noqa: N802
        raise RuntimeError("not supported")

    def nvmlDeviceGetPowerUsage(self, handle: Any) -> int:  # noqa: N802
        return 620_500

    def nvmlDeviceGetPowerManagementLimit(self, handle: Any) -> int:  # noqa: N802
        return 700_000

    def nvmlDeviceGetComputeRunningProcesses(self, handle: Any) -> list[Any]:  # noqa: N802
        return [SimpleNamespace(pid=pid) for pid in self.processes]

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle: Any) -> int:  # noqa: N802
        return self.reasons


def test_telemetry() -> None:
    """Units are converted, a sensor that fails is left out, and reasons before or under load both count.

    Of three programs on the device one is this one, under whatever number.
    """
    before, after = GpuSensors(Nvml(0, ()), None).read(), GpuSensors(Nvml(4, (1, 2, 3)), None).read()
    found = between(before, after)

    assert found is not None
    assert (found.clock_mhz, found.temperature_c, found.power_w) == (
        (1980, 1980),
        (None, None),
        (620.5, 620.5),
    )
    assert (found.power_limit_w, found.throttled, found.other_processes) == (700.0, ("power cap",), 2)
    assert (found.max_clock_mhz, found.clock_share) == (2010, 1980 / 2010)


def test_a_driver_without_a_highest_clock() -> None:
    """The sensor is left out, and with it the verdict."""

    class Older(Nvml):
        def nvmlDeviceGetMaxClockInfo(self, handle: Any, kind: int) -> int:  # noqa: N802
            raise RuntimeError("not supported")

    reading = GpuSensors(Older(0, ()), None).read()
    found = between(reading, reading)

    assert found is not None
    assert (found.max_clock_mhz, throttling(found)) == (None, "not known")


def test_layers_in_a_cuda_graph_are_preferred() -> None:
    """The words for the methods are those that a calibration goes by."""
    methods = (session.PRIMED, session.ON_HOST, session.IN_GRAPH)

    assert preferred(methods) == session.IN_GRAPH
    assert preferred(methods[:2]) == session.PRIMED


def test_sensors_are_read_while_the_device_works() -> None:
    """An idle GPU is neither throttled nor hot: the reading of a turn is taken before the host waits."""
    cuda = FakeCuda()
    seen: list[bool] = []
    watch = Stopwatch(
        "eager",
        layered(cuda),
        CudaClock(cuda),
        limit_s=0.01,
        while_busy=lambda: seen.append(cuda.pending),
    )
    watch.start()
    watch.turn()
    watch.turn()

    assert seen == [True, True]


def test_the_worst_reading_under_load_counts() -> None:
    """The lowest clock, the highest temperature, every reason: whenever they were seen."""
    first = Reading(clock_mhz=1200, temperature_c=80, throttled=("power cap",), other_processes=1)
    found = worse(worse(None, first), Reading(clock_mhz=1980, temperature_c=60, power_w=300.0))

    assert found == Reading(
        clock_mhz=1200, temperature_c=80, power_w=300.0, throttled=("power cap",), other_processes=1
    )


def test_the_first_run_of_a_turn_is_not_read() -> None:
    """Other configurations have had the caches, and captures the allocator's memory: it takes longer."""
    cuda = FakeCuda()
    state = {"cold": False}

    def run(_: Mark) -> None:
        cuda.kernel(50.0 if state["cold"] else 1.0)
        state["cold"] = False

    watch = Stopwatch("eager", run, CudaClock(cuda), limit_s=0.01)
    watch.start()
    for _ in range(3):
        state["cold"] = True
        watch.turn()

    assert watch.samples == pytest.approx([1e-3] * len(watch.samples))


def test_the_graphs_of_one_configuration_share_their_memory() -> None:
    """Each would keep as much as the pass takes; one pool is enough, for they never run at the same time."""
    cuda = FakeCuda()
    made = bare_session(cuda)
    made._graph_of_layers(rows(cuda))
    made._ready_graph("graph", layered(cuda))

    assert cuda.pools == ["pool of this session"] * 2


def test_no_graph_where_it_would_not_fit_beside_the_eager_pass() -> None:
    """Rather than to run out of memory: layers behind a wait, and a row that says why."""
    cuda = FakeCuda()
    made = bare_session(cuda)
    made.has_room = False
    watch, _ = made._graph_of_layers(rows(cuda))
    made._ready_graph("graph", layered(cuda))

    assert isinstance(watch, PrimedWatch)
    assert "no memory for it beside the eager pass" in made.notes["eager"]
    assert "no memory for it beside the eager pass" in made.errors["graph"]
    assert cuda.pools == []


def test_a_torch_without_external_events() -> None:
    """Before torch 2.8 the argument is unknown: the layers are timed eagerly, and nothing crashes."""

    class Older(FakeCuda):
        def Event(self, **settings: Any) -> Any:  # noqa: N802  torch's name
            if "external" in settings:
                raise TypeError("Event() got an unexpected keyword argument 'external'")
            return super().Event(**settings)

    cuda = Older()
    made = bare_session(cuda)
    watch, _ = made._graph_of_layers(rows(cuda))

    assert isinstance(watch, PrimedWatch)
    assert "unexpected keyword argument" in made.notes["eager"]


def products() -> dict[str, Any]:
    """Every switch of cuDNN and of matrix products as it is set."""
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    names = inspect.signature(torch.backends.cudnn.flags).parameters
    found = {name: getattr(cudnn, name) for name in names}
    precisions = {"matmul": getattr(matmul, "fp32_precision", None)}
    return {**found, **precisions, "matmul.allow_tf32": matmul.allow_tf32}


@pytest.mark.parametrize(("word", "allowed"), [("tf32", True), ("fp32", False), ("bf16", False)])
def test_products_on_a_gpu(word: str, allowed: bool) -> None:
    """cuDNN is on and searches, TF32 is on in both libraries or in none, and what was set comes back.

    Inductor asks ``fp32_precision`` for Triton's convolutions and products, which has to say the same.
    """
    before = products()
    with numerics(find_dtype(word), torch.device("cuda", 0)):
        inside = products()

    assert (inside["enabled"], inside["benchmark"]) == (True, True)
    assert (inside["allow_tf32"], inside["matmul.allow_tf32"]) == (allowed, allowed)
    assert {inside["fp32_precision"], inside["matmul"]} == {"tf32" if allowed else "ieee"}
    assert products() == before


def test_flags_that_nobody_asked_to_change_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """``cudnn.flags`` resets what it is not given: each flag that this torch has is given, as it is set or as wanted."""
    given: list[dict[str, Any]] = []
    flags = torch.backends.cudnn.flags

    @functools.wraps(flags)
    def noted(**settings: Any) -> Any:
        given.append(settings)
        return flags(**settings)

    monkeypatch.setattr(type(torch.backends.cudnn), "flags", staticmethod(noted), raising=False)
    with multiplied(tf32=False, search=True):
        pass
    with multiplied(tf32=False, search=True, plans=0):
        pass

    assert set(given[0]) == set(inspect.signature(flags).parameters)
    assert given[0]["benchmark_limit"] == torch.backends.cudnn.benchmark_limit
    assert given[0]["deterministic"] == torch.backends.cudnn.deterministic
    assert given[1]["benchmark_limit"] == 0


def test_a_real_forward_pass_leaves_cudnn_on() -> None:
    """torch.backends.cudnn.flags turns cuDNN off where it is not told otherwise."""
    before = products()
    with multiplied(tf32=False, search=False):
        inside = products()

    assert (inside["enabled"], inside["benchmark"]) == (True, False)
    assert products() == before


def test_events_belong_to_the_device_that_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """cuda:1 is made the current device: events and streams are made there."""
    chosen: list[Any] = []

    @contextmanager
    def device(which: Any) -> Iterator[None]:
        chosen.append(which)
        yield

    monkeypatch.setattr(torch.cuda, "device", device)
    with _current(torch.device("cuda", 1)), _current(torch.device("cpu")):
        pass

    assert chosen == [torch.device("cuda", 1)]


def test_formats_that_an_old_gpu_lacks() -> None:
    """Below compute capability 8.0 there is neither tf32 nor bf16."""
    cuda = SimpleNamespace(get_device_capability=lambda _: (7, 5), get_device_name=lambda _: "Tesla T4")
    device = torch.device("cuda", 0)

    require_dtype(find_dtype("fp16"), device, cuda)
    for word in ("tf32", "bf16"):
        with pytest.raises(UsageError, match=rf"Tesla T4 \(compute capability 7.5\) has no {word}"):
            require_dtype(find_dtype(word), device, cuda)
