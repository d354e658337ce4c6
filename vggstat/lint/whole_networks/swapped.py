"""Two columns whose headers have changed places: parameters under MACs, and MACs under Params."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vggstat.lint.figures import admits, figures_of
from vggstat.lint.model import Cell, Quantity, Row
from vggstat.lint.names import find_names
from vggstat.lint.network import build, load_spec
from vggstat.lint.verdicts import Verdicts

LEAST: Final = 2
"""Rows that say so."""
_OTHER: Final[dict[Quantity, Quantity]] = {"params": "ops", "ops": "params"}


def with_headers_back(rows: Sequence[Row], verdicts: Verdicts) -> Sequence[Row]:
    """The rows with each cell as what it is; one finding where that is not what its header says."""
    told = [swapped for row in rows if (swapped := _is_swapped(row)) is not None]
    if len(told) < LEAST or not all(told):
        return rows
    first = next(cell for row in rows if _is_swapped(row) for cell in row.cells if cell.quantity in _OTHER)
    labels = " and ".join(
        dict.fromkeys(cell.label for row in rows for cell in row.cells if cell.quantity in _OTHER)
    )
    verdicts.fail(
        "V605",
        first.claim,
        f"the headers {labels} have changed places: each column holds the figures of the other",
        severity="error",
        quantity=first.quantity,
        notes=(f"so in all {len(told)} rows whose network is known",),
    )
    return [row.replace(cells=tuple(_turned(cell) for cell in row.cells)) for row in rows]


def _turned(cell: Cell) -> Cell:
    quantity = _OTHER.get(cell.quantity)
    return cell if quantity is None else cell.replace(quantity=quantity, label=quantity)


def _is_swapped(row: Row) -> bool | None:
    """Whether both cells are right as the other, and wrong as they are called; None where the row does not tell."""
    named = [name for name in find_names(row.name) if name.spec and not name.is_letter]
    cells = {cell.quantity: cell for cell in row.cells if cell.quantity in _OTHER}
    if len(named) != 1 or len(cells) != len(_OTHER):
        return None
    spec = load_spec(named[0].spec)
    network = build(spec, spec.input, spec.head)
    if network is None:
        return None
    fits = {}
    for quantity, cell in cells.items():
        if not cell.numbers:
            return None
        for wanted in _OTHER:
            fits[quantity, wanted] = any(
                admits(cell.numbers[0], figure) for figure in figures_of(network, wanted)
            )
    return fits["params", "ops"] and fits["ops", "params"] and not fits["params", "params"]
