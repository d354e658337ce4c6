"""A column of counts, and the one convention that it follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from vggstat.lint.arithmetic import judge_arithmetic
from vggstat.lint.conventions import Rule, rules_of, vote, voted_images
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.listings.counts import Column, Judged, judge_count
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.network import Target
from vggstat.lint.numbers import Number
from vggstat.lint.verdicts import Verdicts

MOST: Final = 0.7
"""The part of a column that its rule has to admit, or it is no rule of it."""
COLUMN_OF: Final = {
    "params": "params",
    "weights": "params",
    "trainable_params": "params",
    "memory": "memory",
    "values": "memory",
    "ops": "ops",
}


def heading_of(cell: Cell) -> str:
    """What the column of a cell is called: ``weights:`` and ``params:`` of one listing are one column."""
    return "" if cell.label.endswith(("name",)) else re.sub(r"[^a-z]", "", cell.label.lower())


def judge_column(
    name: str, cells: Sequence[Judged], table: ClaimTable, identity: Identity, verdicts: Verdicts
) -> tuple[Rule | None, int]:
    """Judge a column; its convention (None where it follows none that is known) and the number of images."""
    if name == "memory" and table.accounting:
        for cell in cells:
            if not judge_arithmetic(cell.cell, verdicts):
                verdicts.skip(cell.cell, f"how {table.accounting} counts a row is not judged")
        return None, 1
    in_bytes = any(number.unit.bytes for cell in cells for number in cell.cell.numbers)
    rules = rules_of(name, table.family, in_bytes=in_bytes)
    permitted = table.policy.permitted(name, rules, in_bytes=in_bytes)
    found = _convention(name, cells, permitted, table, identity.batch)
    if found is None and len(permitted) < len(rules):
        found = _convention(name, cells, rules, table, identity.batch)
        found = found and (vote(permitted, _ballots(cells), found[1]), found[1])
    if found is None:
        for cell in cells:
            verdicts.skip(cell.cell, "the column follows no known way to count")
        return None, 1
    rule, batch = found
    numbers = [number for cell in cells for number in cell.cell.numbers]
    column = Column(
        name=name,
        rule=rule,
        rules=rules,
        permitted=permitted,
        policy=table.policy,
        family=table.family,
        identity=identity.replace(batch=batch),
        verdicts=verdicts,
        is_exact=any(number.whole is not None and number.whole % 1000 for number in numbers),
        is_indian=sum(number.is_indian for number in numbers) > 1,
    )
    for cell in cells:
        judge_count(column, cell)
    return rule, batch


def _ballots(cells: Sequence[Judged]) -> list[tuple[Number, Target]]:
    return [(number, cell.target) for cell in cells if (number := cell.cell.number)]


def _convention(
    name: str, cells: Sequence[Judged], rules: Sequence[Rule], table: ClaimTable, batch: int
) -> tuple[Rule, int] | None:
    """The rule that admits most of the cells, and for how many images; None where it does not admit enough."""
    ballots = _ballots(cells)
    if name == "params":
        weights = [rule for rule in rules if rule.name.startswith("weights")]
        if table.params_are == "weights" and weights:
            return weights[0], batch
        says_weights = any(cell.cell.quantity == "weights" for cell in cells)
        return vote(rules, ballots, batch, "weights" if says_weights else ""), batch
    named = _named_rule(rules, cells[0].cell.label) if name == "ops" else ""
    rule = vote(rules, ballots, batch, named)
    if _explains(rule, ballots, batch):
        return rule, batch
    images = voted_images(
        (number, [rule.exact(target) for rule in rules if not rule.binary]) for number, target in ballots
    )
    rule = vote(rules, ballots, images, named)
    return (rule, images) if _explains(rule, ballots, images) else None


def _named_rule(rules: Sequence[Rule], label: str) -> str:
    """The longest name of a rule that a column's heading holds (``operations, fvcore``); empty for none."""
    words = re.split(r"[^\w+-]+", label.lower())
    return max((rule.name for rule in rules if rule.name in words), key=len, default="")


def _explains(rule: Rule, ballots: Sequence[tuple[Number, Target]], batch: int) -> bool:
    """Whether the rule admits most of the cells that are not 0."""
    telling = [
        (number, target) for number, target in ballots if number.readings[0].mantissa or rule.exact(target)
    ]
    admitted = sum(rule.admits(number, target, batch) for number, target in telling)
    return len(telling) < 2 or admitted >= MOST * len(telling) or 1 < admitted == len(telling) - 1
