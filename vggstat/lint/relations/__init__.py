"""Columns that follow from others, whatever network they are of.

What most rows of a table say of each other, the others are held against.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import ClaimTable
from vggstat.lint.relations.biases import with_biases
from vggstat.lint.relations.fields import receptive_fields
from vggstat.lint.relations.layer_params import judge_mistakes, layer_params
from vggstat.lint.relations.link import Link
from vggstat.lint.relations.maps import judge_maps
from vggstat.lint.relations.proportions import proportions
from vggstat.lint.relations.shares import shares
from vggstat.lint.relations.values import map_values
from vggstat.lint.verdicts import Verdicts

LEAST: Final = 4
"""Rows that have to agree before another one is held against them, where they may do so by chance."""
EXACT: Final = 3
"""The same where their numbers follow to the last digit."""
MOST_ROWS: Final = 1_000
"""Rows of a table that are held against each other: the deepest networks in use have fewer."""
AGREE: Final = 0.75
"""The part of the rows that has to agree."""


def judge_relations(table: ClaimTable, verdicts: Verdicts) -> None:
    """Judge the numbers that nothing else was said of, where most rows of their column follow from another one."""
    if len(table.rows) > MOST_ROWS:
        return
    for links in _columns(table):
        right = sum(link.holds for link in links)
        loose = any(link.is_loose for link in links)
        most = 1 if loose else (1 - AGREE) * len(links)
        if right < (LEAST if loose else EXACT) or len(links) - right > most:
            continue
        for link in links:
            if (link.holds or link.is_wrong) and verdicts.retract(link.cell):
                _judge(link, verdicts)
    if table.form == "layers":
        judge_maps(table, verdicts)
        judge_mistakes(table, verdicts)


def _columns(table: ClaimTable) -> Iterator[list[Link]]:
    yield from proportions(table)
    if table.form == "layers":
        yield from shares(table)
        yield from map_values(table)
        yield receptive_fields(table)
        yield with_biases(table)
        yield layer_params(table)


def _judge(link: Link, verdicts: Verdicts) -> None:
    if link.holds:
        verdicts.passed(link.cell, "by the rest of the table")
        return
    verdicts.wrong_part(
        link.code,
        link.cell,
        link.number,
        f"{link.message}, not {link.number.text.strip()}",
        expected=link.expected,
        notes=(link.slip,),
    )
