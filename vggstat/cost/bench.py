"""What a benchmark measured: raw samples and what was run. Everything else is derived from them.

The records know neither torch nor a terminal: a result can be written down as literals and rendered.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from vggstat.cost.roofline import Ceilings, Limit
from vggstat.cost.statistics import (
    Interval,
    median,
    median_interval,
    quantile,
    relative_half_width,
    spread,
)
from vggstat.records import Record

__all__ = [
    "EXECUTIONS",
    "BenchFile",
    "BenchPlan",
    "BenchResult",
    "Counted",
    "DeviceInfo",
    "Execution",
    "LayerTime",
    "MeasuredCeilings",
    "MemoryBridge",
    "Scratch",
    "Telemetry",
    "Timing",
    "Warned",
]

Execution = Literal["eager", "graph", "compiled", "compiled+graph"]

EXECUTIONS: Final[dict[Execution, str]] = {
    "eager": "eager",
    "graph": "eager, CUDA graph",
    "compiled": "compiled",
    "compiled+graph": "compiled, CUDA graph",
}
"""How a pass is run, in words."""


FAST: Final = 0.1
"""The share of a ceiling's runs that may be faster than it."""


class BenchPlan(Record):
    """One configuration to measure."""

    spec: str
    """The argument that names it: ``D``, ``specs/mine.yaml@384``."""
    batch: int
    dtype: str
    """``bf16``, ``fp16``, ``tf32`` or ``fp32``."""
    autocast: str | None = None
    mode: str = "inference"
    optimizer: str = "momentum"
    executions: tuple[Execution, ...] = ("eager",)
    compile_mode: str = "off"
    """``off``, ``default`` or ``max-autotune``."""
    channels_last: bool = True
    seconds: float = 5.0
    """The longest that one row is measured, warm-up aside."""
    target: float = 0.01
    """The relative half width of the median's interval at which a row is done."""


class DeviceInfo(Record):
    """The machine and the libraries: everything that changes the answer beside the plan."""

    kind: str
    """``cpu`` or ``cuda``."""
    index: int = 0
    name: str
    memory_bytes: int
    """All of the device's memory."""
    versions: Mapping[str, str] = {}
    """torch, CUDA, cuDNN, driver, python, vggstat."""
    settings: Mapping[str, Any] = {}
    """Threads, TF32 switches, cudnn.benchmark, deterministic mode, capability, power limit."""

    @property
    def label(self) -> str:
        """As torch names it: ``cpu``, ``cuda:0``."""
        return self.kind if self.kind == "cpu" else f"{self.kind}:{self.index}"


class Timing(Record):
    """Repeated measurements of one thing, in seconds, in the order in which they were made."""

    samples_s: tuple[float, ...]
    first_s: float | None = None
    """The first call ever, when kernels are chosen and memory is allocated; not among the samples."""
    host_samples_s: tuple[float, ...] = ()
    """How long the host took to launch each run, where the device runs on its own."""

    @property
    def count(self) -> int:
        return len(self.samples_s)

    @property
    def median_s(self) -> float:
        return median(self.samples_s)

    @property
    def interval_s(self) -> Interval:
        """95 %, of the median."""
        return median_interval(self.samples_s)

    @property
    def half_width(self) -> float:
        """Half the interval's width over the median."""
        return relative_half_width(self.samples_s)

    @property
    def spread(self) -> float:
        """IQR / median."""
        return spread(self.samples_s)

    @property
    def outliers(self) -> int:
        """Samples over 1.5 IQR above the third quartile or below the first; they are counted, not dropped."""
        low, high = quantile(self.samples_s, 0.25), quantile(self.samples_s, 0.75)
        reach = 1.5 * (high - low)
        return sum(not low - reach <= sample <= high + reach for sample in self.samples_s)


