"""The names of values and of units: each defined once, before it is read, and read."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from vggstat.net.spec import From, Item, Join, Place, Step, Unit
from vggstat.sources.spec.language import CURRENT
from vggstat.sources.spec.problems import Problems, quote, suggestion

__all__ = ["check_labels"]

_OURS: Final = r"(block|unit|branch|fc)[0-9]*|input|shortcut|predictions|total"
"""Names that vggstat gives itself."""


def check_labels(blocks: Iterable[tuple[Step, ...]], problems: Problems) -> None:
    """Note what is wrong with the names in the blocks of a spec."""
    steps = [step for block in blocks for step in block]
    checker = _Checker(problems)
    checker.whole = dict(_defined(steps))
    checker.walk(steps)
    checker.close(())


class _Scope(dict[str, Place]):
    """Names that are known in a unit that is repeated, or in the whole spec; each copy has its own."""


class _Checker:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.whole: dict[str, Place] = {}
        """Every name and where it is defined, for what is read too early."""
        self.scopes = [_Scope()]
        self.read: set[tuple[str, Place]] = set()
        self.units: dict[str, Place] = {}

    def walk(self, steps: Iterable[Step]) -> None:
        for step in steps:
            if isinstance(step, From):
                self._use(step.name, step.place)
                continue
            if isinstance(step, Join):
                for name in step.sources:
                    if name != CURRENT:
                        self._use(name, step.place)
            if isinstance(step, Unit):
                self._unit(step)
            if step.label:
                self._define(step.label, step.place)

    def _unit(self, unit: Unit) -> None:
        if unit.name:
            self._name(unit.name, unit.place, repeated=len(self.scopes) > 1)
        if unit.repeat > 1:
            self.scopes.append(_Scope())
        for branch in unit.branches:
            self.walk(branch)
        if unit.repeat > 1:
            self.close(self.scopes[:-1])

    def close(self, outer: Iterable[_Scope]) -> None:
        """Note the names of the innermost scope that nobody has read; ``outer`` are the scopes that stay."""
        for name, place in self.scopes[-1].items():
            if (name, place) not in self.read:
                self._add(
                    place, f"nobody reads the value called {quote(name)}: leave out the name, or join it"
                )
        self.scopes = list(outer)

    def _define(self, name: str, place: Place) -> None:
        for scope in self.scopes:
            if name in scope:
                self._add(
                    place, f"the name {quote(name)} is here twice: it is in line {scope[name].line} already"
                )
                return
        self.scopes[-1][name] = place

    def _use(self, name: str, place: Place) -> None:
        for scope in self.scopes:
            if name in scope:
                self.read.add((name, scope[name]))
                return
        later = self.whole.get(name)
        if later is None:
            known = [known for scope in self.scopes for known in scope]
            near = suggestion(name, known) or ": a layer is given one by as NAME behind it"
            self._add(place, f"no value before this is called {quote(name)}{near}")
        elif (later.line, later.column) < (place.line, place.column):
            self._add(
                place,
                f"{quote(name)} (line {later.line}) stands in a unit that is repeated, and is known in it only",
            )
            self.read.add((name, later))
        else:
            self._add(
                place, f"{quote(name)} is not made before line {later.line}: it can only be read after that"
            )
            self.read.add((name, later))

    def _name(self, name: str, place: Place, *, repeated: bool) -> None:
        if repeated:
            self._add(
                place,
                f"{quote(name)} stands in a unit that is repeated: its layers would all be called the same",
            )
        elif re.fullmatch(_OURS, name):
            self._add(place, f"{quote(name)} is a name that vggstat gives itself: call the unit by another")
        elif name in self.units:
            self._add(
                place, f"two units are called {quote(name)}: the other is in line {self.units[name].line}"
            )
        self.units.setdefault(name, place)

    def _add(self, place: Place, message: str) -> None:
        self.problems.add(place.line, place.column, place.path, message)


def _defined(steps: Iterable[Step]) -> Iterable[tuple[str, Place]]:
    for step in steps:
        if isinstance(step, Unit):
            for branch in step.branches:
                yield from _defined(branch)
        if isinstance(step, Item | Join | Unit) and step.label:
            yield step.label, step.place
