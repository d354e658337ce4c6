"""What the columns of a table are: two whose headers have changed places, and one that is not counted in one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from vggstat.lint.contradictions import enter_mixture
from vggstat.lint.figures import Figure, figures_of, fits
from vggstat.lint.model import Cell, Quantity, Row
from vggstat.lint.names import find_names
from vggstat.lint.network import build, load_spec
from vggstat.lint.numbers import Number, claim_parts
from vggstat.lint.ops_words import CLOSE, USUAL
from vggstat.lint.verdicts import Verdicts
from vggstat.lint.whole_networks.claim import Claim

LEAST: Final = 2
"""Rows that say so."""
FEWER: Final = 0.9
LARGE: Final = 10_000
"""Counts of fewer may have a unit that nobody says."""
HUGE: Final = 1e11
"""Parameters from which on a count has been given the unit of its header once too often."""
_OTHER: Final[dict[Quantity, Quantity]] = {"params": "ops", "ops": "params"}


def with_headers_back(rows: Sequence[Row], verdicts: Verdicts) -> Sequence[Row]:
    """The rows with each cell as what it is; one finding where that is not what its header says."""
    told = [swapped for row in rows if (swapped := _is_swapped(row)) is not None]
    named = len(told) >= LEAST and all(told)
    fewer = [less for row in rows if (less := _has_fewer_operations(row)) is not None]
    if not named and not (len(fewer) > LEAST and all(fewer)):
        return _with_a_row_back(rows, verdicts)
    first = next(
        cell for row in rows if len(_both(row)) == 2 for cell in row.cells if cell.quantity in _OTHER
    )
    why = (
        f"so in all {len(told)} rows whose network is known"
        if named
        else f"in all {len(fewer)} rows there would be fewer operations than parameters, and each parameter takes one at least"
    )
    labels = " and ".join(
        dict.fromkeys(cell.label for row in rows for cell in row.cells if cell.quantity in _OTHER)
    )
    verdicts.fail(
        "V605",
        first.claim,
        f"the headers {labels} have changed places: each column holds the figures of the other",
        severity="error",
        quantity=first.quantity,
        notes=(why,),
    )
    return [row.replace(cells=tuple(_turned(cell) for cell in row.cells)) for row in rows]


def _turned(cell: Cell) -> Cell:
    quantity = _OTHER.get(cell.quantity)
    return cell if quantity is None else cell.replace(quantity=quantity, label=quantity)


def _both(row: Row) -> dict[Quantity, Number]:
    """The parameters and the operations of a row, where they are numbers of one reading."""
    return {
        cell.quantity: cell.numbers[0]
        for cell in row.cells
        if cell.quantity in _OTHER and len(cell.numbers) == 1
    }


def _has_fewer_operations(row: Row) -> bool | None:
    """Whether a row prints clearly fewer operations than parameters; None where it does not tell, or a unit is left out."""
    both = _both(row)
    if len(both) < 2 or any(number.unit.decimal == 1 and not number.is_exact for number in both.values()):
        return None
    params, ops = both["params"].approximate, both["ops"].approximate
    return ops < FEWER * params if min(params, ops) >= LARGE and params < HUGE else None


def _is_swapped(row: Row) -> bool | None:
    """Whether both cells are right as the other, and wrong as they are called; None where the row does not tell."""
    named = [name for name in find_names(row.name) if name.spec and not name.is_letter]
    cells = {cell.quantity: cell for cell in row.cells if cell.quantity in _OTHER}
    if len(named) != 1 or len(cells) != len(_OTHER):
        return None
    spec = load_spec(named[0].spec)
    network = build(spec, spec.input, spec.head)
    if network is None:
        return None
    right = {}
    for quantity, cell in cells.items():
        for wanted in _OTHER:
            unit = cells[wanted].unit
            part = next(iter(claim_parts(cell.claim.text, unit)), None)
            if not isinstance(part, Number):
                return None
            right[quantity, wanted] = fits(network, wanted, part)
    return right["params", "ops"] and right["ops", "params"] and not right["params", "params"]


def _with_a_row_back(rows: Sequence[Row], verdicts: Verdicts) -> Sequence[Row]:
    """The rows with the two numbers of the only one turned of which they have changed places."""
    told = [(row, swapped) for row in rows if (swapped := _is_swapped(row)) is not None]
    turned = [row for row, swapped in told if swapped]
    if len(turned) != 1 or len(told) <= LEAST:
        return rows
    cells = {cell.quantity: cell for cell in turned[0].cells if cell.quantity in _OTHER}
    for quantity, cell in cells.items():
        other = cells[_OTHER[quantity]]
        verdicts.fail(
            "V605",
            cell.claim,
            f"{turned[0].name}: {cell.label} and {other.label} have changed places in this row",
            expected=other.claim.text.strip(),
            quantity=quantity,
        )
    left = tuple(cell for cell in turned[0].cells if cell.quantity not in _OTHER)
    return [row.replace(cells=left) if row is turned[0] else row for row in rows]


class Counted(NamedTuple):
    """A row's operations, and the rules that they are right under."""

    claim: Claim
    rules: frozenset[str]


def judge_mixture(column: Sequence[Counted], verdicts: Verdicts) -> None:
    """A column of operations is counted in one way: the rows that the rule of most does not admit are a mixture."""
    known = [entry for entry in column if entry.rules]
    votes = Counter(rule for entry in known for rule in entry.rules)
    if len(known) < 3 or not votes:
        return
    rule = max(votes, key=lambda name: (votes[name], -_order(name), name))
    if votes[rule] == len(known) or 3 * votes[rule] < 2 * len(known):
        return
    for claim, rules in known:
        figure = next((f for f in figures_of(claim.variant.network, "ops") if f.rule == rule), None)
        if (
            rule not in rules and figure is not None and _is_far(claim, figure)
        ):  # else the rule of most is not known for this network
            expected = figure.like(claim.number)
            enter_mixture(claim.cell, claim.number, min(rules), rule, expected, verdicts, claim=False)


def _is_far(claim: Claim, figure: Figure) -> bool:
    """Whether a number is not just a small part off: that may be counted in a way that is not known."""
    return abs(claim.number.approximate / max(figure.exact, 1) - 1) >= CLOSE


def _order(rule: str) -> int:
    """How far down a rule stands among the usual ones."""
    return USUAL.index(rule) if rule in USUAL else len(USUAL)
