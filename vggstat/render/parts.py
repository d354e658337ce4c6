"""The rows of a network that branches as a tree: blocks of rows and units, units of rows, branches and a join."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.cost.report import Report, Row
from vggstat.net.scopes import SHORTCUT, is_branch, part_name
from vggstat.records import Record

__all__ = ["JOINS", "Part", "flat", "local_name", "parts_of", "shown_scope", "values_from_elsewhere"]

JOINS: Final = ("add", "concat", "multiply")
"""The kinds of rows that put maps together."""


class Part(Record):
    """A unit, a branch or a shortcut: what stands in it, in order."""

    scope: tuple[str, ...]
    held: tuple[Part | Row, ...]

    @property
    def name(self) -> str:
        """What its layers' names begin with."""
        return part_name(self.scope)

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows in it, of parts too."""
        return tuple(flat(self.held))

    @property
    def join(self) -> Row | None:
        """The row that puts its branches together; None where its layers follow one another."""
        rows = [held for held in self.held if isinstance(held, Row) and held.kind in JOINS]
        if not rows or not (self._branches or self._is_residual(rows[-1])):
            return None
        return rows[-1]

    @property
    def is_residual(self) -> bool:
        """Whether it is the sum of what its layers make and a shortcut."""
        branches = [part for part in self._branches if is_branch(part.scope) and part.scope[-1] != SHORTCUT]
        return self.join is not None and self.join.kind == "add" and not branches

    @property
    def _branches(self) -> tuple[Part, ...]:
        """The parts in it that stand beside others: by their names, or as a model's edges have them.

        That is what reads the value that enters, behind other layers, and is read by a join.
        """
        found = []
        joins = [held for held in self.held if isinstance(held, Row) and held.kind in JOINS]
        for held in self.held:
            if isinstance(held, Row):
                continue
            first, last = held.rows[0], held.rows[-1]
            forks = held is not self.held[0] and first.inputs == self.rows[0].inputs
            joined = any(last.name in join.inputs for join in joins)
            if is_branch(held.scope) or (forks and joined):
                found.append(held)
        return tuple(found)

    def _is_residual(self, row: Row) -> bool:
        """Whether one of two maps that a sum adds comes from outside."""
        inside = {held.name for held in self.rows}
        return row.kind == "add" and len(row.inputs) == 2 and not inside.issuperset(row.inputs)

    @property
    def columns(self) -> tuple[tuple[Part | Row, ...], ...]:
        """What the join puts together, side by side; an empty one is the value that enters. One where nothing is joined."""
        join = self.join
        if join is None:
            return (self.held,)
        own = tuple(held for held in self.held if held is not join)
        branches = self._branches
        rest = tuple(held for held in own if held not in branches)
        ends = {row.name: branch.held for branch in branches for row in branch.rows}
        body = {row.name for row in flat(rest)}
        return tuple(rest if name in body else ends.get(name, ()) for name in join.inputs)


def parts_of(rows: Sequence[Row], depth: int = 1) -> tuple[Part | Row, ...]:
    """The rows of one part, ``depth`` deep in scopes, with those of the parts in it together."""
    found: list[Part | Row] = []
    at = 0
    while at < len(rows):
        scope = rows[at].scope[: depth + 1]
        if len(scope) <= depth:
            found.append(rows[at])
            at += 1
            continue
        end = at
        while end < len(rows) and rows[end].scope[: depth + 1] == scope:
            end += 1
        found.append(Part(scope=scope, held=parts_of(rows[at:end], depth + 1)))
        at = end
    return tuple(found)


def local_name(name: str, scope: tuple[str, ...]) -> str:
    """The name without that of the part that it stands in; modules of somebody's model join theirs by dots."""
    part = part_name(scope)
    return name.removeprefix(f"{part}_").removeprefix(f"{part}.")


def shown_scope(row: Row) -> tuple[str, ...]:
    """The part that a row is shown in: a shortcut of one layer stands beside the layers of its unit."""
    own = part_name(row.scope)
    alone = row.scope[-1:] == (SHORTCUT,) and row.name in (own, f"{own}_{row.kind}")
    return row.scope[:-1] if alone else row.scope


def flat(held: Sequence[Part | Row]) -> Iterator[Row]:
    """All rows of some parts and rows."""
    for one in held:
        yield from one.rows if isinstance(one, Part) else (one,)


def values_from_elsewhere(report: Report) -> dict[str, str]:
    """For each row that reads a value other than the current one: the row that this comes from.

    What comes is named by its block where it is all that the block makes.
    """
    last = {row.block: row.name for row in report.rows}
    found: dict[str, str] = {}
    _walk(parts_of(report.rows, 0), "", found)
    blocks = {row.name: row.block for row in report.rows}
    return {
        name: blocks[source] if last[blocks[source]] == source else source for name, source in found.items()
    }


def _walk(held: Sequence[Part | Row], current: str, found: dict[str, str]) -> str:
    """Along the values that follow one another; the name of the row that makes the last one."""
    for one in held:
        if isinstance(one, Row):
            if one.inputs and current not in one.inputs:
                found[one.name] = one.inputs[0]
            elif one.kind in JOINS and len(one.inputs) > 1:
                found.update((one.name, name) for name in one.inputs if name != current)
            current = one.name
        elif one.join is None:
            current = _walk(one.held, current, found)
        else:
            for column in one.columns:
                _walk(column, current, found)
            current = one.join.name
    return current
