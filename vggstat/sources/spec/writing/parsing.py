"""Lists of steps out of nodes that run one after the other: what all ways to find them have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod

from vggstat.errors import Unwritable
from vggstat.net.graph import Node
from vggstat.net.ops.part import Crop, Part
from vggstat.net.spec import UnitForm
from vggstat.sources.spec.writing.regions import Region
from vggstat.sources.spec.writing.spelling import activation_words, as_fields, kind_of
from vggstat.sources.spec.writing.tree import (
    Steps,
    WrittenFrom,
    WrittenJoin,
    WrittenLayer,
    WrittenUnit,
)
from vggstat.sources.spec.writing.wiring import Wiring, join_kind

__all__ = ["Parser", "StuckError"]


class StuckError(Exception):
    """A node that cannot be written where it stands."""

    def __init__(self, node: Node, why: str) -> None:
        self.refusal = Unwritable(node.name, node.layer.label, why)
        super().__init__(str(self.refusal))


class Parser(ABC):
    """What both ways have in common: single layers, joins of named values, beginnings at one."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring

    @abstractmethod
    def layer(self, at: int, end: int) -> WrittenLayer:
        """The layer at a position, with what may be or has to be written as its fields."""

    def plain_step(self, at: int, end: int, current: int) -> Steps:
        """The one step that begins at a position, behind a ``from`` where it does not read the current value.

        Raises StuckError for a part of a map, and where it reads what has no name.
        """
        node = self.wiring.nodes[at]
        if isinstance(node.layer, Crop) or join_kind(node):
            return self._join(at, current)
        if isinstance(node.layer, Part):
            raise StuckError(
                node,
                "a share of channels that is not taken right before its branch, one after the other",
            )
        [value] = node.inputs
        layer = self.layer(at, end)
        return (layer,) if value == current else (self._begin(value, at), layer)

    def _begin(self, value: int, at: int) -> WrittenFrom:
        return WrittenFrom(value=self._named(value, at), start=at)

    def _named(self, value: int, at: int) -> int:
        """The value, which has to have a name. Raises StuckError for one that cannot."""
        if value == 0:
            raise StuckError(
                self.wiring.nodes[at],
                "it reads the image, which has no name in a spec, and begins no branch there",
            )
        made = self.wiring.nodes[value - 1]
        if isinstance(made.layer, Part):
            raise StuckError(made, "a part of a map that is read where it cannot be named")
        return value

    def _join(self, at: int, current: int) -> Steps:
        """Named values and the current one, with the crops before them."""
        nodes = self.wiring.nodes
        join = self.wiring.readers[at + 1][0] if isinstance(nodes[at].layer, Crop) else at
        crops = self.wiring.crops_of(join)
        kind = join_kind(nodes[join])
        assert kind is not None
        if join - at != len(set(crops)):
            raise StuckError(
                nodes[at], "a part of a map that is not cut right before the concat that it is for"
            )
        values = [nodes[value - 1].inputs[0] if value in crops else value for value in nodes[join].inputs]
        if join in self.wiring.copies:
            branches = tuple(() if value == current else (self._begin(value, at),) for value in values)
            return (
                WrittenUnit(
                    form="branches", branches=branches, start=at, end=join + 1, join=kind, copies=True
                ),
            )
        begin: Steps = ()
        if current not in values:
            begin, current = (self._begin(values[0], at),), values[0]
        sources = tuple(None if value == current else self._named(value, at) for value in values)
        return (*begin, WrittenJoin(kind=kind, sources=sources, crop=bool(crops), start=at, end=join + 1))

    def unit(self, region: Region, start: int, lists: tuple[Steps, ...], form: UnitForm) -> WrittenUnit:
        """A unit of these lists, without what stands behind it."""
        return WrittenUnit(
            form=form,
            branches=lists,
            start=start,
            end=region.join + 1,
            join=region.kind,
            copies=region.join in self.wiring.copies,
            split=region.split,
        )

    def activated(self, unit: WrittenUnit) -> WrittenUnit:
        """The unit with the activation right behind it as a key of its own."""
        word = activation_words()[self.wiring.nodes[unit.end].layer]
        return unit.replace(end=unit.end + 1, activation=word)

    def is_activation(self, at: int) -> bool:
        """Whether a node is an activation without settings that alone reads the value before it."""
        return self.wiring.runs_on(at) and self.wiring.nodes[at].layer in activation_words()

    def empty_branch(self, region: Region, number: int, current: int, at: int) -> Steps:
        """A branch without layers: the current value, or a named one."""
        value = self.wiring.nodes[region.join].inputs[number]
        return () if value == current else (self._begin(value, at),)

    def behind(self, at: int, end: int) -> list[Node]:
        """The nodes behind a layer that may be fields of it: each reads the one before alone, which nobody else reads."""
        kind = kind_of(self.wiring.nodes[at])
        most = min(end, at + 1 + len(kind.followers)) if kind else at + 1
        found = []
        for position in range(at + 1, most):
            if not self.wiring.runs_on(position) or not self.wiring.nodes[position].in_model:
                break
            found.append(self.wiring.nodes[position])
        return found[: len(as_fields(kind, [node.layer for node in found]))] if kind else []
