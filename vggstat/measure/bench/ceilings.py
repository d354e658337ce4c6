"""The device's ceilings, measured in the same run: a large matrix product and a large copy."""

from __future__ import annotations

from time import sleep
from typing import Final

import torch
from torch import Tensor

from vggstat.cost.bench import MeasuredCeilings
from vggstat.cost.workload import DType
from vggstat.measure.bench.clock import Clock
from vggstat.measure.bench.settings import label_of, numerics
from vggstat.measure.bench.stopwatch import Mark, Stopwatch
from vggstat.measure.module import as_torch_dtype

__all__ = ["CeilingWatches"]

SIDES: Final = {"cuda": 8192, "cpu": 2048}
COPIED: Final = {"cuda": 2**30, "cpu": 2**28}
"""Bytes, far beyond any cache."""
REST_S: Final = 0.3
RAMP_S: Final = 0.005
"""What is not read of a turn: the clock comes up from idle meanwhile."""


class CeilingWatches:
    """The stopwatches of matmul and copy in one dtype. They take turns at the beginning and at the end of a run."""

    def __init__(
        self,
        dtype: DType,
        device: torch.device,
        clock: Clock,
        name: str,
        *,
        limit_s: float,
        small: bool = False,
    ) -> None:
        self.dtype = dtype
        self.device = device
        self.name = name
        self.side = 256 if small else SIDES[device.type]
        self.copied = 2**20 if small else COPIED[device.type]
        self._left: Tensor | None = None
        self._right: Tensor | None = None
        self._source: Tensor | None = None
        self._target: Tensor | None = None
        self.matmul = Stopwatch(
            f"matmul {dtype.short}",
            self._multiply,
            clock,
            limit_s=limit_s,
            context=self._context,
            discard_s=RAMP_S,
        )
        self.copy = Stopwatch(
            "copy", self._copy, clock, limit_s=limit_s, context=self._context, discard_s=RAMP_S
        )

    def _context(self) -> numerics:  # type: ignore[valid-type]
        return numerics(self.dtype, self.device)

    def measure(self) -> None:
        """A turn of half the limit for each; memory is taken for that long only."""
        generator = torch.Generator(device=self.device).manual_seed(1)
        kind = as_torch_dtype(self.dtype)
        with torch.inference_mode():
            size = (self.side, self.side)
            self._left = torch.empty(size, device=self.device, dtype=kind).uniform_(
                -1, 1, generator=generator
            )
            self._right = torch.empty(size, device=self.device, dtype=kind).uniform_(
                -1, 1, generator=generator
            )
            self._time(self.matmul)
            self._left = self._right = None
            self._source = torch.ones(self.copied, device=self.device, dtype=torch.uint8)
            self._target = torch.zeros_like(self._source)
            self._time(self.copy)
            self._source = self._target = None

    def _time(self, watch: Stopwatch) -> None:
        """Two turns, each after a rest on a device: its highest rate lasts until the power cap lowers the clock."""
        watch.start()
        for _ in range(2):
            if watch.clock.is_asynchronous:
                sleep(REST_S)
            watch.turn(watch.limit_s / 4)

    def _multiply(self, mark: Mark) -> None:
        assert self._left is not None
        assert self._right is not None
        torch.mm(self._left, self._right)

    def _copy(self, mark: Mark) -> None:
        assert self._source is not None
        assert self._target is not None
        self._target.copy_(self._source)

    def result(self) -> MeasuredCeilings | None:
        """What was measured so far; None before both have a sample."""
        if not (self.matmul.samples and self.copy.samples):
            return None
        return MeasuredCeilings(
            device=self.name,
            label=label_of(self.device),
            dtype=self.dtype.short,
            matmul_n=self.side,
            matmul_samples_s=tuple(self.matmul.samples),
            copy_bytes=self.copied,
            copy_samples_s=tuple(self.copy.samples),
        )
