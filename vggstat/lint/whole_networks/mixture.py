"""A column of operations that is not counted in one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from vggstat.lint.figures import figures_of, like
from vggstat.lint.model import Cell
from vggstat.lint.numbers import Number
from vggstat.lint.ops_words import USUAL
from vggstat.lint.verdicts import Verdicts
from vggstat.lint.whole_networks.variants import Variant


class Counted(NamedTuple):
    """A row's operations, and the rules that they are right under."""

    cell: Cell
    number: Number
    variant: Variant
    rules: frozenset[str]


def _order(rule: str) -> int:
    """How far down a rule stands among the usual ones."""
    return USUAL.index(rule) if rule in USUAL else len(USUAL)


def judge_mixture(column: Sequence[Counted], verdicts: Verdicts) -> None:
    """A column of operations is counted in one way: the rows that the rule of most does not admit are a mixture."""
    known = [entry for entry in column if entry.rules]
    votes = Counter(rule for entry in known for rule in entry.rules)
    if len(known) < 3 or not votes:
        return
    rule = max(votes, key=lambda name: (votes[name], -_order(name), name))
    count = votes[rule]
    if count == len(known) or 3 * count < 2 * len(known):
        return
    for entry in known:
        if rule in entry.rules:
            continue
        figure = next((f for f in figures_of(entry.variant.network, "ops") if f.rule == rule), None)
        if figure is None:
            continue  # the rule of most is not known for this network
        verdicts.wrong_part(
            "V601",
            entry.cell,
            entry.number,
            f"{entry.number.text.strip()} is {min(entry.rules)}, the other rows are {rule}",
            expected=like(entry.number, figure),
            claim=False,
        )
