"""One cell under its row's variant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from vggstat.cost.facts import facts
from vggstat.lint.contradictions import (
    binary_unit,
    enter_binary,
    enter_other_convention,
    is_plain_binary,
    is_precise,
)
from vggstat.lint.errata import find_errata, is_lecture
from vggstat.lint.figures import Figure, admits, figures_of, like
from vggstat.lint.model import Cell
from vggstat.lint.network import Target
from vggstat.lint.numbers import Number, claim_parts
from vggstat.lint.ops_words import CLOSE, says_flops
from vggstat.lint.policy import TRAINING, ConventionPolicy
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts
from vggstat.lint.whole_networks.variants import Variant
from vggstat.lint.whole_networks.verdicts import (
    enter_erratum,
    enter_right,
    enter_wrong,
    noun_of,
    whose,
)

MAX_LINE: Final = 2_000
"""Characters of a line in which words about its figures are looked for."""
_TRAINS: Final = re.compile(r"\btrain|backward|back-?prop|bwd|学習|训练|訓練|학습", re.IGNORECASE)


@lru_cache(maxsize=256)
def _trains(words: str) -> bool:
    """Whether words speak of training; asked again for each figure that a claim of the same line may be."""
    return _TRAINS.search(words) is not None


_COUNTS: Final = ("conv_layers", "fc_layers", "pool_layers", "weight_layers", "classes")


_LECTURE: Final = re.compile(r"CS231n|\blecture\b|erratum", re.IGNORECASE)
_IMAGES: Final = re.compile(
    r"batch[- ]?size(?:\s?(?:of|is|=|:))?\s?(?!1\b)\d|batch of (?!1\b|one)\w|per batch", re.IGNORECASE
)


class Around(NamedTuple):
    """What the words around a table or a sentence say about its figures."""

    several_images: bool = False
    lecture: bool = False
    """Whether they speak about the lecture, whose total may be quoted then."""

    @classmethod
    def of(cls, words: str) -> Around:
        """What these words say."""
        return cls(_IMAGES.search(words) is not None, _LECTURE.search(words) is not None)


class Claim(NamedTuple):
    """A cell's number, and what the words around and the settings say of it."""

    cell: Cell
    number: Number
    policy: ConventionPolicy
    beside: frozenset[int]
    """The exact counts of the same row: one of them shows what the others are rounded from."""
    around: Around = Around()

    @property
    def label(self) -> str:
        """The words that say what it counts."""
        return f"{self.cell.label} {self.cell.unit} {self.cell.flow.text}"

    @property
    def scales(self) -> tuple[int, ...]:
        """What its unit may multiply by."""
        return self.policy.scales(self.number)

    def figures(self, variant: Variant) -> list[Figure]:
        """The figures that it may be of; those of training only where the words speak of it."""
        trains = _trains(self.label) or _trains(self.cell.flow.origins[0][0].text[:MAX_LINE])
        figures = figures_of(variant.network, self.cell.quantity)
        return [figure for figure in figures if trains or figure.rule != TRAINING]

    def admits(self, figure: Figure) -> bool:
        """Whether it is right as this figure, in units that are known to be meant."""
        if admits(self.number, figure, self.scales):
            return True
        return figure.exact in self.beside and admits(self.number, figure)

    def is_bounded(self, figure: Figure) -> bool:
        """Whether it is a bound, and true of this figure."""
        sign = {"": 0, "more": 1, "less": -1}[self.cell.bound]
        return sign * figure.exact > sign * self.number.approximate

    def permits(self, figure: Figure) -> bool:
        """Whether the settings leave that way to count."""
        return self.policy.permits(self.cell.quantity, figure.rule)


def judge_cell(claim: Claim, variant: Variant, variants: Iterable[Variant], verdicts: Verdicts) -> None:
    """Enter the verdict on a figure of a row's variant. ``variants``: the others that may be meant."""
    cell, number, label = claim.cell, claim.number, claim.label
    figures = claim.figures(variant)
    if not figures:
        verdicts.skip(cell, f"nothing is known to compare {cell.quantity.replace('_', ' ')} with")
        return
    if cell.quantity in _COUNTS:
        _judge_count(cell, number, figures[0], variant, verdicts)
        return
    figures.sort(key=lambda f: (not claim.permits(f), f.flops is not None and f.flops != says_flops(label)))
    if any(claim.is_bounded(figure) and claim.permits(figure) for figure in figures):
        verdicts.passed(cell, f"{cell.bound} than that holds for {variant.words}")
        return
    right = next((figure for figure in figures if claim.admits(figure) and claim.permits(figure)), None)
    if right is not None:
        enter_right(cell, number, right, label, variant, verdicts)
        return
    near = next((figure for figure in figures if admits(number, figure)), None)
    if near is not None and (is_precise(number) or variant.network.name in OF_THE_PAPER):
        _judge_contradiction(claim, near, figures[0], variant, verdicts)
        return
    stated = _published(claim, variant)
    if stated:
        verdicts.passed(cell, f"as stated by {stated}")
        return
    others = [other for other in variants if any(map(claim.admits, claim.figures(other)))]
    if others:
        _judge_another(claim, figures[0], variant, others, verdicts)
    else:
        _judge_wrong(claim, figures[0], variant, variants, verdicts)


