"""What is said of a wrong count: plainly wrong, of another convention, or against its own product."""

from __future__ import annotations

from math import prod
from typing import Final

from vggstat.lint.contradictions import enter_other_convention
from vggstat.lint.conventions import Rule
from vggstat.lint.listings.column import Column, Fault, Judged
from vggstat.lint.listings.factors import canonical, derivation
from vggstat.lint.network import Target
from vggstat.lint.numbers import Expression, Number, format_like
from vggstat.lint.slips import likely_slip

FAMILIES: Final = {"params": "2", "memory": "3", "ops": "4"}


def enter_fault(column: Column, judged: Judged, exact: int, product: Expression | None, fault: Fault) -> None:
    """Enter the finding. ``exact``: the right count; ``product``: the one that the cell holds."""
    if fault.kind == "product" and product is not None:
        _fail_product(column, judged, product, exact)
    elif fault.kind == "wrong product" and product is not None and fault.number is not None:
        _fail_wrong_product(column, judged, product, fault.number)
    elif fault.kind == "grouping" and fault.number is not None:
        _fail_grouping(column, judged, fault.number, exact)
    elif fault.number is not None:
        _fail_number(column, judged, fault.number, exact, product)


def _fail_number(
    column: Column, judged: Judged, number: Number, exact: int, product: Expression | None
) -> None:
    """A number that its column's rule does not admit: under another rule a mixture, else plainly wrong."""
    other = _other_rule(column, number, judged.target)
    value = product.value if product is not None else None
    contradicts = value is not None and not number.admits(value)
    if other is not None and other not in column.permitted:
        enter_other_convention(
            judged.cell,
            number,
            other.words,
            column.policy.words(column.name),
            column.verdicts,
            expected=format_like(number, exact, column.rule.scale(number)),
            layer=judged.target.name,
            derivation=derivation(judged.target, column.name, exact),
        )
    elif other is not None and not (contradicts and column.name == "params"):
        _fail_mixture(column, judged, number, exact, other)
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


def _fail_mixture(column: Column, judged: Judged, number: Number, exact: int, other: Rule) -> None:
    target, rule = judged.target, column.rule
    column.verdicts.wrong_part(
        "V601",
        judged.cell,
        number,
        f"{target.title}: {number.text.strip()} is {other.words}, the table's other rows are {rule.words}: "
        f"{exact:,} here",
        expected=format_like(number, exact, rule.scale(number)),
        layer=target.name,
        derivation=derivation(target, column.name, exact),
    )


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
        derivation=derivation(target, column.name, exact),
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
    expected = f"{exact:,}"
    column.verdicts.wrong_part(
        f"V{FAMILIES[column.name]}03",
        judged.cell,
        number,
        f"a separator stands in the wrong place: {number.text} is {expected}",
        expected=expected,
        quantity=column.name,
        layer=judged.target.name,
    )


def _fail_product(column: Column, judged: Judged, product: Expression, exact: int) -> None:
    """A product that is not the layer's."""
    target = judged.target
    factors = next((factors for factors in canonical(target, column.name) if factors), ())
    value = f"{product.value:,}" if product.value is not None else "not a whole number"
    column.verdicts.wrong_part(
        f"V{FAMILIES[column.name]}02",
        judged.cell,
        product,
        f"{product.text} = {value} is not the product of {target.title}: {exact:,}",
        expected="*".join(map(str, factors)) if prod(factors) == exact else "",
        quantity=column.name,
        layer=target.name,
        derivation=derivation(target, column.name, exact),
    )


def _fail_wrong_product(column: Column, judged: Judged, product: Expression, number: Number) -> None:
    """A product that does not come to the number beside it."""
    value = product.value or 0
    target = judged.target
    biases = number.whole is not None and number.whole - value == target.biases and target.biases
    note = f"{number.text.strip()} has the {target.biases} biases in it" if biases else ""
    column.verdicts.wrong_part(
        f"V{FAMILIES[column.name]}02",
        judged.cell,
        number,
        f"{product.text} = {value:,}, not {number.text.strip()}",
        expected=format_like(number, value),
        quantity=column.name,
        layer=target.name,
        derivation=f"{product.text} = {value:,}",
        notes=(note,),
    )
