"""The statements of a forward pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Final

from vggstat.net.graph import Node
from vggstat.sources.export.functions import function_text, is_centered, joins
from vggstat.sources.export.layout import Brackets, Text, before, flat, is_name, quoted
from vggstat.sources.export.modules import is_light
from vggstat.sources.export.regions import Region, Step

__all__ = ["forward_statements", "parameters_of"]

GENERIC: Final = ("x", "y", "z")
"""Names of maps that live for a few lines."""
RESERVED: Final = ("self", "torch", "nn", "center_crop")
NESTED: Final = 4
"""Calls in one another at most."""
LONGEST: Final = 84
"""Characters of an expression of several calls at most."""


def parameters_of(region: Region) -> tuple[str, ...]:
    """What ``forward`` calls the maps that enter: ``x``, and what is read beside it ``skip``."""
    others = len(region.inputs) - 1
    return ("x", *(("skip",) if others == 1 else (f"skip{at + 1}" for at in range(others))))


def _child(name: str) -> str:
    """A module of the class by its name: an attribute, or an entry of one that only holds others."""
    first, *rest = name.split(".")
    found = f"self.{first}" if is_name(first) else f"self.get_submodule({quoted(first)})"
    return found + "".join(f"[{quoted(part)}]" for part in rest)


def forward_statements(region: Region) -> Iterator[Text]:
    """The body of ``forward``, one statement at a time."""
    return _Forward(region).statements()


class _Forward:
    def __init__(self, region: Region) -> None:
        self.region = region
        self.steps = region.steps
        self._reads = Counter(value for step in self.steps for value in step.reads)
        self._makers = {value: at for at, step in enumerate(self.steps) for value in step.makes}
        self._inline: set[int] = set()
        """Values that have no name: they stand in the expression that reads them."""
        self._names = dict(zip(region.inputs, parameters_of(region), strict=True))
        self._users = Counter(self._names.values())
        """How many values have a name, those included that are over at the end of the statement."""
        self._last: dict[int, int] = {}
        """For each value the statement that reads it last, by its last step."""
        self._numbers = count(1)
        """Of maps that have no other name left."""
        first = next((step for step in self.steps if not _is_call_of_function(step)), None)
        self._before = first is not None and _is_light(first)
        """Whether norm and activation stand before a convolution and not behind it."""

    def statements(self) -> Iterator[Text]:
        ends = self._ends()
        self._last = {value: end for end in ends for value in self._operands(end)}
        self._last.update(dict.fromkeys(self.region.outputs, len(self.steps)))
        for end in ends:
            yield from self._statement(end)
            for value in (*self._operands(end), *self.steps[end].makes):
                if self._last.get(value, end) <= end and value in self._names:
                    self._free(value)
        if not ends or not self._is_returned(ends[-1]):
            yield f"return {', '.join(self._names[value] for value in self.region.outputs)}"

    # which steps share a line -----------------------------------------------------------------------------

    def _ends(self) -> list[int]:
        """The last step of each statement."""
        ends = []
        at = len(self.steps) - 1
        while at >= 0:
            ends.append(at)
            at = self._absorb(at, NESTED) - 1
        return ends[::-1]

    def _absorb(self, at: int, left: int) -> int:
        """Take what a step reads into its own expression, as far as it is made right before; the first step taken."""
        start = at
        for place, value in reversed(list(enumerate(self.steps[at].reads))):
            made = self._makers.get(value)
            if made != start - 1 or not self._may_stand_in(made, at, place, left):
                continue
            self._inline.add(value)
            start = self._absorb(made, left - 1)
            limit = LONGEST * (min(len(self.steps[at].reads), NESTED) if joins(self.steps[at]) else 1)
            if len(flat(self._expression(at))) > limit:
                self._inline.discard(value)
                start = made + 1
        return start

    def _may_stand_in(self, made: int, at: int, place: int, left: int) -> bool:
        maker, step = self.steps[made], self.steps[at]
        [*values] = maker.makes
        if left == 0 or len(values) > 1 or self._reads[values[0]] > 1 or values[0] in self.region.outputs:
            return False
        if joins(maker) or (is_centered(step) and place == 1):
            return False
        if joins(step):
            return place > 0 or not _adds_up(step)
        return _is_light(maker) if self._before else _is_light(step)

    # the text of a statement ------------------------------------------------------------------------------

    def _is_returned(self, end: int) -> bool:
        """Whether the statement returns what it makes."""
        step = self.steps[end]
        return end == len(self.steps) - 1 and step.makes == self.region.outputs and not _adds_up(step)

    def _statement(self, end: int) -> Iterator[Text]:
        step = self.steps[end]
        if _adds_up(step):
            yield from self._sum(step)
            return
        expression = self._expression(end)
        if self._is_returned(end):
            yield before("return ", expression)
            return
        over = [value for value in self._operands(end) if self._last[value] == end]
        for value in step.makes:
            self._give_name(value, step, over)
        yield before(f"{', '.join(self._names[value] for value in step.makes)} = ", expression)

    def _sum(self, step: Step) -> Iterator[Text]:
        """A sum in place is written over its first map; one of more than two over the sum of the first two."""
        assert isinstance(step.part, Node)
        [value] = step.makes
        first, *others = map(self._text, step.reads)
        if step.part.in_place:
            self._names[value] = flat(first)
            self._users[flat(first)] += 1
        else:
            self._give_name(value, step, [])
            yield f"{self._names[value]} = {flat(first)} + {flat(others.pop(0))}"
        for other in others:
            yield before(f"{self._names[value]} += ", other)

    def _operands(self, end: int) -> list[int]:
        """The values with a name that a statement reads, in order."""
        found: list[int] = []
        for value in self.steps[end].reads:
            found += self._operands(self._makers[value]) if value in self._inline else [value]
        return found

    def _expression(self, at: int) -> Text:
        step = self.steps[at]
        texts = tuple(map(self._text, step.reads))
        if _is_call_of_function(step):
            return function_text(step, texts)
        return Brackets(f"{_child(step.name)}(", texts)

    def _text(self, value: int) -> Text:
        return self._expression(self._makers[value]) if value in self._inline else self._names.get(value, "x")

    def _give_name(self, value: int, step: Step, over: list[int]) -> None:
        """A name for a new value: that of a map which nobody reads any more, or what makes it, or another one."""
        dead = [self._names[other] for other in dict.fromkeys(over) if self._users[self._names[other]] == 1]
        own = step.name.rpartition(".")[2] if isinstance(step.part, Region) and self._reads[value] > 1 else ""
        wanted = (
            *((own,) if is_name(own) and own not in RESERVED else ()),
            *(name for name in dead if name in GENERIC),
            *GENERIC,
        )
        free = (name for name in wanted if name in dead or not self._users[name])
        name = next(free, None) or next(f"x{at}" for at in self._numbers if not self._users[f"x{at}"])
        self._names[value] = name
        self._users[name] += 1

    def _free(self, value: int) -> None:
        self._users[self._names.pop(value)] -= 1


def _is_call_of_function(step: Step) -> bool:
    return isinstance(step.part, Node) and step.call is None


def _is_light(step: Step) -> bool:
    return isinstance(step.part, Node) and is_light(step.part)


def _adds_up(step: Step) -> bool:
    """Whether it is a sum that takes statements of its own."""
    part = step.part
    return isinstance(part, Node) and part.layer.stem == "add" and (part.in_place or len(step.reads) > 2)
