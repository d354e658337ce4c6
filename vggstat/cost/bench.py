"""What a benchmark measured: raw samples and what was run. Everything else is derived from them.

The records know neither torch nor a terminal: a result can be written down as literals and rendered. They are laid out
as their JSON is, so that their types and bounds are what a file is held against (see ``bench_json``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Annotated, Any, Final, Literal, TypeVar

from msgspec import Meta, Struct, field

from vggstat.cost.measured import FAST, Count, Durations, Measured, Number, Samples, Seconds, Size, Timing
from vggstat.cost.roofline import Ceilings, Limit
from vggstat.cost.scaling import Scaling
from vggstat.cost.statistics import (
    median,
    quantile,
)
from vggstat.cost.workload import find_dtype
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
    "Parts",
    "Scratch",
    "Telemetry",
    "Timing",
    "Warned",
]

Execution = Literal["eager", "graph", "compiled", "compiled+graph", "fused", "fused+graph"]

EXECUTIONS: Final[dict[Execution, str]] = {
    "eager": "eager",
    "graph": "eager, CUDA graph",
    "compiled": "compiled",
    "compiled+graph": "compiled, CUDA graph",
    "fused": "fused",
    "fused+graph": "fused, CUDA graph",
}
"""How a pass is run, in words: by torch's modules, by torch.compile, or by the fastest kernel of each layer."""


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
    """The first is ``eager``."""
    fastest: bool = False
    """Whether only the fastest of them is measured to the end; layers and memory, which are eager, then are not."""
    compile_mode: str = "default"
    """``default`` or ``max-autotune``, where one is compiled."""
    channels_last: bool = True
    seconds: float = 5.0
    """The longest that one row is measured, warm-up aside."""
    target: float = 0.01
    """The relative half width of the median's interval at which a row is done."""


class DeviceInfo(Measured, frozen=True, kw_only=True):
    """The machine and the libraries: everything that changes the answer beside the plan."""

    kind: Literal["cpu", "cuda"] = "cpu"
    index: Count = 0
    name: str = field(name="device")
    memory_bytes: Count = 0
    """All of the device's memory."""
    versions: Mapping[str, str] = {}
    """torch, CUDA, cuDNN, driver, python, vggstat."""
    settings: Mapping[str, Any] = {}
    """Threads, TF32 switches, cudnn.benchmark, deterministic mode, capability, power limit."""

    @property
    def label(self) -> str:
        """As torch names it: ``cpu``, ``cuda:0``."""
        return self.kind if self.kind == "cpu" else f"{self.kind}:{self.index}"


_Amount = TypeVar("_Amount", int, float)

InputShape = Annotated[tuple[Size, ...], Meta(min_length=1, max_length=8)]


class LayerTime(Measured, frozen=True, kw_only=True):
    """One group of layers: its times, and what it has to do for the whole batch."""

    name: str
    kind: str = ""
    samples_s: Samples
    backward_samples_s: tuple[Seconds, ...] = ()
    flops: Count | None = 0
    """None, as are bytes and bounds, where work is in it that nobody knows."""
    bytes: Count | None = 0
    """Ideal bytes of the forward pass: weights, input, output."""
    bound_s: Seconds | None = 0.0
    """The larger of FLOPs / measured matmul and ideal bytes / measured copy."""
    limit: Limit | None = "memory"
    eager_bytes: Count | None = 0
    """With the kernels that eager mode runs on their own (bias, ReLU, pool indices)."""
    input_channels: Count = 0
    """Of a convolution; 0 for anything else."""
    backward_bound_s: Seconds | None = 0.0
    backward_flops: Count | None = 0
    backward_bytes: Count | None = 0
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
    def all_flops(self) -> int | None:
        """FLOPs of the directions that were measured."""
        return _known_sum([self.flops, self.backward_flops]) if self.backward_samples_s else self.flops

    @property
    def all_bytes(self) -> int | None:
        """Ideal bytes of the directions that were measured."""
        return _known_sum([self.bytes, self.backward_bytes]) if self.backward_samples_s else self.bytes

    @property
    def all_bound_s(self) -> float | None:
        """The bound of the directions that were measured."""
        return _known_sum([self.bound_s, self.backward_bound_s]) if self.backward_samples_s else self.bound_s

    @property
    def reached(self) -> float:
        """The bound over the measured time, of both directions; 0 where there is none."""
        return (self.all_bound_s or 0.0) / self.seconds if self.seconds > 0 else 0.0

    @property
    def intensity(self) -> float | None:
        return self.all_flops / self.all_bytes if self.all_flops and self.all_bytes else None

    @property
    def flops_per_s(self) -> float | None:
        return self.all_flops / self.seconds if self.all_flops and self.seconds > 0 else None

    @property
    def bytes_per_s(self) -> float:
        return (self.all_bytes or 0) / self.seconds if self.seconds > 0 else 0.0


def _known_sum(amounts: Sequence[_Amount | None]) -> _Amount | None:
    """Their sum; None where one of them is not known."""
    known = [amount for amount in amounts if amount is not None]
    return reduce(add, known) if known and len(known) == len(amounts) else None


