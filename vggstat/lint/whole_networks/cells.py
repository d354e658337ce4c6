"""The verdict on one claim about a network: what its number is right as, or what should stand in its place."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from vggstat.cost.facts import Fact, facts
from vggstat.cost.optimizer import find_optimizer
from vggstat.lint.contradictions import (
    binary_unit,
    enter_binary,
    enter_mislabelled,
    enter_other_convention,
    is_plain_binary,
    is_precise,
)
from vggstat.lint.conventions import FLOAT32
from vggstat.lint.elsewhere import find_elsewhere, slip_of_count
from vggstat.lint.errata import is_lecture
from vggstat.lint.figures import Figure, figures_of
from vggstat.lint.model import Cell, Quantity, Severity
from vggstat.lint.network import VGGS, Network, build, load_spec
from vggstat.lint.numbers import format_like
from vggstat.lint.ops_words import says_flops
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts
from vggstat.lint.whole_networks.claim import Claim
from vggstat.lint.whole_networks.doubts import (
    OTHER_DATA,
    doubts,
    doubts_of_another,
    has_another_head,
    is_slip_of_any,
    published_by,
    slipped_from,
    whose,
)
from vggstat.lint.whole_networks.variants import Variant

_COUNTS: Final = ("conv_layers", "fc_layers", "pool_layers", "weight_layers", "classes")
_OTHER_HEAD: Final = re.compile(r"\bhead=\w|\bGAP head|global (?:average )?pool", re.IGNORECASE)
"""Words of a line about a network with other FC layers than the published one."""
_QUOTED: Final = re.compile(r"[\"'“][^\"'“”]*\d\s?MB\b[^\"'“”]*[\"'”]|erratum")
"""A line that quotes the lecture's total, to speak about it."""
_WRONG: Final = {
    "receptive_field": "V103",
    "ops": "V410",
    "memory": "V310",
    "values": "V310",
    "pass_bytes": "V310",
    "saved_bytes": "V310",
    "param_bytes": "V211",
    "trainable_bytes": "V211",
}
"""The code of a wrong figure, where it is not of parameters."""
SURE: Final = 6
"""Digits of a number that is one slip away from a figure by more than chance, whatever the words say of it."""
LEAST: Final = 1_000_000
"""Counts of fewer digits have too many neighbours."""
LONG: Final = 10_000_000
"""Counts from which on equality is no chance."""
_COUNTED: Final[dict[Quantity, str]] = {"params": "parameters", "ops": "MACs"}
_UNNAMED: Final = {"params": "V210", "operations": "V410"}


def judge_claim(claim: Claim, verdicts: Verdicts) -> None:
    """Enter the verdict on a figure of a row's network."""
    cell, number, variant = claim.cell, claim.number, claim.variant
    if cell.quantity == "training_bytes":
        _judge_training(claim, verdicts)
        return
    figures = claim.figures()
    if cell.quantity == "block_layers":
        _judge_blocks(claim, verdicts)
        return
    if not figures:
        verdicts.skip(cell, f"nothing is known to compare {cell.quantity.replace('_', ' ')} with")
        return
    if cell.quantity in _COUNTS:
        _judge_count(claim, figures[0], verdicts)
        return
    figures.sort(key=lambda figure: _order(claim, figure))
    permitted = [figure for figure in figures if claim.permits(figure)]
    right = next(filter(claim.admits, permitted), None)
    near = next((figure for figure in figures if figure.admits(number)), None)
    if any(map(claim.is_bounded, permitted)):
        verdicts.passed(cell, f"{cell.bound} than that holds for {variant.words}")
    elif not cell.tied and right is not None:
        verdicts.passed(cell, f"{right.rule}, {variant.words}")
    elif not cell.tied and not (len(number.digits) >= SURE and is_slip_of_any(claim)):
        verdicts.skip(cell, f"no word ties it to {claim.name}")
    elif right is not None:
        _enter_right(claim, right, verdicts)
    elif near is not None and (
        claim.is_of_the_paper or (is_precise(number) and not is_plain_binary(number, near.exact))
    ):
        _judge_contradiction(claim, near, figures[0], verdicts)
    elif source := published_by(claim):
        verdicts.passed(cell, f"as stated by {source}")
    elif others := [other for other in claim.variants if any(map(claim.admits, claim.figures(other)))]:
        _judge_another(claim, figures[0], others, verdicts)
    else:
        _judge_wrong(claim, figures[0], verdicts)


