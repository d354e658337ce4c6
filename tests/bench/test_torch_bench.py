"""Measuring for real, on a CPU and with a small network; what needs a GPU is marked so."""

from __future__ import annotations

import gc
from collections.abc import Callable
from time import perf_counter, sleep
from typing import Any

import pytest
import torch

from tests.networks import graph_of, report_of
from vggstat.cost.bench import BenchFile, BenchPlan
from vggstat.cost.bench_json import parse_results, results_text
from vggstat.cost.report import Report, analyze
from vggstat.cost.workload import Workload, find_dtype
from vggstat.measure.bench import run as run_module
from vggstat.measure.bench.clock import Clock, CpuClock
from vggstat.measure.bench.counted import DifferentModelError, check_counted, check_groups
from vggstat.measure.bench.groups import GroupRows
from vggstat.measure.bench.network import NETWORK, BuiltNetwork
from vggstat.measure.bench.passes import BACKWARD, TimedPass
from vggstat.measure.bench.run import Benchmark, Progress
from vggstat.measure.bench.session import Configuration
from vggstat.measure.bench.settings import choose_device
from vggstat.measure.bench.stopwatch import Mark, Stopwatch, take_turns
from vggstat.net.ops.base import Mode

SMALL = """
name: small
input: [3, 32, 32]
blocks:
  - [conv3-16, conv3-16, maxpool]
  - [conv3-32, {conv: {filters: 32, kernel: 3, norm: batch}}, maxpool]
head: flatten
classifier: [FC-64, FC-10, soft-max]
"""

CPU = torch.device("cpu")


def report_for(mode: Mode = "inference", batch: int = 4, text: str = SMALL) -> Report:
    return analyze(graph_of(text), Workload(batch=batch, mode=mode))


def configuration(mode: Mode = "inference", batch: int = 4, **changes: Any) -> Configuration:
    plan = BenchPlan(spec="small", batch=batch, dtype="fp32", mode=mode, seconds=0.15, **changes)
    return Configuration(plan, report_for(mode, batch))


def benchmark(*configurations: Configuration, **settings: Any) -> Benchmark:
    return Benchmark(configurations, CPU, ceiling_seconds=0.05, small_ceilings=True, **settings)


@pytest.fixture(scope="module")
def measured() -> BenchFile:
    """Inference and a training step in turns, measured once."""
    return benchmark(configuration(), configuration("training")).run()


def test_inference(measured: BenchFile) -> None:
    """Raw samples, the cold call apart, one row a group, and bounds beside them."""
    result = measured.results[0]
    names = [
        "block1_conv1",
        "block1_conv2",
        "block1_pool",
        "block2_conv1",
        "block2_conv2",
        "block2_bn2",
        "block2_pool",
    ]

    assert result.timing is not None
    assert (
        result.timing.count >= 3
    )  # ten where the machine is not so loaded that the time limit cuts them off
    assert result.timing.first_s is not None
    assert [layer.name for layer in result.layers][:2] == names[:2]
    assert {layer.name for layer in result.layers} >= {"fc1", "predictions", "block2_pool"}
    assert result.fused_bound_s is not None
    assert all(len(layer.samples_s) == len(result.layers[0].samples_s) for layer in result.layers)


def test_the_timed_model_is_the_counted_one(measured: BenchFile) -> None:
    """Shapes, parameters and operations were compared before, the output of the groups after the cold call."""
    counted = {entry.what: entry.found for entry in measured.results[0].counted}
    report = report_for()

    assert counted["parameters"] == report.total.params
    assert counted["operations"] > 0
    assert counted["output values"] == 4 * 10


def test_a_training_step(measured: BenchFile) -> None:
    """Forward, backward and optimizer apart; rows in both directions, loss and optimizer among them."""
    result = measured.results[1]

    assert result.parts.forward is not None
    assert result.parts.backward is not None
    assert result.parts.optimizer is not None
    rows = {layer.name: layer for layer in result.layers}
    assert {"loss", "optimizer"} <= set(rows)
    assert all(layer.backward_samples_s for name, layer in rows.items() if name != "optimizer")
    assert result.flops == report_for("training").training_flops


