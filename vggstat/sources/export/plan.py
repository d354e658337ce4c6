"""What is written once and used often: regions of the same structure become one class, or one function, with parameters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from vggstat.net.graph import Node
from vggstat.sources.export.regions import Region
from vggstat.sources.export.structure import Structures

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
        self._structures = Structures(root)
        written = Counter(self._written(root, set()))
        self._paying: set[int] = set()
        alike: dict[int, list[Region]] = {}
        for region in reversed(self._structures.regions):  # what pays is settled for inner regions first
            structure = self._structures.of(region)
            if region.form == "class" or self._pays(region, written[structure]):
                self._paying.add(structure)
        for region in self._structures.regions:
            structure = self._structures.of(region)
            if structure in self._paying:
                alike.setdefault(structure, []).append(region)
        self._templates = {structure: Template(regions) for structure, regions in alike.items()}

    def template_of(self, region: Region) -> Template | None:
        """What a region is written by; None where its layers are written out where it stands."""
        return self._templates.get(self._structures.of(region))

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
        structure = self._structures.of(region)
        yield structure
        if structure in seen:
            return
        seen.add(structure)
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
            1 if isinstance(part, Node) or self._structures.of(part) in self._paying else self._lines(part)
            for part in parts
        )