def _judge_blocks(claim: Claim, verdicts: Verdicts) -> None:
    """The conv layers of one block, or of the first ones together."""
    cell, number = claim.cell, claim.number
    first, last = map(int, cell.label.split("-"))
    rows = [row for row in claim.variant.network.report.rows if row.kind == "conv"]
    blocks = [row.block for row in rows if row.block in {f"block{at}" for at in range(first, last + 1)}]
    if not claim.is_of_the_paper or len(set(blocks)) != last - first + 1:
        verdicts.skip(cell, "what its blocks are is not said")
    elif number.whole == len(blocks):
        verdicts.passed(cell, claim.variant.words)
    else:
        one = first == last
        which, have = (f"block {first}", "has") if one else (f"blocks {first} to {last}", "have")
        message = (
            f"{which} of {claim.variant.words} {have} {len(blocks)} conv layers, not {number.text.strip()}"
        )
        verdicts.wrong_part("V704", cell, number, message, expected=str(len(blocks)))


def _judge_training(claim: Claim, verdicts: Verdicts) -> None:
    """What training takes is at least the weights, their gradients and the optimizer's states, whatever else it keeps."""
    cell, number = claim.cell, claim.number
    optimizer = find_optimizer("momentum" if "momentum" in cell.label else cell.label)
    copies = optimizer.copies_kept
    least = FLOAT32 * copies * claim.variant.network.report.total.params
    most = number.approximate * (number.unit.binary or number.unit.decimal) / number.unit.decimal
    if most >= least:
        verdicts.skip(cell, "what training takes beside the weights depends on more than is said")
        return
    message = (
        f"training {claim.variant.words} with {optimizer.title} takes at least {least:,} bytes in float32, for weights, gradients "
        f"and {optimizer.title}'s states alone ({copies} x {FLOAT32} bytes a parameter), not {number.text.strip()}"
    )
    verdicts.wrong_part("V310", cell, number, message)


def _order(claim: Claim, figure: Figure) -> tuple[bool, bool]:
    """Figures that the settings permit and the words mean before others."""
    return not claim.permits(figure), figure.flops is not None and figure.flops != says_flops(claim.label)


def judge_exact(claim: Claim, verdicts: Verdicts) -> None:
    """An exact count without a word of what it is: right where it is a figure of the network or of a part of it; wrong
    where a slip of the hand leads to it from one."""
    cell, number, words = claim.cell, claim.number, claim.variant.words
    known = _known(claim.variant.network)
    printed = str(number.whole)
    near = [exact for exact in known if len(printed) == len(str(exact)) and digit_slip(printed, str(exact))]
    if number.whole in known:
        verdicts.passed(cell, f"{known[number.whole].quantity}, {words}")
    elif source := published_by(claim):
        verdicts.passed(cell, f"as stated by {source}")
    elif other := _owner_of(number.whole or 0, claim.variant.network):
        quantity, own, title = other
        message = f"{words} has {own:,} {quantity}; {number.text.strip()} are those of {title}"
        verdicts.wrong_part(
            _UNNAMED["params" if quantity == "parameters" else "operations"],
            cell,
            number,
            message,
            severity="warning",
            expected=format_like(number, own),
        )
    elif len(near) != 1 or number.whole is None or number.whole < LEAST:
        verdicts.skip(cell, f"no figure of {load_spec(claim.name).title or claim.name} that is known")
    else:
        fact = known[near[0]]
        verdicts.wrong_part(
            _UNNAMED[fact.family],
            cell,
            number,
            f"{words} has {fact.exact:,} {fact.quantity}{_of(fact)}, not {number.text.strip()}",
            expected=format_like(number, fact.exact),
            quantity=fact.family,
            notes=(digit_slip(printed, str(fact.exact)),),
        )


