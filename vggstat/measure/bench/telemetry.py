"""The device's sensors: a GPU's through nvidia-ml-py, where it is installed; a CPU's load from Linux's /proc/stat.

Read only: nothing is ever set.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from os import cpu_count, sysconf
from time import monotonic, process_time
from typing import Any, Final, NamedTuple

import torch

from vggstat.cost.bench import Telemetry
from vggstat.cost.plausibility import POWER_CAP

__all__ = ["CpuSensors", "GpuSensors", "Reading", "Sensors", "between", "open_sensors", "worse"]

REASONS: Final = {
    "SwPowerCap": POWER_CAP,
    "HwSlowdown": "hardware slowdown",
    "SwThermalSlowdown": "thermal slowdown (software)",
    "HwThermalSlowdown": "thermal slowdown (hardware)",
    "HwPowerBrakeSlowdown": "power brake",
}
"""Reasons for a lower clock that are kept, by the names of NVML's constants (Idle and applications' clocks are not)."""


class Reading(NamedTuple):
    """What the sensors say at one moment; None where one is missing."""

    clock_mhz: int | None = None
    max_clock_mhz: int | None = None
    temperature_c: int | None = None
    power_w: float | None = None
    power_limit_w: float | None = None
    throttled: tuple[str, ...] = ()
    other_processes: int | None = None
    busy_s: float | None = None
    """CPU time that all programs have used since the start of the machine."""
    own_s: float = 0.0
    """CPU time that this program has used."""
    at_s: float = 0.0
    """When it was read."""


def worse(one: Reading | None, other: Reading) -> Reading:
    """The later reading, with the reasons of both, the higher temperature and the lower clock."""
    if one is None:
        return other
    return other._replace(
        clock_mhz=_extreme(min, one.clock_mhz, other.clock_mhz),
        temperature_c=_extreme(max, one.temperature_c, other.temperature_c),
        throttled=tuple(dict.fromkeys((*one.throttled, *other.throttled))),
        other_processes=_extreme(max, one.other_processes, other.other_processes),
    )


def _extreme(choose: Callable[..., int], *values: int | None) -> int | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


class Sensors(ABC):
    """One device's sensors."""

    @abstractmethod
    def read(self) -> Reading:
        """All sensors now."""


class CpuSensors(Sensors):
    """How busy the machine's cores are, and with whose work."""

    def read(self) -> Reading:
        return Reading(busy_s=_busy_seconds(), own_s=process_time(), at_s=monotonic())


class GpuSensors(Sensors):
    """A GPU's sensors. ``nvml`` is the module ``pynvml``, or what stands in for it in a test."""

    def __init__(self, nvml: Any, handle: Any) -> None:
        self.nvml = nvml
        self.handle = handle

    def read(self) -> Reading:
        """All sensors now. One that fails is None: it never stops a measurement."""
        nvml, handle = self.nvml, self.handle
        power = _try(lambda: nvml.nvmlDeviceGetPowerUsage(handle))
        limit = _try(lambda: nvml.nvmlDeviceGetPowerManagementLimit(handle))
        processes = _try(lambda: nvml.nvmlDeviceGetComputeRunningProcesses(handle))
        return Reading(
            clock_mhz=_try(lambda: nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM)),
            max_clock_mhz=_try(lambda: nvml.nvmlDeviceGetMaxClockInfo(handle, nvml.NVML_CLOCK_SM)),
            temperature_c=_try(lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)),
            power_w=None if power is None else power / 1000,
            power_limit_w=None if limit is None else limit / 1000,
            throttled=self._reasons(),
            # One of them is this one, whose number may be another one inside a container.
            other_processes=None if processes is None else max(0, len(processes) - 1),
        )

    def _reasons(self) -> tuple[str, ...]:
        nvml = self.nvml
        mask = _try(lambda: nvml.nvmlDeviceGetCurrentClocksThrottleReasons(self.handle)) or 0
        return tuple(
            words
            for name, words in REASONS.items()
            if mask & getattr(nvml, f"nvmlClocksThrottleReason{name}", 0)
        )


def open_sensors(device: torch.device) -> Sensors | None:
    """The sensors of a device; None for a GPU where nvidia-ml-py or the driver is not there."""
    if device.type == "cpu":
        return CpuSensors()
    if find_spec("pynvml") is None:
        return None
    nvml = import_module("pynvml")
    try:
        nvml.nvmlInit()
        # By its UUID: CUDA_VISIBLE_DEVICES renumbers torch's devices, not NVML's.
        identity = f"GPU-{torch.cuda.get_device_properties(device).uuid}"
        return GpuSensors(nvml, nvml.nvmlDeviceGetHandleByUUID(identity))
    except Exception:
        return None


def between(before: Reading | None, after: Reading | None) -> Telemetry | None:
    """Two readings as a record; None without them."""
    if before is None or after is None:
        return None
    return Telemetry(
        clock_mhz=(before.clock_mhz, after.clock_mhz),
        temperature_c=(before.temperature_c, after.temperature_c),
        power_w=(before.power_w, after.power_w),
        power_limit_w=after.power_limit_w,
        max_clock_mhz=after.max_clock_mhz,
        throttled=tuple(dict.fromkeys((*before.throttled, *after.throttled))),
        other_processes=after.other_processes,
        others_share=_others_share(before, after),
    )


def _others_share(before: Reading, after: Reading) -> float | None:
    """The share of all cores' time between two readings that went to other programs, or to other guests."""
    if before.busy_s is None or after.busy_s is None or after.at_s <= before.at_s:
        return None
    others = (after.busy_s - before.busy_s) - (after.own_s - before.own_s)
    return max(0.0, others / (after.at_s - before.at_s) / (cpu_count() or 1))


def _busy_seconds() -> float | None:
    """User, nice, system, interrupt and stolen time of all cores since the machine started (proc_stat(5))."""
    try:
        with open("/proc/stat", encoding="ascii") as file:
            words = file.readline().split()
        ticks = [int(word) for word in words[1:9]]
    except (OSError, ValueError):
        return None
    idle = ticks[3] + ticks[4]
    return (sum(ticks) - idle) / sysconf("SC_CLK_TCK")


def _try(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except Exception:
        return None
