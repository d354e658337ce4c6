"""What makers state about well-known devices: dense peak rates and memory bandwidth, with a source a figure.

The figures stand in ``devices.json``. A device that is not there has no stated ceiling: nothing is guessed.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from vggstat.cost.roofline import Ceilings
from vggstat.cost.workload import DType
from vggstat.errors import InputError, UsageError
from vggstat.records import Record

__all__ = [
    "Datasheet",
    "Stated",
    "ceilings_named",
    "datasheet_of",
    "devices",
    "find_device",
    "is_same_device",
]


class Stated(NamedTuple):
    """One figure of a datasheet: its value as printed there (or half of it), its source, and what was halved."""

    value: str
    source: str
    note: str = ""

    @property
    def number(self) -> float:
        return float(self.value)

    @property
    def cited(self) -> str:
        """The source, with the remark."""
        return f"{self.source} ({self.note})" if self.note else self.source


class Datasheet(Record):
    """What the maker states about one device."""

    name: str
    """As an option takes it: ``h200``."""
    title: str
    torch_names: tuple[str, ...]
    """What ``torch.cuda.get_device_name`` returns for it; compared whole, so that a variant is not mistaken."""
    tflops: dict[str, Stated]
    """TFLOP/s, dense, by the dtype's short name."""
    gb_per_s: Stated

    def ceilings(self, dtype: DType) -> Ceilings:
        """The ceilings in a dtype. Raises UsageError where none is stated."""
        if dtype.short not in self.tflops:
            known = ", ".join(self.tflops)
            raise UsageError(f"no dense rate in {dtype.short} is on file for {self.name}: use one of {known}")
        peak = self.tflops[dtype.short]
        return Ceilings(
            name=self.title,
            dtype=dtype.short,
            flops_per_s=peak.number * 1e12,
            bytes_per_s=self.gb_per_s.number * 1e9,
            flops_source=peak.cited,
            bytes_source=self.gb_per_s.cited,
        )


@cache
def devices() -> tuple[Datasheet, ...]:
    """All devices on file."""
    data = json.loads(Path(__file__).with_name("devices.json").read_text(encoding="utf-8"))
    return tuple(_datasheet(entry, data["sources"]) for entry in data["devices"])


def _datasheet(entry: dict[str, Any], sources: dict[str, str]) -> Datasheet:
    def stated(cell: dict[str, str]) -> Stated:
        return Stated(cell["value"], sources[cell["source"]], cell.get("note", ""))

    return Datasheet(
        name=entry["name"],
        title=entry["title"],
        torch_names=tuple(entry["torch_names"]),
        tflops={name: stated(cell) for name, cell in entry["tflops"].items()},
        gb_per_s=stated(entry["gb_per_s"]),
    )


def _fold(word: str) -> str:
    return "".join(c for c in word.lower() if c.isalnum()).removeprefix("nvidia").removeprefix("geforce")


def find_device(word: str) -> Datasheet:
    """The device of that name (``h200``, ``RTX 4090``). Raises UsageError with the known ones."""
    for device in devices():
        if _fold(word) in (_fold(device.name), *map(_fold, device.torch_names)):
            return device
    known = ", ".join(device.name for device in devices())
    raise UsageError(
        f"no datasheet on file for {word!r}: expected one of {known}, or a file that `vggstat bench --save` wrote"
    )


def datasheet_of(torch_name: str) -> Datasheet | None:
    """The device that torch calls by that name; None for one that is not on file."""
    return next((device for device in devices() if torch_name in device.torch_names), None)


def is_same_device(one: str, other: str) -> bool:
    """Whether two names are of one device: the same, or a datasheet's title and what torch calls that device."""
    if one == other:
        return True
    titled = {device.title: device.torch_names for device in devices()}
    return one in titled.get(other, ()) or other in titled.get(one, ())


def ceilings_named(
    device: str, dtype: DType, *, tflops: float | None = None, bandwidth: float | None = None
) -> Ceilings:
    """The ceilings of a device on file, or those measured in a results file; given rates take their place."""
    if device.endswith(".json") or "/" in device or Path(device).is_file():
        found = _measured(device, dtype)
    else:
        found = find_device(device).ceilings(dtype)
    for name, value in (("--tflops", tflops), ("--bandwidth", bandwidth)):
        if value is not None and not 0 < value < 1e9:
            raise UsageError(f"{name} takes a rate above 0, not {value:g}")
    if tflops is not None:
        found = found.replace(flops_per_s=tflops * 1e12, flops_source="given with --tflops")
    if bandwidth is not None:
        found = found.replace(bytes_per_s=bandwidth * 1e12, bytes_source="given with --bandwidth")
    return found


def _measured(path: str, dtype: DType) -> Ceilings:
    from vggstat.cost.bench_json import read_results  # measurements need msgspec, datasheets do not

    file = read_results(path)
    known = file.ceilings_for(dtype.short)
    if known is None:
        formats = ", ".join(entry.dtype for entry in file.ceilings)
        raise InputError(
            f"{path} holds no ceilings measured in {dtype.short}"
            + (f", only in {formats}: give --dtype" if formats else "")
        )
    return known.ceilings