@lru_cache(maxsize=256)
def _owner_of(count: int, network: Network) -> tuple[str, int, str] | None:
    """Of whom a count of eight digits and more is to the last one, if that is another VGG than a VGG: what it counts, what the
    network itself has of it, and the title of the other."""
    own = {kind: [figure.exact for figure in figures_of(network, kind)] for kind in _COUNTED}
    if network.name not in VGGS or count < LONG or any(count in exact for exact in own.values()):
        return None
    letter = network.name.removesuffix("-BN")
    for name in (name for name in VGGS if name.removesuffix("-BN") != letter):
        spec = load_spec(name)
        other = build(spec, spec.input, spec.head)
        for kind, words in _COUNTED.items() if other else ():
            if any(figure.exact == count for figure in figures_of(other, kind)):
                return words, own[kind][0], spec.title or name
    return None


@lru_cache(maxsize=64)
def _known(network: Network) -> dict[int, Fact]:
    """The counts of the network, its parts and layers, the plainest first."""
    found: dict[int, Fact] = {}
    for fact in facts(network.report, "network", "part", "layer"):
        if fact.family in _UNNAMED and fact.is_plain and fact.exact >= LEAST:
            found.setdefault(fact.exact, fact)
    return found


def _of(fact: Fact) -> str:
    kind, name = fact.scope
    if kind in ("trunk", "head"):
        return " in all but its FC layers" if kind == "trunk" else " in its FC layers"
    return f" in {name}" if name else ""


def _judge_count(claim: Claim, figure: Figure, verdicts: Verdicts) -> None:
    """A number of layers or of classes."""
    cell, number, words = claim.cell, claim.number, claim.variant.words
    if number.whole == figure.exact:
        verdicts.passed(cell, words)
    elif claim.is_of_the_paper and cell.quantity == "conv_layers" and _is_of_all_layers(claim):
        _enter_all_layers(claim, figure, verdicts)
    elif not (cell.tied and claim.is_of_the_paper):
        verdicts.skip(cell, "which layers are counted is not said")
    elif cell.quantity == "classes":
        verdicts.skip(cell, "another number of classes may be meant")
    elif OTHER_DATA.search(claim.line):
        verdicts.skip(cell, f"{claim.name} for other data may be meant")
    elif _OTHER_HEAD.search(claim.line):
        verdicts.skip(cell, f"{claim.name} with another head is meant")
    else:
        printed = number.text.strip()
        message = f"{words} has {figure.exact} {figure.rule.replace('fc', 'FC')}, not {printed}"
        near = number.whole is not None and abs(number.whole - figure.exact) == 1
        # others may be of a part, or of a changed network
        severity: Severity = "error" if near else "warning"
        verdicts.wrong_part("V704", cell, number, message, severity=severity, expected=str(figure.exact))


def _is_of_all_layers(claim: Claim) -> bool:
    """Whether what is called the conv layers are all layers with weights, for which the network is named."""
    every = figures_of(claim.variant.network, "weight_layers")
    return bool(every) and claim.number.whole == every[0].exact


def _enter_all_layers(claim: Claim, figure: Figure, verdicts: Verdicts) -> None:
    dense = figures_of(claim.variant.network, "fc_layers")[0].exact
    printed, words = claim.number.text.strip(), claim.variant.words
    verdicts.wrong_part(
        "V704",
        claim.cell,
        claim.number,
        f"{words} has {figure.exact} conv layers; {printed} are all of its weight layers, with {dense} FC layers",
        severity="error" if claim.cell.tied else "warning",
        expected=str(figure.exact),
    )


