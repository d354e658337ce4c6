"""The base of all records of measurements: their bounds, and repeated measurements of one thing."""

from __future__ import annotations

from typing import Annotated, Any, Final, Self

from msgspec import Meta, Struct
from msgspec.structs import replace

from vggstat.cost.statistics import Interval, median, median_interval, quantile, relative_half_width, spread

__all__ = [
    "FAST",
    "Count",
    "Duration",
    "Durations",
    "Measured",
    "Number",
    "Samples",
    "Seconds",
    "Size",
    "Timing",
]

Seconds = Annotated[float, Meta(ge=0, lt=1e9)]
"""A duration. 0 is one too: a layer may take less than the clock's step."""
Duration = Annotated[float, Meta(gt=0, lt=1e9)]
Number = Annotated[float, Meta(ge=0, lt=1e30)]
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Size = Annotated[int, Meta(ge=1, lt=2**40)]
Samples = Annotated[tuple[Seconds, ...], Meta(min_length=1)]
Durations = Annotated[tuple[Duration, ...], Meta(min_length=1)]

FAST: Final = 0.1
"""The share of runs that may be faster than what is taken for undisturbed: a ceiling's, and the host's launches."""
LAUNCH_BOUND: Final = 0.9
"""From this share of the median on the host's launches are what a run takes its time for."""


class Measured(Struct, frozen=True, kw_only=True):
    """The base of all that stands in a file of results: frozen, keyword-only, bounded by its types when it is read."""

    def replace(self, **changes: Any) -> Self:
        """This record with some fields changed."""
        return replace(self, **changes)


class Timing(Measured, frozen=True, kw_only=True):
    """Repeated measurements of one thing, in seconds, in the order in which they were made."""

    samples_s: Samples
    first_s: Seconds | None = None
    """The first call ever, when kernels are chosen and memory is allocated; not among the samples."""
    host_samples_s: tuple[Seconds, ...] = ()
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
    def host_s(self) -> float | None:
        """The host's time to launch a run, of the run that one in ten is faster than; None where it is not known.

        Not the median: once the device's queue is full, the host waits for the device, and its time says nothing.
        """
        return quantile(self.host_samples_s, FAST) if self.host_samples_s else None

    @property
    def is_launch_bound(self) -> bool:
        """Whether the host takes about as long to launch a run as the device to be done with it."""
        return self.host_s is not None and self.host_s >= LAUNCH_BOUND * self.median_s

    @property
    def outliers(self) -> int:
        """Samples over 1.5 IQR above the third quartile or below the first; they are counted, not dropped."""
        low, high = quantile(self.samples_s, 0.25), quantile(self.samples_s, 0.75)
        reach = 1.5 * (high - low)
        return sum(not low - reach <= sample <= high + reach for sample in self.samples_s)
