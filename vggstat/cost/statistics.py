"""Medians of repeated measurements, how sure they are, and ratios of two of them.

The interval of a median is the 95 % percentile bootstrap (Efron 1979), computed exactly: a resample's median is
an order statistic of the sample, and how often each of them comes up follows from the binomial distribution
(Maritz and Jarrett 1978). So nothing is drawn at random, and the same samples give the same interval.

The bootstrap takes the samples to be independent. On a machine that slows down for a second they are not: where
the medians of four consecutive quarters lie farther apart than the interval, the interval is widened to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from math import exp, lgamma, log
from statistics import NormalDist
from typing import Final, NamedTuple

from vggstat.errors import InputError

__all__ = [
    "CONFIDENCE",
    "WIDE_SPREAD",
    "Interval",
    "Ratio",
    "median",
    "median_interval",
    "quantile",
    "ratio_of",
    "relative_half_width",
    "spread",
]

CONFIDENCE: Final = 0.95
WIDE_SPREAD: Final = 0.1
"""IQR / median from which on a measurement is warned about."""

BLOCKS: Final = 4
FEWEST_FOR_BLOCKS: Final = 8
EXACT_UP_TO: Final = 60


class Interval(NamedTuple):
    """Where the median lies with 95 % confidence."""

    low: float
    high: float


class Ratio(NamedTuple):
    """How two medians compare: second over first, and its interval."""

    value: float
    interval: Interval

    @property
    def differs(self) -> bool:
        """Whether the interval leaves out 1: else there is no difference within the noise."""
        return not self.interval.low <= 1 <= self.interval.high


def quantile(samples: Sequence[float], share: float) -> float:
    """The value below which a share of the samples lies, interpolated between neighbours."""
    ordered = sorted(samples)
    if not ordered:
        raise InputError("no samples: nothing was measured")
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (at - low) * (ordered[high] - ordered[low])


def median(samples: Sequence[float]) -> float:
    """The middle of the samples; of an even number the mean of the middle two."""
    return quantile(samples, 0.5)


def spread(samples: Sequence[float]) -> float:
    """The interquartile range over the median."""
    middle = median(samples)
    return (quantile(samples, 0.75) - quantile(samples, 0.25)) / middle if middle else 0.0


def median_interval(samples: Sequence[float], confidence: float = CONFIDENCE) -> Interval:
    """The bootstrap interval of the median, widened to the medians of the quarters where these drift."""
    ordered = tuple(sorted(samples))
    if not ordered:
        raise InputError("no samples: nothing was measured")
    low, high = _ranks(len(ordered), confidence)
    interval = Interval(ordered[low], ordered[high])
    blocks = _blocks(samples)
    if not blocks or min(blocks) <= 0:
        return interval
    # Half the range of four block medians is about twice the standard error of their mean; taken as a factor, so
    # that no time comes out below 0.
    reach = (max(blocks) / min(blocks)) ** 0.5
    middle = median(ordered)
    return Interval(min(interval.low, middle / reach), max(interval.high, middle * reach))


def relative_half_width(samples: Sequence[float]) -> float:
    """Half the interval's width over the median."""
    middle = median(samples)
    low, high = median_interval(samples)
    return (high - low) / 2 / middle if middle else 0.0


def ratio_of(first: Sequence[float], second: Sequence[float]) -> Ratio:
    """``median(second) / median(first)`` with its interval: Fieller's approach on a logarithmic scale.

    The two were measured independently, so the relative half widths add in squares.
    """
    base, other = median(first), median(second)
    if base <= 0 or other <= 0:
        raise InputError("a median of 0 s cannot be compared: the samples are no times")
    below, above = median_interval(first), median_interval(second)
    value = other / base
    down = (log(other / above.low) ** 2 + log(below.high / base) ** 2) ** 0.5
    up = (log(above.high / other) ** 2 + log(base / below.low) ** 2) ** 0.5
    return Ratio(value, Interval(value * exp(-down), value * exp(up)))


def _blocks(samples: Sequence[float]) -> list[float]:
    """Medians of consecutive quarters; none where there are too few samples for it."""
    count = len(samples)
    if count < FEWEST_FOR_BLOCKS:
        return []
    edges = [count * block // BLOCKS for block in range(BLOCKS + 1)]
    return [median(samples[low:high]) for low, high in pairwise(edges)]


@lru_cache(maxsize=256)
def _ranks(count: int, confidence: float) -> tuple[int, int]:
    """Ranks (from 0) of the order statistics that bound the median of a resample in the middle ``confidence``."""
    tail = (1 - confidence) / 2
    middle = (count - 1) // 2
    if count > EXACT_UP_TO:
        # The binomial is normal by then; the loop below would take a second for 2,000 samples.
        reach = NormalDist().inv_cdf(1 - tail) * count**0.5 / 2
        low = max(0, int(count / 2 - reach) - 1)
        return low, count - 1 - low
    # A resample's median is at most the k-th order statistic if at least middle + 1 of its draws are.
    low = 0
    while low < middle and 1 - _binomial_cdf(middle, count, (low + 1) / count) < tail:
        low += 1
    return low, count - 1 - low


def _binomial_cdf(successes: int, draws: int, chance: float) -> float:
    """The probability of at most so many successes."""
    if chance >= 1:
        return 0.0 if successes < draws else 1.0
    total = 0.0
    for k in range(successes + 1):
        ways = lgamma(draws + 1) - lgamma(k + 1) - lgamma(draws - k + 1)
        total += exp(ways + k * log(chance) + (draws - k) * log(1 - chance))
    return total