def _enter_right(claim: Claim, figure: Figure, verdicts: Verdicts) -> None:
    """A number that a rule gives."""
    cell, number, unit = claim.cell, claim.number, claim.number.unit
    if _is_misgrouped(claim):
        right, printed = claim.like(figure), number.text.strip()
        message = f"the separators of {printed} stand in odd places: {right}"
        verdicts.wrong_part(
            "V403" if cell.quantity == "ops" else "V203", cell, number, message, expected=right
        )
    elif figure.mistake and not (claim.is_of_the_paper and figure.admits(number, (unit.decimal,))):
        verdicts.skip(cell, "counted in a way that is not known")
    elif figure.mistake and claim.is_telling and not claim.names_tool(figure):
        _enter_mistaken(claim, figure, verdicts)
    elif _is_plainly_right(claim, figure) or not enter_mislabelled(
        cell, number, figure.rule, claim.label, verdicts, macs=not figure.flops
    ):
        verdicts.passed(cell, f"{figure.rule}, {claim.variant.words}")
    if unit.binary and not unit.bytes and not figure.admits(number, (unit.binary,)):
        verdicts.decimal.add(figure.exact)


def _is_plainly_right(claim: Claim, figure: Figure) -> bool:
    """Whether nothing is said of what a right number is called: it counts no operations, or has too few digits to tell."""
    return (
        figure.flops is None
        or figure.mistake != ""
        or (figure.flops and not claim.is_telling and not claim.is_of_the_paper)
    )


def _is_misgrouped(claim: Claim) -> bool:
    """Whether a separator stands in an odd place of an exact count: ``13,8357,544``."""
    return claim.number.is_exact and not claim.number.well_grouped and not claim.number.is_indian


def _enter_mistaken(claim: Claim, figure: Figure, verdicts: Verdicts) -> None:
    """A count that a tool makes by mistake, and that is printed as if it were the network's."""
    variant = claim.variant
    message = (
        f"{claim.number.text.strip()} is right only as {figure.rule}, {figure.mistake}; "
        f"{variant.words} has {variant.network.report.total.macs:,} MACs"
    )
    verdicts.wrong_part("V502", claim.cell, claim.number, message, severity="warning")


def _enter_erratum(claim: Claim, words: str, verdicts: Verdicts) -> None:
    verdicts.wrong_part("V502", claim.cell, claim.number, f"known erratum: {words}", severity="warning")


def _judge_contradiction(claim: Claim, figure: Figure, wanted: Figure, verdicts: Verdicts) -> None:
    """A number that is right, but as the settings do not count, or in units that nothing announces.

    ``wanted``: the figure that should stand there."""
    cell, number = claim.cell, claim.number
    if claim.permits(figure) and is_plain_binary(number, figure.exact):
        if is_precise(number):
            enter_binary(cell, number, figure.exact, _noun(cell, figure), verdicts)
            return
        # more often another network's: wrong, unless the document supports it
        verdicts.binary.add(figure.exact)
        note = f"right only with {binary_unit(number)}, which the document would have to say"
        _enter_wrong(claim, figure, claim.variant, verdicts, note=note)
        return
    found, kind = figure.rule, cell.quantity
    if claim.permits(figure):
        found += " in MB of 2^20 bytes" if claim.policy.size == "MB" else " in MB of 10^6 bytes"
        kind = "size"
    enter_other_convention(
        cell, number, found, claim.policy.words(kind), verdicts, expected=claim.like(wanted)
    )


def _judge_another(claim: Claim, figure: Figure, others: list[Variant], verdicts: Verdicts) -> None:
    """A number that is right for other variants of the network only."""
    cell, number, first = claim.cell, claim.number, others[0]
    doubt = next(doubts_of_another(claim, others), "")
    if not claim.is_of_the_paper and first.stated:
        # people take figures of one network from several places
        verdicts.passed(cell, f"right for {first.words}")
    elif doubt:
        verdicts.skip(cell, doubt)
    else:
        message = (
            f"{number.text.strip()} is right for {first.words}, the rest of the row for {claim.variant.words}"
        )
        verdicts.wrong_part("V601", cell, number, message, expected=claim.like(figure))


