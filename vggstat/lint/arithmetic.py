"""An expression with its value: whether it comes to what is printed, whoever's layer it is about."""

from __future__ import annotations

from vggstat.lint.model import Cell
from vggstat.lint.numbers import Expression, Number, Part, format_like
from vggstat.lint.verdicts import Verdicts

_CODES = {
    "params": "V202",
    "weights": "V202",
    "biases": "V202",
    "memory": "V302",
    "values": "V302",
    "ops": "V402",
}


def judge_arithmetic(cell: Cell, verdicts: Verdicts) -> bool:
    """Enter the verdict on ``expression = value``; False where the cell holds no such thing."""
    product, parts = cell.product, cell.parts
    if product is None or product.value is None or len(parts) < 2:
        return False
    others = (part for part in parts if part is not product)
    wrong = next((part for part in others if not comes_to(product, part)), None)
    if wrong is None:
        verdicts.passed(cell, "arithmetic")
    else:
        enter_wrong_product(_CODES.get(cell.quantity, "V202"), cell, product, wrong, verdicts)
    return True


def comes_to(product: Expression, part: Part) -> bool:
    """Whether a value is that of an expression, in a unit that may be the terms' too: ``2 x 24 = 48 GB``, ``4 x 553 = 2.2 GB``."""
    value = product.value
    if value is None:
        return False
    return _agrees(part, value) or _within(part, product) or _in_its_unit(part, value)


def _in_its_unit(part: Part, value: int) -> bool:
    """Whether a number with a unit is the value in that unit, or in one some thousands below it."""
    if isinstance(part, Expression) or (part.unit.decimal == 1 and not part.unit.bytes):
        return False
    reading = part.readings[0]
    steps = (thousand**power for thousand in (1000, 1024) for power in range(4))
    return any(abs(reading.mantissa * step - value * 10**reading.decimals) * 2 <= step for step in steps)


def _agrees(part: Part, value: int) -> bool:
    if isinstance(part, Expression):
        return part.value == value
    return any(part.admits_in(width * value) for width in ((1, 2, 4) if part.unit.bytes else (1,)))


def _within(part: Part, product: Expression) -> bool:
    """Whether a value is what an expression may come to that prints its terms rounded."""
    value = product.value or 0
    if isinstance(part, Expression) or not product.slack:
        return False
    ends = (value - product.slack, value + product.slack)
    printed = part.readings[0].mantissa / 10 ** part.readings[0].decimals
    return any(
        ends[0] <= printed * scale <= ends[1] or any(part.admits(end, scale) for end in ends)
        for scale in part.scales
    )


def enter_wrong_product(
    code: str,
    cell: Cell,
    product: Expression,
    part: Part,
    verdicts: Verdicts,
    *,
    quantity: str = "",
    layer: str = "",
    notes: tuple[str, ...] = (),
) -> None:
    """A product that does not come to the number that stands for its value."""
    value = product.value or 0
    derivation = f"{product.text} = {value:,}"
    verdicts.wrong_part(
        code,
        cell,
        part,
        f"{derivation}, not {part.text.strip()}",
        expected=format_like(part, value) if isinstance(part, Number) else f"{value:,}",
        quantity=quantity,
        layer=layer,
        derivation=derivation,
        notes=notes,
    )
