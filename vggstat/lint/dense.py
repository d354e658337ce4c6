"""FC layers of a network that is not known: a table of FC layers alone, the end of a listing, a head of one's own.

An FC layer's parameters follow from its inputs and outputs, and its inputs are the outputs of the row before. Nothing
is held to be wrong before another row of the table is right in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Final, NamedTuple

from vggstat.lint.arithmetic import enter_wrong_product
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.identity.observe import Obs, parse_dims
from vggstat.lint.model import Cell
from vggstat.lint.numbers import Expression, Number, format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts

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


def judge_dense(identity: Identity, verdicts: Verdicts) -> None:
    """Judge the products and parameters of the rows, which stand as unchecked until now."""
    for obs in identity.observations:
        _judge_product(obs, verdicts)
    rows = list(_rows(identity.observations))
    ways = [row.way for row in rows if row.way is not None]
    if not ways or 2 * len(ways) < len(rows) or any(obs.kind == "other" for obs in identity.observations):
        return
    way = max(set(ways), key=ways.count)
    for row in rows:
        if row.way is not None:
            for cell in row.obs.row.cells:
                if (cell is row.cell or cell.quantity in _SIDES) and verdicts.retract(cell):
                    verdicts.passed(cell, "inputs times outputs")
        elif verdicts.retract(row.cell):
            _fail(row, row.counts()[way], verdicts)
        else:
            _judge_sides(row, verdicts)


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
        entering = obs.in_dims.without_batch if obs.in_dims else ()
        inputs = obs.in_channels or (prod(entering) if entering else before)
        cells = (cell for cell in obs.row.cells if cell.quantity in ("params", "weights"))
        cell = next((cell for cell in cells if cell.number), None)
        number = cell.number if cell is not None else None
        if inputs and outputs and cell is not None and number is not None:
            row = _Row(obs, cell, number, inputs, outputs)
            outputs = (
                None if row.way is None else outputs
            )  # one of the three is wrong, and nobody knows which
            yield row
        before = outputs


def _bare_product(cell: Cell) -> Expression | None:
    """The product that a cell is, and nothing besides."""
    return cell.product if len(cell.parts) == 1 else None


def _judge_product(obs: Obs, verdicts: Verdicts) -> None:
    """A product in one cell and its value in another: they are one claim."""
    cells = [cell for cell in obs.row.cells if cell.quantity in ("params", "weights")]
    products = [(cell, made) for cell in cells if (made := _bare_product(cell)) is not None]
    values = [(cell, number) for cell in cells if _bare_product(cell) is None and (number := cell.number)]
    if len(products) != 1 or len(values) != 1:
        return
    (cell, product), (printed, number) = products[0], values[0]
    value = product.value
    if value is None or not product.atoms:
        return
    biases = product.atoms[-1]
    if number.admits(value) or number.admits(value + biases) or number.admits(value - biases):
        if verdicts.retract(cell):
            verdicts.passed(cell, "arithmetic")
        if verdicts.retract(printed):
            verdicts.passed(printed, "arithmetic")
        return
    if verdicts.retract(printed):
        notes = (digit_slip(number.digits, str(value)),)
        enter_wrong_product("V202", printed, product, number, verdicts, layer=obs.row.name, notes=notes)


def _judge_sides(row: _Row, verdicts: Verdicts) -> None:
    """Inputs or outputs that are none of the factors of the row's own product, which comes to its parameters."""
    products = (_bare_product(cell) for cell in row.obs.row.cells if cell.quantity in ("params", "weights"))
    factors = {factor for product in products if product for factor in product.atoms}
    for cell in row.obs.row.cells:
        sides = parse_dims(cell.flow) if cell.quantity in _SIDES else None
        if factors and sides and prod(sides.numbers) not in factors and verdicts.retract(cell):
            verdicts.fail(
                "V103",
                cell.claim,
                f"{row.obs.row.name}: {cell.flow.text.strip()} is not a factor of the row's own product",
                quantity=cell.quantity,
                layer=row.obs.row.name,
            )


def _fail(row: _Row, exact: int, verdicts: Verdicts) -> None:
    verdicts.wrong_part(
        "V201",
        row.cell,
        row.number,
        f"{row.obs.row.name} has {exact:,} parameters from {row.inputs:,} inputs to {row.outputs:,} outputs, "
        f"not {row.number.text.strip()}",
        expected=format_like(row.number, exact),
        quantity="params",
        layer=row.obs.row.name,
        derivation=f"{row.inputs}*{row.outputs}",
        notes=(digit_slip(row.number.digits, str(exact)),),
    )
