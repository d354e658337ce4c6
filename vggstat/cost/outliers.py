"""Several devices of one machine that were given the same work: which of them is slower or faster than its peers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from vggstat.cost.bench import BenchResult
from vggstat.cost.statistics import median

__all__ = ["AWAY", "FEWEST", "Share", "shares_of"]

AWAY: Final = 0.03
"""From this share of the median of all on, beyond its own interval, a device is called an outlier."""
FEWEST: Final = 3
"""So many devices have to be there: of two that differ nobody knows which is the odd one."""


class Share(NamedTuple):
    """One device's time of a configuration over the median of all devices' medians."""

    result: BenchResult
    of_median: float
    is_outlier: bool
    """Whether all of its interval of 95 % lies more than ``AWAY`` from that median, on the one side or the other."""


def shares_of(results: Sequence[BenchResult]) -> tuple[tuple[Share, ...], ...]:
    """For each configuration and execution that several devices ran: their shares, in the order of the results."""
    parties: dict[tuple[Any, ...], list[BenchResult]] = {}
    for result in results:
        if result.timing is not None:
            parties.setdefault(result.key, []).append(result)
    return tuple(_shares(party) for party in parties.values() if len({result.device for result in party}) > 1)


def _shares(party: Sequence[BenchResult]) -> tuple[Share, ...]:
    timings = [(result, result.timing) for result in party if result.timing]
    middle = median([timing.median_s for _, timing in timings])
    enough = len(timings) >= FEWEST
    found = []
    for result, timing in timings:
        low, high = timing.interval_s
        away = low > middle * (1 + AWAY) or high < middle * (1 - AWAY)
        found.append(Share(result, timing.median_s / middle, enough and away))
    return tuple(found)