def _judge_contradiction(
    claim: Claim, figure: Figure, wanted: Figure, variant: Variant, verdicts: Verdicts
) -> None:
    """A number that is right, but as the settings do not count, or in units that nothing announces.

    ``wanted``: the figure that should stand there."""
    cell, number = claim.cell, claim.number
    if claim.permits(figure) and is_plain_binary(number, figure.exact):
        if is_precise(number):
            enter_binary(cell, number, figure.exact, noun_of(cell, figure), verdicts)
            return
        verdicts.binary.add(
            figure.exact
        )  # more often another network's: wrong, unless the document supports it
        note = f"right only with {binary_unit(number)}, which the document would have to say"
        enter_wrong(cell, number, figure, variant, claim.scales, verdicts, note=note)
        return
    found, kind = figure.rule, cell.quantity
    if claim.permits(figure):
        found += " in MB of 2^20 bytes" if claim.policy.size == "MB" else " in MB of 10^6 bytes"
        kind = "size"
    expected = like(number, wanted, claim.scales)
    enter_other_convention(cell, number, found, claim.policy.words(kind), verdicts, expected=expected)


_PUBLISHED: Final = {
    "params": "params", "trainable_params": "params", "weights": "params", "ops": "gflops", "param_bytes": "weights_file",
}  # fmt: skip
_STEPS: Final = {"gflops": 10**9}
ROUNDED: Final = 4
"""Digits of a figure that people pass on without counting again."""


def _published(claim: Claim, variant: Variant) -> str:
    """The source that states the number in these digits, however it came to them."""
    key = _PUBLISHED.get(claim.cell.quantity, "")
    for entry in variant.network.report.graph.spec.published:
        parts = claim_parts(entry.figures.get(key, ""), "")
        stated = next((part for part in parts if isinstance(part, Number)), None)
        if stated is None or len(stated.digits) > ROUNDED:
            continue
        exact = round(stated.approximate * _STEPS.get(key, 1))
        if any(claim.number.admits(exact, scale) for scale in claim.scales):
            return entry.source
    return ""


def is_part_of(cell: Cell, number: Number, whole: Variant, variants: Iterable[Variant]) -> bool:
    """Whether it is the figure of the conv layers or of the FC layers alone, and not of the whole."""
    figures = figures_of(whole.network, cell.quantity)
    trunk = next(
        (v for v in variants if not v.network.report.fc_layers and v.network.image == whole.network.image),
        None,
    )
    if trunk is None or any(admits(number, figure) for figure in figures):
        return False
    conv = {figure.rule: figure for figure in figures_of(trunk.network, cell.quantity)}
    return any(
        admits(number, part)
        for figure in figures
        if figure.rule in conv
        for part in (
            conv[figure.rule],
            figure._replace(exact=figure.exact - conv[figure.rule].exact, above=0),
        )
    )


def _judge_another(
    claim: Claim, figure: Figure, variant: Variant, others: Sequence[Variant], verdicts: Verdicts
) -> None:
    """A number that is right for other variants of the network only."""
    cell, number = claim.cell, claim.number
    if variant.network.name not in OF_THE_PAPER and others[0].stated:
        verdicts.passed(
            cell, f"right for {others[0].words}"
        )  # people take figures of one network from several places
        return
    if not any(other.stated for other in others):
        verdicts.skip(cell, f"right for {variant.network.name} {others[0].words}, which is not said")
        return
    if variant.cifar and any(other.cifar for other in others):
        verdicts.skip(cell, f"right {others[0].words}: which head is meant is not said")
        return
    if cell.quantity == "ops" and not others[0].network.report.fc_layers:
        verdicts.skip(cell, f"right {others[0].words}: nobody says whether they are counted")
        return
    verdicts.wrong_part(
        "V601",
        cell,
        number,
        f"{number.text.strip()} is right for {others[0].words}, the rest of the row for {variant.words}",
        expected=like(number, figure, claim.scales),
    )


