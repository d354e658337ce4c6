"""Columns that follow from others: the values of a map from its shape, receptive fields from windows, shares from counts.

What most rows of a table say of each other, the others are held against, whatever network they are of.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import prod
from typing import Final, NamedTuple

from vggstat.lint.identity.observe import observe, parse_dims
from vggstat.lint.judge import Judgement
from vggstat.lint.model import Cell, ClaimTable, Evidence, Finding, Row, Support
from vggstat.lint.numbers import Number, claim_parts, clean, format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.veto import BY_THE_ROWS

__all__ = ["with_relations"]

LEAST: Final = 4
"""Rows that have to agree before another one is held against them."""
AGREE: Final = 0.75
"""The part of the rows that has to agree."""
_VALUES: Final = ("values", "memory", "figure")
_COUNTS: Final = ("params", "weights", "trainable_params", "ops", "values", "memory", "param_bytes")
"""Quantities of which a row has a share."""


class _Link(NamedTuple):
    """A number, and what it follows to be from the rest of the table."""

    cell: Cell
    number: Number
    holds: bool
    code: str
    message: str
    """What follows: ``conv3: a map of 13x13x384 has 64,896 values``."""
    expected: str
    is_loose: bool = False
    """Whether it may follow from another column as well: then only one slip of the hand in all is told."""

    @property
    def slip(self) -> str:
        """The slip that leads from what follows to what is printed."""
        return digit_slip(self.number.digits, re.sub(r"\D", "", self.expected))

    @property
    def is_wrong(self) -> bool:
        return not self.holds and (bool(self.slip) or not self.is_loose)


def with_relations(judgement: Judgement) -> Judgement:
    """The judgement of a listing with what its columns say of each other."""
    table = judgement.table
    if table.form != "layers":
        return judgement
    columns = [*_shares(table)]
    if not judgement.spec:
        columns += [*_map_values(table), _fields(table)]
    for links in columns:
        right = sum(link.holds for link in links)
        wrong = len(links) - right
        most = 1 if links and links[0].is_loose else (1 - AGREE) * len(links)
        if right >= LEAST and wrong <= most:
            judgement = _judged(judgement, links, Support(right, wrong))
    return judgement


def _judged(judgement: Judgement, links: Sequence[_Link], support: Support) -> Judgement:
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


def _finding(link: _Link, support: Support) -> Finding:
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


def _number(cell: Cell) -> Number | None:
    """The only number of a cell."""
    parts = [part for part in claim_parts(clean(cell.flow).text, cell.unit) if isinstance(part, Number)]
    return parts[0] if len(parts) == 1 else None


# the values of maps -------------------------------------------------------------------------------------------


def _map_values(table: ClaimTable) -> Iterator[list[_Link]]:
    """The columns of values: height x width x channels of the map in the same row."""
    columns: dict[str, list[_Link]] = defaultdict(list)
    for row in table.rows:
        shape = next((cell for cell in row.cells if cell.quantity == "shape"), None)
        dims = parse_dims(clean(shape.flow)) if shape is not None else None
        if shape is None or dims is None or len(dims.without_batch) != 3:
            continue
        values = prod(dims.without_batch)
        for cell in row.cells:
            number = _number(cell) if cell.quantity in _VALUES else None
            if number is not None:
                message = f"{row.name}: a map of {shape.flow.text} has {values:,} values"
                link = _Link(
                    cell, number, number.admits(values), "V301", message, format_like(number, values)
                )
                columns[cell.label].append(link)
    yield from columns.values()


# receptive fields ---------------------------------------------------------------------------------------------


def _fields(table: ClaimTable) -> list[_Link]:
    """The receptive fields of a chain, each from the one before; empty where a window is not said."""
    links: list[_Link] = []
    field = step = 1
    for obs in observe(table):
        cell = next((cell for cell in obs.row.cells if cell.quantity == "receptive_field"), None)
        if obs.kind in ("conv", "pool", "avgpool"):
            if obs.kernel is None:
                return links
            before, field = field, field + (obs.kernel - 1) * step
            words = f"{before} + ({obs.kernel} - 1) x {step} = {field}"
            step *= obs.stride or (1 if obs.kind == "conv" else obs.kernel)
        else:
            words = str(field)
        match = re.match(r"\d+", clean(cell.flow).text) if cell is not None else None
        if cell is None or match is None:
            continue
        number = next(part for part in claim_parts(match[0], "") if isinstance(part, Number))
        message = f"{obs.row.name}: the receptive field is {words}"
        links.append(_Link(cell, number, number.whole == field, "V103", message, str(field)))
    return links


# shares -------------------------------------------------------------------------------------------------------


def _shares(table: ClaimTable) -> Iterator[list[_Link]]:
    """The columns of shares, each with the counts that most of its numbers are shares of."""
    labels = dict.fromkeys(cell.label for row in table.rows for cell in row.cells if cell.quantity == "share")
    for label in labels:
        found = [list(_shares_of(table, label, counts, total)) for counts, total in _totals(table)]
        if found:
            yield max(found, key=lambda links: sum(link.holds for link in links))


def _totals(table: ClaimTable) -> Iterator[tuple[str, Fraction]]:
    """Each column of counts by its label, with its total: the printed one, or the sum of the rows."""
    columns: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for row in table.rows:
        for cell, number in _counts(row):
            columns[cell.quantity, cell.label] += _exact(number)
    printed = {
        cell.quantity: number
        for cell, number in _counts(Row(kind="other", name="", flow=table.start, cells=table.totals))
    }
    for (quantity, label), total in columns.items():
        yield label, total
        if quantity in printed and _exact(printed[quantity]) != total:
            yield label, _exact(printed[quantity])


def _counts(row: Row) -> Iterator[tuple[Cell, Number]]:
    for cell in row.cells:
        number = _number(cell) if cell.quantity in _COUNTS else None
        if number is not None:
            yield cell, number


def _exact(number: Number) -> Fraction:
    reading = number.readings[0]
    return Fraction(reading.mantissa * number.unit.decimal, 10**reading.decimals)


def _shares_of(table: ClaimTable, label: str, counts: str, total: Fraction) -> Iterator[_Link]:
    """The shares under a label against the counts under another."""
    for row in table.rows if total else ():
        count = next((pair for pair in _counts(row) if pair[0].label == counts), None)
        for cell in row.cells:
            if count is None or cell.quantity != "share" or cell.label != label:
                continue
            number = _number(cell)
            if number is None or not number.readings[0].mantissa:
                continue  # 0.0 is right of anything small
            reading, part = number.readings[0], _exact(count[1])
            share = Fraction(reading.mantissa, 10**reading.decimals)
            exact = 100 * part / total
            # half a unit of its last digit, and what the count itself is rounded by
            slack = Fraction(1, 2 * 10**reading.decimals) + 100 * _rounding(count[1]) / total
            message = f"{row.name}: {count[1].text.strip()} is {float(exact):.{reading.decimals}f} % of {_words(total)}"
            expected = f"{float(exact):.{reading.decimals}f}"
            yield _Link(cell, number, abs(share - exact) <= slack, "V505", message, expected, is_loose=True)


def _rounding(number: Number) -> Fraction:
    """How far from what it is rounded from a number may be."""
    if number.is_exact:
        return Fraction(0)
    return Fraction(number.unit.decimal, 2 * 10 ** number.readings[0].decimals)


def _words(total: Fraction) -> str:
    return f"{int(total):,}"
