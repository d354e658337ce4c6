"""Medians, their intervals and ratios."""

from __future__ import annotations

import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vggstat.cost.statistics import median, median_interval, quantile, ratio_of, spread
from vggstat.errors import InputError

TIMES = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=60)


@given(TIMES)
def test_the_median_lies_in_its_interval(samples: list[float]) -> None:
    """Whatever the samples, and the interval ends at samples or quarters, never outside the range."""
    low, high = median_interval(samples)

    assert low <= median(samples) <= high
    assert median(samples) == pytest.approx(statistics.median(samples))


@given(TIMES, st.floats(0.01, 100))
@settings(max_examples=50)
def test_the_unit_does_not_matter(samples: list[float], factor: float) -> None:
    """In milliseconds all comes out a thousand times larger."""
    scaled = [factor * sample for sample in samples]

    assert median_interval(scaled).high == pytest.approx(factor * median_interval(samples).high)
    assert spread(scaled) == pytest.approx(spread(samples), rel=1e-9, abs=1e-9)


def bootstrap(samples: list[float], draws: random.Random) -> tuple[float, float]:
    """The percentile bootstrap by drawing, 2,000 resamples."""
    count = len(samples)
    medians = sorted(statistics.median_low(draws.choices(samples, k=count)) for _ in range(2000))
    return medians[49], medians[1949]


@pytest.mark.parametrize("count", [11, 31, 101, 301])
def test_the_interval_is_the_bootstrap_s(count: int) -> None:
    """Computed exactly it lies within two ranks of what 2,000 resamples give."""
    draws = random.Random(count)
    samples = [draws.random() for _ in range(count)]
    ordered = sorted(samples)
    # shuffled quarters do not drift, so nothing widens the interval but by chance
    low, high = bootstrap(samples, draws)
    exact = median_interval(samples)

    assert ordered.index(low) + 2 >= next(i for i, s in enumerate(ordered) if s >= exact.low)
    assert exact.high >= ordered[max(0, ordered.index(high) - 2)]


def test_coverage() -> None:
    """The true median of a skewed distribution lies in at least 93 of 100 intervals."""
    draws = random.Random(20140904)
    hits = 0
    for _ in range(200):
        low, high = median_interval([draws.lognormvariate(0, 0.1) for _ in range(41)])
        hits += low <= 1 <= high

    assert hits >= 186


def test_drift_widens_the_interval() -> None:
    """A machine that slows down in the middle leaves an interval that spans both speeds' halves."""
    steady = [1.0, 1.01] * 20
    drifting = [1.0, 1.01] * 10 + [1.5, 1.51] * 10

    assert median_interval(steady).high < 1.02
    assert median_interval(drifting).high > 1.4  # 1.255 times the root of 1.505 / 1.005


def test_no_difference_within_the_noise() -> None:
    """Samples of one distribution rarely differ; 20 % more do."""
    draws = random.Random(7)

    def some(factor: float) -> list[float]:
        return [factor * draws.lognormvariate(0, 0.05) for _ in range(40)]

    alike = [ratio_of(some(1), some(1)).differs for _ in range(100)]
    slower = ratio_of(some(1), some(1.2))

    assert sum(alike) <= 5
    assert slower.differs
    assert slower.interval.low < 1.2 < slower.interval.high


@given(TIMES, TIMES)
@settings(max_examples=50)
def test_a_ratio_turned_around(one: list[float], other: list[float]) -> None:
    """The ratio of B to A is one over that of A to B, and so are the ends of its interval."""
    forth, back = ratio_of(one, other), ratio_of(other, one)

    assert forth.value == pytest.approx(1 / back.value)
    assert forth.interval.low == pytest.approx(1 / back.interval.high)


def test_quantiles() -> None:
    """Interpolated between neighbours."""
    assert [quantile([4, 1, 3, 2], share) for share in (0, 0.25, 0.5, 1)] == [1, 1.75, 2.5, 4]


def test_nothing_measured() -> None:
    """No samples have no median."""
    with pytest.raises(InputError, match="nothing was measured"):
        median([])
    with pytest.raises(InputError, match="cannot be compared"):
        ratio_of([0.0], [1.0])