def _judge_wrong(
    claim: Claim, figure: Figure, variant: Variant, variants: Iterable[Variant], verdicts: Verdicts
) -> None:
    """A number that is right for no variant: wrong, unless something else may be meant."""
    cell, number = claim.cell, claim.number
    if _is_vague(number, cell):
        verdicts.skip(cell, "too short a number to tell what it counts")
        return
    if cell.quantity == "receptive_field" and not _is_slip(claim, variant):
        verdicts.skip(cell, "of a layer that is not named")
        return
    if _is_lecture(number, cell, variant):
        if claim.around.lecture or _QUOTED.search(cell.flow.origins[0][0].text[:MAX_LINE]):
            verdicts.skip(cell, "the lecture's total, as a quotation")
        else:
            enter_erratum(cell, number, variant, verdicts)
        return
    reason = _otherwise(claim, variant)
    if reason:
        verdicts.skip(cell, reason)
        return
    part = part_of(number, cell, variant)
    if part:
        verdicts.skip(cell, f"of {part} rather than of the whole")
        return
    if variant.network.name not in OF_THE_PAPER and not _is_slip(claim, variant):
        verdicts.skip(
            cell, f"{variant.network.name} is built in several ways, and which is meant is not said"
        )
        return
    for other in variants if len(number.digits) > 5 else ():
        near = figures_of(other.network, cell.quantity)[0]
        if number.is_exact and digit_slip(number.digits, str(near.exact)):
            enter_wrong(cell, number, near, other, claim.scales, verdicts)
            return
    if _has_another_head(claim, figure, variant):
        verdicts.skip(cell, f"{variant.network.name} with another head may be meant: nothing says which")
        return
    enter_wrong(cell, number, figure, variant, claim.scales, verdicts)


OF_THE_PAPER: Final = ("A", "A-LRN", "B", "C", "D", "E")
"""Networks that are built in one way, but for their heads and norms."""
_FAR: Final = 1.5
"""No way to build a network makes it larger by that much."""


def _is_slip(claim: Claim, variant: Variant) -> bool:
    """Whether a slip of the hand leads to the number from one of the figures, or no figure is anywhere near."""
    return _slips(claim, variant) or (not claim.cell.alone and _is_far(claim, variant))


BY_CHANCE: Final = 0.15
"""The most that numbers of some digits may be one slip away from a figure by chance, for a slip to be told."""


def _slips(claim: Claim, variant: Variant) -> bool:
    """Whether a slip of the hand leads to the number from one of the figures, and hardly chance.

    A number of n digits has about 9 n + n - 1 neighbours by one digit changed or two swapped, of 9 * 10^(n - 1) numbers.
    """
    number = claim.number
    figures = [
        figure for figure in claim.figures(variant) if figure.rule in _PLAIN or claim.cell.quantity != "ops"
    ]
    if _LAST.search(claim.label):
        figures = figures[:2]  # of the last pool, and of the last layer
    printed = {figure: re.sub(r"\D", "", like(number, figure, claim.scales)) for figure in figures}
    distinct = len(set(printed.values()))
    for figure, right in printed.items():
        if not digit_slip(number.digits, right):
            continue
        ratio = number.approximate / max(figure.exact, 1)
        if claim.cell.quantity == "ops" and not number.is_exact and abs(ratio - 1) < CLOSE / 10:
            continue  # a last digit is as likely counted otherwise
        count = len(right)
        neighbours = distinct * (10 * count - 1) / (9 * 10 ** (count - 1))
        if neighbours < BY_CHANCE or (count == len(number.digits) == 2 and 0.5 < ratio < 2):
            return True
    return False


_LAST: Final = re.compile(r"receptive field.*\b(?:last|final)\b", re.IGNORECASE)
_PLAIN: Final = ("macs", "flops", TRAINING)


def _is_far(claim: Claim, variant: Variant) -> bool:
    """Whether no way to build the network, and no head, comes to such a count of parameters or operations."""
    limit = {"params": _FAR, "ops": 2 * _FAR}.get(claim.cell.quantity)
    ratios = [claim.number.approximate / max(figure.exact, 1) for figure in claim.figures(variant)]
    return limit is not None and all(not 1 / (2 * _FAR) < ratio < limit for ratio in ratios)


def _otherwise(claim: Claim, variant: Variant) -> str:
    """Why a figure of work or memory that is no slip may be right all the same; empty where nothing speaks for that."""
    cell, number = claim.cell, claim.number
    if cell.quantity not in ("ops", "memory", "values", "pass_bytes", "saved_bytes"):
        return ""
    if claim.around.several_images:
        return "of several images, as the words around say"
    if _slips(claim, variant):
        return ""
    if cell.quantity != "ops":
        return "memory may be counted in a way that is not known"
    macs = variant.network.report.total.macs
    ratios = [number.approximate / (times * macs) for times in (1, 2)] if macs else []
    if cell.alone and any(abs(ratio - 1) < CLOSE for ratio in ratios):
        return "within 3 % of the MACs or FLOPs: counted in a way that is not known"
    return ""