class LayerTime(Record):
    """One group of layers: its times, and what it has to do for the whole batch."""

    name: str
    kind: str
    samples_s: tuple[float, ...]
    backward_samples_s: tuple[float, ...] = ()
    flops: int
    bytes: int
    """Ideal bytes of the forward pass: weights, input, output."""
    bound_s: float
    """The larger of FLOPs / measured matmul and ideal bytes / measured copy."""
    limit: Limit
    eager_bytes: int = 0
    """With the kernels that eager mode runs on their own (bias, ReLU, pool indices)."""
    input_channels: int = 0
    """Of a convolution; 0 for anything else."""
    backward_bound_s: float = 0.0
    backward_flops: int = 0
    backward_bytes: int = 0
    """Ideal bytes of the backward pass."""

    @property
    def median_s(self) -> float:
        return median(self.samples_s)

    @property
    def backward_s(self) -> float | None:
        return median(self.backward_samples_s) if self.backward_samples_s else None

    @property
    def seconds(self) -> float:
        """Both directions, as far as they were measured."""
        return self.median_s + (self.backward_s or 0.0)

    @property
    def _share_of_backward(self) -> int:
        """1 where the backward pass was measured: what it does then counts, else 0."""
        return 1 if self.backward_samples_s else 0

    @property
    def all_flops(self) -> int:
        """FLOPs of the directions that were measured."""
        return self.flops + self._share_of_backward * self.backward_flops

    @property
    def all_bytes(self) -> int:
        """Ideal bytes of the directions that were measured."""
        return self.bytes + self._share_of_backward * self.backward_bytes

    @property
    def all_bound_s(self) -> float:
        """The bound of the directions that were measured."""
        return self.bound_s + self._share_of_backward * self.backward_bound_s

    @property
    def reached(self) -> float:
        """The bound over the measured time, of both directions."""
        return self.all_bound_s / self.seconds if self.seconds > 0 else 0.0

    @property
    def intensity(self) -> float | None:
        return self.all_flops / self.all_bytes if self.all_flops and self.all_bytes else None

    @property
    def flops_per_s(self) -> float | None:
        return self.all_flops / self.seconds if self.all_flops and self.seconds > 0 else None

    @property
    def bytes_per_s(self) -> float:
        return self.all_bytes / self.seconds if self.seconds > 0 else 0.0


class Scratch(NamedTuple):
    """Memory that a library took beside the tensors: which, how much, and how that is known."""

    name: str
    bytes: int
    evidence: str


class MemoryBridge(Record):
    """From the predicted peak to the measured one."""

    predicted_bytes: int
    predicted_at: str
    """The layer that runs at the predicted peak."""
    scratch: tuple[Scratch, ...] = ()
    requested_peak_bytes: int
    """What was asked of the allocator at once, before rounding."""
    measured_at: str = ""
    """The operation that ran at the measured peak, where it is known."""
    allocated_peak_bytes: int | None = None
    """With rounding and slack of blocks; None where the allocator does not round."""
    reserved_peak_bytes: int | None = None
    device_bytes: int | None = None
    """Used on the whole device, context and other programs included."""
    method: str = ""
    error: str = ""
    """Why there is no attribution."""

    @property
    def workspace_bytes(self) -> int:
        return sum(scratch.bytes for scratch in self.scratch)

    @property
    def unexplained_bytes(self) -> int:
        """What neither the prediction nor a named scratch explains."""
        return self.requested_peak_bytes - self.predicted_bytes - self.workspace_bytes


class MeasuredCeilings(Record):
    """Peak and bandwidth, measured in the same run."""

    device: str
    """The device's name."""
    dtype: str
    """The short name of the format of the matmul."""
    matmul_n: int
    """Side of the square matrices."""
    matmul_samples_s: tuple[float, ...]
    copy_bytes: int
    """Bytes copied in one run: they are read once and written once."""
    copy_samples_s: tuple[float, ...]

    @property
    def flops_per_s(self) -> float:
        """Of the run that one in ten is faster than: a ceiling is what the device does undisturbed."""
        return 2 * self.matmul_n**3 / quantile(self.matmul_samples_s, FAST)

    @property
    def bytes_per_s(self) -> float:
        """Read plus written, of the run that one in ten is faster than."""
        return 2 * self.copy_bytes / quantile(self.copy_samples_s, FAST)

    @property
    def ceilings(self) -> Ceilings:
        return Ceilings(
            name=self.device,
            dtype=self.dtype,
            flops_per_s=self.flops_per_s,
            bytes_per_s=self.bytes_per_s,
            flops_source=f"measured: matmul of {self.matmul_n:,}",
            bytes_source=f"measured: copy of {self.copy_bytes:,} B",
        )


