"""Columns that follow from others, whatever network they are of.

What most rows of a table say of each other, the others are held against.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vggstat.lint.judge import Judgement
from vggstat.lint.model import Evidence, Finding, Support
from vggstat.lint.numbers import clean
from vggstat.lint.relations.fields import receptive_fields
from vggstat.lint.relations.link import Link
from vggstat.lint.relations.proportions import proportions
from vggstat.lint.relations.shares import shares
from vggstat.lint.relations.values import map_values
from vggstat.lint.veto import BY_THE_ROWS

__all__ = ["with_relations"]

LEAST: Final = 4
"""Rows that have to agree before another one is held against them."""
AGREE: Final = 0.75
"""The part of the rows that has to agree."""


def with_relations(judgement: Judgement) -> Judgement:
    """The judgement of a listing with what its columns say of each other."""
    table = judgement.table
    columns = [*proportions(table)]
    if table.form == "layers":
        columns += shares(table)
    if table.form == "layers" and not judgement.spec:
        columns += [*map_values(table), receptive_fields(table)]
    for links in columns:
        right = sum(link.holds for link in links)
        wrong = len(links) - right
        most = 1 if links and links[0].is_loose else (1 - AGREE) * len(links)
        if right >= LEAST and wrong <= most:
            judgement = _judged(judgement, links, Support(right, wrong))
    return judgement


def _judged(judgement: Judgement, links: Sequence[Link], support: Support) -> Judgement:
    """The judgement with the verdicts on a column that agrees with the others."""
    told = {finding.place.line for finding in judgement.findings}
    passed = {place for place, *_ in judgement.passes}
    wrong = [link for link in links if link.is_wrong and link.cell.flow.place().line not in told]
    right = [link for link in links if link.holds and link.cell.flow.place() not in passed]
    known = {link.cell.flow.place() for link in links}
    return judgement.replace(
        findings=(*judgement.findings, *(_finding(link, support) for link in wrong)),
        passes=(
            *judgement.passes,
            *((link.cell.flow.place(), link.cell.flow.text, "the rest of the table") for link in right),
        ),
        right=judgement.right + len(right),
        unchecked=tuple(entry for entry in judgement.unchecked if entry[0] not in known),
    )


def _finding(link: Link, support: Support) -> Finding:
    text = link.number.text.strip()
    slip = link.slip
    return Finding(
        code=link.code,
        severity="error",
        place=clean(link.cell.flow).place(link.number.start, link.number.end),
        text=text,
        message=f"{link.message}, not {text}",
        expected=link.expected,
        quantity=link.cell.quantity,
        notes=(slip,) if slip else (),
        confidence=BY_THE_ROWS,
        evidence=Evidence(column=support, table=support, slip=slip),
    )
