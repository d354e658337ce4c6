"""One configuration on one device: its model, its stopwatches, and the results they make."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Any, Final, NamedTuple, cast

import torch

from vggstat.cost.bench import (
    EXECUTIONS,
    BenchPlan,
    Counted,
    Execution,
    MemoryBridge,
)
from vggstat.cost.footprint import measure
from vggstat.cost.report import Report
from vggstat.cost.statistics import median
from vggstat.cost.traffic import Style
from vggstat.cost.workload import DType
from vggstat.errors import UnknownMemoryError, UsageError, VggstatError
from vggstat.measure.bench.benchmarked import Benchmarked, Checked, Rows, Section
from vggstat.measure.bench.clock import Clock, CpuClock, CudaClock, first_line, named
from vggstat.measure.bench.compiled import compile_pass, quiet
from vggstat.measure.bench.fused import FusedPass
from vggstat.measure.bench.graphs import Captured, GraphWatch, PrimedWatch, capture
from vggstat.measure.bench.memory import bytes_of_others, cpu_bridge, cuda_bridge
from vggstat.measure.bench.network import NETWORK
from vggstat.measure.bench.passes import TimedPass
from vggstat.measure.bench.settings import available_bytes, numerics
from vggstat.measure.bench.stopwatch import Mark, Stopwatch
from vggstat.measure.bench.telemetry import Reading, Sensors, worse

__all__ = ["Configuration", "DeviceLostError", "Session", "clock_for", "is_out_of_memory", "predicted_bytes"]

IN_GRAPH = "events inside one CUDA graph of the whole pass"
PRIMED = "eager, events behind a wait that lets the host queue the whole pass"
ON_HOST = "the host's clock between groups, caches as the pass leaves them"

FAILED: Final[dict[Execution, str]] = {
    "graph": "no CUDA graph",
    "compiled": "torch.compile failed",
    "fused": "no fused pass",
}


class DeviceLostError(Exception):
    """Nothing runs on the device any more; the text is CUDA's reason."""


class Configuration(NamedTuple):
    """What is measured: the plan, the report whose workload says how it is run, and the model."""

    plan: BenchPlan
    report: Report
    what: Benchmarked = NETWORK

    @property
    def multiplied_in(self) -> DType:
        """The format of the matrix products."""
        return self.report.workload.autocast or self.report.workload.dtype


def clock_for(device: torch.device) -> Clock:
    """The clock of a device."""
    return CudaClock(torch.cuda) if device.type == "cuda" else CpuClock()


