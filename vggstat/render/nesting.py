"""How the rows of a network that branches stand in a table: under their units and branches, with short names."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Final

from vggstat.cost.report import Report, Row
from vggstat.net.scopes import SHORTCUT, is_branch, part_name
from vggstat.render.columns import Line
from vggstat.render.page import BLANK
from vggstat.render.parts import local_name, shown_scope, values_from_elsewhere

__all__ = ["lines_of"]

WORDS: Final = {"add": "sum", "concat": "branches", "multiply": "product"}
"""What a unit is called by what it ends in."""


INDENT: Final = 2 * BLANK


def lines_of(report: Report) -> Iterator[Line]:
    """The report's rows, and before each part of a block that they stand in its head."""
    branching = {
        row.scope[:at]
        for row in report.rows
        for at, part in enumerate(row.scope)
        if is_branch((part,)) and part != SHORTCUT
    }
    words = {
        row.scope: _word(row, branching) for row in report.rows if row.kind in WORDS and len(row.scope) > 1
    }
    elsewhere = values_from_elsewhere(report)
    open_scope: tuple[str, ...] = ()
    for row in report.rows:
        scope = shown_scope(row)
        common = _common(open_scope, scope)
        for depth in range(max(common, 1), len(scope)):
            part = scope[: depth + 1]
            text = part_name(part) if depth == 1 else _local_part(part)
            yield Line(row=None, text=_indented(text, depth - 1), word=words.get(part, ""))
        open_scope = scope
        own = row.name if len(scope) < 2 else local_name(row.name, scope)
        word = _joined(row)
        if not word and row.name in elsewhere:
            word = f"{row.label} {'with' if row.kind in WORDS else 'of'} {elsewhere[row.name]}"
        yield Line(row=row, text=_indented(own, len(scope) - 1), word=word)


def _local_part(scope: tuple[str, ...]) -> str:
    """A part's name within the one around it: ``branch 2``, ``downsample``."""
    return local_name(scope[-1], scope[:-1]).replace("branch", "branch ")


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many parts two scopes have in common at their beginning."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _indented(text: str, depth: int) -> str:
    return f"{INDENT * max(depth, 0)}{text}"


def _word(row: Row, branching: Set[tuple[str, ...]]) -> str:
    """What a unit is, by the join that it ends in."""
    if row.kind == "add" and row.scope not in branching:
        return "residual"
    return WORDS[row.kind]


def _joined(row: Row) -> str:
    """What a join of two puts together: local names, and the value that entered the unit as its identity."""
    if row.kind not in WORDS:
        return ""
    if len(row.inputs) > 2:
        return f"{row.label} of {len(row.inputs)}"
    locally = {name: local_name(name, row.scope) for name in row.inputs} if row.scope else {}
    inside = [locally.get(name, name) != name for name in row.inputs]
    if len(row.scope) < 2 or not any(inside):
        return f"{row.label} {' + '.join(row.inputs)}" if row.kind == "add" else row.label
    names = [locally[name] if own else "identity" for name, own in zip(row.inputs, inside, strict=True)]
    return (
        f"{' × ' if row.kind == 'multiply' else ' + '}".join(names)
        if row.kind != "concat"
        else f"concat of {len(names)}"
    )
