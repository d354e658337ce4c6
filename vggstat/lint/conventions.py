"""Ways to count that a column may follow: one column, one convention.

A rule is what is counted and whether K, M, G and MB mean powers of 1000 or of 1024. The rule of a column is the
one that admits most of its cells; a cell that only another rule admits is a mixture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from math import prod
from typing import Final, NamedTuple

from vggstat.lint.network import Target
from vggstat.lint.numbers import Number

FLOAT32: Final = 4
"""Bytes of a value, in which tools count."""
PARAM_WIDTHS: Final = (FLOAT32, 2, 1, 8)
"""Bytes that a parameter may take, those in use most first."""


class Rule(NamedTuple):
    """What is counted, and the base of units."""

    name: str
    of: Callable[[Target], int | None]
    binary: bool = False
    per_image: bool = True
    """Whether the count is to be multiplied by the batch."""

    def exact(self, target: Target, batch: int = 1) -> int | None:
        count = self.of(target)
        return count if count is None or not self.per_image else count * batch

    def total(self, targets: Iterable[Target], batch: int = 1) -> int | None:
        """The count of several layers; None where it is not known for one of them, or there is none."""
        counts = [self.exact(target, batch) for target in targets]
        return None if not counts or None in counts else sum(count for count in counts if count is not None)

    def scale(self, number: Number) -> int:
        return number.unit.binary if self.binary and number.unit.binary else number.unit.decimal

    def admits(self, number: Number, target: Target, batch: int = 1) -> bool:
        exact = self.exact(target, batch)
        return exact is not None and self.fits(number, exact)

    def fits(self, number: Number, exact: int) -> bool:
        """Whether an exact count may stand behind the number, in the rule's base of units."""
        return number.admits(exact, self.scale(number))

    @property
    def words(self) -> str:
        return f"{self.name}, units of 1024" if self.binary else self.name


def _both(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules with units of 1000, then the same with units of 1024."""
    plain = tuple(rules)
    return plain + tuple(rule._replace(binary=True) for rule in plain)


@cache
def param_rules(family: str) -> tuple[Rule, ...]:
    """Parameters: with biases or without; Keras counts a batch norm's running statistics too."""
    learned = Rule("parameters with biases", lambda t: t.params, per_image=False)
    keras = Rule(
        "parameters with biases and running statistics", lambda t: t.params + t.buffers, per_image=False
    )
    weights = Rule("weights without biases", lambda t: t.weights, per_image=False)
    first = (keras, learned) if family == "keras" else (learned, keras)
    return _both((first[0], weights, first[1]))


def _inputs_again(target: Target) -> int:
    """The lecture's sum as vggstat defines it: a map, and the input of a conv or FC layer once more."""
    return target.values + (prod(target.in_shape) if target.kind in ("conv", "fc") else 0)


def _of_kinds(target: Target, kinds: tuple[str, ...]) -> int:
    """The values of a layer that an accounting counts (timm's, torchinfo's); none of another."""
    return target.values if target.kind in kinds else 0


def _times(factor: int) -> Callable[[Target], int]:
    return lambda target: factor * target.values


_VALUES: Final = (
    Rule("values of each output", lambda t: t.values),
    Rule("values of each output, and conv and FC inputs again", _inputs_again),
    Rule("values of conv and FC outputs", lambda t: _of_kinds(t, ("conv", "fc"))),
    Rule(
        "values of outputs of layers with parameters, twice", lambda t: 2 * _of_kinds(t, ("conv", "fc", "bn"))
    ),
)
_BYTES: Final = (
    Rule("bytes of each output in float32", _times(4)),
    Rule("bytes of each output in float16", _times(2)),
    Rule("bytes of each output in float32, forward and backward", _times(8)),
    Rule("bytes of each output in 8 bits", _times(1)),
)
VALUE_RULES: Final = (*_both(_VALUES), *_BYTES[:2])
BYTE_RULES: Final = _both(_BYTES)


def memory_rules(*, in_bytes: bool) -> tuple[Rule, ...]:
    """Activations of a layer, as values or as bytes."""
    return BYTE_RULES if in_bytes else VALUE_RULES


@cache
def ops_rules() -> tuple[Rule, ...]:
    """Operations of a layer under every known rule."""
    from vggstat.cost.counting import COUNTING_RULES, CountingRule

    def counter(rule: CountingRule) -> Callable[[Target], int | None]:
        return lambda target: rule.count(target.ops)

    def folded(rule: CountingRule) -> Callable[[Target], int | None]:
        return lambda target: rule.count(target.folded)

    plain = [Rule(rule.name, counter(rule)) for rule in COUNTING_RULES]
    with_relu = [Rule(rule.name, folded(rule)) for rule in COUNTING_RULES if "relu" in rule.weights]
    return _both((*plain, *with_relu))


def rules_of(quantity: str, family: str, *, in_bytes: bool = False) -> tuple[Rule, ...]:
    """Every rule that is known for a quantity of layers. ``in_bytes``: whether its numbers are bytes."""
    if quantity == "ops":
        return ops_rules()
    if quantity in ("memory", "values"):
        return memory_rules(in_bytes=in_bytes)
    rules = param_rules(family)
    return tuple(r for r in rules if r.name.startswith("weights")) if quantity == "weights" else rules


MOST_IMAGES: Final = 4096


def voted_images(claims: Iterable[tuple[Number, Iterable[int | None]]]) -> int:
    """The number of images that most whole numbers are for, each with the counts of one that it may be of; 1 where
    they are for none in common."""
    votes: Counter[int] = Counter()
    seen = 0
    for number, counts in claims:
        seen += 1
        whole = number.whole or 0
        votes.update({whole // exact for exact in counts if exact and whole % exact == 0})
    usual = ((images, times) for images, times in votes.most_common(4) if 1 < images <= MOST_IMAGES)
    images, times = next(usual, (1, 0))
    return images if 2 * times > seen else 1


def vote(
    rules: Sequence[Rule], cells: Sequence[tuple[Number, Target]], batch: int = 1, preferred: str = ""
) -> Rule:
    """The rule that admits most of the cells; the first of equals, or the one that the document names."""
    best, most = rules[0], -1.0
    has_units = any(number.unit.binary for number, _ in cells)
    for rule in rules:
        if rule.binary and not has_units:
            continue
        likes = len(cells) + (0.5 if preferred and rule.name.startswith(preferred) else 0)
        for number, target in cells:
            if likes <= most:
                break  # it cannot come to more than the best one
            likes -= not rule.admits(number, target, batch)
        if likes > most:
            best, most = rule, likes
    return best
