"""Training on several devices at once: what was measured by number of processes, and what they send one another."""

from __future__ import annotations

from typing import Literal

from vggstat.cost.measured import Count, Durations, Measured, Size, Timing
from vggstat.cost.statistics import Interval, Ratio, ratio_of

__all__ = ["Scaling", "ScalingPoint", "ring_bytes"]


def ring_bytes(gradient_bytes: int, processes: int) -> int:
    """Bytes that each process sends in a ring all-reduce: 2 (N - 1) / N times those of the gradients.

    N - 1 rounds that add up and N - 1 that hand round, each of an N-th of the data (Patarasu and Yuan 2009, "Bandwidth
    optimal all-reduce algorithms for clusters of workstations"): less is not possible.
    """
    return 2 * (processes - 1) * gradient_bytes // processes


class ScalingPoint(Measured, frozen=True, kw_only=True):
    """A training step on so many processes, each with the whole batch of its own."""

    processes: Size
    samples_s: Durations
    """Of the step, as the first process sees it: all take part in each."""
    unsynced_samples_s: tuple[float, ...] = ()
    """Of the same step without the all-reduce, by the same processes at the same time; empty for one process."""

    @property
    def timing(self) -> Timing:
        return Timing(samples_s=self.samples_s)

    @property
    def unsynced(self) -> Timing | None:
        return Timing(samples_s=self.unsynced_samples_s) if self.unsynced_samples_s else None

    @property
    def exposed_s(self) -> float | None:
        """The part of the all-reduce that the backward pass does not hide; None for one process."""
        return self.timing.median_s - self.unsynced.median_s if self.unsynced else None

    @property
    def exposed_interval_s(self) -> Interval | None:
        """Where it lies at least: between the far ends of both intervals of 95 %."""
        if self.unsynced is None:
            return None
        whole, without = self.timing.interval_s, self.unsynced.interval_s
        return Interval(whole.low - without.high, whole.high - without.low)


class Scaling(Measured, frozen=True, kw_only=True):
    """One configuration, trained with DistributedDataParallel by 1, 2, 4, ... processes."""

    spec: str
    title: str = ""
    digest: str = ""
    dtype: str
    autocast: str | None = None
    image: tuple[Size, ...]
    batch: Size
    """Of each process."""
    optimizer: str
    implementation: str
    backend: Literal["gloo", "nccl"]
    gradient_bytes: Count
    """Of all parameters' gradients: what is reduced in a step."""
    has_batch_norm: bool = False
    """Whether there are statistics, which each process makes of its own batch."""
    points: tuple[ScalingPoint, ...] = ()

    def images_per_s(self, point: ScalingPoint) -> float:
        """Of all processes together."""
        return point.processes * self.batch / point.timing.median_s

    def efficiency(self, point: ScalingPoint) -> Ratio | None:
        """Images a second over those of as many processes each alone; None without a measurement of one."""
        alone = next((entry for entry in self.points if entry.processes == 1), None)
        return None if alone is None else ratio_of(point.samples_s, alone.samples_s)

    def sent_bytes(self, point: ScalingPoint) -> int:
        """What each process sends in a step, by prediction."""
        return ring_bytes(self.gradient_bytes, point.processes)
