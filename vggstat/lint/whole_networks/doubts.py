"""Why a number that is no figure of its network may be right all the same: short, of a part, counted or built otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from vggstat.cost.facts import facts
from vggstat.lint.elsewhere import find_elsewhere
from vggstat.lint.figures import Figure, fits
from vggstat.lint.network import Target, build, load_spec
from vggstat.lint.numbers import Number, claim_parts, format_like
from vggstat.lint.ops_words import CLOSE
from vggstat.lint.policy import TRAINING
from vggstat.lint.slips import ANOTHERS, digit_slip
from vggstat.lint.whole_networks.claim import Claim
from vggstat.lint.whole_networks.variants import SIZE, Variant

_FAR: Final = 1.5
"""No way to build a network makes it larger by that much."""
VERY_FAR: Final = 5
_WITH_AUXILIARIES: Final = ("GoogLeNet", "GoogLeNet-BN", "Inception-v3")
"""Networks that are trained with further classifiers, which some count."""
BY_CHANCE: Final = 0.15
"""The most that numbers of some digits may be one slip away from a figure by chance, for a slip to be told."""
ROUNDED: Final = 4
"""Digits of a figure that people pass on without counting again."""
_LAST: Final = re.compile(r"receptive field.*\b(?:last|final)\b", re.IGNORECASE)
_PLAIN: Final = ("macs", "flops", TRAINING)
_MEMORY: Final = ("memory", "values", "pass_bytes", "saved_bytes")
_PUBLISHED: Final = {
    "params": "params", "trainable_params": "params", "weights": "params", "ops": "gflops", "param_bytes": "weights_file",
}  # fmt: skip
_STEPS: Final = {"gflops": 10**9}
_FAMILY: Final = {
    "params": "params", "weights": "params", "trainable_params": "params", "ops": "operations", "param_bytes": "memory",
    "memory": "memory", "values": "values",
}  # fmt: skip
_PART_NOUNS: Final = {"trunk": "all but the FC layers", "head": "the FC layers", "kind": "all {name} layers"}


def doubts(claim: Claim) -> Iterator[str]:
    """The reasons, the plainest first."""
    cell = claim.cell
    if cell.quantity == "receptive_field" and not _is_slip(claim):
        yield "of a layer that is not named"
    elif cell.quantity != "receptive_field" and _is_vague(claim):
        yield "too short a number to tell what it counts"
    if cell.quantity in ("ops", *_MEMORY):
        yield from _counted_otherwise(claim)
    if _is_file_of_another_kind(claim):
        yield "of a file that may hold other numbers, or be compressed"
    if not _slips(claim):
        yield from _of_other_images(claim)
    if part := part_of(claim):
        yield f"of {part} rather than of the whole"
    if not _is_built_in_one_way(claim) and not _is_slip(claim):
        yield f"{claim.name} is built in several ways, and which is meant is not said"


FILES_DIFFER: Final = 0.1
"""By how much files of the same parameters may differ, as they are compressed, or hold more than these."""


def _is_file_of_another_kind(claim: Claim) -> bool:
    """Whether a size of a few digits is near the right one, and no slip leads to it from there."""
    if claim.cell.quantity != "param_bytes" or len(claim.number.digits) > 3 or claim.beside:
        return False
    off = min(abs(claim.number.approximate / max(figure.exact, 1) - 1) for figure in claim.figures())
    if not claim.is_of_the_paper:
        return off < CLOSE or not _slips(claim)
    scales = (claim.number.unit.decimal, claim.number.unit.binary or claim.number.unit.decimal)
    right = (format_like(claim.number, claim.figures()[0].exact, scale) for scale in scales)
    swapped = (sorted(claim.number.digits) == sorted(re.sub(r"\D", "", size)) for size in right)
    return off < FILES_DIFFER and not any(swapped) and not _slips(claim)


def doubts_of_another(claim: Claim, others: Sequence[Variant]) -> Iterator[str]:
    """The same for one that is right for ``others`` only."""
    first = others[0]
    if not any(other.stated for other in others):
        yield f"right for {claim.name} {first.words}, which is not said"
    if claim.variant.cifar and any(other.cifar for other in others):
        yield f"right {first.words}: which head is meant is not said"
    if claim.cell.quantity == "ops" and not first.network.report.fc_layers:
        yield f"right {first.words}: nobody says whether they are counted"


def _is_vague(claim: Claim) -> bool:
    """A bare small number: an index, a rank, a year, a percentage."""
    number = claim.number
    small = number.readings[0].mantissa < 10_000 or number.readings[0].decimals > 0
    return number.unit.decimal == 1 and small and not claim.cell.unit


def _counted_otherwise(claim: Claim) -> Iterator[str]:
    """Of a figure of work or memory that is no slip."""
    cell, macs = claim.cell, claim.variant.network.report.total.macs
    if claim.around.several_images:
        yield "of several images, as the words around say"
    elif _slips(claim):
        return
    elif cell.quantity != "ops":
        yield "memory may be counted in a way that is not known"
    elif cell.alone and macs:
        ratios = (claim.number.approximate / (times * macs) for times in (1, 2))
        if any(abs(ratio - 1) < CLOSE for ratio in ratios):
            yield "within 3 % of the MACs or FLOPs: counted in a way that is not known"


OTHER_DATA: Final = re.compile(r"cifar|tiny[-_ ]?imagenet|mnist|svhn", re.IGNORECASE)
"""Data sets for whose small images networks are rebuilt, in ways of their own."""


def _of_other_images(claim: Claim) -> Iterator[str]:
    """Where the words speak of other images than the network's own, it may be built for them, or counted at their size."""
    words = f"{claim.around.words} {claim.line}"
    if OTHER_DATA.search(words):
        yield f"{claim.name} for other data may be meant, and how it is built is not said"
    height, width = claim.variant.network.report.graph.image[1:]
    sides = {tuple(map(int, found)) for found in SIZE.findall(words)}
    stated = {side for side in sides if all(16 <= length <= 2048 for length in side)}
    if claim.cell.quantity in ("ops", *_MEMORY) and stated - {(height, width)}:
        yield "at the size of another image that the words speak of"


