"""How much a network may grow over a baseline, quantity by quantity, and what has grown.

Limits are ratios of integers and are decided in integers: a growth of exactly 1 % is within ``macs=1%``, and one more is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple

from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.compare import Comparison, Figure, Slot
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.report_layout import OWN_ACCOUNTINGS, TOTALS
from vggstat.cost.snapshot import Snapshot
from vggstat.errors import UsageError
from vggstat.records import Record
from vggstat.sources.spec.problems import nearest, quote
from vggstat.units.stated import Stated, parse_stated

__all__ = ["Budget", "BudgetLine", "Growth", "Limit", "Setting", "Verdict", "check_budget", "parse_limits"]

Verdict = Literal["within", "shrunk", "grown", "unknown", "other workload"]
"""``within`` is as large as before, or larger by no more than the limit. All but it and ``shrunk`` fail."""

EXAMPLE: Final = "params=0,macs=1%,training-peak=+50MB"
FIGURES: Final[tuple[Figure, ...]] = ("params", "macs", "output_values")


# limits -------------------------------------------------------------------------------------------------------


class Limit(Record):
    """The most that a quantity may grow: ``numerator / denominator`` of its unit, or of the baseline's figure."""

    name: str
    """The quantity as it is called on the command line."""
    key: str
    """The same as a key of ``facts.WHOLE``."""
    written: str
    numerator: int
    denominator: int
    is_share: bool

    @property
    def unit(self) -> str:
        """``B`` of a quantity that counts bytes; counts have none."""
        return "B" if _counts_bytes(self.key) else ""

    def allowed(self, baseline: int) -> int:
        """The largest growth over the baseline's figure that is within the limit, rounded down."""
        return self.numerator * (baseline if self.is_share else 1) // self.denominator


def _names() -> dict[str, str]:
    """The quantities that a saved report holds: name -> key of ``facts.WHOLE``."""
    found = {name.replace("_", "-"): key for name, key in TOTALS.items()}
    tools = [("memory", entry.name) for entry in ACCOUNTINGS]
    tools += [("operations", rule.name) for rule in COUNTING_RULES]
    names = [name for _, name in tools]
    for family, name in tools:
        # torchinfo counts operations and memory: alone, its name says neither
        if names.count(name) == 1:
            found.setdefault(name, f"{family}:{name}")
        found[f"{family}:{name}"] = f"{family}:{name}"
    return found


def _counts_bytes(key: str) -> bool:
    return key.startswith("memory:") or key.endswith("_bytes")


def parse_limits(texts: Iterable[str]) -> tuple[Limit, ...]:
    """The limits that ``params=0,macs=1%`` names, in their order.

    A limit is a growth in the quantity's unit (``0``, ``100k``, ``+50MB``) or in percent of the baseline. Raises
    UsageError for a quantity that is not known or named twice, and for a limit that is no number of its unit.
    """
    limits: list[Limit] = []
    for part in ",".join(texts).split(","):
        limit = _parse_limit(part.strip())
        if limit.key in (other.key for other in limits):
            raise UsageError(f"--fail-over limits {limit.name} twice: give one limit for each quantity")
        limits.append(limit)
    return tuple(limits)


def _parse_limit(part: str) -> Limit:
    name, equals, written = (word.strip() for word in part.partition("="))
    if not (name and equals and written):
        raise UsageError(
            f"cannot read {quote(part)} of --fail-over: expected quantity=limit, as in {EXAMPLE}"
        )
    key = _find_key(name.lower().replace("_", "-"))
    stated = _stated(name, key, written)
    return Limit(
        name=name.lower().replace("_", "-"),
        key=key,
        written=written.lstrip("+"),
        numerator=stated.exact.numerator,
        denominator=stated.exact.denominator,
        is_share=stated.scale == "%",
    )


def _find_key(name: str) -> str:
    names = _names()
    if name in names:
        return names[name]
    both = [known for known in names if known.partition(":")[2] == name]
    if both:
        raise UsageError(f"{quote(name)} of --fail-over may be {' or '.join(both)}: write one of them")
    close = nearest(name, list(names), count=2)
    meant = f": did you mean {' or '.join(close)}?" if close else ""
    known = [name.replace("_", "-") for name in TOTALS]
    known += [entry.name for entry in ACCOUNTINGS[:OWN_ACCOUNTINGS]]
    raise UsageError(
        f"--fail-over knows no quantity {quote(name)}{meant}\n"
        f"expected one of {', '.join(known)}, or one that a tool counts (operations:fvcore, memory:timm)"
    )


def _stated(name: str, key: str, written: str) -> Stated:
    """The limit as a number: the one reading of its text that fits the quantity."""
    try:
        stated = parse_stated(written)
    except ValueError:
        stated = None
    readings = [one for one in (stated, *stated.also) if _fits(one, key)] if stated else []
    if not readings:
        unit = "a size (0, 50MB, 4096)" if _counts_bytes(key) else "a count (0, 5000, 100k)"
        raise UsageError(
            f"cannot take {quote(written)} as the growth of {name} in --fail-over: expected {unit} or a percentage (1%)"
        )
    if any(one.exact != readings[0].exact for one in readings):
        raise UsageError(
            f"{quote(written)} of --fail-over can be read in two ways: write it without separators, and with fewer "
            "than three decimals"
        )
    return readings[0]


