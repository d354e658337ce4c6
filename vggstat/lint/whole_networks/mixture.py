"""A column of operations that is not counted in one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from vggstat.lint.ledger import Ledger
from vggstat.lint.model import Cell
from vggstat.lint.numbers import Number, clean
from vggstat.lint.ops_words import USUAL
from vggstat.lint.whole_networks.figures import figures_of, like
from vggstat.lint.whole_networks.variants import Variant


class Counted(NamedTuple):
    """A row's operations, and the rules that they are right under."""

    cell: Cell
    number: Number
    variant: Variant
    rules: frozenset[str]


def judge_mixture(column: Sequence[Counted], ledger: Ledger) -> None:
    """A column of operations is counted in one way: the rows that the rule of most does not admit are a mixture."""
    known = [entry for entry in column if entry.rules]
    votes = Counter(rule for entry in known for rule in entry.rules)
    if len(known) < 3 or not votes:
        return
    rule = max(votes, key=lambda name: (votes[name], name in USUAL, -len(name)))
    count = votes[rule]
    if count == len(known) or 3 * count < 2 * len(known):
        return
    for entry in known:
        if rule in entry.rules:
            continue
        figure = next((f for f in figures_of(entry.variant.network, "ops") if f.rule == rule), None)
        if figure is None:
            continue  # the rule of most is not known for this network
        ledger.fail(
            "V601",
            clean(entry.cell.flow),
            f"{entry.number.text.strip()} is {min(entry.rules)}, the other rows are {rule}",
            span=(entry.number.start, entry.number.end),
            expected=like(entry.number, figure),
            quantity="ops",
            claim=False,
        )
