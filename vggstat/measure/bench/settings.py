"""What changes the answer and is set by name: TF32, cudnn.benchmark; and the record of everything else."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch

from vggstat.cost.bench import DeviceInfo
from vggstat.cost.workload import DType
from vggstat.errors import UsageError
from vggstat.measure.products import multiplied
from vggstat.sources.require import version_of
from vggstat.version import __version__

__all__ = [
    "available_bytes",
    "choose_device",
    "choose_devices",
    "describe_device",
    "label_of",
    "numerics",
    "require_dtype",
]

KIBI: Final = 1024


def choose_device(word: str) -> torch.device:
    """The device of that name, ``auto`` for the first GPU or else the CPU. Raises UsageError where there is none."""
    if word == "auto":
        return torch.device("cuda", 0) if torch.cuda.is_available() else torch.device("cpu")
    try:
        device = torch.device(word)
    except RuntimeError:
        raise UsageError(f"unknown device {word!r}: expected auto, cpu, cuda or cuda:1") from None
    if device.type not in ("cpu", "cuda"):
        raise UsageError(f"cannot measure on {word!r}: expected auto, cpu, cuda or cuda:1")
    if device.type == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count()
    if (device.index or 0) >= count:
        seen = "no CUDA device" if not count else f"{count} CUDA device{'s' if count > 1 else ''}"
        raise UsageError(f"there is no {word} here: torch {torch.__version__} sees {seen}; use --device cpu")
    return torch.device("cuda", device.index or 0)


def label_of(device: torch.device) -> str:
    """The device as torch names it: ``cpu``, ``cuda:0``."""
    return device.type if device.type == "cpu" else f"{device.type}:{device.index or 0}"


def choose_devices(word: str, cuda: Any = torch.cuda) -> tuple[torch.device, ...]:
    """The GPUs of ``all`` or of a list of numbers, ``0,1,3``. Raises UsageError for what is none of this machine's."""
    count = cuda.device_count()
    if not count:
        raise UsageError(
            "--devices measures GPUs one after the other, and torch sees none here: use --device cpu"
        )
    if word == "all":
        return tuple(torch.device("cuda", number) for number in range(count))
    try:
        numbers = [int(part) for part in word.split(",")]
    except ValueError:
        raise UsageError(f"--devices takes all, or numbers of GPUs as 0,1,3, not {word!r}") from None
    for number in numbers:
        if not 0 <= number < count:
            raise UsageError(f"there is no GPU {number} here: torch sees {count}, from 0 on")
    return tuple(torch.device("cuda", number) for number in dict.fromkeys(numbers))


def require_dtype(dtype: DType, device: torch.device, cuda: Any = torch.cuda) -> None:
    """Nothing, or UsageError where the device cannot multiply in that format."""
    if dtype.short not in ("fp32", "tf32", "fp16", "bf16"):
        raise UsageError(f"torch has no convolutions in {dtype.short}: use bf16, fp16, tf32 or fp32")
    if device.type == "cpu":
        if dtype.short == "tf32":
            raise UsageError("a CPU has no tf32: use fp32 or bf16, or a CUDA device")
        return
    major, minor = cuda.get_device_capability(device)
    if dtype.short in ("tf32", "bf16") and major < 8:
        name = cuda.get_device_name(device)
        raise UsageError(
            f"{name} (compute capability {major}.{minor}) has no {dtype.short}, which needs 8.0: use fp16 or fp32"
        )


@contextmanager
def numerics(dtype: DType, device: torch.device, plans: int | None = None) -> Iterator[None]:
    """On a GPU: products in exactly this format, and cuDNN free to search, among ``plans`` (0: all) where given."""
    if device.type == "cpu":
        yield
        return
    with multiplied(tf32=dtype.short == "tf32", search=True, plans=plans):
        yield


def describe_device(device: torch.device, cuda: Any = torch.cuda) -> DeviceInfo:
    """The record of the device and of what runs on it."""
    versions = {
        "vggstat": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "system": f"{platform.system()} {platform.release()}",
    }
    settings: dict[str, Any] = {
        "threads": torch.get_num_threads(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }
    if device.type == "cpu":
        settings["mkldnn"] = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        return DeviceInfo(
            kind="cpu",
            name=_cpu_name(),
            memory_bytes=_host_bytes("MemTotal"),
            versions=versions,
            settings=settings,
        )
    properties = cuda.get_device_properties(device)
    versions["cuda"] = str(torch.version.cuda)
    versions["cudnn"] = str(torch.backends.cudnn.version())  # type: ignore[no-untyped-call]
    if triton := version_of("triton"):
        versions["triton"] = triton
    settings["capability"] = "{}.{}".format(*cuda.get_device_capability(device))
    settings["multiprocessors"] = properties.multi_processor_count
    settings["cudnn.benchmark"] = True
    settings["tf32"] = "only in rows of dtype tf32"
    return DeviceInfo(
        kind="cuda",
        index=device.index or 0,
        name=cuda.get_device_name(device),
        memory_bytes=properties.total_memory,
        versions=versions,
        settings=settings,
    )


def available_bytes(device: torch.device, cuda: Any = torch.cuda) -> int:
    """Memory that is free now; 0 where that is not known."""
    if device.type == "cuda":
        return int(cuda.mem_get_info(device)[0])
    return _host_bytes("MemAvailable")


def _host_bytes(entry: str) -> int:
    """An entry of Linux's /proc/meminfo; elsewhere the physical memory, or 0."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                name, _, rest = line.partition(":")
                if name == entry:
                    return int(rest.split()[0]) * KIBI
    except OSError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 0


def _cpu_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "CPU"
