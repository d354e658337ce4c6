"""What is written once and used often: regions of the same structure become one class, or one function, with parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Final

from vggstat.net.graph import Node
from vggstat.sources.export.functions import function_key
from vggstat.sources.export.modules import ModuleCall
from vggstat.sources.export.regions import Region, Step

__all__ = ["Plan", "Template"]

PAYS: Final = 8
"""Lines that need not be written where a chain has a class of its own, at least."""
PAYS_IN_GROUPS: Final = 4
"""The same for a function that makes some layers of a chain, which is shorter than a class."""


class Template:
    """Regions of one structure: what is written of them is the first one."""

    def __init__(self, regions: list[Region]) -> None:
        self.regions = regions

    @property
    def model(self) -> Region:
        """The one whose names and functions are written."""
        return self.regions[0]


class Plan:
    """Which regions of a network are written once for all, inner ones before those that hold them."""

    def __init__(self, root: Region) -> None:
        self._numbers: dict[Hashable, int] = {}
        self._signatures: dict[int, int] = {}
        everything = list(_regions(root))
        for region in reversed(everything):
            self._signatures[id(region)] = self._number(self._structure(region))
        written = Counter(self._written(root, set()))
        self._paying: set[int] = set()
        alike: dict[int, list[Region]] = {}
        for region in reversed(everything):  # what pays is settled for inner regions first
            signature = self._signatures[id(region)]
            if region.form == "class" or self._pays(region, written[signature]):
                self._paying.add(signature)
        for region in everything:
            signature = self._signatures[id(region)]
            if signature in self._paying:
                alike.setdefault(signature, []).append(region)
        self._templates = {signature: Template(regions) for signature, regions in alike.items()}

    def template_of(self, region: Region) -> Template | None:
        """What a region is written by; None where its layers are written out where it stands."""
        return self._templates.get(self._signatures[id(region)])

    def in_order(self, region: Region) -> Iterator[Template]:
        """The templates that a region needs and its own, each once, with what each needs before it."""
        yield from self._needed(region, set())

    def _needed(self, region: Region, done: set[int]) -> Iterator[Template]:
        template = self.template_of(region)
        if id(template) in done:
            return
        for step in region.steps:
            if isinstance(step.part, Region):
                yield from self._needed(step.part, done)
        if template is not None:
            done.add(id(template))
            yield template

    # what pays --------------------------------------------------------------------------------------------

    def _written(self, region: Region, seen: set[int]) -> Iterator[int]:
        """The structures that stand in the text, each as often as it does if what is repeated stands in it once."""
        signature = self._signatures[id(region)]
        yield signature
        if signature in seen:
            return
        seen.add(signature)
        for step in region.steps:
            if isinstance(step.part, Region):
                yield from self._written(step.part, seen)

    def _pays(self, region: Region, written: int) -> bool:
        """Whether a chain that stands in the text several times had better be a class, or a group a function."""
        return (written - 1) * self._lines(region) >= (PAYS_IN_GROUPS if region.form == "group" else PAYS)

    def _lines(self, region: Region) -> int:
        """What is written of a region: its layers, those of chains in it, and a call for each class."""
        parts = (step.part for step in region.steps)
        return sum(
            1 if isinstance(part, Node) or self._signatures[id(part)] in self._paying else self._lines(part)
            for part in parts
        )

    # structures -------------------------------------------------------------------------------------------

    def _number(self, structure: Hashable) -> int:
        """One for each structure, so that equal ones are told by their numbers."""
        return self._numbers.setdefault(structure, len(self._numbers))

    def _structure(self, region: Region) -> Hashable:
        """All of a region but the numbers that may differ."""
        if region.form == "group":
            return (region.form, *map(self._part, region.steps))
        if region.form == "chain":
            return (region.form, *((step.name, self._part(step)) for step in region.steps))
        values = [*region.inputs, *(value for step in region.steps for value in step.makes)]
        local = {value: at for at, value in enumerate(values)}
        calls = tuple(
            (step.name, self._part(step), *(local[value] for value in step.reads)) for step in region.steps
        )
        return (region.form, calls, *(local[value] for value in region.outputs))

    def _part(self, step: Step) -> Hashable:
        if isinstance(step.part, Region):
            return self._signatures[id(step.part)]
        return self._number(function_key(step) if step.call is None else _module(step.call))


def _regions(region: Region) -> Iterator[Region]:
    """A region and those in it, outer ones first."""
    yield region
    for step in region.steps:
        if isinstance(step.part, Region):
            yield from _regions(step.part)


def _module(call: ModuleCall) -> Hashable:
    return (call.name, call.settings, call.is_depthwise, *(slot.field for slot in call.slots))
