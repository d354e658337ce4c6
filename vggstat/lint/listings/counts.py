"""One count of a layer, under its column's convention: its numbers, its product, and whether the two agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import prod
from typing import Final, NamedTuple

from vggstat.lint.arithmetic import enter_wrong_product
from vggstat.lint.contradictions import enter_mixture, enter_other_convention
from vggstat.lint.conventions import Rule
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.model import Cell
from vggstat.lint.network import Target
from vggstat.lint.numbers import Expression, Number, format_like
from vggstat.lint.policy import ConventionPolicy
from vggstat.lint.slips import likely_slip
from vggstat.lint.verdicts import Verdicts
from vggstat.records import Record

FAMILIES: Final = {"params": "2", "memory": "3", "ops": "4"}


class Judged(NamedTuple):
    """A cell with the layer it is about: what the columns vote on."""

    cell: Cell
    target: Target


class Column(Record):
    """Cells that are counted in one way, and all that one of them is judged by."""

    name: str
    """``params``, ``memory`` or ``ops``."""
    rule: Rule
    rules: Sequence[Rule]
    """The rules that are known for it."""
    permitted: Sequence[Rule]
    """Those of them that the settings leave."""
    policy: ConventionPolicy
    family: str
    """The tool whose listing it is."""
    identity: Identity
    verdicts: Verdicts
    is_exact: bool
    """Whether its bare numbers are exact, so that a 0 at the end is a digit."""
    is_indian: bool
    """Whether it is grouped as in India: 13,83,57,544."""


def judge_count(column: Column, judged: Judged) -> None:
    """Enter the verdict on a cell: its numbers first, then its product, then whether the two agree."""
    cell, target = judged
    if not cell.parts:
        if not re.fullmatch(r"[\s\-_.?nNaA/]*", cell.claim.text):
            column.verdicts.skip(cell, "no number can be read in it")
        return
    exact = _exact(column, target)
    if exact is None:
        column.verdicts.skip(cell, f"no rule is known for {target.label}")
        return
    number, product = cell.number, cell.product
    if column.name == "ops" and not exact and number is not None and number.readings[0].mantissa:
        column.verdicts.skip(cell, f"{column.rule.name} counts no operations of such a layer")
        return
    wrong = next(_wrong_numbers(column, judged, exact), None)
    if wrong is not None:
        _fail_number(column, judged, wrong, exact)
    elif number is not None and _is_oddly_grouped(column, number):
        _fail_grouping(column, judged, number, exact)
    elif product is not None and not _is_known(product, target, column):
        _fail_product(column, judged, product, exact)
    elif product is not None and number is not None and not _comes_to(product, number, target, column):
        _fail_wrong_product(column, judged, product, number)
    else:
        column.verdicts.passed(cell, column.rule.words)


def _exact(column: Column, target: Target) -> int | None:
    exact = column.rule.exact(target, column.identity.batch)
    by_tool = column.family in ("keras", "torchsummary", "torchinfo") and column.name == "params"
    if exact is not None and by_tool and target.kind == "bn":
        return target.params + (target.buffers if column.family == "keras" else 0)
    return exact


def _wrong_numbers(column: Column, judged: Judged, exact: int) -> Iterator[Number]:
    """The numbers of the cell that are wrong. ``exact``: what the column's rule gives."""
    *earlier, number = judged.cell.numbers or (None,)
    for other in earlier:
        if not column.rule.fits(other, exact) and not _eaten(other.digits, judged.target, column.name):
            yield other
    if number is None:
        return
    to_the_digit = column.is_exact and number.whole is not None and number.readings[0].decimals == 0
    if not column.rule.fits(number, exact) or (to_the_digit and number.whole != exact):
        yield number


def _is_oddly_grouped(column: Column, number: Number) -> bool:
    return not number.well_grouped and number.is_exact and not (column.is_indian and number.is_indian)


def _is_known(product: Expression, target: Target, column: Column) -> bool:
    """Whether the product is the layer's under any rule, or that with its signs eaten by Markdown."""
    batches = (1, column.identity.batch)
    exact = {rule.exact(target, batch) for rule in column.rules for batch in batches}
    return product.value in exact or _eaten(product.digits, target, column.name)


def _comes_to(product: Expression, number: Number, target: Target, column: Column) -> bool:
    """Whether the product comes to the number beside it; one whose signs are eaten comes to anything."""
    if product.value is None or column.rule.fits(number, product.value):
        return True
    products = _products(target, column.name)
    is_whole = any(prod(factors) == product.value for factors in products)
    return _eaten(product.digits, target, column.name) and not is_whole


# the products that people write for a layer's count


def _products(target: Target, column: str) -> tuple[tuple[int, ...], ...]:
    """The factors of a layer's figure in the orders that people write them."""
    if column == "memory":
        if len(target.shape) == 3:
            channels, height, width = target.shape
            return (height, width, channels), (channels, height, width)
        return (target.shape,)
    if column == "params" and target.factors:
        before = target.in_shape if len(target.in_shape) == 3 else target.source
        flat = (*before[1:], before[0], target.shape[0]) if len(before) == 3 else ()
        return target.factors, flat
    return ()