def part_of(claim: Claim, *kinds: str) -> str:
    """The part of the network, in words, whose figure the number is; empty for none. ``kinds``: of scopes; any by
    default."""
    family = _FAMILY.get(claim.cell.quantity)
    digits = claim.number.digits.lstrip("0")
    if family is None or len(digits if claim.number.readings[0].decimals else digits.rstrip("0")) < 2:
        return ""
    for fact in facts(claim.variant.network.report, "part"):
        kind, name = fact.scope
        figure = Figure(fact.quantity, fact.exact, bytes=fact.is_bytes)
        if fact.family == family and (not kinds or kind in kinds) and figure.admits(claim.number):
            return _PART_NOUNS.get(kind, "{name}").format(name=name.replace("fc", "FC"))
    return ""


def published_by(claim: Claim) -> str:
    """The source that states the number in these digits, however it came to them; empty for none."""
    key = _PUBLISHED.get(claim.cell.quantity, "")
    counts = key == "params" or claim.cell.quantity == "figure"
    elsewhere = find_elsewhere(claim.name.removesuffix("-BN")) if counts else None
    for count, source in elsewhere.params if elsewhere is not None else ():
        if claim.number.admits(count):
            return source
    for entry in claim.variant.network.report.graph.spec.published:
        parts = claim_parts(entry.figures.get(key, ""), "")
        stated = next((part for part in parts if isinstance(part, Number)), None)
        if stated is None or len(stated.digits) > ROUNDED:
            continue
        if claim.number.admits_in(round(stated.approximate * _STEPS.get(key, 1)), claim.scales):
            return entry.source
    return ""


def whose(claim: Claim) -> str:
    """Another shipped network that the number is right for."""
    for name in ("A", "B", "C", "D", "E"):
        spec = load_spec(name)
        network = build(spec, spec.input, spec.head)
        if network and fits(network, claim.cell.quantity, claim.number, claim.scales):
            return f"{ANOTHERS}figure of {spec.title} ({name})"
    return ""


# slips


def _is_built_in_one_way(claim: Claim) -> bool:
    """Whether its network is the paper's, and not one that people rebuild for small images."""
    return claim.is_of_the_paper and not claim.variant.cifar


def _is_slip(claim: Claim) -> bool:
    """Whether a slip of the hand leads to the number from one of the figures, or no figure is anywhere near."""
    return _slips(claim) or (_is_very_far(claim) if claim.cell.alone else _is_far(claim))


def slipped_from(claim: Claim) -> Variant | None:
    """The stated variant of its network from one of whose figures a slip of the hand leads to the number."""
    return next((variant for variant in _slipped(claim) if variant.stated), None)


