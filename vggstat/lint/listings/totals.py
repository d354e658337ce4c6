"""What a listing says of the whole: each total to the judge of its kind."""

from __future__ import annotations

from collections.abc import Sequence

from vggstat.lint.conventions import Rule, param_rules
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.listings.columns import heading_of
from vggstat.lint.listings.whole import PARTS, Whole
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.network import Target
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.verdicts import Verdicts


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
    whole = Whole(table, identity, identity.network, shown, columns, verdicts)
    for cell in table.totals:
        _judge(whole, cell)
    if any(cell.quantity in PARTS for cell in table.totals):
        from vggstat.lint.listings.trainable import judge_parts_of

        judge_parts_of(whole)
    if any(finding.code == "V502" for finding in verdicts.findings):
        from vggstat.lint.listings.lecture_total import join_findings

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
        from vggstat.lint.listings.operations import judge_operations

        judge_operations(whole, cell, number)
    elif cell.quantity in ("values", "memory"):
        from vggstat.lint.listings.memory_total import judge_memory

        judge_memory(whole, cell, number)
    elif cell.quantity not in PARTS:
        from vggstat.lint.listings.sizes import judge_size_or_count

        judge_size_or_count(whole, cell, number)  # the parts of the total are judged together, after this


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
        _fail_mixture(whole, cell, number, match.rule, chosen)
    else:
        whole.verdicts.passed(cell, match.rule.words)


def _rule_of_rows(whole: Whole, cell: Cell, rules: Sequence[Rule]) -> Rule:
    """The rule of the column that the total stands in, of those that are permitted."""
    if cell.quantity == "weights":
        return next((rule for rule in rules if rule.name.startswith("weights")), rules[0])
    own = whole.columns.get(f"{cell.quantity} {heading_of(cell)}")
    return own or whole.columns.get(cell.quantity) or whole.columns.get("params") or rules[0]


def _fail_mixture(whole: Whole, cell: Cell, number: Number, rule: Rule, chosen: Rule) -> None:
    ours = whole.sum(chosen) or 0
    whole.verdicts.wrong_part(
        "V601",
        cell,
        number,
        f"{number.text} is right as {rule.name}, but the rows are {chosen.name}: they add up to {ours:,}",
        severity="warning",
        expected=format_like(number, ours),
    )