def _eaten(digits: str, target: Target, column: str) -> bool:
    """Whether these are the digits of the right product whose signs Markdown has eaten."""
    return any(digits == "".join(map(str, factors)) for factors in _products(target, column) if factors)


def _derivation(target: Target, column: str, exact: int) -> str:
    """The count as a product of plain numbers; empty where it is none."""
    if column == "params" and target.factors:
        product = "*".join(map(str, target.factors))
        if target.kind == "bn":
            return ""
        return product if exact == target.weights else f"{product} + {target.biases}"
    if column == "memory" and len(target.shape) == 3:
        channels, height, width = target.shape
        return f"{height}*{width}*{channels}"
    return ""


# what is said of a wrong count


def _fail_number(column: Column, judged: Judged, number: Number, exact: int) -> None:
    """A number that its column's rule does not admit: under another rule a mixture, else plainly wrong."""
    cell, target = judged
    product = cell.product
    other = _other_rule(column, number, target)
    value = product.value if product is not None else None
    contradicts = value is not None and not number.admits(value)
    expected = format_like(number, exact, column.rule.scale(number))
    derivation = _derivation(target, column.name, exact)
    if other is not None and other not in column.permitted:
        wanted = column.policy.words(column.name)
        enter_other_convention(
            cell, number, other.words, wanted, column.verdicts,
            expected=expected, layer=target.name, derivation=derivation,
        )  # fmt: skip
    elif other is not None and not (contradicts and column.name == "params"):
        enter_mixture(
            cell, number, other.words, column.rule.words, expected, column.verdicts,
            layer=target.name, derivation=derivation,
        )  # fmt: skip
    elif other is not None and product is not None:
        _fail_wrong_product(column, judged, product, number)
    else:
        _fail_wrong(column, judged, number, exact, product if contradicts else None)


def _other_rule(column: Column, number: Number, target: Target) -> Rule | None:
    """Another rule that admits the number: a whole one to its last digit."""
    batch = column.identity.batch
    for rule in column.rules:
        if rule.admits(number, target, batch) or rule.admits(number, target):
            exact = number.whole is None or number.whole == rule.exact(target)
            return rule if exact and rule is not column.rule else None
    return None


def _fail_wrong(
    column: Column, judged: Judged, number: Number, exact: int, contradicted: Expression | None
) -> None:
    """``contradicted``: the cell's own product, where it comes to something else."""
    target, rule = judged.target, column.rule
    notes = [likely_slip(number, exact, target, column.name, column.identity)]
    if contradicted is not None and contradicted.value == exact:
        notes.insert(0, f"{contradicted.text} = {exact:,}: the line contradicts its own product")
    column.verdicts.wrong_part(
        f"V{FAMILIES[column.name]}01",
        judged.cell,
        number,
        f"{target.title} has {exact:,} {_noun(column)}, not {number.text.strip()}",
        expected=format_like(number, exact, rule.scale(number)),
        quantity="weights" if column.name == "params" and rule.name.startswith("weights") else column.name,
        layer=target.name,
        derivation=_derivation(target, column.name, exact),
        notes=tuple(notes),
    )


def _noun(column: Column) -> str:
    rule = column.rule.name
    if column.name == "params":
        return "weights" if rule.startswith("weights") else "parameters"
    if column.name == "memory":
        return "bytes of output" if rule.startswith("bytes") else "output values"
    return f"operations ({rule})"


def _fail_grouping(column: Column, judged: Judged, number: Number, exact: int) -> None:
    """A right count whose separators stand in the wrong places."""
    column.verdicts.wrong_part(
        f"V{FAMILIES[column.name]}03",
        judged.cell,
        number,
        f"a separator stands in the wrong place: {number.text} is {exact:,}",
        expected=f"{exact:,}",
        quantity=column.name,
        layer=judged.target.name,
    )


def _fail_product(column: Column, judged: Judged, product: Expression, exact: int) -> None:
    """A product that is not the layer's."""
    target = judged.target
    factors = next((factors for factors in _products(target, column.name) if factors), ())
    value = f"{product.value:,}" if product.value is not None else "not a whole number"
    column.verdicts.wrong_part(
        f"V{FAMILIES[column.name]}02",
        judged.cell,
        product,
        f"{product.text} = {value} is not the product of {target.title}: {exact:,}",
        expected="*".join(map(str, factors)) if prod(factors) == exact else "",
        quantity=column.name,
        layer=target.name,
        derivation=_derivation(target, column.name, exact),
    )


def _fail_wrong_product(column: Column, judged: Judged, product: Expression, number: Number) -> None:
    """A product that does not come to the number beside it."""
    value, target = product.value or 0, judged.target
    biases = number.whole is not None and number.whole - value == target.biases and target.biases
    note = f"{number.text.strip()} has the {target.biases} biases in it" if biases else ""
    enter_wrong_product(
        f"V{FAMILIES[column.name]}02",
        judged.cell,
        product,
        number,
        column.verdicts,
        quantity=column.name,
        layer=target.name,
        notes=(note,),
    )