def predicted_bytes(report: Report) -> int | None:
    """The predicted peak of a run; None where nobody knows it, and 0 where there is no such run."""
    try:
        return measure(report.graph, report.workload, as_written=True).peak.bytes
    except UnknownMemoryError:
        return None
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
        self.what = configuration.what
        self.device = device
        self.clock = clock
        self.sensors = sensors
        self.timed: TimedPass | None = None
        self.fused: FusedPass | None = None
        self.styles: Mapping[str, Style] = {}
        """Which kernels each layer of the fused pass is."""
        self.watches: dict[Execution, Stopwatch] = {}
        self.layers: Stopwatch | None = None
        self.layers_method = ""
        self.sections: tuple[Section, ...] = ()
        """The rows of the layers."""
        self.loss = ""
        """What a training step goes down by, where it is not cross entropy."""
        self.unlike = ""
        """Why the graph's figures are not those of the pass."""
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
        """Builds the model, checks it, makes the cold call, measures memory, and readies every stopwatch.

        Raises what keeps the eager pass from running. What keeps another execution, the layers or the memory from being
        measured is said in their place.
        """
        self.before = self.sensors.read() if self.sensors else None
        others = 0
        if self.device.type == "cuda":
            others = bytes_of_others(self.device)
            torch.cuda.empty_cache()
            self.has_room = 2 * (predicted_bytes(self.report) or 0) <= available_bytes(self.device)
            self.pool = torch.cuda.graph_pool_handle()
        with self._context():
            self.timed = self.what.open(self.report, self.device, channels_last=self.plan.channels_last)
        self.loss = self.timed.chosen_loss.words
        self._take(self.what.check(self.timed))
        eager = self._watch("eager", self.timed.run)
        eager.start()
        self.watches["eager"] = eager
        with self._context():
            self._take(self.what.check_output(self.timed))
        if not self.plan.fastest:
            self._try("memory not measured", lambda: self._measure_memory(others))
            self._try("layers not timed", self._ready_layers)
        for execution in self.plan.executions[1:]:
            self._ready(execution)
        if self.plan.fastest:
            self._keep_the_fastest()

    def _take(self, checked: Checked) -> None:
        """What a check has found."""
        if checked.note:
            self._note("eager", checked.note)
        if checked.unlike and not self.unlike:
            self._note("eager", checked.unlike)
            self.unlike = checked.unlike
        self.counted = () if self.unlike else (*self.counted, *checked.counted)

    def _try(self, what: str, action: Callable[[], object]) -> None:
        """Does what only adds to the eager row: where it fails the row says so."""
        try:
            action()
        except Exception as error:
            self._fail_with_device(error)
            self._note("eager", f"{what}: {self._reason(error)}")

    def _fail_with_device(self, error: Exception) -> None:
        """Raises DeviceLostError where nothing runs on the device any more."""
        if failure := self.clock.failure():
            raise DeviceLostError(failure) from error

    def _reason(self, error: Exception) -> str:
        if is_out_of_memory(error):
            return "out of memory"
        if place := self.what.place_of(error):
            return place
        return first_line(error) if isinstance(error, RuntimeError | VggstatError) else named(error)

    def _note(self, execution: Execution, text: str) -> None:
        before = self.notes.get(execution)
        self.notes[execution] = f"{before}; {text}" if before else text

    def _measure_memory(self, others: int) -> None:
        assert self.timed is not None
        if predicted_bytes(self.report) == 0:
            return
        run = self.timed.run
        with self._both():
            if self.device.type == "cuda":
                bridge = cuda_bridge(self.timed, lambda: run(_unmarked), others=others)
            else:
                bridge = cpu_bridge(self.timed, lambda: run(_unmarked))
        self.memory = bridge.without_prediction(self.unlike) if self.unlike else bridge

    def _ready_layers(self) -> None:
        assert self.timed is not None
        with self._context():
            rows = self.what.rows(self.timed)
        if self.device.type == "cpu":
            method = ON_HOST
            self.layers = Stopwatch("layers", rows.run, self.clock, **self._settings_of(rows))
        else:
            self.layers, method = self._graph_of_layers(rows)
        self.layers.start()
        self.sections = rows.sections
        self.layers_method = f"{method}; {rows.words}" if rows.words else method

    def _graph_of_layers(self, rows: Rows) -> tuple[Stopwatch, str]:
        """One graph with events between the groups; where it cannot be captured, eager behind a wait."""
        clock = cast(CudaClock, self.clock)
        try:
            with rows.watched():
                captured = self._capture(rows.run, with_events=True)
        except Exception as error:
            self._fail_with_device(error)
            self._note("eager", f"layers not in a CUDA graph, which failed: {self._reason(error)}")
            return PrimedWatch("layers", rows.run, clock, **self._settings_of(rows)), PRIMED
        return GraphWatch("layers", captured, clock, **self._settings()), IN_GRAPH

    def _capture(self, run: Callable[[Mark], object], *, with_events: bool) -> Captured:
        """The pass recorded. After a failure the next one gets a pool of its own: what is in the old one is unknown."""
        assert self.timed is not None
        if not self.has_room:
            raise RuntimeError("there is no memory for it beside the eager pass")
        cuda = cast(CudaClock, self.clock).cuda
        try:
            with self.timed.capturable():
                return capture(run, cuda, with_events=with_events, context=self._both, pool=self.pool)
        except BaseException:
            self.pool = cuda.graph_pool_handle()
            raise

    # executions -------------------------------------------------------------------------------------------

    def _ready(self, execution: Execution) -> None:
        """The stopwatch of an execution beside the eager one, or why there is none."""
        style = cast(Execution, execution.removesuffix("+graph"))
        try:
            if style in self.what.refused:
                raise UsageError(self.what.refused[style])
            if execution == "graph":
                self._ready_graph(execution, cast(TimedPass, self.timed).run)
                return
            watch = self._ready_pass(style)
            if execution == style:
                self.watches[execution] = watch
            else:
                self._ready_graph(execution, watch.run)
                self.watches[execution if execution in self.watches else style].first_s = watch.first_s
        except Exception as error:
            self._fail_with_device(error)
            self.errors[execution] = f"{FAILED[style]}: {self._reason(error)}"

    def _ready_pass(self, style: Execution) -> Stopwatch:
        """A compiled or a fused pass that has run once."""
        assert self.timed is not None
        timed = self.timed
        with quiet():
            if style == "compiled":
                forward = compile_pass(timed, self.plan.compile_mode)
            else:
                # Every plan of cuDNN is tried: the search happens once, before the clock starts.
                with self._context(plans=0), self._inference():
                    self.fused = FusedPass(timed, self.clock)
                self.styles = self.fused.styles
                for row in ("fused", "fused+graph"):
                    self._note(row, self.fused.words)
                forward = self.fused
            watch = self._watch(style, lambda mark: timed.run(mark, forward))
            watch.start()
        return watch

    def _ready_graph(self, execution: Execution, run: Callable[[Mark], object]) -> None:
        clock = cast(CudaClock, self.clock)
        try:
            captured = self._capture(run, with_events=False)
        except Exception as error:
            self._fail_with_device(error)
            if execution == "graph":
                self.errors[execution] = f"capture failed, the eager row stands alone: {self._reason(error)}"
                return
            # A pass that cannot be captured is still worth its time.
            style = cast(Execution, execution.removesuffix("+graph"))
            self.watches[style] = self._watch(style, run)
            self.watches[style].start()
            self._note(style, f"without a CUDA graph, whose capture failed: {self._reason(error)}")
            return
        self.watches[execution] = GraphWatch(execution, captured, clock, **self._settings())
        self.watches[execution].start()

    def _keep_the_fastest(self) -> None:
        """A turn for each execution; then only the one with the smallest median stays."""
        for watch in self.watches.values():
            watch.turn()
        found = {name: median(watch.samples) for name, watch in self.watches.items()}
        name = min(found, key=lambda name: found[name])
        others = ", ".join(
            f"{EXECUTIONS[other]} {1e3 * s:.3g} ms" for other, s in found.items() if other != name
        )
        for other in found.keys() - {name}:
            self.watches.pop(other).end()
        self.watches[name].forget()
        if name != "eager" and "eager" in self.notes:  # what was found of the model itself
            self._note(name, self.notes["eager"])
        if others:
            self._note(name, f"the fastest by a turn of each: {1e3 * found[name]:.3g} ms, {others}")
        for failed, error in self.errors.items():
            self._note(name, f"{EXECUTIONS[failed]} not tried: {error}")
        self.errors.clear()

    def _watch(self, name: str, run: Callable[[Mark], object]) -> Stopwatch:
        return Stopwatch(name, run, self.clock, **self._settings())

    def _settings(self) -> dict[str, Any]:
        return {
            "limit_s": self.plan.seconds,
            "target": self.plan.target,
            "context": self._both,
            "while_busy": self._read_sensors,
        }

    def _settings_of(self, rows: Rows) -> dict[str, Any]:
        """The same around rows, which are watched meanwhile."""

        @contextmanager
        def context() -> Iterator[None]:
            with self._both(), rows.watched():
                yield

        return {**self._settings(), "context": context}

    def _read_sensors(self) -> None:
        if self.sensors:
            self.busy = worse(self.busy, self.sensors.read())

    def _context(self, plans: int | None = None) -> AbstractContextManager[Any]:
        return numerics(self.configuration.multiplied_in, self.device, plans)

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

    def fail(self, watch: Stopwatch, error: Exception) -> None:
        """Ends one row where a turn of it failed: what it had stays, and the row says why there is no more."""
        watch.end()
        self._fail_with_device(error)
        reason = self._reason(error)
        if watch is self.layers:
            self._note("eager", f"layers not timed to the end: {reason}")
            self.layers = watch if watch.samples else None
            return
        execution = next(name for name, entry in self.watches.items() if entry is watch)
        if watch.samples:
            self._note(execution, f"ended early: {reason}")
        else:
            del self.watches[execution]
            self.errors[execution] = reason

    @property
    def all_watches(self) -> tuple[Stopwatch, ...]:
        """The whole network's and the layers': they take turns, so that drift meets them alike."""
        layers = (self.layers,) if self.layers else ()
        return (*self.watches.values(), *layers)

    def close(self) -> None:
        """Frees the memory; what was measured stays."""
        # An idle GPU says nothing of how it ran; what a CPU says is counted from the start of the machine.
        self.after = self.busy or (self.sensors.read() if self.sensors else None)
        self.timed = self.fused = None
        for watch in self.all_watches:
            watch.end()
        gc.collect()
        if self.device.type == "cuda":
            with suppress(RuntimeError):  # a device that is lost frees nothing
                torch.cuda.empty_cache()


def _unmarked(name: str) -> None:
    """A mark that nobody reads."""