def _fits(stated: Stated, key: str) -> bool:
    """Whether a number can be the growth of the quantity: not below 0, nothing but digits and a scale of its unit."""
    if stated.is_negative or stated.word or stated.approximate:
        return False
    if stated.scale == "B":  # bytes, or billions
        return _counts_bytes(key) == (stated.factor == 1)
    return _counts_bytes(key) or not stated.scale.endswith("B")


# verdicts -----------------------------------------------------------------------------------------------------


class Setting(NamedTuple):
    """Something that both networks were not run alike in."""

    name: Literal["input", "further inputs", "batch", "dtype", "head", "classes"]
    baseline: Any
    now: Any


class BudgetLine(Record):
    """One quantity of the baseline and of what there is now, and what becomes of its limit."""

    limit: Limit
    baseline: int | None
    now: int | None
    verdict: Verdict
    not_counted: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """The layers for which the figure is not known, of the baseline and of what there is now."""

    @property
    def fails(self) -> bool:
        return self.verdict not in ("within", "shrunk")

    @property
    def growth(self) -> int | None:
        """What there is now less the baseline; None where one of them is not known."""
        return None if self.baseline is None or self.now is None else self.now - self.baseline

    @property
    def allowed(self) -> int | None:
        """The largest growth that is within the limit; None where the baseline is not known."""
        return None if self.baseline is None else self.limit.allowed(self.baseline)


class Growth(Record):
    """A place in the aligned networks where something differs, with the differences; None where not known."""

    slot: Slot
    params: int | None
    macs: int | None
    output_values: int | None


class Budget(Record):
    """The verdicts on a network against a baseline."""

    comparison: Comparison
    lines: tuple[BudgetLine, ...]
    settings: tuple[Setting, ...]
    """What the two were not run alike in; nothing can be said of growth where there is anything."""

    @property
    def failing(self) -> tuple[BudgetLine, ...]:
        return tuple(line for line in self.lines if line.fails)

    @property
    def growths(self) -> tuple[Growth, ...]:
        """The layers that differ, those first that have the largest share in the growth of a limited quantity.

        Quantities that are over their limits count before the others.
        """
        found = [growth for slot in self.comparison.slots if (growth := self._growth(slot)) is not None]
        figures = _figures_of(self.failing) or _figures_of(self.lines) or FIGURES
        sums = {figure: sum(getattr(growth, figure) or 0 for growth in found) for figure in figures}

        def rank(growth: Growth) -> tuple[int, ...]:
            deltas = {figure: getattr(growth, figure) or 0 for figure in FIGURES}
            # in billionths of the growth: an order of rows, and no figure of the page
            shares = [10**9 * deltas[figure] // total for figure, total in sums.items() if total > 0]
            return (max(shares, default=0), *(deltas[figure] for figure in figures))

        return tuple(sorted(found, key=rank, reverse=True))

    def _growth(self, slot: Slot) -> Growth | None:
        differences = {figure: self.comparison.difference(slot, figure) for figure in FIGURES}
        if slot.change == "same" and not any(differences.values()):
            return None
        return Growth(slot=slot, **differences)


def _figures_of(lines: Sequence[BudgetLine]) -> tuple[Figure, ...]:
    """The figures of rows in which the growth of quantities shows."""
    return tuple(dict.fromkeys(_figure_of(line.limit.key) for line in lines))


def _figure_of(key: str) -> Figure:
    if key.startswith("operations:") or key.endswith("_flops"):
        return "macs"
    return "output_values" if key.startswith(("memory:", "values:")) else "params"


def check_budget(comparison: Comparison, limits: Sequence[Limit]) -> Budget:
    """The verdicts on the second of two networks against the first. Raises UsageError for more than two."""
    if len(comparison.networks) != 2:
        raise UsageError("a budget compares two networks: the baseline, and what there is now")
    baseline, now = comparison.networks
    settings = tuple(_settings(baseline, now))
    return Budget(
        comparison=comparison,
        lines=tuple(_line(limit, baseline, now, alike=not settings) for limit in limits),
        settings=settings,
    )


def _settings(baseline: Snapshot, now: Snapshot) -> Iterable[Setting]:
    compared = (
        Setting("input", baseline.image, now.image),
        Setting("further inputs", baseline.further_inputs, now.further_inputs),
        Setting("batch", baseline.workload.batch, now.workload.batch),
        Setting("dtype", baseline.workload.dtype.short, now.workload.dtype.short),
        Setting("head", baseline.head, now.head),
        Setting("classes", baseline.classes, now.classes),
    )
    return (setting for setting in compared if setting.baseline != setting.now)


def _line(limit: Limit, baseline: Snapshot, now: Snapshot, *, alike: bool) -> BudgetLine:
    figures = (baseline.figure(limit.key), now.figure(limit.key))
    return BudgetLine(
        limit=limit,
        baseline=figures[0],
        now=figures[1],
        verdict=_verdict(limit, *figures) if alike else "other workload",
        not_counted=(baseline.not_counted(limit.key), now.not_counted(limit.key)),
    )


def _verdict(limit: Limit, baseline: int | None, now: int | None) -> Verdict:
    if baseline is None or now is None:
        return "unknown"
    if now < baseline:
        return "shrunk"
    return "within" if now - baseline <= limit.allowed(baseline) else "grown"
