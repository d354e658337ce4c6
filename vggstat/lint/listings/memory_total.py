"""The sum of a listing's outputs, in values or bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vggstat.lint.conventions import Rule, memory_rules
from vggstat.lint.listings.columns import heading_of
from vggstat.lint.listings.sizes import with_pool
from vggstat.lint.listings.whole import Whole
from vggstat.lint.model import Cell
from vggstat.lint.network import Target
from vggstat.lint.numbers import Number
from vggstat.lint.tool_sizes import FLOAT32


def judge_memory(whole: Whole, cell: Cell, number: Number) -> None:
    """The sum under the rows' convention, of the rows that people count."""
    if whole.table.accounting:
        _judge_named(whole, cell, number)
        return
    column = whole.columns.get(f"{cell.quantity} {heading_of(cell)}", whole.columns.get("memory"))
    if column is None and "memory" in whole.columns:
        whole.verdicts.skip(cell, "the column follows no known way to count")
        return
    rules = memory_rules(in_bytes=number.unit.bytes)
    mine = [rule for rule in rules if column is None or _kind(rule) == _kind(column)]
    permitted = whole.table.policy.permitted("memory", mine, in_bytes=number.unit.bytes)
    matches = [whole.match(number, mine, permitted, column, rows) for rows in _choices(whole)]
    right = next((match for match in matches if match is not None and match.kind == "right"), None)
    if right is not None:
        whole.verdicts.passed(cell, right.rule.words)
        return
    if column is not None and _kind(column) and number.unit.bytes:
        values = whole.sum(column._replace(binary=False), whole.rows) or 0
        scales = whole.table.policy.scales(number)
        if any(number.admits(FLOAT32 * values, scale) for scale in scales):
            whole.verdicts.passed(cell, column.name.replace("values", "bytes", 1))
            return
    from vggstat.lint.listings.lecture_total import is_lecture_total

    if is_lecture_total(whole, cell, number):
        return
    rule = (list(permitted) or mine or list(rules))[0]
    words = "bytes of output in all" if number.unit.bytes else "output values in all"
    match = next((match for match in matches if match is not None), None)
    if match is not None:
        whole.contradict(cell, number, match, rule, "V503", words)
    else:
        whole.fail(cell, number, whole.sum(rule, whole.rows) or 0, "V503", words, rule.scale(number))


def _judge_named(whole: Whole, cell: Cell, number: Number) -> None:
    """The sum under the accounting that the listing names; in values where it is no number of bytes."""
    from vggstat.cost.accounting import find_accounting

    accounting, report = find_accounting(whole.table.accounting), whole.network.report
    width, unit = (1, "bytes") if number.unit.bytes else (FLOAT32, "values")
    sizes = [
        accounting.total_bytes(graph, report.workload) for graph in (report.graph, *with_pool(report.graph))
    ]
    counts = [size * whole.identity.batch // width for size in sizes]
    fitting = (
        count for count in counts if any(number.admits(count, scale) for scale in whole.scales(number))
    )
    whole.expect(cell, number, next(fitting, counts[0]), "V503", f"{unit} under {accounting.name}")


def _kind(rule: Rule) -> str:
    """What it counts where that is not each output once."""
    return rule.name if rule.name.startswith("values") and rule.name != "values of each output" else ""


def _choices(whole: Whole) -> Iterator[Sequence[Target]]:
    """The rows that the sum may be of."""
    yield whole.rows
    if not any(target.kind == "input" for target in whole.rows):
        yield [whole.network.targets[0], *whole.rows]  # the image counts where its row is left out, too
    # a pool that changes nothing is a row of some listings, and counted in none
    yield [target for target in whole.rows if target.kind != "avgpool" or target.shape != target.in_shape]
