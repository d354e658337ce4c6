"""What is settled about the conventions of a table before its numbers are looked at.

By the settings (``convention = ["weights", "macs", "MB"]``): then a number that is right under another convention only
is a finding. By the document as a whole: whether K, M and G of its counts may be powers of 1024.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from vggstat.errors import UsageError
from vggstat.records import Record

if TYPE_CHECKING:
    from vggstat.lint.conventions import Rule
    from vggstat.lint.numbers import Number

PARAMS: Final = {"params": "parameters with biases", "weights": "weights without biases"}
SIZES: Final = {"MB": "MB as 10^6 bytes", "MiB": "MB as 2^20 bytes"}
TRAINING: Final = "training FLOPs"
"""The figure of a training step, which counts two operations per multiply-accumulate."""
_PARAMETERS: Final = ("params", "weights", "trainable_params", "param_bytes", "trainable_bytes")


class ConventionPolicy(Record):
    """One convention a kind of number; empty where it is left open."""

    params: str = ""
    """``params`` or ``weights``: with biases or without."""
    ops: str = ""
    """The name of a rule of operations: ``macs``, ``flops``, or a tool's."""
    size: str = ""
    """``MB`` or ``MiB``: what is called MB. A size that is written as MiB says itself what it is."""
    binary: bool = False
    """Whether K, M and G of counts may be powers of 1024."""

    def scales(self, number: Number) -> tuple[int, ...]:
        """What the unit of the number may multiply by."""
        unit = number.unit
        if unit.bytes and unit.binary and self.size:
            return (unit.binary if self.size == "MiB" else unit.decimal,)
        is_open = unit.bytes or self.binary
        return number.scales if unit.binary and is_open else (unit.decimal,)

    def permits(self, quantity: str, rule: str) -> bool:
        """Whether that is how the quantity is counted."""
        if self.params and quantity in _PARAMETERS:
            return rule.startswith("weights") == (self.params == "weights")
        if self.ops and quantity == "ops":
            return rule == self.ops or (rule == TRAINING and self.ops == "flops")
        return True

    def permitted(self, quantity: str, rules: Sequence[Rule], *, in_bytes: bool = False) -> Sequence[Rule]:
        """Those of the rules that are not excluded; all where nothing is settled."""
        if in_bytes and self.size:
            rules = [rule for rule in rules if rule.binary == (self.size == "MiB")]
        if (quantity == "params" and self.params) or (quantity == "ops" and self.ops):
            rules = [rule for rule in rules if self.permits(quantity, rule.name)]
        return rules

    def words(self, quantity: str) -> str:
        """How a quantity is to be counted; what MB means where that is all that is settled about it."""
        if quantity == "ops" and self.ops:
            return f"operations as {self.ops}"
        if quantity in _PARAMETERS and self.params:
            return PARAMS[self.params]
        return SIZES[self.size]


OPEN: Final = ConventionPolicy()
"""Nothing is settled."""


@cache
def _kinds() -> dict[str, tuple[str, str]]:
    """Each word that may be written, in lower case: what it settles, and how."""
    from vggstat.cost.counting import COUNTING_RULES

    kinds = {word.lower(): ("params", word) for word in PARAMS}
    kinds.update({rule.name.lower(): ("ops", rule.name) for rule in COUNTING_RULES})
    kinds.update({word.lower(): ("size", word) for word in SIZES})
    return kinds


@cache
def read_convention(words: tuple[str, ...], where: str = "convention") -> ConventionPolicy:
    """The convention that the words settle. Raises UsageError for an unknown word, or two of a kind.

    ``where``: the name of the place, for the message."""
    found: dict[str, Any] = {}
    for word in words:
        kind, name = _kinds().get(word.strip().lower(), ("", ""))
        if not kind:
            raise UsageError(f"{where}: unknown convention {word!r}: expected {_allowed()}")
        if found.setdefault(kind, name) != name:
            raise UsageError(f"{where}: {found[kind]} and {name} contradict each other: give one of them")
    return ConventionPolicy(**found)


def _allowed() -> str:
    """The words that are allowed, by kind."""
    kinds: dict[str, list[str]] = {}
    for kind, name in _kinds().values():
        kinds.setdefault(kind, []).append(name)
    params, sizes, rules = (" or ".join(kinds[kind]) for kind in ("params", "size", "ops"))
    return f"{params} (with biases or without), {sizes} (what MB means), or a rule of operations: {rules}"
