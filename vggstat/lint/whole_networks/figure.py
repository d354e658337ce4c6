"""An exact count without a word of what it is: one of the figures of its network, or one slip away from one."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from vggstat.cost.facts import Fact, facts
from vggstat.lint.figures import Same
from vggstat.lint.model import Cell
from vggstat.lint.network import load_spec
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts
from vggstat.lint.whole_networks.variants import Variant

LEAST: Final = 1_000_000
"""Counts of fewer digits have too many neighbours."""
_CODES: Final = {"params": "V210", "operations": "V410", "memory": "V310", "values": "V310"}


def judge_figure(cell: Cell, number: Number, variant: Variant, verdicts: Verdicts) -> None:
    """Right where it is a figure of the network or of a part of it; wrong where a slip of the hand leads to it from one."""
    known = _known(Same(variant.network))
    if number.whole in known:
        verdicts.passed(cell, f"{known[number.whole].quantity}, {variant.words}")
        return
    printed = str(number.whole)
    near = [exact for exact in known if len(printed) == len(str(exact)) and digit_slip(printed, str(exact))]
    if len(near) != 1 or number.whole is None or number.whole < LEAST:
        verdicts.skip(
            cell,
            f"no figure of {load_spec(variant.network.name).title or variant.network.name} that is known",
        )
        return
    fact = known[near[0]]
    verdicts.wrong_part(
        _CODES[fact.family],
        cell,
        number,
        f"{variant.words} has {fact.exact:,} {fact.quantity}{_of(fact)}, not {number.text.strip()}",
        expected=format_like(number, fact.exact),
        quantity=fact.family,
        notes=(digit_slip(str(number.whole), str(fact.exact)),),
    )


@lru_cache(maxsize=64)
def _known(same: Same) -> dict[int, Fact]:
    """The counts of the network, its parts and layers, the plainest first."""
    found: dict[int, Fact] = {}
    for fact in facts(same.network.report, "network", "part", "layer"):
        if fact.family in ("params", "operations") and fact.is_plain and fact.exact >= LEAST:
            found.setdefault(fact.exact, fact)
    return found


def _of(fact: Fact) -> str:
    kind, name = fact.scope
    if kind in ("trunk", "head"):
        return " in all but its FC layers" if kind == "trunk" else " in its FC layers"
    return f" in {name}" if name else ""
