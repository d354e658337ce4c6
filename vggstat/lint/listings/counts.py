"""One count of a layer, under its column's convention."""

from __future__ import annotations

import re
from math import prod

from vggstat.lint.listings.column import Column, Fault, Judged
from vggstat.lint.listings.count_findings import enter_fault
from vggstat.lint.listings.factors import canonical, eaten
from vggstat.lint.network import Target
from vggstat.lint.numbers import Expression


def judge_count(column: Column, judged: Judged) -> None:
    """Enter the verdict on a cell: its numbers first, then its product, then whether the two agree."""
    if not judged.cell.parts:
        if not re.fullmatch(r"[\s\-_.?nNaA/]*", judged.cell.claim.text):
            column.verdicts.skip(judged.cell, "no number can be read in it")
        return
    exact = _exact(column, judged.target)
    if exact is None:
        column.verdicts.skip(judged.cell, f"no rule is known for {judged.target.label}")
        return
    product = judged.cell.product
    fault = _fault_of_numbers(column, judged, exact)
    if fault is None and product is not None:
        fault = _fault_of_product(column, judged, product)
    if fault is None:
        column.verdicts.passed(judged.cell, column.rule.words)
        return
    enter_fault(column, judged, exact, product, fault)


def _exact(column: Column, target: Target) -> int | None:
    exact = column.rule.exact(target, column.identity.batch)
    by_tool = column.family in ("keras", "torchsummary", "torchinfo") and column.name == "params"
    if exact is not None and by_tool and target.kind == "bn":
        return target.params + (target.buffers if column.family == "keras" else 0)
    return exact


def _fault_of_numbers(column: Column, judged: Judged, exact: int) -> Fault | None:
    """The first number of the cell that is wrong. ``exact``: what the column's rule gives."""
    if not judged.cell.numbers:
        return None
    *earlier, number = judged.cell.numbers
    for other in earlier:
        if not column.rule.fits(other, exact) and not eaten(other.digits, judged.target, column.name):
            return Fault(kind="number", number=other)
    loose = column.is_exact and number.whole is not None and number.readings[0].decimals == 0
    if not column.rule.fits(number, exact) or (loose and number.whole != exact):
        return Fault(kind="number", number=number)
    if not number.well_grouped and number.is_exact and not (column.is_indian and number.is_indian):
        return Fault(kind="grouping", number=number)
    return None


def _fault_of_product(column: Column, judged: Judged, product: Expression) -> Fault | None:
    """A product that is not the layer's, or that does not come to the number beside it."""
    target = judged.target
    if not _is_known(product, target, column):
        return Fault(kind="product")
    if not judged.cell.numbers or product.value is None:
        return None
    is_eaten = eaten(product.digits, target, column.name) and not any(
        prod(factors) == product.value for factors in canonical(target, column.name)
    )
    if is_eaten or column.rule.fits(judged.cell.numbers[-1], product.value):
        return None
    return Fault(kind="wrong product", number=judged.cell.numbers[-1])


def _is_known(product: Expression, target: Target, column: Column) -> bool:
    """Whether the product is the layer's under any rule, or that with its signs eaten by Markdown."""
    batches = (1, column.identity.batch)
    exact = {rule.exact(target, batch) for rule in column.rules for batch in batches}
    return product.value in exact or eaten(product.digits, target, column.name)
