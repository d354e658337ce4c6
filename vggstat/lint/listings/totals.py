"""What a listing says of the whole: each total to the judge of its kind, and those of parameters and operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vggstat.lint.contradictions import enter_mislabelled, enter_mixture
from vggstat.lint.conventions import Rule, ops_rules, param_rules
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.listings.columns import heading_of
from vggstat.lint.listings.whole import PARTS, Whole
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.network import Target
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.ops_words import USUAL, counts_macs, says_flops
from vggstat.lint.relations.link import exact_of, number_of, rounding_of
from vggstat.lint.verdicts import Verdicts

TORCHINFO: Final = ("torchinfo", "macs", "macs+bias")
"""Rules that versions of torchinfo print."""


def judge_totals(
    table: ClaimTable,
    identity: Identity,
    shown: Sequence[Target],
    columns: dict[str, Rule | None],
    verdicts: Verdicts,
) -> None:
    """Judge every total of a listing whose network is known. ``shown``: the layers of its rows."""
    assert identity.network is not None
    if not table.totals:
        return
    if identity.own and not any(obs.params or obs.memory_product for obs in identity.observations):
        for cell in table.totals:
            verdicts.skip(cell, "no row says how many parameters its layer has")
        return
    whole = Whole(table, identity, identity.network, shown, columns, verdicts)
    for cell in table.totals:
        _judge(whole, cell)
    if any(cell.quantity in PARTS for cell in table.totals):
        from vggstat.lint.listings.trainable import judge_parts_of

        judge_parts_of(whole)
    if any(finding.code == "V502" for finding in verdicts.findings):
        from vggstat.lint.listings.memory import join_findings

        join_findings(whole)


def _judge(whole: Whole, cell: Cell) -> None:
    number = cell.number
    if number is None:
        whole.verdicts.skip(cell, "no number can be read in it")
    elif cell.quantity == "biases":
        biases = sum(target.biases for target in whole.targets)
        whole.expect(cell, number, biases, "V501", "biases in all")
    elif cell.quantity in ("params", "weights"):
        _judge_params(whole, cell, number)
    elif cell.quantity == "ops":
        _judge_operations(whole, cell, number)
    elif cell.quantity not in PARTS:  # those are judged together, after this
        from vggstat.lint.listings.memory import judge_memory, judge_size_or_count

        (judge_memory if cell.quantity in ("values", "memory") else judge_size_or_count)(whole, cell, number)


def _judge_params(whole: Whole, cell: Cell, number: Number) -> None:
    """The parameters of all layers: under the rows' convention, or a total of another one."""
    rules = param_rules(whole.table.family)
    permitted = whole.table.policy.permitted("params", rules)
    chosen = _rule_of_rows(whole, cell, permitted)
    match = whole.match(number, [chosen, *rules], permitted, chosen)
    if match is None:
        whole.fail(cell, number, whole.sum(chosen) or 0, "V501", "parameters in all", chosen.scale(number))
    elif match.kind != "right":
        whole.contradict(cell, number, match, chosen, "V501", "parameters in all")
    elif match.rule.name != chosen.name and "params" in whole.columns and number.is_exact:
        expected = format_like(number, whole.sum(chosen) or 0)
        found, wanted = match.rule.name, chosen.name
        enter_mixture(cell, number, found, wanted, expected, whole.verdicts, severity="warning")
    else:
        whole.verdicts.passed(cell, match.rule.words)


def _rule_of_rows(whole: Whole, cell: Cell, rules: Sequence[Rule]) -> Rule:
    """The rule of the column that the total stands in, of those that are permitted."""
    if cell.quantity == "weights":
        return next((rule for rule in rules if rule.name.startswith("weights")), rules[0])
    own = whole.columns.get(f"{cell.quantity} {heading_of(cell)}")
    return own or whole.columns.get(cell.quantity) or whole.columns.get("params") or rules[0]


def _judge_operations(whole: Whole, cell: Cell, number: Number) -> None:
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
    match = whole.match(number, rules, permitted, column)
    if match is None:
        _fail_operations(whole, cell, number, permitted[0])
    elif match.kind != "right":
        whole.contradict(cell, number, match, permitted[0], "V504", "operations in all")
    elif column is not None and match.rule.name != column.name and counts_macs(match.rule.name):
        expected = format_like(number, whole.sum(column) or 0, column.scale(number))
        enter_mixture(cell, number, match.rule.words, column.words, expected, whole.verdicts)
    else:
        found, macs = match.rule.words, counts_macs(match.rule.name)
        if not enter_mislabelled(cell, number, found, words, whole.verdicts, macs=macs):
            whole.verdicts.passed(cell, found)


def _order(rule: Rule, words: str) -> tuple[bool, int]:
    """Rules that fit the label first, then the usual ones."""
    fits = counts_macs(rule.name) == (not says_flops(words))
    return not fits, USUAL.index(rule.name) if rule.name in USUAL else len(USUAL)


def _is_sum_as_printed(whole: Whole, number: Number) -> bool:
    """Whether the operations of the rows, counted in whatever way, come to the total."""
    cells = (cell for row in whole.table.rows for cell in row.cells if cell.quantity == "ops")
    terms = [term for cell in cells if (term := number_of(cell)) is not None]
    slack = rounding_of(number) + sum(map(rounding_of, terms))
    return len(terms) > 1 and abs(sum(map(exact_of, terms)) - exact_of(number)) <= slack


def _fail_operations(whole: Whole, cell: Cell, number: Number, rule: Rule) -> None:
    """A sum that no rule gives. ``rule``: the one that is meant most likely."""
    exact = whole.sum(rule)
    if _is_sum_as_printed(whole, number):
        whole.verdicts.passed(cell, "sum of the rows as they are printed")
    elif whole.is_torch_summary:
        whole.verdicts.skip(cell, "the rule of torch-summary is not known")
    elif exact is None:
        whole.verdicts.skip(cell, f"no count is known under {rule.name} for one of the layers")
    elif number.unit.decimal == 1 and cell.unit == "" and number.readings[0].mantissa < 10_000:
        whole.verdicts.skip(cell, "a count without a unit")
    else:
        name = rule.name.upper() if rule.name in ("macs", "flops") else rule.name
        whole.enter_wrong(cell, number, exact, "V504", f"{name} in all", rule.scale(number))
