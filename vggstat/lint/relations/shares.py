"""A share in percent is that of the count in its row in the total."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from vggstat.lint.model import ClaimTable, Row
from vggstat.lint.relations.link import Link, counts_of, exact_of, number_of, rounding_of


def shares(table: ClaimTable) -> Iterator[list[Link]]:
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
        for cell, number in counts_of(row):
            columns[cell.quantity, cell.label] += exact_of(number)
    printed = {
        cell.quantity: number
        for cell, number in counts_of(Row(kind="other", name="", flow=table.start, cells=table.totals))
    }
    for (quantity, label), total in columns.items():
        yield label, total
        if quantity in printed and exact_of(printed[quantity]) != total:
            yield label, exact_of(printed[quantity])


def _shares_of(table: ClaimTable, label: str, counts: str, total: Fraction) -> Iterator[Link]:
    """The shares under a label against the counts under another."""
    for row in table.rows if total else ():
        count = next((pair for pair in counts_of(row) if pair[0].label == counts), None)
        for cell in row.cells:
            if count is None or cell.quantity != "share" or cell.label != label:
                continue
            number = number_of(cell)
            if number is None or not number.readings[0].mantissa:
                continue  # 0.0 is right of anything small
            reading, part = number.readings[0], exact_of(count[1])
            share = Fraction(reading.mantissa, 10**reading.decimals)
            exact = 100 * part / total
            # half a unit of its last digit, and what the count itself is rounded by
            slack = Fraction(1, 2 * 10**reading.decimals) + 100 * rounding_of(count[1]) / total
            message = f"{row.name}: {count[1].text.strip()} is {float(exact):.{reading.decimals}f} % of {_words(total)}"
            expected = f"{float(exact):.{reading.decimals}f}"
            yield Link(cell, number, abs(share - exact) <= slack, "V505", message, expected, is_loose=True)


def _words(total: Fraction) -> str:
    return f"{int(total):,}"
