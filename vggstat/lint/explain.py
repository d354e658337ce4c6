"""The inverse of a table: which quantity, under which convention, unit and rounding, gives a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from typing import Final, get_args

from vggstat.cost.facts import Fact, Family, Level, facts
from vggstat.cost.report import Report, analyze
from vggstat.errors import UsageError
from vggstat.lint.errata import ERRATA, Erratum, is_lecture
from vggstat.lint.lecture import LectureSum, lecture_sums
from vggstat.records import Record
from vggstat.units.stated import Stated, parse_stated

NEAREST = 3


PART_DIGITS: Final = 3
LAYER_DIGITS: Final = 4
"""From so many significant digits on a number is looked for among parts and layers too: 15M would be of too many of them."""


PER_IMAGE: Final = r"\s*(/|\bper\b)\s*(image|img|sample)s?\s*$"
"""What a number's unit may end in: figures are of the batch and of one image anyway."""

UNITS: Final = (
    *("flop", "mac", "mult", "madd", "add", "op"),
    *("param", "weight", "bias", "trainable", "learnable", "total", "free"),
    *("value", "activation", "neuron", "unit", "feature", "output", "channel", "class", "number"),
    *(
        "conv",
        "fc",
        "layer",
        "byte",
        "memory",
        "forward",
        "backward",
        "training",
        "inference",
        "pass",
        "step",
        "in",
        "and",
    ),
)
"""How the words begin that stand behind a number."""


class Match(Record):
    """A fact and how far the number is from it, in the reading of the number that comes to it."""

    fact: Fact
    level: Level
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

    @property
    def of_one_image(self) -> Report:
        """The same network for one image in float32, which is what lectures print."""
        return _one_image(self.report)


def _one_image(report: Report) -> Report:
    return analyze(report.graph)


def explain_number(text: str, report: Report, load_report: Callable[[str], Report]) -> Explanation:
    """What the number may stand for. Raises UsageError where ``text`` is no number.

    ``load_report`` gives the report of another shipped network by its name, for stories that need one.
    """
    stated = _parsed(text)
    families = _families(stated)
    levels = _levels(stated)
    whole = tuple(facts(report, "network"))  # the one level that takes time
    candidates = _candidates(report, levels, stated, families, whole)
    matches = _matches(candidates, stated)
    if not matches and levels != ("share",):
        # 3.2M is a figure of few digits, but where the whole has none like it a layer's is worth telling
        below: tuple[Level, ...] = ("part", "layer")
        deeper = [level for level in below if level not in levels]
        candidates += _candidates(report, deeper, stated, families, whole)
        matches = _matches(candidates, stated)
    shown = [fact for level, fact in candidates if level == "network" or _may_be_near(stated, matches)]
    errata = _errata(stated, report, families, whole)
    lecture = lecture_sums(_one_image(report), load_report) if any(map(is_lecture, errata)) else ()
    return Explanation(
        stated=stated,
        report=report,
        errata=errata,
        lecture=lecture,
        matches=tuple(matches),
        nearest=tuple(_nearest(shown, stated, {match.fact.exact for match in matches})),
    )


def explain_everywhere(text: str, reports: Iterable[Report]) -> tuple[Explanation, ...]:
    """What the number may stand for among the whole-network figures of each, where it is one of them."""
    stated = _parsed(text)
    families = _families(stated)
    found = []
    for report in reports:
        whole = tuple(facts(report, "network"))
        matches = _matches(_candidates(report, ("network",), stated, families, whole), stated)
        errata = _errata(stated, report, families, whole)
        if matches or errata:
            found.append(
                Explanation(
                    stated=stated,
                    report=report,
                    errata=errata,
                    lecture=(),
                    matches=tuple(matches),
                    nearest=(),
                )
            )
    return tuple(found)


def _candidates(
    report: Report,
    levels: Iterable[Level],
    stated: Stated,
    families: set[Family],
    whole: Sequence[Fact],
) -> list[tuple[Level, Fact]]:
    return [
        (level, fact)
        for level in levels
        for fact in (whole if level == "network" else facts(report, level))
        if _fits(fact, stated, families)
    ]


def _parsed(text: str) -> Stated:
    try:
        stated = parse_stated(re.sub(PER_IMAGE, "", text)).replace(text=text)
    except ValueError:
        raise UsageError(
            f"cannot read {text!r} as a number: expected for instance 15.48G, 58MB, 138,357,544 or 89.4%"
        ) from None
    words = re.findall(r"[^\W\d_]+", stated.word.lower())
    unread = next((word for word in words if not word.startswith(UNITS)), None)
    if unread is not None:
        raise UsageError(
            f"cannot read {unread!r} in {text!r}: expected a unit such as GFLOPs, MACs, params, MB, values or layers"
        )
    return stated


