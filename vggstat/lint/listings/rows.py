"""Each row of a listing with its layer, and every cell of it to the judge of its kind."""

from __future__ import annotations

from vggstat.lint.conventions import Rule
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.listings.attributes import judge_attribute
from vggstat.lint.listings.columns import COLUMN_OF, heading_of, judge_column
from vggstat.lint.listings.counts import Judged
from vggstat.lint.listings.passing import with_passing
from vggstat.lint.listings.shapes import judge_shape
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.verdicts import Verdicts


def judge_rows(table: ClaimTable, identity: Identity, verdicts: Verdicts) -> dict[str, Rule | None]:
    """Judge every cell of every row; returns the convention of each column."""
    columns: dict[tuple[str, str], list[Judged]] = {}
    judged: set[int] = set()
    for obs, target in with_passing(identity):
        if id(obs.row) in judged:
            continue  # a row that stands for several layers is judged as the first of them
        if target is not None:
            judged.add(id(obs.row))
        for cell in obs.row.cells:
            if target is None:
                _alone(cell, verdicts)
            elif cell.quantity in ("shape", "in_shape"):
                judge_shape(cell, obs, target, identity, verdicts)
            elif cell.quantity in COLUMN_OF:
                columns.setdefault((cell.quantity, heading_of(cell)), []).append(Judged(cell, target))
            else:
                judge_attribute(cell, target, identity, verdicts)
    rules: dict[str, Rule | None] = {}
    for (quantity, heading), cells in columns.items():
        rule, batch = judge_column(COLUMN_OF[quantity], cells, table, identity, verdicts)
        rules[f"{quantity} {heading}"] = rule
        rules.setdefault(quantity, rule)
        rules.setdefault(COLUMN_OF[quantity], rule)
        verdicts.conventions.setdefault(quantity, rule.words if rule is not None else "unknown")
        verdicts.batch = max(verdicts.batch, batch)
    return rules


def _alone(cell: Cell, verdicts: Verdicts) -> None:
    """A cell of a layer that is not known: only its own arithmetic can be judged."""
    from vggstat.lint.arithmetic import judge_arithmetic

    if not judge_arithmetic(cell, verdicts):
        verdicts.skip(cell, "the row is not a layer of the recognised network")