_QUOTED: Final = re.compile(r"[\"'“][^\"'“”]*\d\s?MB\b[^\"'“”]*[\"'”]|erratum")
"""A line that quotes the lecture's total, to speak about it."""


def _is_lecture(number: Number, cell: Cell, variant: Variant) -> bool:
    """Whether it is the total that the lecture prints under its table, wherever it is quoted."""
    entries = filter(is_lecture, find_errata(cell.quantity, variant.network.name))
    return any(number.admits(stated) for entry in entries for stated in entry.stated)


_FAMILY: Final = {
    "params": "params", "weights": "params", "trainable_params": "params", "ops": "operations", "param_bytes": "memory",
    "memory": "memory", "values": "values",
}  # fmt: skip
_PART_NOUNS: Final = {"trunk": "all but the FC layers", "head": "the FC layers", "kind": "all {name} layers"}


def part_of(number: Number, cell: Cell, variant: Variant) -> str:
    """The part of the network, in words, whose figure the number is; empty for none."""
    family = _FAMILY.get(cell.quantity)
    if family is None or len(number.digits.strip("0")) < 2:
        return ""
    for fact in facts(variant.network.report, "part"):
        figure = Figure(fact.quantity, fact.exact, bytes=fact.is_bytes)
        if fact.family == family and admits(number, figure):
            kind, name = fact.scope
            return _PART_NOUNS.get(kind, "{name}").format(name=name.replace("fc", "FC"))
    return ""


_OTHER_HEAD: Final = re.compile(r"\bhead=\w|\bGAP head|global (?:average )?pool", re.IGNORECASE)
"""Words of a line about a network with other FC layers than the published one."""


def _judge_count(cell: Cell, number: Number, figure: Figure, variant: Variant, verdicts: Verdicts) -> None:
    """A number of layers or of classes."""
    if number.whole == figure.exact:
        verdicts.passed(cell, variant.words)
        return
    if cell.quantity == "classes":
        verdicts.skip(cell, "another number of classes may be meant")
        return
    if _OTHER_HEAD.search(cell.flow.origins[0][0].text[:MAX_LINE]):
        verdicts.skip(cell, f"{variant.network.name} with another head is meant")
        return
    verdicts.wrong_part(
        "V704",
        cell,
        number,
        f"{variant.words} has {figure.exact} {figure.rule}, not {number.text.strip()}",
        expected=str(figure.exact),
    )


def _has_another_head(claim: Claim, figure: Figure, variant: Variant) -> bool:
    """Whether it may be the parameters of this trunk with FC layers of somebody's own, as transfer learning makes them.

    Such a count is far below the published one, or that of another number of classes; a slip of the pen is neither.
    """
    cell, number = claim.cell, claim.number
    if cell.quantity not in ("params", "trainable_params", "frozen_params", "weights", "param_bytes"):
        return False
    expected = like(number, figure, claim.scales)
    if digit_slip(number.digits, re.sub(r"\D", "", expected)) or whose(number, cell, claim.scales):
        return False
    digits = re.sub(r"\D", "", expected)
    if number.digits[:3] == digits[:3] and len(number.digits) != len(digits):
        return False  # 13.8M, 1383M: the right digits in the wrong place
    width = 4 if figure.bytes else 1
    if 2 * number.approximate < figure.exact:
        return True
    own = [target for target in variant.network.targets if target.kind == "fc"]
    return bool(own) and _has_other_classes(number, figure, own[-1], width)


def _has_other_classes(number: Number, figure: Figure, last: Target, width: int) -> bool:
    """Whether it is the figure with another number of classes in the last FC layer. ``width``: bytes a parameter,
    1 for a count."""
    rest = figure.exact - last.params * width
    step = last.params * width // last.shape[0]
    if number.is_exact and number.whole is not None:
        more = number.whole - rest
        return more > 0 and more % step in (0, -last.biases % step) and more // step < 100_000
    few = (rest + step * count for count in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 100))
    scales = (number.unit.decimal, number.unit.binary or number.unit.decimal)
    return len(number.digits) >= 4 and any(number.admits(count, scale) for count in few for scale in scales)


def _is_vague(number: Number, cell: Cell) -> bool:
    """A bare small number: an index, a rank, a year, a percentage."""
    return (
        cell.quantity != "receptive_field"
        and number.unit.decimal == 1
        and number.readings[0].mantissa < 10_000
        and not cell.unit
    )