def is_slip_of_any(claim: Claim) -> bool:
    """Whether a slip leads to it from a figure of any variant of its network."""
    return any(True for _ in _slipped(claim))


def _slipped(claim: Claim) -> Iterator[Variant]:
    return (variant for variant in claim.variants if _slips(claim._replace(variant=variant)))


def _slips(claim: Claim) -> bool:
    """Whether a slip of the hand leads to the number from one of the figures, and hardly chance."""
    of_work = claim.cell.quantity == "ops"
    figures = tuple(figure for figure in claim.figures() if figure.rule in _PLAIN or not of_work)
    if _LAST.search(claim.label):
        figures = figures[:2]  # of the last pool, and of the last layer
    near = CLOSE if of_work else CLOSE / 10
    if _is_built_in_one_way(claim):
        near = CLOSE / 10 if of_work else 0
    number = claim.number._replace(start=0, end=0)  # where it stands is nothing to its digits
    return _slips_from(figures, number, claim.scales, near, of_the_paper=claim.is_of_the_paper)


@lru_cache(maxsize=4096)
def _slips_from(
    figures: tuple[Figure, ...], number: Number, scales: tuple[int, ...], near: float, *, of_the_paper: bool
) -> bool:
    """The same for these figures. ``near``: how far off a rounded number is as likely counted otherwise.

    A number of n digits has about 9 n + n - 1 neighbours by one digit changed or two swapped, of 9 * 10^(n - 1) numbers.
    """
    printed = {figure: re.sub(r"\D", "", figure.like(number, scales)) for figure in figures}
    distinct = len(set(printed.values()))
    for figure, right in printed.items():
        if not digit_slip(number.digits, right):
            continue
        ratio = number.approximate / max(figure.exact, 1)
        if not number.is_exact and abs(ratio - 1) < near:
            continue
        count = len(right.lstrip("0"))
        neighbours = distinct * (10 * count - 1) / (9 * 10 ** (count - 1))
        short = of_the_paper and count == len(number.digits.lstrip("0")) == 2 and 0.5 < ratio < 2
        if neighbours < BY_CHANCE or short:
            return True
    return False


def _is_far(claim: Claim) -> bool:
    """Whether no way to build the network, and no head, comes to such a count of parameters or operations."""
    if claim.name in _WITH_AUXILIARIES:
        return False
    limit = {"params": _FAR, "ops": 2 * _FAR}.get(claim.cell.quantity)
    ratios = [claim.number.approximate / max(figure.exact, 1) for figure in claim.figures()]
    return limit is not None and all(not 1 / (2 * _FAR) < ratio < limit for ratio in ratios)


def _is_very_far(claim: Claim) -> bool:
    """The same in a sentence, which may say more of what is meant than is understood."""
    ratios = [claim.number.approximate / max(figure.exact, 1) for figure in claim.figures()]
    counted = claim.cell.quantity in ("params", "ops")
    return counted and all(not 1 / VERY_FAR < ratio < VERY_FAR for ratio in ratios)


# heads


def has_another_head(claim: Claim, figure: Figure) -> bool:
    """Whether it may be the parameters of this trunk with FC layers of somebody's own, as transfer learning makes them.

    Such a count is far below the published one, or that of another number of classes; a slip of the pen is neither.
    """
    number = claim.number
    quantities = ("params", "trainable_params", "frozen_params", "weights", "param_bytes")
    digits = re.sub(r"\D", "", claim.like(figure))
    if claim.cell.quantity not in quantities or digit_slip(number.digits, digits) or whose(claim):
        return False
    if number.digits[:3] == digits[:3] and len(number.digits) != len(digits):
        return False  # 13.8M, 1383M: the right digits in the wrong place
    if 2 * number.approximate < figure.exact:
        return True
    own = [target for target in claim.variant.network.targets if target.kind == "fc"]
    return bool(own) and _has_other_classes(number, figure, own[-1], width=4 if figure.bytes else 1)


def _has_other_classes(number: Number, figure: Figure, last: Target, width: int) -> bool:
    """Whether it is the figure with another number of classes in the last FC layer. ``width``: bytes a parameter,
    1 for a count."""
    rest = figure.exact - last.params * width
    step = last.params * width // last.shape[0]
    if number.is_exact and number.whole is not None:
        more = number.whole - rest
        return more > 0 and more % step in (0, -last.biases % step) and more // step < 100_000
    few = (rest + step * count for count in (*range(1, 11), 20, 100))
    return len(number.digits) >= 4 and any(map(number.admits_in, few))
