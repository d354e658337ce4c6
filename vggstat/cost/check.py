"""Figures held against what somebody else counted: one record a figure, with a verdict.

The records know neither torch nor a terminal: a verification can be written down as literals and rendered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from vggstat.cost.report import Report
from vggstat.net.match import FOLLOWERS, Match
from vggstat.records import Record

__all__ = [
    "STRUCTURE",
    "Check",
    "Summary",
    "Value",
    "Verdict",
    "Verification",
    "difference",
    "judge",
    "structure_checks",
    "summarize",
    "unchecked",
]

STRUCTURE: Final = "structure"
"""The quantity of a check of layers."""

Value = int | float | str | tuple[int, ...] | None
"""A count, a measured fraction, a text, or a shape. None where there is no figure; never 0 for "not counted"."""


class Verdict(StrEnum):
    """What became of a stated figure."""

    AGREES = "agrees"
    AGREES_UNDER = "agrees-under"
    """It agrees under another convention than the one it claims."""
    DISAGREES = "disagrees"
    UNCHECKED = "unchecked"
    """It could not be judged; the note says why."""


class Check(Record):
    """One figure that ``source`` states, beside the one that vggstat computes under the same convention."""

    source: str
    """Who counted: torch, hooks, fvcore, FlopCounterMode, ... or a model or checkpoint file."""
    quantity: str
    layer: str | None = None
    """The layer's name; None for a figure of the whole network."""
    stated: Value = None
    computed: Value = None
    convention: str = ""
    """The rule under which both were counted."""
    verdict: Verdict
    note: str = ""
    """Why it is unchecked, or by how much it differs and the likely cause."""


class Summary(NamedTuple):
    """How many checks ended in each verdict. A figure that agrees under a named convention agrees."""

    agrees: int
    disagrees: int
    unchecked: int


class Verification(Record):
    """The checks of one network against one thing."""

    report: Report
    against: str
    """What the network was held against: ``a real torch model``, a factory, a file."""
    device: str = ""
    """Where it ran; empty where nothing ran."""
    versions: Mapping[str, str] = {}
    """Versions of the sources that are packages."""
    unseen: str = ""
    """Why it could not be seen what a model runs; empty where it could, or where nobody asked."""
    checks: tuple[Check, ...]

    @property
    def compares(self) -> bool:
        """Whether something that nobody ran was compared by its layers: a model, or a file of weights."""
        return not self.device

    @property
    def summary(self) -> Summary:
        return summarize(self.checks)

    @property
    def agrees(self) -> bool:
        """Whether figures agree and none differs, of a network that could be seen. What is unchecked does not count."""
        return self.summary.agrees > 0 and self.summary.disagrees == 0 and not self.unseen


def summarize(checks: Iterable[Check]) -> Summary:
    """The checks counted by verdict."""
    verdicts = [check.verdict for check in checks]
    return Summary(
        agrees=verdicts.count(Verdict.AGREES) + verdicts.count(Verdict.AGREES_UNDER),
        disagrees=verdicts.count(Verdict.DISAGREES),
        unchecked=verdicts.count(Verdict.UNCHECKED),
    )


def judge(
    source: str,
    quantity: str,
    stated: Value,
    computed: Value,
    *,
    layer: str | None = None,
    convention: str = "",
    note: str = "",
) -> Check:
    """The check of two figures that agree to the last digit or differ. ``note`` is kept for those that differ.

    Where vggstat itself has no figure (``computed`` is None) the check is unchecked.
    """
    if computed is None:
        reason = note or "vggstat knows no rule for one of the layers"
        return unchecked(source, quantity, reason, layer=layer, convention=convention, stated=stated)
    agrees = stated == computed
    return Check(
        source=source,
        quantity=quantity,
        layer=layer,
        stated=stated,
        computed=computed,
        convention=convention,
        verdict=Verdict.AGREES if agrees else Verdict.DISAGREES,
        note="" if agrees else note or difference(stated, computed),
    )


def unchecked(
    source: str,
    quantity: str,
    reason: str,
    *,
    layer: str | None = None,
    convention: str = "",
    stated: Value = None,
    computed: Value = None,
) -> Check:
    """The check of a figure that could not be had, and why."""
    return Check(
        source=source,
        quantity=quantity,
        layer=layer,
        stated=stated,
        computed=computed,
        convention=convention,
        verdict=Verdict.UNCHECKED,
        note=reason,
    )


def difference(stated: Value, computed: Value) -> str:
    """By how much a stated figure is off, in words; empty where there is no number to subtract.

    With its share, where that shows: ``−4,718,592 (−3.41 %)``, ``+1``.
    """
    if isinstance(stated, int) and isinstance(computed, int):
        percent = f"{100 * (stated - computed) / computed:+.2f}" if computed else ""
        share = f" ({percent} %)" if percent.strip("+-0.") else ""
        return f"{stated - computed:+,}{share}".replace("-", "−")
    return ""


def structure_checks(source: str, match: Match) -> tuple[Check, ...]:
    """A check for each weighted layer and pool that is as specified, then one for each difference."""
    agreeing = (
        Check(
            source=source,
            quantity=STRUCTURE,
            layer=wanted.name,
            stated=found.label,
            computed=wanted.label,
            verdict=Verdict.AGREES,
        )
        for wanted, found in match.same
        if wanted.kind not in FOLLOWERS
    )
    differing = (
        Check(
            source=source,
            quantity=difference.setting or STRUCTURE,
            layer=difference.layer or None,
            stated=difference.stated,
            computed=difference.computed,
            verdict=Verdict.DISAGREES,
            note=difference.text,
        )
        for difference in match.differences
    )
    return (*agreeing, *differing)