class Telemetry(Record):
    """The device's own sensors before a result, and while a GPU worked or a CPU had; None where one is missing."""

    clock_mhz: tuple[int | None, int | None] = (None, None)
    temperature_c: tuple[int | None, int | None] = (None, None)
    power_w: tuple[float | None, float | None] = (None, None)
    power_limit_w: float | None = None
    throttled: tuple[str, ...] = ()
    """Reasons for which the clock was held back, before or under load."""
    other_processes: int | None = None
    """Other programs on the device."""
    others_share: float | None = None
    """The share of a CPU's time that other programs took meanwhile."""


class Counted(NamedTuple):
    """One thing in which the timed model was held against the graph."""

    what: str
    found: int
    by: str


class Warned(NamedTuple):
    """Something about a result that makes it doubtful: a code for programs, a text for people."""

    code: str
    text: str


class BenchResult(Record):
    """One row: a configuration run in one way."""

    spec: str
    title: str = ""
    digest: str = ""
    """Of the specification, so that equal names are known to be equal networks."""
    device: str
    dtype: str
    """torch's name of it: ``bfloat16``."""
    autocast: str | None = None
    image: tuple[int, ...]
    head: str = ""
    classes: int | None = None
    batch: int
    mode: str = "inference"
    optimizer: str | None = None
    execution: Execution = "eager"
    compile_mode: str = "off"
    channels_last: bool = True
    timing: Timing | None = None
    """None where nothing could be measured: ``error`` says why."""
    forward: Timing | None = None
    """In training, the parts of the step."""
    backward: Timing | None = None
    optimizer_step: Timing | None = None
    flops: int
    """Of the pass, in training of the step; two per multiply-accumulate of conv and FC layers."""
    bytes: int = 0
    """Ideal bytes of the pass."""
    fused_bound_s: float | None = None
    eager_bound_s: float | None = None
    layers: tuple[LayerTime, ...] = ()
    layers_method: str = ""
    """How the layers were timed, in words."""
    layers_pass: Execution = "eager"
    """Which whole-network row the layers have to add up to."""
    memory: MemoryBridge | None = None
    counted: tuple[Counted, ...] = ()
    telemetry: Telemetry | None = None
    warnings: tuple[Warned, ...] = ()
    error: str = ""
    predicted_bytes: int = 0
    """The memory that the run was predicted to need."""
    note: str = ""
    """What was done otherwise than asked for (a fallback)."""

    @property
    def workload_key(self) -> tuple[Any, ...]:
        """What has to be equal for two results to be of the same configuration, execution aside."""
        return (
            self.spec,
            self.digest,
            self.image,
            self.head,
            self.classes,
            self.dtype,
            self.autocast,
            self.batch,
            self.mode,
            self.optimizer,
        )

    @property
    def key(self) -> tuple[Any, ...]:
        """What has to be equal for two results to be comparable."""
        return (*self.workload_key, self.execution, self.compile_mode, self.channels_last)

    @property
    def bound_s(self) -> float | None:
        """The bound that fits the execution: of separate kernels in eager mode, fused if compiled."""
        return self.fused_bound_s if self.execution.startswith("compiled") else self.eager_bound_s

    @property
    def images_per_s(self) -> float | None:
        return self.batch / self.timing.median_s if self.timing else None

    @property
    def flops_per_s(self) -> float | None:
        return self.flops / self.timing.median_s if self.timing else None

    @property
    def reached(self) -> float | None:
        """The share of the bound that was reached."""
        return self.bound_s / self.timing.median_s if self.timing and self.bound_s else None

    @property
    def layers_s(self) -> float:
        """The sum of the rows, both directions."""
        return sum(layer.seconds for layer in self.layers)


class BenchFile(Record):
    """Everything that one run of ``vggstat bench`` measured."""

    started: str
    """Date and time, ISO 8601."""
    device: DeviceInfo
    ceilings: tuple[MeasuredCeilings, ...]
    results: tuple[BenchResult, ...]
    interrupted: bool = False
    """Whether it was stopped before it was done."""

    def ceilings_for(self, dtype: str) -> MeasuredCeilings | None:
        """The measured ceilings in a dtype, by its short name."""
        return next((entry for entry in self.ceilings if entry.dtype == dtype), None)