def _judge_wrong(claim: Claim, figure: Figure, verdicts: Verdicts) -> None:
    """A number that is right for no variant: wrong, unless something else may be meant."""
    cell, number = claim.cell, claim.number
    lecture = next(filter(is_lecture, claim.errata), None)
    if lecture is not None:
        if claim.around.lecture or _QUOTED.search(claim.line):
            verdicts.skip(cell, "the lecture's total, as a quotation")
        else:
            _enter_erratum(claim, f"{lecture.title}; {lecture.right}", verdicts)
        return
    if len(number.digits) > SURE and _is_slip_of_a_library(claim, verdicts):
        return
    claim = claim._replace(variant=slipped_from(claim) or claim.variant)
    figure = sorted(claim.figures(), key=lambda f: _order(claim, f))[0]
    doubt = next(doubts(claim), "")
    if doubt:
        verdicts.skip(cell, doubt)
        return
    for other in claim.variants if len(number.digits) > 5 else ():
        near = figures_of(other.network, cell.quantity)[0]
        if number.is_exact and digit_slip(number.digits, str(near.exact)):
            _enter_wrong(claim, near, other, verdicts)
            return
    if has_another_head(claim, figure):
        verdicts.skip(cell, f"{claim.name} with another head may be meant: nothing says which")
    else:
        _enter_wrong(claim, figure, claim.variant, verdicts)


def _is_slip_of_a_library(claim: Claim, verdicts: Verdicts) -> bool:
    """Whether an exact count is a slip of what a library counts; then that is entered."""
    elsewhere = find_elsewhere(claim.name.removesuffix("-BN")) if claim.cell.quantity == "params" else None
    slipped = (
        slip_of_count(elsewhere, claim.number) if elsewhere is not None and claim.number.is_exact else None
    )
    if slipped is None:
        return False
    message = (
        f"{claim.name} has {slipped.params:,} parameters ({slipped.source}), not {claim.number.text.strip()}"
    )
    notes = (slipped.slip,)
    verdicts.wrong_part("V210", claim.cell, claim.number, message, expected=slipped.expected, notes=notes)
    return True


def _enter_wrong(
    claim: Claim, figure: Figure, variant: Variant, verdicts: Verdicts, *, note: str = ""
) -> None:
    """A number that no rule gives. ``figure``: what should stand there, a figure of ``variant``."""
    cell, number = claim.cell, claim.number
    expected = claim.like(figure)
    title = variant.words if variant.words[:1].isupper() else f"{variant.network.name} {variant.words}"
    errata = (f"known erratum: {entry.title}; {entry.right}" for entry in claim.errata)
    verdicts.wrong_part(
        _WRONG.get(cell.quantity, "V210"),
        cell,
        number,
        f"{title} has {figure.exact:,} {_noun(cell, figure)}, not {number.text.strip()}",
        expected=expected,
        notes=(*errata, whose(claim), digit_slip(number.digits, re.sub(r"\D", "", expected)), note),
    )


def _noun(cell: Cell, figure: Figure) -> str:
    """What a figure counts, in words."""
    if cell.quantity == "ops":
        return {"macs": "MACs", "flops": "FLOPs"}.get(figure.rule, f"operations ({figure.rule})")
    if cell.quantity in ("memory", "values", "pass_bytes", "saved_bytes"):
        return f"{'bytes of activations' if figure.bytes else 'activations'} ({figure.rule.removesuffix(', values')})"
    if cell.quantity == "param_bytes":
        return "bytes of parameters"
    if cell.quantity == "receptive_field":
        return f"pixels as the {figure.rule}"
    return cell.quantity.replace("_", " ").replace("params", "parameters")
