"""Two files of results, configuration by configuration: what is faster, and what only looks so."""

from __future__ import annotations

from typing import Any, Literal

from vggstat.cost.bench import BenchFile, BenchResult
from vggstat.cost.statistics import Ratio, ratio_of
from vggstat.errors import InputError
from vggstat.records import Record

__all__ = ["Pair", "ResultComparison", "Verdict", "compare_results"]

Verdict = Literal["faster", "slower", "no difference", "not comparable"]


class Pair(Record):
    """One configuration in both files."""

    first: BenchResult
    second: BenchResult
    ratio: Ratio | None
    """Time of the second over the first; None where one of them has none."""

    @property
    def verdict(self) -> Verdict:
        """Of the second against the first; what lies within the noise is no difference."""
        if self.ratio is None:
            return "not comparable"
        if not self.ratio.differs:
            return "no difference"
        return "faster" if self.ratio.value < 1 else "slower"

    def is_over(self, share: float) -> bool:
        """Whether the second is slower by more than ``share``, and not only within the noise."""
        return self.verdict == "slower" and self.ratio is not None and self.ratio.value > 1 + share


class ResultComparison(Record):
    """What two files have in common, and what only one of them has."""

    first: BenchFile
    second: BenchFile
    pairs: tuple[Pair, ...]
    only_first: tuple[BenchResult, ...]
    only_second: tuple[BenchResult, ...]

    @property
    def differing_environment(self) -> tuple[tuple[str, str, str], ...]:
        """What was not the same in both runs: name, first, second."""
        one, two = self.first.device, self.second.device
        found = [("device", one.name, two.name)] if one.name != two.name else []
        for kind in ("versions", "settings"):
            left, right = getattr(one, kind), getattr(two, kind)
            for name in dict.fromkeys((*left, *right)):
                mine, theirs = str(left.get(name, "–")), str(right.get(name, "–"))
                if mine != theirs:
                    found.append((name, mine, theirs))
        return tuple(found)


def compare_results(first: BenchFile, second: BenchFile) -> ResultComparison:
    """The comparison of two files. Raises InputError where they have no configuration in common."""
    theirs, mine = _by_key(second), _by_key(first)
    pairs = tuple(_pair(result, theirs[key]) for key, result in mine.items() if key in theirs)
    if not pairs:
        raise InputError(
            "the two files have no configuration in common: network, input, dtype, batch, mode and execution have "
            "to be equal"
        )
    return ResultComparison(
        first=first,
        second=second,
        pairs=pairs,
        only_first=tuple(result for key, result in mine.items() if key not in theirs),
        only_second=tuple(result for key, result in theirs.items() if key not in mine),
    )


def _by_key(file: BenchFile) -> dict[tuple[Any, ...], BenchResult]:
    """The results by what makes them comparable, and by their device where the file holds several."""
    several = len({result.device for result in file.results}) > 1
    return {(result.key, result.device if several else ""): result for result in file.results}


def _pair(first: BenchResult, second: BenchResult) -> Pair:
    ratio = None
    if first.timing and second.timing:
        ratio = ratio_of(first.timing.samples_s, second.timing.samples_s)
    return Pair(first=first, second=second, ratio=ratio)
