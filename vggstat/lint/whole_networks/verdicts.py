"""What is said of a right number, under a wrong name or not, and of a wrong one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.errata import find_errata, is_lecture
from vggstat.lint.figures import Figure, admits, figures_of, like
from vggstat.lint.model import Cell
from vggstat.lint.network import build, load_spec
from vggstat.lint.numbers import Number
from vggstat.lint.ops_words import says_flops, says_macs
from vggstat.lint.slips import ANOTHERS, digit_slip
from vggstat.lint.verdicts import Verdicts
from vggstat.lint.whole_networks.variants import Variant


def enter_right(
    cell: Cell, number: Number, figure: Figure, label: str, variant: Variant, verdicts: Verdicts
) -> None:
    """A number that a rule gives. ``label``: the words that say what it counts."""
    erratum = _erratum(number, cell, variant)
    if erratum:
        _warn("V502", cell, number, f"known erratum: {erratum}", verdicts)
    elif figure.flops is False and says_flops(label):
        each = "multiply-accumulates (MACs), of which each is two FLOPs"
        message = f"{number.text.strip()} is right as {figure.rule}: {each}, but is called FLOPs"
        _warn("V602", cell, number, message, verdicts)
    elif figure.flops and says_macs(label):
        each = "at two per multiply-accumulate"
        message = f"{number.text.strip()} is right as {figure.rule}, {each}, but is called MACs"
        _warn("V602", cell, number, message, verdicts)
    else:
        verdicts.passed(cell, f"{figure.rule}, {variant.words}")
    unit = number.unit
    if unit.binary and not unit.bytes and not admits(number, figure, (unit.binary,)):
        verdicts.decimal.add(figure.exact)


def enter_erratum(cell: Cell, number: Number, variant: Variant, verdicts: Verdicts) -> None:
    """The total of the lecture's table where it is passed on: its own rows come to something else."""
    kind = "memory" if number.unit.bytes else "values"
    entry = next(entry for entry in find_errata(kind, variant.network.name) if is_lecture(entry))
    _warn("V502", cell, number, f"known erratum: {entry.title}; {entry.right}", verdicts)


def _warn(code: str, cell: Cell, number: Number, message: str, verdicts: Verdicts) -> None:
    verdicts.wrong_part(
        code,
        cell,
        number,
        message,
        severity="warning",
    )


def _erratum(number: Number, cell: Cell, variant: Variant) -> str:
    """The title of an entry of the registry that this number is, of those that a known rule gives."""
    if cell.quantity != "ops" or not number.readings[0].decimals:
        return ""
    for entry in find_errata("operations", variant.network.name):
        rules = [f for f in figures_of(variant.network, "ops") if admits(number, f)]
        if any(number.admits(stated) for stated in entry.stated) and all(
            f.rule in ("thop-old",) for f in rules
        ):
            return entry.title
    return ""


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


def enter_wrong(
    cell: Cell,
    number: Number,
    figure: Figure,
    variant: Variant,
    scales: Sequence[int],
    verdicts: Verdicts,
    *,
    note: str = "",
) -> None:
    """A number that no rule gives. ``figure``: what should stand there; ``scales``: what its unit may multiply by."""
    expected = like(number, figure, scales)
    title = variant.words if variant.words[:1].isupper() else f"{variant.network.name} {variant.words}"
    verdicts.wrong_part(
        _WRONG.get(cell.quantity, "V210"),
        cell,
        number,
        f"{title} has {figure.exact:,} {noun_of(cell, figure)}, not {number.text.strip()}",
        expected=expected,
        notes=(
            *_known_errata(cell, number, variant),
            whose(number, cell, scales),
            digit_slip(number.digits, re.sub(r"\D", "", expected)),
            note,
        ),
    )


def noun_of(cell: Cell, figure: Figure) -> str:
    """What a figure counts, in words."""
    if cell.quantity == "ops":
        return {"macs": "MACs", "flops": "FLOPs"}.get(figure.rule, f"operations ({figure.rule})")
    if cell.quantity in ("memory", "values", "pass_bytes", "saved_bytes"):
        return f"{'bytes of activations' if figure.bytes else 'activations'} ({figure.rule})"
    if cell.quantity == "param_bytes":
        return "bytes of parameters"
    if cell.quantity == "receptive_field":
        return f"pixels as the {figure.rule}"
    return cell.quantity.replace("_", " ").replace("params", "parameters")


def _known_errata(cell: Cell, number: Number, variant: Variant) -> Iterator[str]:
    kinds = {"ops": "operations", "params": "params", "memory": "memory", "values": "values"}
    for entry in find_errata(kinds.get(cell.quantity, ""), variant.network.name):
        if any(number.admits(stated) for stated in entry.stated):
            yield f"known erratum: {entry.title}; {entry.right}"


def whose(number: Number, cell: Cell, scales: Sequence[int]) -> str:
    """Another shipped network that the number is right for."""
    for name in ("A", "B", "C", "D", "E"):
        network = build(load_spec(name), load_spec(name).input, load_spec(name).head)
        if network and any(admits(number, figure, scales) for figure in figures_of(network, cell.quantity)):
            return f"{ANOTHERS}figure of {load_spec(name).title} ({name})"
    return ""
