"""An expression with its value: whether it comes to what is printed, whoever's layer it is about."""

from __future__ import annotations

from vggstat.lint.ledger import Ledger
from vggstat.lint.model import Cell
from vggstat.lint.numbers import Expression, Number, claim_parts, clean, format_like
from vggstat.lint.text import Flow

_CODES = {
    "params": "V202",
    "weights": "V202",
    "biases": "V202",
    "memory": "V302",
    "values": "V302",
    "ops": "V402",
}


def judge_arithmetic(cell: Cell, ledger: Ledger) -> bool:
    """Enter the verdict on ``expression = value``; False where the cell holds no such thing."""
    flow = clean(cell.flow)
    parts = claim_parts(flow.text, cell.unit)
    product = next((part for part in parts if isinstance(part, Expression)), None)
    if product is None or product.value is None or len(parts) < 2:
        return False
    for part in parts:
        if part is product:
            continue
        if not _agrees(part, product.value) and not _within(part, product):
            _fail(cell, flow, product, part, ledger)
            return True
    ledger.passed(cell, "arithmetic")
    return True


def _agrees(part: Number | Expression, value: int) -> bool:
    if isinstance(part, Expression):
        return part.value == value
    if part.admits(value) or (part.unit.binary and part.admits(value, part.unit.binary)):
        return True
    return part.unit.bytes and any(
        part.admits(width * value, scale)
        for width in (1, 2, 4)
        for scale in (part.unit.decimal, part.unit.binary or 1)
    )


def _within(part: Number | Expression, product: Expression) -> bool:
    """Whether a value is what an expression may come to that prints its terms rounded."""
    value = product.value or 0
    if isinstance(part, Expression) or not product.slack:
        return False
    scales = (part.unit.decimal, part.unit.binary or part.unit.decimal)
    ends = (value - product.slack, value + product.slack)
    printed = part.readings[0].mantissa / 10 ** part.readings[0].decimals
    return any(
        ends[0] <= printed * scale <= ends[1] or any(part.admits(end, scale) for end in ends)
        for scale in scales
    )


def _fail(cell: Cell, flow: Flow, product: Expression, part: Number | Expression, ledger: Ledger) -> None:
    value = product.value or 0
    expected = format_like(part, value) if isinstance(part, Number) else f"{value:,}"
    ledger.fail(
        _CODES.get(cell.quantity, "V202"),
        flow,
        f"{product.text} = {value:,}, not {part.text.strip()}",
        span=(part.start, part.end),
        expected=expected,
        quantity=cell.quantity,
        derivation=f"{product.text} = {value:,}",
    )
