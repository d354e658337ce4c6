"""One figure of a whole network against all rules that are known for it, and against its label's words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from vggstat.claims.conventions import Rule
from vggstat.claims.ledger import Ledger
from vggstat.claims.model import Cell
from vggstat.claims.numbers import Number, clean, format_like

__all__ = ["MULTIPLY_ADD", "USUAL", "judge_ops", "says_flops", "says_macs"]

_FLOPS: Final = re.compile(r"FL ?OPs?\b|flop|floating|ops?/s|浮点|浮動小数点|연산량", re.IGNORECASE)
_MACS: Final = re.compile(
    r"\bG?M?MACs?\b|multi?-?adds?|mult-?add|madds?|multiply|MACC|MAdd|乘加|積和", re.IGNORECASE
)
MULTIPLY_ADD: Final = frozenset(
    {
        "macs",
        "macs+bias",
        "fvcore",
        "torchprofile",
        "thop",
        "thop-old",
        "torchinfo",
        "ptflops",
        "ptflops-modules",
        "flopth",
        "onnx-tool",
        "mmpretrain",
        "convnet-burden",
    }
)
"""Rules that take a multiply-accumulate for one operation."""
USUAL: Final = ("macs", "flops", "macs+bias", "torchinfo")


def says_flops(words: str) -> bool:
    """Whether the words call it FLOPs, and not MACs."""
    return _FLOPS.search(words) is not None and _MACS.search(words) is None


def says_macs(words: str) -> bool:
    """Whether the words call it multiply-accumulates."""
    return _MACS.search(words) is not None


def judge_ops(
    cell: Cell,
    number: Number,
    count: Callable[[Rule], int | None],
    rules: Sequence[Rule],
    column: Rule | None,
    ledger: Ledger,
    code: str,
    layer: str = "",
) -> None:
    """Operations of a network: right under some rule, right under the rule that its label names, or wrong."""
    words = f"{cell.label} {cell.unit} {cell.flow.text}"
    ordered = sorted(rules, key=lambda rule: (rule.binary, _order(rule, words)))
    if column is not None:
        ordered = [column, *ordered]
    for rule in ordered:
        exact = count(rule)
        if exact is None or not number.admits(exact, rule.scale(number)):
            continue
        _admitted(cell, number, rule, column, count, words, ledger, layer)
        return
    named = column or ordered[0]
    exact = count(named) or 0
    if number.unit.decimal == 1 and cell.unit == "" and number.readings[0].mantissa < 10_000:
        ledger.skip(cell, "a count without a unit")
        return
    ledger.fail(
        code,
        clean(cell.flow),
        f"{exact:,} {named.name.upper() if named.name in ('macs', 'flops') else named.name}, "
        f"not {number.text.strip()}: no known rule gives that",
        span=(number.start, number.end),
        expected=format_like(number, exact, named.scale(number)),
        quantity="ops",
        layer=layer,
        fixable=True,
    )


def _order(rule: Rule, words: str) -> tuple[bool, int]:
    """Rules that fit the label first, then the usual ones."""
    fits = (rule.name in MULTIPLY_ADD) == (not says_flops(words))
    return not fits, USUAL.index(rule.name) if rule.name in USUAL else len(USUAL)


def _admitted(
    cell: Cell,
    number: Number,
    rule: Rule,
    column: Rule | None,
    count: Callable[[Rule], int | None],
    words: str,
    ledger: Ledger,
    layer: str,
) -> None:
    if column is not None and rule.name != column.name and rule.name in MULTIPLY_ADD:
        exact = count(column) or 0
        ledger.fail(
            "V601",
            clean(cell.flow),
            f"{number.text.strip()} is {rule.words}, the other rows are {column.words}",
            span=(number.start, number.end),
            expected=format_like(number, exact, column.scale(number)),
            quantity="ops",
            layer=layer,
        )
        return
    if says_flops(words) and rule.name in MULTIPLY_ADD:
        _label(
            cell,
            number,
            rule,
            ledger,
            layer,
            "FLOPs",
            "multiply-accumulates (MACs), of which each is two FLOPs",
        )
        return
    if says_macs(words) and rule.name not in MULTIPLY_ADD:
        _label(cell, number, rule, ledger, layer, "MACs", "FLOPs at two per MAC")
        return
    ledger.passed(cell, rule.words)


def _label(cell: Cell, number: Number, rule: Rule, ledger: Ledger, layer: str, said: str, are: str) -> None:
    ledger.fail(
        "V602",
        clean(cell.flow),
        f"{number.text.strip()} is right as {rule.words}: {are}, but is called {said}",
        severity="warning",
        span=(number.start, number.end),
        quantity="ops",
        layer=layer,
    )