def _levels(stated: Stated) -> tuple[Level, ...]:
    """How far down the number is looked for: the more digits it has, the less is it met by chance."""
    if stated.scale == "%":
        return ("share",)
    digits = max(reading.significant_digits for reading in (stated, *stated.also))
    levels: list[Level] = ["network"]
    if digits >= PART_DIGITS:
        levels.append("part")
    if digits >= LAYER_DIGITS:
        levels += ["classes", "layer"]
    if stated.factor == 1 and digits < LAYER_DIGITS:
        levels.append("pixels")
    return tuple(levels)


def _may_be_near(stated: Stated, matches: list[Match]) -> bool:
    """Whether parts are named as the nearest too: of a bare number or a share that is nothing exactly."""
    return not matches and (stated.scale == "%" or stated.factor == 1)


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
        billion = stated.scale == "B" and stated.factor > 1
        return {"params", "operations", "values", "memory"} if billion else {"memory"}
    if "pixel" in word or word == "px":
        return {"pixels"}
    return {"params", "operations", "values", "layers", "memory", "pixels"}


def _fits(fact: Fact, stated: Stated, families: set[Family]) -> bool:
    if fact.family not in families:
        return False
    # 15.5G without a B is hardly a number of bytes; 553430176 may be.
    return not fact.is_bytes or stated.scale.endswith("B") or stated.factor == 1


def _exact(fact: Fact) -> Fraction:
    return Fraction(fact.exact, fact.whole or 1)


def _matches(candidates: Iterable[tuple[Level, Fact]], stated: Stated) -> list[Match]:
    """Those that the number admits: the whole before its parts, exact units before powers of 1024, plain figures first."""
    binary = stated.in_binary()
    found = []
    known: dict[tuple[int, int | None], tuple[bool, Fraction] | None] = {}
    for level, fact in candidates:
        key = (fact.exact, fact.whole)
        if key not in known:  # the layers of a large network have few different figures
            known[key] = _reads(_exact(fact), stated, binary)
        read = known[key]
        if read is not None:
            found.append(Match(fact=fact, level=level, binary=read[0], off=read[1]))
    order = get_args(Level)
    return sorted(
        found,
        key=lambda match: (
            order.index(match.level),
            match.binary,
            not match.fact.is_plain,
            abs(match.off),
        ),
    )


def _reads(exact: Fraction, stated: Stated, binary: Stated) -> tuple[bool, Fraction] | None:
    """Whether in units of 1024, and how far off, where the exact value reads like the number; None where it does not."""
    reading = stated.admitting(exact)
    if reading is not None:
        return False, _off(reading, exact)
    reading = binary.admitting(exact) if binary.factor != stated.factor else None
    return None if reading is None else (True, _off(reading, exact))


def _off(stated: Stated, exact: Fraction) -> Fraction:
    return stated.exact / exact - 1 if exact else Fraction(1)


def _nearest(candidates: Iterable[Fact], stated: Stated, known: set[int]) -> list[Match]:
    """The nearest of those that do not match, one for each exact value, each in the reading that is nearest to it.

    Nothing is near to a negative number: no figure of a network is below 0.
    """
    readings = tuple(reading for reading in (stated, *stated.also) if reading.exact >= 0)
    if not readings:
        return []
    nearest: dict[int, Match] = {}
    for fact in candidates:
        if fact.exact and fact.exact not in known and fact.exact not in nearest:
            off = min((_off(reading, _exact(fact)) for reading in readings), key=abs)
            nearest[fact.exact] = Match(fact=fact, level="network", binary=False, off=off)
    return sorted(nearest.values(), key=lambda match: abs(match.off))[:NEAREST]


def _errata(
    stated: Stated, report: Report, families: set[Family], whole: Sequence[Fact]
) -> tuple[Erratum, ...]:
    """The entries of the registry that print this number about this network, unless it reads as the truth too."""
    if any(stated.admits(_exact(fact)) for fact in whole if fact.is_plain and fact.family in families):
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


def _same_number(stated: Stated, value: int) -> bool:
    reading = stated.admitting(value)
    return reading is not None and abs(_off(reading, Fraction(value))) < Fraction(1, 200)
