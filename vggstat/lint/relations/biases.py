"""Parameters are weights and biases."""

from __future__ import annotations

from vggstat.lint.model import ClaimTable
from vggstat.lint.numbers import format_like
from vggstat.lint.relations.link import Link, number_of


def with_biases(table: ClaimTable) -> list[Link]:
    """The parameters of the rows that print their weights and their biases too."""
    links = []
    for row in table.rows:
        numbers = {
            cell.quantity: (cell, number) for cell in row.cells if (number := number_of(cell)) is not None
        }
        if not {"weights", "biases", "params"} <= numbers.keys():
            continue
        cell, number = numbers["params"]
        weights, biases = numbers["weights"][1].whole, numbers["biases"][1].whole
        if weights is None or biases is None or not weights + biases:
            continue
        message = f"{row.name}: {weights:,} weights and {biases:,} biases are {weights + biases:,} parameters"
        right = number.admits(weights + biases)
        links.append(
            Link(cell, number, right, "V201", message, format_like(number, weights + biases), is_loose=True)
        )
    return links