def test_memory_is_explained(measured: BenchFile) -> None:
    """In inference all but a few bytes of scalars are predicted, or a library's own scratch."""
    memory = measured.results[0].memory

    assert memory is not None
    assert memory.unexplained_bytes is not None
    assert abs(memory.unexplained_bytes) <= 64
    assert measured.results[1].memory is not None


def test_sections_telescope() -> None:
    """The rows of every single run add up to the run, whichever way the step goes."""
    timed = NETWORK.open(report_for("training"), CPU, channels_last=True)
    watch = Stopwatch("layers", GroupRows(timed).run, CpuClock(), limit_s=0.02)
    watch.start()
    watch.turn()
    whole = [sum(times) for times in zip(*watch.sections.values(), strict=True)]

    assert whole == [pytest.approx(sample, rel=1e-6) for sample in watch.samples]
    assert BACKWARD + "block1_conv1" in watch.sections


def test_the_file_comes_back(measured: BenchFile) -> None:
    """What a real run measured can be written and read."""
    assert parse_results(results_text(measured), "x.json").results == measured.results


@pytest.mark.parametrize("channels_last", [True, False])
@pytest.mark.parametrize("mode", ["inference", "training"])
def test_groups_compute_the_model_s_output(mode: Mode, channels_last: bool) -> None:
    """Run by groups the model gives the same values to the bit, in either layout."""
    timed = NETWORK.open(report_for(mode), CPU, channels_last=channels_last)

    assert check_groups(timed).found == 40
    assert timed.model.training == (mode == "training")


def test_another_model_is_refused() -> None:
    """A model that differs from the graph in one layer is not timed."""
    timed = NETWORK.open(report_for(), CPU, channels_last=True)
    other = SMALL.replace("conv3-32", "conv3-48", 1)
    timed.model = NETWORK.open(report_for(text=other), CPU, channels_last=True).model

    with pytest.raises(DifferentModelError, match="not the one that was counted"):
        check_counted(timed)