class Scratch(Struct, frozen=True):
    """Memory that a library took beside the tensors: which, how much, and how that is known."""

    name: str
    bytes: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
    """Below 0 where the peak lies elsewhere than predicted: less is predicted there."""
    evidence: str = ""


class MemoryBridge(Measured, frozen=True, kw_only=True):
    """From the predicted peak to the measured one."""

    predicted_bytes: Count | None
    """None where nobody knows what a layer takes: ``error`` says whose."""
    predicted_at: str = ""
    """The layer that runs at the predicted peak."""
    scratch: tuple[Scratch, ...] = field(default=(), name="workspaces")
    strays: tuple[Scratch, ...] = ()
    """The largest tensors that were seen and not predicted, or predicted and not seen (below 0)."""
    requested_peak_bytes: Count
    """What was asked of the allocator at once, before rounding."""
    measured_at: str = ""
    """The operation that ran at the measured peak, where it is known."""
    allocated_peak_bytes: Count | None = None
    """With rounding and slack of blocks; None where the allocator does not round."""
    reserved_peak_bytes: Count | None = None
    device_bytes: Count | None = None
    """Used on the whole device, context and other programs included."""
    method: str = ""
    error: str = ""
    """Why there is no attribution."""

    def without_prediction(self, why: str) -> MemoryBridge:
        """What was measured alone, where the prediction is of something else."""
        return self.replace(predicted_bytes=None, predicted_at="", scratch=(), strays=(), error=why)

    @property
    def workspace_bytes(self) -> int:
        return sum(scratch.bytes for scratch in self.scratch)

    @property
    def unexplained_bytes(self) -> int | None:
        """What neither the prediction nor a named scratch explains; None without a prediction."""
        if self.predicted_bytes is None:
            return None
        return self.requested_peak_bytes - self.predicted_bytes - self.workspace_bytes


class MeasuredCeilings(Measured, frozen=True, kw_only=True):
    """Peak and bandwidth, measured in the same run."""

    device: str = ""
    """The device's name."""
    label: str = ""
    """Which device, as torch names it: ``cuda:3``. Empty in files of older versions, which hold one."""
    dtype: str
    """The short name of the format of the matmul."""
    matmul_n: Size
    """Side of the square matrices."""
    matmul_samples_s: Durations
    copy_bytes: Size
    """Bytes copied in one run: they are read once and written once."""
    copy_samples_s: Durations

    def is_of(self, label: str) -> bool:
        """Whether they are of that device."""
        return self.label in ("", label)

    @property
    def flops_per_s(self) -> float:
        """Of the run that one in ten is faster than: a ceiling is what the device does undisturbed."""
        return 2 * self.matmul_n**3 / quantile(self.matmul_samples_s, FAST)

    @property
    def median_flops_per_s(self) -> float:
        """Of the run in the middle: less than the ceiling where the device's power cap lowered its clock."""
        return 2 * self.matmul_n**3 / median(self.matmul_samples_s)

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


class Telemetry(Measured, frozen=True, kw_only=True):
    """The device's own sensors before a result, and while a GPU worked or a CPU had; None where one is missing."""

    clock_mhz: tuple[Count | None, Count | None] = (None, None)
    temperature_c: tuple[int | None, int | None] = (None, None)
    power_w: tuple[Number | None, Number | None] = (None, None)
    power_limit_w: Number | None = None
    max_clock_mhz: Count | None = None
    """The highest SM clock of the device, by its driver."""
    throttled: tuple[str, ...] = ()
    """Reasons that the driver gave for a lower clock, before or under load: what they mean is for ``throttling``."""
    other_processes: Count | None = None
    """Other programs on the device."""
    others_share: Number | None = None
    """The share of a CPU's time that other programs took meanwhile."""

    @property
    def clock_share(self) -> float | None:
        """The SM clock under load over the highest one; None where one of them is not known."""
        under_load = self.clock_mhz[1]
        return under_load / self.max_clock_mhz if under_load is not None and self.max_clock_mhz else None


class Counted(Struct, frozen=True):
    """One thing in which the timed model was held against the graph."""

    what: str
    found: Count
    by: str


class Warned(Struct, frozen=True):
    """Something about a result that makes it doubtful: a code for programs, a text for people."""

    code: str
    text: str


class Parts(Measured, frozen=True, kw_only=True):
    """The parts of a training step, as far as they were measured."""

    forward: Timing | None = None
    backward: Timing | None = None
    optimizer: Timing | None = None


