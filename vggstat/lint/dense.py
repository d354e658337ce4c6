"""FC layers of a network that is not known: a table of FC layers alone, the end of a listing, a head of one's own.

An FC layer's parameters follow from its inputs and outputs, and its inputs are the outputs of the row before. Nothing
is held to be wrong before another row of the table is right in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import prod
from typing import Final, NamedTuple

from vggstat.lint.identity.agreement import Identity
from vggstat.lint.identity.observe import Obs
from vggstat.lint.ledger import Ledger
from vggstat.lint.model import Cell
from vggstat.lint.numbers import Expression, Number, claim_parts, clean, format_like
from vggstat.lint.slips import digit_slip

_PASSING: Final = frozenset({"dropout", "relu", "softmax", "lrn"})


_SIDES: Final = frozenset({"shape", "in_shape", "channels", "in_channels"})


class _Row(NamedTuple):
    """An FC layer with what its row says of it."""

    obs: Obs
    cell: Cell
    number: Number
    inputs: int
    outputs: int

    def counts(self) -> tuple[int, int]:
        """Its parameters with biases, and its weights without."""
        return (self.inputs + 1) * self.outputs, self.inputs * self.outputs

    @property
    def way(self) -> int | None:
        """Which of the two its number is; None for neither."""
        return next((way for way, count in enumerate(self.counts()) if self.number.admits(count)), None)


def judge_dense(identity: Identity, ledger: Ledger) -> None:
    """Judge the products and parameters of the rows, which stand as unchecked until now."""
    for obs in identity.observations:
        _judge_product(obs, ledger)
    rows = list(_rows(identity.observations))
    ways = [row.way for row in rows if row.way is not None]
    if not ways or 2 * len(ways) < len(rows) or any(obs.kind == "other" for obs in identity.observations):
        return
    way = max(set(ways), key=ways.count)
    for row in rows:
        if row.way is not None:
            for cell in row.obs.row.cells:
                if (cell is row.cell or cell.quantity in _SIDES) and _settle(cell, ledger):
                    ledger.passed(cell, "inputs times outputs")
        elif _settle(row.cell, ledger):
            _fail(row, row.counts()[way], ledger)
        else:
            _judge_sides(row, ledger)


def _rows(observations: Sequence[Obs]) -> Iterator[_Row]:
    """The FC layers whose inputs and outputs are both said."""
    before: int | None = None
    leaves: tuple[int, ...] = ()
    for obs in observations:
        if obs.kind in _PASSING:
            continue
        entered, dims = leaves, obs.dims.without_batch if obs.dims else ()
        leaves = dims
        if obs.kind == "fc" and len(dims) > 1 and entered[:-1] == dims[:-1]:
            before = entered[-1]  # on a map it is applied at each position, to the last axis
        elif obs.kind != "fc":
            before = prod(dims) if dims else None
            continue
        outputs = obs.channels or (dims[-1] if dims else None)
        inputs = _stated_inputs(obs) or before
        cell = next(
            (cell for cell in obs.row.cells if cell.quantity in ("params", "weights") and _number(cell)), None
        )
        number = _number(cell) if cell is not None else None
        if inputs and outputs and cell is not None and number is not None:
            row = _Row(obs, cell, number, inputs, outputs)
            outputs = (
                None if row.way is None else outputs
            )  # one of the three is wrong, and nobody knows which
            yield row
        before = outputs


def _stated_inputs(obs: Obs) -> int | None:
    if obs.in_channels:
        return obs.in_channels
    cell = next((cell for cell in obs.row.cells if cell.quantity == "in_shape"), None)
    numbers = [int(part) for part in _digits(cell.flow.text)] if cell else []
    return prod(numbers) if numbers else None


def _digits(text: str) -> list[str]:
    return re.findall(r"\d{1,9}", re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text))


def _number(cell: Cell) -> Number | None:
    parts = claim_parts(clean(cell.flow).text, cell.unit)
    return next((part for part in reversed(parts) if isinstance(part, Number)), None)


def _expression(cell: Cell) -> Expression | None:
    parts = claim_parts(clean(cell.flow).text, cell.unit)
    found = parts[0] if len(parts) == 1 else None
    return found if isinstance(found, Expression) else None


def _judge_product(obs: Obs, ledger: Ledger) -> None:
    """A product in one cell and its value in another: they are one claim."""
    cells = [cell for cell in obs.row.cells if cell.quantity in ("params", "weights")]
    products = [(cell, made) for cell in cells if (made := _expression(cell)) is not None]
    values = [(cell, number) for cell in cells if _expression(cell) is None and (number := _number(cell))]
    if len(products) != 1 or len(values) != 1:
        return
    (cell, product), (printed, number) = products[0], values[0]
    value = product.value
    if value is None or not product.atoms:
        return
    biases = product.atoms[-1]
    if number.admits(value) or number.admits(value + biases) or number.admits(value - biases):
        if _settle(cell, ledger):
            ledger.passed(cell, "arithmetic")
        if _settle(printed, ledger):
            ledger.passed(printed, "arithmetic")
        return
    if _settle(printed, ledger):
        ledger.fail(
            "V202",
            clean(printed.flow),
            f"{product.text} = {value:,}, not {number.text.strip()}",
            span=(number.start, number.end),
            expected=format_like(number, value),
            quantity=printed.quantity,
            layer=obs.row.name,
            derivation=f"{product.text} = {value:,}",
            notes=(digit_slip(number.digits, str(value)),),
        )


def _judge_sides(row: _Row, ledger: Ledger) -> None:
    """Inputs or outputs that are none of the factors of the row's own product, which comes to its parameters."""
    products = (_expression(cell) for cell in row.obs.row.cells if cell.quantity in ("params", "weights"))
    factors = {factor for product in products if product for factor in product.atoms}
    for cell in row.obs.row.cells:
        sides = [int(side) for side in _digits(cell.flow.text)] if cell.quantity in _SIDES else []
        if factors and sides and prod(sides) not in factors and _settle(cell, ledger):
            ledger.fail(
                "V103",
                clean(cell.flow),
                f"{row.obs.row.name}: {cell.flow.text.strip()} is not a factor of the row's own product",
                quantity=cell.quantity,
                layer=row.obs.row.name,
            )


def _settle(cell: Cell, ledger: Ledger) -> bool:
    """Take the cell off the unchecked ones; False where it has its verdict already."""
    place = cell.flow.place()
    left = [entry for entry in ledger.unchecked if entry[0] != place]
    found = len(left) < len(ledger.unchecked)
    ledger.unchecked = left
    return found


def _fail(row: _Row, exact: int, ledger: Ledger) -> None:
    ledger.fail(
        "V201",
        clean(row.cell.flow),
        f"{row.obs.row.name} has {exact:,} parameters from {row.inputs:,} inputs to {row.outputs:,} outputs, "
        f"not {row.number.text.strip()}",
        span=(row.number.start, row.number.end),
        expected=format_like(row.number, exact),
        quantity="params",
        layer=row.obs.row.name,
        derivation=f"{row.inputs}*{row.outputs}",
        notes=(digit_slip(row.number.digits, str(exact)),),
    )
