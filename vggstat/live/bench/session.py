"""One configuration on one device: its model, its stopwatches, and the results they make."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, NamedTuple, cast

import torch

from vggstat.cost.bench import (
    BenchPlan,
    BenchResult,
    Counted,
    Execution,
    LayerTime,
    MeasuredCeilings,
    MemoryBridge,
    Parts,
    Timing,
)
from vggstat.cost.footprint import measure
from vggstat.cost.report import Report
from vggstat.cost.roofline import LayerBound, Roofline, roofline
from vggstat.cost.workload import DType
from vggstat.errors import VggstatError
from vggstat.live.bench.clock import Clock, CpuClock, CudaClock
from vggstat.live.bench.compiled import CompileFailedError, compile_pass, quiet
from vggstat.live.bench.counted import check_counted, check_groups
from vggstat.live.bench.graphs import Captured, GraphWatch, PrimedWatch, capture
from vggstat.live.bench.memory import bytes_of_others, cpu_bridge, cuda_bridge
from vggstat.live.bench.passes import BACKWARD, LOSS, OPTIMIZER, TimedPass
from vggstat.live.bench.settings import available_bytes, numerics
from vggstat.live.bench.stopwatch import Mark, Stopwatch
from vggstat.live.bench.telemetry import Reading, Sensors, between, worse
from vggstat.shapes import feature_map

__all__ = ["Configuration", "Session", "clock_for", "is_out_of_memory", "predicted_bytes"]

IN_GRAPH = "events inside one CUDA graph of the whole pass"
PRIMED = "eager, events behind a wait that lets the host queue the whole pass"
ON_HOST = "the host's clock between groups, caches as the pass leaves them"

_CAPTURE_ERRORS = (RuntimeError, TypeError)
"""What capture raises; TypeError where torch has no external events yet."""


class Configuration(NamedTuple):
    """What is measured: the plan, and the report whose workload says how it is run."""

    plan: BenchPlan
    report: Report

    @property
    def multiplied_in(self) -> DType:
        """The format of the matrix products."""
        return self.report.workload.autocast or self.report.workload.dtype


def clock_for(device: torch.device) -> Clock:
    """The clock of a device."""
    return CudaClock(torch.cuda) if device.type == "cuda" else CpuClock()


def predicted_bytes(report: Report) -> int:
    """The predicted peak of a run; 0 where there is no such run."""
    try:
        return measure(report.graph, report.workload).peak.bytes
    except VggstatError:
        return 0


def is_out_of_memory(error: BaseException) -> bool:
    """Whether torch could not get memory, on a GPU or on a CPU."""
    text = str(error)
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in text


class Session:
    """Opened, its stopwatches stand ready to take turns; closed, its memory is free again."""

    def __init__(
        self,
        configuration: Configuration,
        device: torch.device,
        clock: Clock,
        sensors: Sensors | None = None,
    ) -> None:
        self.configuration = configuration
        self.plan = configuration.plan
        self.report = configuration.report
        self.device = device
        self.clock = clock
        self.sensors = sensors
        self.timed: TimedPass | None = None
        self.watches: dict[Execution, Stopwatch] = {}
        self.layers: Stopwatch | None = None
        self.layers_method = ""
        self.memory: MemoryBridge | None = None
        self.counted: tuple[Counted, ...] = ()
        self.errors: dict[Execution, str] = {}
        self.notes: dict[Execution, str] = {}
        self.before: Reading | None = None
        self.busy: Reading | None = None
        """What the sensors of a GPU said while it worked."""
        self.after: Reading | None = None
        self.pool: Any = None
        """The memory that this configuration's CUDA graphs share."""
        self.has_room = True
        """Whether there is memory for CUDA graphs beside the eager pass: they keep theirs."""

    # opening ----------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Builds the model, checks it, makes the cold call, measures memory, and readies every stopwatch."""
        self.before = self.sensors.read() if self.sensors else None
        others = 0
        if self.device.type == "cuda":
            others = bytes_of_others(self.device)
            torch.cuda.empty_cache()
            self.has_room = 2 * predicted_bytes(self.report) <= available_bytes(self.device)
            self.pool = torch.cuda.graph_pool_handle()
        with self._context():
            self.timed = TimedPass(self.report, self.device, channels_last=self.plan.channels_last)
        self.counted = check_counted(self.timed)
        eager = self._watch("eager", self.timed.run)
        eager.start()
        self.watches["eager"] = eager
        with self._context():
            self.counted = (*self.counted, check_groups(self.timed))
        with self._context(), self._inference():
            self.memory = self._measure_memory(others)
        self._ready_layers()
        if "graph" in self.plan.executions:
            self._ready_graph("graph", self.timed.run)
        if self.plan.compile_mode != "off":
            self._ready_compiled()

    def _measure_memory(self, others: int) -> MemoryBridge | None:
        assert self.timed is not None
        if not predicted_bytes(self.report):
            return None
        run = self.timed.run
        if self.device.type == "cuda":
            return cuda_bridge(self.timed, lambda: run(_unmarked), others=others)
        return cpu_bridge(self.timed, lambda: run(_unmarked))

    def _ready_layers(self) -> None:
        assert self.timed is not None
        timed, groups = self.timed, self.timed.groups()

        def run(mark: Mark) -> None:
            timed.run_groups(groups, mark)

        if self.device.type == "cpu":
            self.layers_method = ON_HOST
            self.layers = self._watch("layers", run)
        else:
            self.layers, self.layers_method = self._graph_of_layers(run)
        self.layers.start()

    def _graph_of_layers(self, run: Callable[[Mark], object]) -> tuple[Stopwatch, str]:
        """One graph with events between the groups; where it cannot be captured, eager behind a wait."""
        clock = cast(CudaClock, self.clock)
        try:
            captured = self._capture(run, with_events=True)
        except _CAPTURE_ERRORS as error:
            clock.synchronize()
            self.notes["eager"] = f"layers not in a CUDA graph, which failed: {_first_line(error)}"
            return PrimedWatch("layers", run, clock, **self._settings()), PRIMED
        return GraphWatch("layers", captured, clock, **self._settings()), IN_GRAPH

    def _capture(self, run: Callable[[Mark], object], *, with_events: bool) -> Captured:
        if not self.has_room:
            raise RuntimeError("there is no memory for it beside the eager pass")
        cuda = cast(CudaClock, self.clock).cuda
        return capture(run, cuda, with_events=with_events, context=self._both, pool=self.pool)

    def _ready_graph(self, execution: Execution, run: Callable[[Mark], object]) -> None:
        clock = cast(CudaClock, self.clock)
        try:
            captured = self._capture(run, with_events=False)
        except _CAPTURE_ERRORS as error:
            clock.synchronize()
            if execution == "graph":
                self.errors[execution] = f"capture failed, the eager row stands alone: {_first_line(error)}"
                return
            # A compiled pass that cannot be captured is still worth its time.
            self.watches["compiled"] = self._watch("compiled", run)
            self.watches["compiled"].start()
            self.notes["compiled"] = f"without a CUDA graph, whose capture failed: {_first_line(error)}"
            return
        self.watches[execution] = GraphWatch(execution, captured, clock, **self._settings())
        self.watches[execution].start()

    def _ready_compiled(self) -> None:
        assert self.timed is not None
        timed = self.timed
        execution: Execution = "compiled+graph" if "compiled+graph" in self.plan.executions else "compiled"
        try:
            with quiet():
                forward = compile_pass(timed, self.plan.compile_mode)
                watch = self._watch("compiled", lambda mark: timed.run(mark, forward))
                watch.start()  # compiles
        except (KeyboardInterrupt, CompileFailedError):
            raise
        except Exception as error:
            if is_out_of_memory(error):
                raise
            self.errors[execution] = f"torch.compile failed: {_first_line(error)}"
            return
        if execution == "compiled":
            self.watches["compiled"] = watch
        else:
            self._ready_graph(execution, lambda mark: timed.run(mark, forward))
            self.watches[execution if execution in self.watches else "compiled"].first_s = watch.first_s

    def _watch(self, name: str, run: Callable[[Mark], object]) -> Stopwatch:
        return Stopwatch(name, run, self.clock, **self._settings())

    def _settings(self) -> dict[str, Any]:
        return {
            "limit_s": self.plan.seconds,
            "target": self.plan.target,
            "context": self._both,
            "while_busy": self._read_sensors,
        }

    def _read_sensors(self) -> None:
        if self.sensors:
            self.busy = worse(self.busy, self.sensors.read())

    def _context(self) -> AbstractContextManager[Any]:
        return numerics(self.configuration.multiplied_in, self.device)

    def _inference(self) -> AbstractContextManager[Any]:
        assert self.timed is not None
        return self.timed.context()

    @contextmanager
    def _both(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(self._context())
            stack.enter_context(self._inference())
            yield

    # turns ------------------------------------------------------------------------------------------------

    @property
    def all_watches(self) -> tuple[Stopwatch, ...]:
        """The whole network's and the layers': they take turns, so that drift meets them alike."""
        layers = (self.layers,) if self.layers else ()
        return (*self.watches.values(), *layers)

    def close(self) -> None:
        """Frees the memory; what was measured stays."""
        # An idle GPU says nothing of how it ran; what a CPU says is counted from the start of the machine.
        self.after = self.busy or (self.sensors.read() if self.sensors else None)
        self.timed = None
        for watch in self.all_watches:
            watch.run = _nothing
            if isinstance(watch, GraphWatch):
                watch.captured.graph = None
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    # results ----------------------------------------------------------------------------------------------

    def results(self, ceilings: MeasuredCeilings | None) -> tuple[BenchResult, ...]:
        """A row for each execution that was measured or failed; nothing before the first sample."""
        timed = {name: timing for name, watch in self.watches.items() if (timing := watch.timing())}
        line = None
        if ceilings is not None and timed:  # what torch refuses to run has no bounds either
            line = roofline(self.report.graph, self.report.workload, ceilings.ceilings)
        found = [self._result(name, self.watches[name], timing, line) for name, timing in timed.items()]
        for execution, error in self.errors.items():
            found.append(self.failed(error, execution))
        return tuple(found)

    def _result(
        self, execution: Execution, watch: Stopwatch, timing: Timing, line: Roofline | None
    ) -> BenchResult:
        is_eager = execution == "eager"
        training = self.report.workload.mode == "training"
        return self.failed("", execution).replace(
            samples_s=timing.samples_s,
            first_s=timing.first_s,
            host_samples_s=timing.host_samples_s,
            parts=Parts(
                forward=_part(watch, "forward") if training else None,
                backward=_part(watch, "backward"),
                optimizer=_part(watch, OPTIMIZER),
            ),
            bytes=sum(layer.bytes for layer in line.layers) if line else 0,
            fused_bound_s=line.fused_s if line else None,
            eager_bound_s=line.eager_s if line else None,
            layers=self._layer_times(line) if is_eager and line else (),
            layers_method=self.layers_method if is_eager else "",
            layers_pass="graph" if self.layers_method == IN_GRAPH and "graph" in self.watches else "eager",
            memory=self.memory if is_eager else None,
            telemetry=between(self.before, self.after),
        )

    def failed(self, error: str, execution: Execution = "eager") -> BenchResult:
        """The row of a configuration without a time, and why."""
        report, workload = self.report, self.report.workload
        training = workload.mode == "training"
        return BenchResult(
            spec=report.name,
            title=report.graph.spec.title,
            digest=report.graph.spec.digest,
            device="cpu" if self.device.type == "cpu" else f"cuda:{self.device.index or 0}",
            dtype=workload.dtype.name,
            autocast=workload.autocast.name if workload.autocast else None,
            image=feature_map(report.graph.image, "the model"),
            head=report.graph.head,
            classes=report.graph.classes,
            batch=workload.batch,
            mode=workload.mode,
            optimizer=workload.optimizer.name if training else None,
            execution=execution,
            compile_mode=self.plan.compile_mode if execution.startswith("compiled") else "off",
            channels_last=self.plan.channels_last,
            flops=report.training_flops if training else report.total.flops,
            counted=self.counted,
            error=error,
            predicted_bytes=predicted_bytes(report),
            note=self.notes.get(execution, ""),
        )

    def _layer_times(self, line: Roofline) -> tuple[LayerTime, ...]:
        watch = self.layers
        if watch is None or not watch.samples:
            return ()
        channels = {
            node.name: node.in_shapes[0][0]
            for node in self.report.graph.nodes
            if node.layer.row_kind == "conv"
        }
        rows = [_layer(layer, watch, channels.get(layer.name, 0)) for layer in line.layers]
        for name in (LOSS, OPTIMIZER):
            if watch.section(name):
                rows.append(
                    LayerTime(
                        name=name,
                        kind=name,
                        samples_s=watch.section(name),
                        backward_samples_s=watch.section(BACKWARD + name),
                        flops=0,
                        bytes=sum(kernel.bytes for kernel in line.beside if kernel.direction == name),
                        bound_s=line.seconds("optimizer", fused=True) if name == OPTIMIZER else 0.0,
                        limit="memory",
                    )
                )
        return tuple(row for row in rows if row.samples_s)


def _layer(layer: LayerBound, watch: Stopwatch, channels: int) -> LayerTime:
    return LayerTime(
        name=layer.name,
        kind=layer.kind,
        samples_s=watch.section(layer.name),
        backward_samples_s=watch.section(BACKWARD + layer.name),
        flops=layer.flops,
        bytes=layer.bytes,
        eager_bytes=layer.bytes_of(fused=False),
        input_channels=channels,
        bound_s=layer.fused_s,
        limit=layer.limit,
        backward_bound_s=layer.seconds("backward"),
        backward_flops=layer.flops_of("backward"),
        backward_bytes=layer.bytes_of("backward"),
    )


def _part(watch: Stopwatch, name: str) -> Timing | None:
    samples = watch.section(name)
    return Timing(samples_s=samples) if samples else None


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 200 else f"{text[:197]}..."


def _unmarked(name: str) -> None:
    """A mark that nobody reads."""


def _nothing(mark: Mark) -> None:
    """What a closed stopwatch runs."""