def test_nothing_global_is_left_behind() -> None:
    """Random state, default dtype, gradient mode and the garbage collector are as before."""
    before = (
        torch.random.get_rng_state().tolist(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        gc.isenabled(),
    )
    benchmark(configuration()).run()
    after = (
        torch.random.get_rng_state().tolist(),
        torch.get_default_dtype(),
        torch.is_grad_enabled(),
        gc.isenabled(),
    )

    assert before == after


class Interrupting(CpuClock):
    """Presses Ctrl-C after so many stamps."""

    def __init__(self, stamps: int) -> None:
        self.left = stamps

    def stamp(self) -> int:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt
        return super().stamp()


@pytest.mark.parametrize("stamps", [1, 10, 30])
def test_ctrl_c_keeps_what_was_measured(stamps: int) -> None:
    """At any moment the run ends with a file that can be written, and says that it was interrupted."""
    file = benchmark(configuration(), configuration(batch=2), clock=Interrupting(stamps)).run()

    assert file.interrupted
    assert parse_results(results_text(file), "x.json").interrupted
    assert all(result.timing for result in file.results)


def test_what_does_not_fit_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch beyond the memory is refused with its need; the sweep goes on."""
    big = configuration(batch=4_000_000)
    monkeypatch.setattr(run_module, "available_bytes", lambda _: 10**9)
    file = benchmark(big, configuration()).run()

    assert file.results[0].error.startswith("needs ")
    assert file.results[0].timing is None
    assert file.results[1].timing is not None


def test_out_of_memory_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """Torch's own refusal to allocate is a row with the predicted need, not a crash."""

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")

    monkeypatch.setattr(BuiltNetwork, "open", fail)
    (result,) = benchmark(configuration()).run().results

    assert result.error.startswith("out of memory: ")
    assert "predicted" in result.error


def test_what_torch_cannot_train_is_a_row() -> None:
    """A batch norm on one value per channel: torch's reason is passed on."""
    text = (
        "{name: one, input: [3, 1, 1], blocks: [[{conv: {filters: 4, kernel: 1, norm: batch}}]], head: none}"
    )
    plan = BenchPlan(spec="one", batch=1, dtype="fp32", mode="training", seconds=0.1)
    (result,) = benchmark(Configuration(plan, report_for("training", 1, text))).run().results

    assert "torch" in result.error
    assert result.timing is None


def test_compile_that_fails_is_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """The eager row stands, and the compiled one says why it is empty."""

    def fail(*_: Any, **__: Any) -> Callable[..., Any]:
        def call(_: Any) -> None:
            raise RuntimeError("no working C++ compiler\nlong story")

        return call

    monkeypatch.setattr(torch, "compile", fail)
    plan = configuration(executions=("eager", "compiled"))
    eager, compiled = benchmark(plan).run().results

    assert eager.timing is not None
    assert (compiled.execution, compiled.error) == (
        "compiled",
        "torch.compile failed: no working C++ compiler",
    )


def test_a_compiled_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiled pass is timed beside the eager one, its compilation being its first call (stand-in compiler)."""
    monkeypatch.setattr(torch, "compile", lambda forward, **_: forward)
    plan = configuration(executions=("eager", "compiled"))
    results = benchmark(plan).run().results

    assert [result.execution for result in results] == ["eager", "compiled"]
    assert results[1].timing is not None


def test_bfloat16_and_autocast() -> None:
    """Both ways to multiply in bfloat16 run on a CPU, under ceilings in bfloat16."""
    bf16 = find_dtype("bf16")
    reports = (
        analyze(graph_of(SMALL), Workload(batch=2, dtype=bf16)),
        analyze(graph_of(SMALL), Workload(batch=2, autocast=bf16, mode="training")),
    )
    plans = [BenchPlan(spec="small", batch=2, dtype="bf16", seconds=0.05) for _ in reports]
    file = benchmark(*map(Configuration, plans, reports)).run()

    assert [entry.dtype for entry in file.ceilings] == ["bf16"]
    assert all(result.timing for result in file.results)


@pytest.mark.parametrize("autocast", [True, False])
def test_a_cpu_s_autocast_is_not_cuda_s(*, autocast: bool) -> None:
    """LRN's formats under autocast are predicted as on CUDA; the bridge of a CPU says why bytes are left over."""
    text = "{name: lrn, input: [3, 16, 16], blocks: [[conv3-8, lrn, maxpool, conv3-4]]}"
    workload = Workload(batch=2, autocast=find_dtype("bf16") if autocast else None, mode="training")
    plan = BenchPlan(spec="lrn", batch=2, dtype="fp32", seconds=0.05)
    (result,) = benchmark(Configuration(plan, analyze(graph_of(text), workload))).run().results

    assert result.memory is not None
    assert ("predicted as on CUDA" in result.memory.error) is autocast


# the stopwatch itself


class Ticking(Clock):
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def stamp(self) -> float:
        return self.now

    def seconds(self, start: float, end: float) -> float:
        return end - start

    def synchronize(self) -> None:
        return None


def test_watches_take_turns() -> None:
    """A B A B: no watch is done before the other has begun; long past their time, three runs have to do."""
    order: list[str] = []
    clock = Ticking()

    def run_of(name: str, step: float) -> Callable[[Mark], None]:
        def run(_: Mark) -> None:
            order.append(name)
            clock.now += step

        return run

    watches = [
        Stopwatch(name, run_of(name, step), clock, limit_s=1e-9, discard_s=0)
        for name, step in (("a", 1), ("b", 2))
    ]
    take_turns(watches)

    assert order == ["a", "b"] * 3
    assert [watch.samples for watch in watches] == [[1.0] * 3, [2.0] * 3]


def test_length_follows_the_interval() -> None:
    """Equal samples are enough after ten; samples that differ go on until the limit."""
    steady = Stopwatch("steady", lambda _: None, Ticking(), limit_s=100)
    steady.samples, steady.turns = [1.0] * 10, 3
    noisy = Stopwatch("noisy", lambda _: None, Ticking(), limit_s=100)
    noisy.samples, noisy.turns = [1.0, 2.0] * 10, 3

    assert steady.is_done
    assert not noisy.is_done
    noisy.spent_s = 100
    assert noisy.is_done


def test_no_row_is_done_before_its_third_turn() -> None:
    """Equal samples of one turn say nothing about the next, in which the clock may be another one."""
    watch = Stopwatch("steady", lambda _: None, Ticking(), limit_s=1e-6, discard_s=0)
    watch.samples, watch.spent_s = [1.0] * 100, 100
    done = []
    for _ in range(3):
        watch.turn()
        done.append(watch.is_done)

    assert done == [False, False, True]


def test_the_beginning_of_a_turn_is_not_read() -> None:
    """Others have had the caches: what runs in the first 50 ms is left out, and is no part of the time spent."""
    runs: list[float] = []

    def run(_: Mark) -> None:
        runs.append(perf_counter())
        sleep(0.004)

    watch = Stopwatch("warming", run, CpuClock(), limit_s=0.08, discard_s=0.05)
    watch.turn()
    read = len(watch.samples)

    assert runs[-read] - runs[0] >= 0.05
    assert len(runs) > read
    assert watch.spent_s < 0.05


def test_a_run_that_takes_longer_than_that_warms_itself() -> None:
    """On a host a second is not given away to lose 50 ms."""
    runs: list[int] = []
    watch = Stopwatch("long", lambda _: runs.append(1), CpuClock(), limit_s=1e-9)
    watch.estimate_s = 1.0
    watch.turn()

    assert len(runs) == len(watch.samples) == 1


# what goes wrong


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RuntimeError("no kernel\nlong story"), "torch refused it: no kernel"),
        (TypeError("unexpected argument"), "it failed: TypeError: unexpected argument"),
        (ZeroDivisionError(), "it failed: ZeroDivisionError"),
    ],
)
def test_whatever_goes_wrong_is_a_row(error: Exception, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only what torch is known to raise: the row says what it was, and the sweep goes on."""
    made = BuiltNetwork.open
    failing = iter([True])

    def fail(*arguments: Any, **settings: Any) -> TimedPass:
        if next(failing, False):
            raise error
        return made(*arguments, **settings)

    monkeypatch.setattr(BuiltNetwork, "open", fail)
    first, second = benchmark(configuration(), configuration(batch=2)).run().results

    assert (first.error, first.timing) == (words, None)
    assert second.timing is not None


def failing_after(turns: int, name: str, error: Exception) -> Callable[..., None]:
    """``Stopwatch.turn`` that fails in one row after so many turns of it."""
    turn = Stopwatch.turn

    def fail(watch: Stopwatch, seconds: float | None = None) -> None:
        if watch.name == name and watch.turns == turns:
            raise error
        turn(watch, seconds)

    return fail


def test_a_row_that_fails_ends_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """The layers of one network fail in their second turn: its eager row stands and says so, and so do the others."""
    monkeypatch.setattr(Stopwatch, "turn", failing_after(1, "layers", RuntimeError("gone")))
    file = benchmark(configuration(), configuration(batch=2)).run()

    assert all(result.timing and len(result.timing.samples_s) >= 3 for result in file.results)
    assert all(result.layers for result in file.results)
    assert all("layers not timed to the end: gone" in result.note for result in file.results)


def test_a_row_without_a_sample_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first turn fails: the row has the reason in place of a time."""
    monkeypatch.setattr(torch, "compile", lambda forward, **_: forward)
    monkeypatch.setattr(Stopwatch, "turn", failing_after(0, "compiled", RuntimeError("gone")))
    eager, compiled = benchmark(configuration(executions=("eager", "compiled"))).run().results

    assert eager.timing is not None
    assert (compiled.timing, compiled.error) == (None, "gone")


def test_memory_that_cannot_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """It only adds to the row, which stands without it and says why."""

    def fail(*_: Any, **__: Any) -> None:
        raise KeyError("no such event")

    monkeypatch.setattr("vggstat.measure.bench.session.cpu_bridge", fail)
    (result,) = benchmark(configuration()).run().results

    assert result.timing is not None
    assert result.memory is None
    assert result.note == "memory not measured: KeyError: 'no such event'"


class Losing(CpuClock):
    """A device that fails for good after so many stamps."""

    def __init__(self, stamps: int) -> None:
        self.left = stamps

    def stamp(self) -> int:
        self.left -= 1
        if self.left < 0:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        return super().stamp()

    def failure(self) -> str:
        return "CUDA error: an illegal memory access was encountered" if self.left < 0 else ""


def test_a_device_that_is_lost_ends_the_run() -> None:
    """Every later call would fail: what was measured is there, and all that was not says why."""
    kept: list[BenchFile] = []
    # A whole run takes 2 stamps in each of 3 turns for the whole and the layers of two networks at least: 24. A busy
    # machine has little more than that, an idle one thousands.
    clock = Losing(20)
    plans = [configuration(batch=batch) for batch in (4, 2)]
    file = benchmark(*plans, clock=clock, keep=kept.append, ceiling_clock=CpuClock()).run()

    assert any("stopped working, and the run ends here" in failure for failure in file.failures)
    assert parse_results(results_text(file), "x.json").failures == file.failures
    assert {result.batch for result in file.results} == {4, 2}
    assert all(result.timing or "stopped working" in result.error for result in file.results)


def test_ceilings_that_cannot_be_measured_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rows then have no bounds, and the file says why."""

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes")

    monkeypatch.setattr("vggstat.measure.bench.ceilings.CeilingWatches.measure", fail)
    file = benchmark(configuration()).run()

    assert file.failures == (
        "ceilings in fp32 not measured: out of memory",
        "ceilings again in fp32 not measured: out of memory",
    )
    assert file.results[0].timing is not None
    assert file.results[0].bound_s is None


def test_results_are_kept_after_every_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not after a whole group of batches: whoever ends the program loses a turn, or a second."""
    monkeypatch.setattr(run_module, "KEPT_S", 0.0)
    kept: list[BenchFile] = []
    file = benchmark(configuration(), configuration(batch=2), keep=kept.append).run()
    counts = [sum(len(result.samples_s) for result in entry.results) for entry in kept]
    turns = 2 * 2 * 3  # two networks, each with its whole and its layers, three turns at least

    assert len(kept) >= turns
    assert counts == sorted(counts)
    assert [result.samples_s for result in kept[-1].results] == [result.samples_s for result in file.results]


def test_progress_ends_at_all() -> None:
    """From nothing to all, with the time left going to 0, and never on stdout."""
    seen: list[Progress] = []
    benchmark(configuration(), report_progress=seen.append).run()

    assert seen[0].done == 0
    assert seen[-1].done == pytest.approx(1)
    assert seen[-1].left_s == 0
    assert [step.done for step in seen] == sorted(step.done for step in seen)


def test_harness_overhead() -> None:
    """What the stopwatch adds to a run is far below 1 % of a millisecond: two stamps and a mark."""
    watch = Stopwatch("nothing", lambda mark: mark("all"), CpuClock(), limit_s=0.02)
    watch.start()
    watch.turn()

    assert sorted(watch.samples)[len(watch.samples) // 2] < 10e-6


def test_devices() -> None:
    """auto is the CPU where there is no GPU."""
    expected = "cuda" if torch.cuda.is_available() else "cpu"

    assert choose_device("auto").type == expected
    assert choose_device("cpu") == CPU


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device, and torch sees none here")
def test_on_a_gpu() -> None:
    """On a real GPU: memory explained to the byte, layers within 3 % of the graph, no fallback."""
    report = analyze(report_of("D").graph, Workload(batch=64, dtype=find_dtype("bf16")))
    plan = BenchPlan(
        spec="D",
        batch=64,
        dtype="bf16",
        seconds=1,
        executions=("eager", "graph", "compiled+graph", "fused+graph"),
    )
    results = {
        r.execution: r
        for r in Benchmark([Configuration(plan, report)], torch.device("cuda", 0)).run().results
    }
    eager, graph = results["eager"], results["graph"]

    assert set(results) == {"eager", "graph", "compiled+graph", "fused+graph"}
    assert eager.memory is not None
    assert (eager.memory.unexplained_bytes, eager.memory.strays) == (0, ())
    assert graph.timing is not None
    assert eager.layers_s == pytest.approx(graph.timing.median_s, rel=0.03)
    assert not eager.note