class BenchResult(Measured, frozen=True, kw_only=True):
    """One row: a configuration run in one way."""

    spec: str
    title: str = ""
    digest: str = ""
    """Of the specification, so that equal names are known to be equal networks."""
    device: str = "cpu"
    dtype: str
    """torch's name of it: ``bfloat16``."""
    autocast: str | None = None
    image: InputShape = field(name="input")
    """Of the first input, without the batch: ``(channels, height, width)`` of an image."""
    further_inputs: Mapping[str, InputShape] = {}
    """Shapes of a model's other inputs by name."""
    head: str = ""
    classes: Size | None = None
    batch: Size
    mode: Literal["inference", "training"] = "inference"
    optimizer: str | None = None
    implementation: str | None = None
    """The optimizer's in torch: foreach, fused or loop; None in inference, and in files of older versions."""
    execution: Execution = "eager"
    compile_mode: str = field(default="off", name="compile")
    channels_last: bool = True
    samples_s: tuple[Seconds, ...] = ()
    """Empty where nothing could be measured: ``error`` says why."""
    first_s: Seconds | None = None
    host_samples_s: tuple[Seconds, ...] = ()
    parts: Parts = Parts()
    """In training, those of the step."""
    loss: str = ""
    """What a model's training step goes down by, where that is not the cross entropy of its logits."""
    flops: Count | None = 0
    """Of the pass, in training of the step; two per multiply-accumulate. None where work is in it that nobody knows."""
    bytes: Count | None = field(default=0, name="ideal_bytes")
    """Ideal bytes of the pass; None where they are not known."""
    fused_bound_s: Seconds | None = None
    eager_bound_s: Seconds | None = None
    own_bound_s: Seconds | None = None
    """With the kernels that this execution has; None in files of older versions."""
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
    predicted_bytes: Count | None = 0
    """The memory that the run was predicted to need; None where nobody knows it, 0 where torch refuses the run."""
    note: str = ""
    """What was done otherwise than asked for (a fallback)."""

    @property
    def timing(self) -> Timing | None:
        """The whole pass; None where nothing was measured."""
        if not self.samples_s:
            return None
        return Timing(samples_s=self.samples_s, first_s=self.first_s, host_samples_s=self.host_samples_s)

    @property
    def workload_key(self) -> tuple[Any, ...]:
        """What has to be equal for two results to be of the same configuration, execution aside."""
        return (
            self.spec,
            self.digest,
            self.image,
            tuple(self.further_inputs.items()),
            self.head,
            self.classes,
            self.dtype,
            self.autocast,
            self.batch,
            self.mode,
            self.optimizer,
            self.implementation,
            self.loss,
        )

    def is_beside(self, other: BenchResult) -> bool:
        """Whether the other one is of the same configuration on the same device, however it was run."""
        return self.device == other.device and self.workload_key == other.workload_key

    @property
    def key(self) -> tuple[Any, ...]:
        """What has to be equal for two results to be comparable."""
        return (*self.workload_key, self.execution, self.compile_mode, self.channels_last)

    @property
    def bound_s(self) -> float | None:
        """The bound that fits the execution, which has kernels of its own."""
        if self.own_bound_s is not None:
            return self.own_bound_s
        return self.fused_bound_s if self.execution.startswith("compiled") else self.eager_bound_s

    @property
    def cap_images_per_s(self) -> float | None:
        """The most images a second that the bound allows."""
        return self.batch / self.bound_s if self.bound_s else None

    @property
    def images_per_s(self) -> float | None:
        return self.batch / self.timing.median_s if self.timing else None

    @property
    def flops_per_s(self) -> float | None:
        return self.flops / self.timing.median_s if self.timing and self.flops is not None else None

    @property
    def reached(self) -> float | None:
        """The share of the bound that was reached."""
        return self.bound_s / self.timing.median_s if self.timing and self.bound_s else None

    @property
    def layers_s(self) -> float:
        """The sum of the rows, both directions."""
        return sum(layer.seconds for layer in self.layers)

    @property
    def layers_flops(self) -> int | None:
        """The same of their FLOPs; None where those of one are not known."""
        return _known_sum([layer.all_flops for layer in self.layers])

    @property
    def layers_bound_s(self) -> float | None:
        """The same of their bounds; None where one has none that is known."""
        return _known_sum([layer.all_bound_s for layer in self.layers])


class BenchFile(Measured, frozen=True, kw_only=True):
    """Everything that one run of ``vggstat bench`` measured."""

    started: str = ""
    """Date and time, ISO 8601."""
    device: DeviceInfo = field(name="environment")
    ceilings: tuple[MeasuredCeilings, ...] = ()
    results: tuple[BenchResult, ...]
    interrupted: bool = False
    """Whether it was stopped before it was done."""
    scaling: tuple[Scaling, ...] = ()
    """Training on several processes at once."""
    failures: tuple[str, ...] = ()
    """What went wrong beside the results: a device that stopped working, ceilings that were not measured."""

    def ceilings_for(self, dtype: str) -> MeasuredCeilings | None:
        """The measured ceilings in a dtype, by its short name; of several devices the first one's."""
        return next((entry for entry in self.ceilings if entry.dtype == dtype), None)

    def ceilings_of(self, result: BenchResult) -> MeasuredCeilings | None:
        """The measured ceilings of a result's device in the format that it multiplies in."""
        short = find_dtype(result.autocast or result.dtype).short
        return next(
            (entry for entry in self.ceilings if entry.dtype == short and entry.is_of(result.device)), None
        )
