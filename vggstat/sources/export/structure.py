"""Which regions are alike: of one structure, whatever the numbers of their layers."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Final

from vggstat.sources.export.functions import function_key
from vggstat.sources.export.modules import ModuleCall, Slot
from vggstat.sources.export.regions import Region, Step

__all__ = ["Structures"]

MOST_SETTINGS: Final = 2
"""Kernels, strides and the like in which regions alike may differ: with more, those of other kernels are not alike."""

_SIZES: Final = frozenset(("kernel_size", "padding", "output_padding", "dilation"))


class Structures:
    """A number for each region, the same for all regions of one structure."""

    def __init__(self, root: Region) -> None:
        self.regions = list(_regions(root))
        """All of them, outer ones first."""
        self._told_by_kernels: set[int] = set()
        self._found: dict[int, int] = {}
        self._number_all()
        self._told_by_kernels = set(self._crowded())
        if self._told_by_kernels:
            self._number_all()

    def of(self, region: Region) -> int:
        """The number of its structure."""
        return self._found[id(region)]

    def _number_all(self) -> None:
        numbers: dict[Hashable, int] = {}
        for region in reversed(self.regions):
            self._found[id(region)] = numbers.setdefault(self._structure(region), len(numbers))

    def _structure(self, region: Region) -> Hashable:
        """All of a region but the numbers that may differ."""
        exact = id(region) in self._told_by_kernels
        parts = [self._part(step, exact=exact) for step in region.steps]
        if region.form == "group":
            return (region.form, *parts)
        names = [step.name for step in region.steps]
        if region.form == "chain":
            return (region.form, *zip(names, parts, strict=True))
        values = [*region.inputs, *(value for step in region.steps for value in step.makes)]
        local = {value: at for at, value in enumerate(values)}
        reads = [tuple(local[value] for value in step.reads) for step in region.steps]
        return (region.form, *zip(names, parts, reads, strict=True), *(local[one] for one in region.outputs))

    def _part(self, step: Step, *, exact: bool) -> Hashable:
        if isinstance(step.part, Region):
            return self.of(step.part)
        return function_key(step) if step.call is None else _module(step.call, exact=exact)

    def _crowded(self) -> Iterator[int]:
        """The regions that are alike but for too many settings, with the chains in them."""
        alike: dict[int, list[Region]] = {}
        for region in self.regions:
            alike.setdefault(self.of(region), []).append(region)
        for regions in alike.values():
            columns = zip(*map(_slots, regions), strict=True)
            differing = {(column[0].field, tuple(slot.value for slot in column)) for column in columns}
            if sum(len(set(values)) > 1 for _, values in differing) > MOST_SETTINGS:
                yield from (id(one) for region in regions for one in _own(region))


def _regions(region: Region) -> Iterator[Region]:
    """A region and those in it, outer ones first."""
    yield region
    for step in region.steps:
        if isinstance(step.part, Region):
            yield from _regions(step.part)


def _own(region: Region) -> Iterator[Region]:
    """A region and the chains and groups in it, which have no class of their own."""
    yield region
    for step in region.steps:
        if isinstance(step.part, Region) and step.part.form != "class":
            yield from _own(step.part)


def _slots(region: Region) -> list[Slot]:
    """The settings of a region's own layers: not their channels, nor a padding, which may follow from a kernel."""
    calls = [step.call for one in _own(region) for step in one.steps if step.call is not None]
    return [slot for call in calls for slot in call.slots if slot.is_setting]


def _module(call: ModuleCall, *, exact: bool) -> Hashable:
    sizes = tuple(slot.value for slot in call.slots if slot.field in _SIZES) if exact else ()
    return (call.name, call.settings, call.is_depthwise, sizes, *(slot.field for slot in call.slots))
