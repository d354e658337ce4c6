"""Gradients of maps on their way back: which have come, in whose memory, and how those of one map are added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Hashable, Iterator, Mapping
from typing import Literal, NamedTuple

from vggstat.cost.items import MemoryItem, make_item
from vggstat.cost.moments import Instant, Ledger
from vggstat.cost.precision import Widths
from vggstat.cost.workload import Workload
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import INPUT_GRADIENT, OUTPUT_GRADIENT
from vggstat.shapes import values

__all__ = ["Accumulation", "Gradient", "Gradients"]

Accumulation = Literal["in place", "copied"]
"""How gradients of one map are added: as autograd does it, or always into memory of their own, as under MemTracker,
whose tensors autograd does not write over."""


class Gradient(NamedTuple):
    """Somebody's hold on a gradient: the key of its storage in the ledger, and whether it is a view of that."""

    key: Hashable
    is_view: bool = False


class Gradients:
    """For each map what has come so far of its gradient.

    autograd (torch 2.13, engine.cpp and input_buffer.cpp) keeps the first that comes. A later one is added to it in
    place, unless the first is a view or somebody else holds its storage too; and stays until all gradients of the
    layer that made it have been passed on.
    """

    def __init__(
        self,
        graph: Graph,
        workload: Workload,
        widths: tuple[Widths, ...],
        live: Ledger,
        accumulation: Accumulation,
    ) -> None:
        self.workload = workload
        self.widths = widths
        self.live = live
        self.accumulation = accumulation
        self.holders: Counter[Hashable] = Counter()
        self.tensors = [0]
        """For each value the one whose tensor it is: a layer that returns its input has no part in the backward pass."""
        for node in graph.nodes:
            returned = node.layer.storage("training") == "view" and node.layer.input_gradients() == "incoming"
            self.tensors.append(self.tensors[node.inputs[0]] if returned else node.output)
        self._come: dict[int, Gradient] = {}

    def begin(self, last: Node, item: MemoryItem) -> None:
        """The gradient of the last layer's output."""
        self._come[self.tensors[last.output]] = self._own(OUTPUT_GRADIENT, item)

    def take(self, node: Node) -> Gradient | None:
        """What has come for a layer's output, which the caller holds from now on; None where nothing has."""
        return self._come.pop(node.output, None)

    def returns_its_input(self, node: Node) -> bool:
        """Whether the layer makes no tensor."""
        return self.tensors[node.output] != node.output

    def is_sole(self, gradient: Gradient) -> bool:
        """Whether its storage goes with it."""
        return self.holders[gradient.key] == 1

    def let_go(self, gradient: Gradient) -> None:
        """One holder less; with the last the storage goes."""
        self.holders[gradient.key] -= 1
        if not self.holders[gradient.key]:
            self.live.drop(gradient.key)

    def item(self, node: Node, width: int, position: int = 0) -> MemoryItem:
        """The gradient that a layer makes of one of its inputs, ``width`` bytes a value."""
        count = values(node.in_shapes[position])
        return make_item(node.name, INPUT_GRADIENT, count, self.workload, width, part="transients")

    def settled(
        self, node: Node, beside: tuple[MemoryItem, ...]
    ) -> Generator[Instant, None, dict[int, MemoryItem]]:
        """What a layer makes for its inputs, by position, in the shape and the format of each.

        autograd brings one after the other into them, before it lets go of anything: what was multiplied with one value
        a channel is summed to that.
        """
        width = self.widths[node.index]
        made = {position: self.item(node, width.reads, position) for position in _wanted(node)}
        if len(node.inputs) == 1:
            return made
        count = values(node.shape) * self.workload.batch
        made = {
            position: item._replace(elements=count, bytes=count * width.reads)
            for position, item in made.items()
        }
        for position in made:
            arrives = width.reads if position in width.copies else width.arrives[position]
            for item in (self.item(node, width.reads, position), self.item(node, arrives, position)):
                if item != made[position]:
                    yield self.live.instant(node.name, "backward", (*beside, *made.values(), item))
                    made[position] = item
        return made

    def pass_on(self, node: Node, made: Mapping[int, MemoryItem]) -> Iterator[Instant]:
        """What a layer has made for its inputs, each in memory of its own; all of it is there before the first is added."""
        held = [(position, self._own((node.index, position), item)) for position, item in made.items()]
        yield from self._arrive(node, held)

    def hand_on(self, node: Node, incoming: Gradient) -> Iterator[Instant]:
        """To a layer's inputs the gradient that came in, or views of it."""
        way = node.layer.input_gradients()
        shown = incoming._replace(is_view=incoming.is_view or way == "views")
        wanted = _wanted(node)
        if way == "incoming":  # of several maps the last is added last, and gets its gradient first
            wanted.sort(key=lambda position: -position if position > 1 else position)
        self.holders[incoming.key] += len(wanted)
        self.let_go(incoming)
        yield from self._arrive(node, [(position, shown) for position in wanted])

    def _own(self, key: Hashable, item: MemoryItem) -> Gradient:
        self.live[key] = item
        self.holders[key] = 1
        return Gradient(key)

    def _arrive(self, node: Node, passed: list[tuple[int, Gradient]]) -> Iterator[Instant]:
        """Each becomes that of its input, or is added to what has come before.

        The copy of an input in another format has a backward function of its own, which runs after the layer's, the
        last copy's first.
        """
        width = self.widths[node.index]
        added: list[Gradient] = []
        for position, gradient in passed:
            if position in width.copies:
                continue
            if node.layer.input_gradients() != "new" and width.arrives[position] != width.reads:
                gradient = yield from self._recast(node, position, gradient)
            added += yield from self._add(node, position, gradient)
        for gradient in added:
            self.let_go(gradient)
        for position, gradient in reversed(passed):
            if position in width.copies:
                gradient = yield from self._recast(node, position, gradient)
                for spent in (yield from self._add(node, position, gradient)):
                    self.let_go(spent)

    def _recast(self, node: Node, position: int, gradient: Gradient) -> Generator[Instant, None, Gradient]:
        """The gradient in the format of the map that reached the layer."""
        item = self.item(node, self.widths[node.index].arrives[position], position)
        yield self.live.instant(node.name, "backward", (item,))
        self.let_go(gradient)
        return self._own((node.index, position, "recast"), item)

    def _add(
        self, node: Node, position: int, gradient: Gradient
    ) -> Generator[Instant, None, tuple[Gradient, ...]]:
        """The gradient of one input comes; what is left over of it once it has been added to an earlier one."""
        value = self.tensors[node.inputs[position]]
        first = self._come.get(value)
        if first is None:
            self._come[value] = gradient
            return ()
        if self.accumulation == "in place" and not first.is_view and self.is_sole(first):
            yield self.live.instant(node.name, "backward")
            return (gradient,)
        item = self.item(node, self.widths[node.index].arrives[position], position)
        item = item._replace(what="sum of gradients")
        yield self.live.instant(node.name, "backward", (item,))
        self._come[value] = self._own((node.index, position, "sum"), item)
        self.let_go(first)
        return (gradient,)


def _wanted(node: Node) -> list[int]:
    """Positions of the inputs that get a gradient."""
    return [position for position, needed in enumerate(node.input_grads) if needed]
