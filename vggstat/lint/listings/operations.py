"""The sum of a listing's operations: under the rows' rule, under any that is known, and by its label's words."""

from __future__ import annotations

from typing import Final

from vggstat.lint.conventions import Rule, ops_rules
from vggstat.lint.listings.whole import Whole
from vggstat.lint.model import Cell
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.ops_words import USUAL, counts_macs, says_flops, says_macs

TORCHINFO: Final = ("torchinfo", "macs", "macs+bias")
"""Rules that versions of torchinfo print."""


def judge_operations(whole: Whole, cell: Cell, number: Number) -> None:
    """Right under some rule, right under the rule that its label names, or wrong."""
    column = whole.columns.get("ops")
    if column is None and "ops" in whole.columns:
        whole.verdicts.skip(cell, "the column follows no known way to count")
        return
    words = f"{cell.label} {cell.unit} {cell.flow.text}"
    known = [rule for rule in ops_rules() if whole.table.family != "torchinfo" or rule.name in TORCHINFO]
    rules = sorted(known, key=lambda rule: (rule.binary, _order(rule, words)))
    if column is not None:
        rules.insert(0, column)
    permitted = whole.table.policy.permitted("ops", [*rules, *ops_rules()])
    wanted = permitted[0]
    match = whole.match(number, rules, permitted, column)
    if match is not None and match.kind == "right":
        _admitted(whole, cell, number, match.rule, words)
    elif match is not None:
        whole.contradict(cell, number, match, wanted, "V504", "operations in all")
    elif whole.is_torch_summary:
        whole.verdicts.skip(cell, "the rule of torch-summary is not known")
    elif whole.sum(wanted) is None:
        whole.verdicts.skip(cell, f"no count is known under {wanted.name} for one of the layers")
    elif number.unit.decimal == 1 and cell.unit == "" and number.readings[0].mantissa < 10_000:
        whole.verdicts.skip(cell, "a count without a unit")
    else:
        _fail_wrong(whole, cell, number, wanted)


def _order(rule: Rule, words: str) -> tuple[bool, int]:
    """Rules that fit the label first, then the usual ones."""
    fits = counts_macs(rule.name) == (not says_flops(words))
    return not fits, USUAL.index(rule.name) if rule.name in USUAL else len(USUAL)


def _admitted(whole: Whole, cell: Cell, number: Number, rule: Rule, words: str) -> None:
    """A sum that a rule gives: the rows' own, another one, or one that the label does not name."""
    column = whole.columns.get("ops")
    if column is not None and rule.name != column.name and counts_macs(rule.name):
        _fail_mixture(whole, cell, number, rule, column)
    elif says_flops(words) and counts_macs(rule.name):
        are = "multiply-accumulates (MACs), of which each is two FLOPs"
        _fail_label(whole, cell, number, f"{rule.words}: {are}, but is called FLOPs")
    elif says_macs(words) and not counts_macs(rule.name):
        _fail_label(whole, cell, number, f"{rule.words}: FLOPs at two per MAC, but is called MACs")
    else:
        whole.verdicts.passed(cell, rule.words)


def _fail_mixture(whole: Whole, cell: Cell, number: Number, rule: Rule, column: Rule) -> None:
    whole.verdicts.wrong_part(
        "V601",
        cell,
        number,
        f"{number.text.strip()} is {rule.words}, the other rows are {column.words}",
        expected=format_like(number, whole.sum(column) or 0, column.scale(number)),
    )


def _fail_label(whole: Whole, cell: Cell, number: Number, words: str) -> None:
    whole.verdicts.wrong_part(
        "V602",
        cell,
        number,
        f"{number.text.strip()} is right as {words}",
        severity="warning",
    )


def _fail_wrong(whole: Whole, cell: Cell, number: Number, rule: Rule) -> None:
    exact = whole.sum(rule) or 0
    name = rule.name.upper() if rule.name in ("macs", "flops") else rule.name
    whole.verdicts.wrong_part(
        "V504",
        cell,
        number,
        f"{exact:,} {name}, not {number.text.strip()}: no known rule gives that",
        expected=format_like(number, exact, rule.scale(number)),
    )
