"""The inverse of a table: which quantity, under which convention, unit and rounding, gives a number."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction

from vggstat.cost.report import Report
from vggstat.errors import UsageError
from vggstat.lint.errata import ERRATA, Erratum
from vggstat.lint.lecture import LectureSum, lecture_sums
from vggstat.lint.quantities import (
    Family,
    Quantity,
    layer_quantities,
    share_quantities,
    total_quantities,
)
from vggstat.records import Record
from vggstat.units import Stated, parse_stated

__all__ = ["Explanation", "Match", "explain_number"]

NEAREST = 3


class Match(Record):
    """A quantity and how far the number is from it."""

    quantity: Quantity
    binary: bool
    """Whether K, M or G has to be read as a power of 1024 (``58MB`` for 58.13 MiB)."""
    off: Fraction
    """The number over the exact value, less 1."""


class Explanation(Record):
    """What a number may stand for in one network."""

    stated: Stated
    report: Report
    errata: tuple[Erratum, ...]
    lecture: tuple[LectureSum, ...]
    """The sums behind the lecture's total; empty where the number is not that total."""
    matches: tuple[Match, ...]
    """What it is within its own precision, the likeliest first."""
    nearest: tuple[Match, ...]
    """What comes nearest, where nothing matches or besides."""

    @property
    def found(self) -> bool:
        return bool(self.matches or self.errata)


def explain_number(text: str, report: Report, load_report: Callable[[str], Report]) -> Explanation:
    """What the number may stand for. Raises UsageError where ``text`` is no number.

    ``load_report`` gives the report of another shipped network by its name, for stories that need one.
    """
    try:
        stated = parse_stated(text)
    except ValueError:
        raise UsageError(
            f"cannot read {text!r} as a number: expected for instance 15.48G, 58MB, 138,357,544 or 89.4%"
        ) from None
    families = _families(stated)
    totals = [quantity for quantity in total_quantities(report) if _fits(quantity, stated, families)]
    matches = _matches(totals, stated)
    if not matches:
        layers: Iterable[Quantity] = (*layer_quantities(report), *share_quantities(report))
        parts = [quantity for quantity in layers if _fits(quantity, stated, families)]
        matches = _matches(parts, stated)
        if not matches and (stated.scale == "%" or stated.factor == 1):
            totals += parts
    errata = _errata(stated, report, families)
    is_lecture = any(entry.name.startswith("cs231n") for entry in errata)
    return Explanation(
        stated=stated,
        report=report,
        errata=errata,
        lecture=lecture_sums(report, load_report) if is_lecture else (),
        matches=tuple(matches),
        nearest=tuple(_nearest(totals, stated, {match.quantity.exact for match in matches})),
    )


def _families(stated: Stated) -> set[Family]:
    """What the number's unit and word leave it to be."""
    word = stated.word.lower()
    if stated.scale == "%":
        return {"share"}
    if any(part in word for part in ("flop", "mac", "mult", "madd", "ops", "operation")):
        return {"operations"}
    if any(part in word for part in ("param", "weight", "bias")):
        return {"params"}
    if "value" in word:
        return {"values"}
    if "layer" in word:
        return {"layers"}
    if stated.scale.endswith("B"):
        return {"memory"}
    return {"params", "operations", "values", "layers", "memory"}


def _fits(quantity: Quantity, stated: Stated, families: set[Family]) -> bool:
    if quantity.family not in families:
        return False
    # 15.5G without a B is hardly a number of bytes; 553430176 may be.
    return not quantity.is_bytes or stated.scale.endswith("B") or stated.factor == 1


def _exact(quantity: Quantity) -> Fraction:
    return Fraction(quantity.exact, quantity.whole or 1)


def _matches(quantities: Iterable[Quantity], stated: Stated) -> list[Match]:
    """Those that the number admits: exact units before powers of 1024, plain figures before tools', then by distance."""
    binary = stated.in_binary()
    found = []
    for quantity in quantities:
        exact = _exact(quantity)
        if stated.admits(exact):
            found.append(Match(quantity=quantity, binary=False, off=_off(stated, exact)))
        elif binary.factor != stated.factor and binary.admits(exact):
            found.append(Match(quantity=quantity, binary=True, off=_off(binary, exact)))
    return sorted(found, key=lambda match: (match.binary, not match.quantity.is_plain, abs(match.off)))


def _off(stated: Stated, exact: Fraction) -> Fraction:
    return Fraction(stated.value) / exact - 1 if exact else Fraction(1)


def _nearest(quantities: Iterable[Quantity], stated: Stated, known: set[int]) -> list[Match]:
    """The nearest of those that do not match, one for each exact value."""
    nearest: dict[int, Match] = {}
    for quantity in quantities:
        exact = _exact(quantity)
        if exact and quantity.exact not in known:
            nearest.setdefault(
                quantity.exact, Match(quantity=quantity, binary=False, off=_off(stated, exact))
            )
    return sorted(nearest.values(), key=lambda match: abs(match.off))[:NEAREST]


def _errata(stated: Stated, report: Report, families: set[Family]) -> tuple[Erratum, ...]:
    """The entries of the registry that print this number about this network, unless it reads as the truth too."""
    if any(
        stated.admits(_exact(quantity)) for quantity in _plain_figures(report) if quantity.family in families
    ):
        return ()
    names = {report.name, *report.graph.spec.aliases}
    return tuple(
        entry
        for entry in ERRATA
        if entry.quantity in families
        and (not entry.specs or names.intersection(entry.specs))
        and any(_same_number(stated, value) for value in entry.stated)
        and (entry.quantity != "memory" or stated.scale.endswith("B"))
    )


def _plain_figures(report: Report) -> list[Quantity]:
    """The figures under no tool's rule: what a right number most likely is."""
    return [quantity for quantity in total_quantities(report) if quantity.is_plain]


def _same_number(stated: Stated, value: int) -> bool:
    return stated.admits(value) and abs(_off(stated, Fraction(value))) < Fraction(1, 200)
