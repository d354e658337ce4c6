"""Building a graph node by node: what follows from the values that enter is settled here, whatever source they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vggstat.net.graph import Node, Shared, Sight
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.base import Layer, Param, Storage, Window, Windows
from vggstat.net.ops.given import Given
from vggstat.net.spec import Place
from vggstat.net.work import Work
from vggstat.shapes import Shape, pair, square

__all__ = ["GraphBuilder", "joined", "seen_through"]


class _Value(NamedTuple):
    """What is known of a value beside its number."""

    shape: Shape
    sight: Sight | None
    learned: bool
    """Whether a learned tensor stands before it."""
    may_overwrite: bool
    """Whether it may be written over: neither the caller's image nor kept for a gradient."""
    is_view: bool
    """Whether it is a view of another shape."""


class _Settled(NamedTuple):
    """What a layer is on maps of some shapes. A large network repeats few layers on few shapes, and shares these."""

    layer: Layer
    """StateDict, so that no other layer gets the number that it is found by."""
    in_shapes: tuple[Shape, ...]
    shape: Shape
    params: tuple[Param, ...]
    ops: Work
    windows: Windows | None
    storage: Storage
    """In training."""
    lies_in_input: bool
    """Whether what it makes is a view in some mode."""
    keeps_output: bool
    """Whether autograd keeps what it makes."""


class GraphBuilder:
    """Nodes in the order in which they run, each on values that are there: 0 is the image, the last one unless told."""

    def __init__(self, image: Shape) -> None:
        self.image = image
        self._nodes: list[Node] = []
        self._values = [_Value(image, Sight(1, 1), learned=False, may_overwrite=False, is_view=False)]
        self._settled: dict[tuple[int, tuple[Shape, ...]], _Settled] = {}
        self._seen_in_place: set[int] = set()
        """Nodes of which it is known whether they write over their input."""
        self._owners: dict[str, str] = {}
        """Who holds a tensor of somebody's model, by its path there."""

    def shape_of(self, value: int) -> Shape:
        """Of a value by its number."""
        return self._values[value].shape

    def node_of(self, value: int) -> Node:
        """The node that makes a value other than the image."""
        return self._nodes[value - 1]

    @property
    def last(self) -> int:
        """The number of the last value."""
        return len(self._nodes)

    def add(
        self,
        layer: Layer,
        name: str,
        *,
        scope: tuple[str, ...],
        place: Place,
        inputs: tuple[int, ...] | None = None,
        tensors: Sequence[Param] = (),
        torch_name: str | None = None,
        is_row: bool = True,
        in_model: bool = True,
        in_place: bool | None = None,
    ) -> int:
        """A node on ``inputs``, the last value alone unless told; the number of the value that it makes.

        ``tensors`` are those that somebody's model gives it, with their paths there: what an earlier node holds already is
        shared. ``in_place`` says whether it was seen to write over its first input; None where it may if it can. Raises
        ShapeError where the layer cannot take its inputs, and ValueError for a value that is not there yet.
        """
        entering = (self.last,) if inputs is None else inputs
        if not all(0 <= value <= self.last for value in entering):
            raise ValueError(f"{name} reads {entering}, and the last value is {self.last}")
        read = [self._values[value] for value in entering]
        settled = self._settle(layer, tuple(value.shape for value in read))
        params, shared = self._claim(name, settled.params, tensors)
        trains = any(param.is_trained for param in (*params, *(one.param for one in shared)))
        if in_place is None:
            in_place = settled.storage == "in-place" and read[0].may_overwrite
        else:
            self._seen_in_place.add(self.last)
        identity = isinstance(layer, AdaptiveAvgPool) and settled.shape == read[0].shape
        before = joined([value.sight for value in read])
        sight = before if identity else _sight(layer, before, settled.windows)
        input_grads = tuple(value.learned for value in read)
        self._nodes.append(
            Node(
                index=self.last,
                name=name,
                torch_name=torch_name,
                scope=scope,
                layer=layer,
                inputs=entering,
                in_shapes=settled.in_shapes,
                shape=settled.shape,
                params=params,
                shared=shared,
                ops=settled.ops if in_model else Work(),
                is_row=is_row and not identity,
                in_model=in_model,
                in_place=in_place,
                on_view=in_place and read[0].is_view,
                input_grads=input_grads,
                sight=sight,
                place=place,
            )
        )
        views = settled.storage == "view"
        self._values.append(
            _Value(
                settled.shape,
                sight,
                learned=any(input_grads) or trains,
                may_overwrite=(not settled.lies_in_input or read[0].may_overwrite)
                and not isinstance(layer, Given)
                and not settled.keeps_output
                and not layer.is_part,
                is_view=(views or in_place)
                and (read[0].is_view or (views and settled.shape != read[0].shape)),
            )
        )
        return self.last

    def nodes(self) -> tuple[Node, ...]:
        """All nodes. What would write over memory that is read elsewhere as well makes memory of its own instead."""
        homes = list(range(len(self._values)))  # for each value the one whose memory it lies in
        readers: dict[int, int] = {}  # how often it is read
        for node in self._nodes:
            if _lies_in_input(node.layer):
                homes[node.output] = homes[node.inputs[0]]
            else:
                for value in node.inputs:
                    readers[homes[value]] = readers.get(homes[value], 0) + 1
        return tuple(
            node.replace(in_place=False, on_view=False)
            if node.index not in self._seen_in_place and node.in_place and readers[homes[node.inputs[0]]] > 1
            else node
            for node in self._nodes
        )

    def _claim(
        self, name: str, params: tuple[Param, ...], given: Sequence[Param]
    ) -> tuple[tuple[Param, ...], tuple[Shared, ...]]:
        """The layer's tensors as the model has them, and those of them that an earlier node holds."""
        if not given:
            return params, ()
        own: list[Param] = []
        shared: list[Shared] = []
        for param in _as_given(params, given):
            owner = self._owners.setdefault(param.path, name) if param.path else name
            if owner == name:
                own.append(param)
            else:
                shared.append(Shared(param, owner))
        return tuple(own), tuple(shared)

    def _settle(self, layer: Layer, shapes: tuple[Shape, ...]) -> _Settled:
        """The layer on maps of these shapes. Raises ShapeError where it cannot take them."""
        key = (id(layer), shapes)
        found = self._settled.get(key)
        if found is None:
            found = self._settled[key] = _Settled(
                layer=layer,
                in_shapes=shapes,
                shape=layer.out_shape(*shapes),
                params=layer.params(*shapes),
                ops=layer.ops(*shapes),
                windows=layer.windows(),
                storage=layer.storage("training"),
                lies_in_input=_lies_in_input(layer),
                keeps_output=layer.keeps_output(*shapes),
            )
        return found


def _as_given(params: tuple[Param, ...], given: Sequence[Param]) -> Iterator[Param]:
    """Each of a layer's tensors with the path and the freedom that the model's has; buffers that it has not are left out."""
    rest = list(given)
    for param in params:
        like = [one for one in rest if (one.shape, one.role) == (param.shape, param.role)]
        named = next((one for one in like if one.name == param.name), like[0] if like else None)
        if named is not None:
            rest.remove(named)
            yield param._replace(path=named.path, frozen=named.frozen)
        elif param.role != "buffer":
            yield param


def _lies_in_input(layer: Layer) -> bool:
    """Whether what it makes is a view of what it reads in training or in inference, where a dropout hands its input on."""
    return "view" in (layer.storage("training"), layer.storage("inference"))


def _sight(layer: Layer, before: Sight | None, windows: Windows | None) -> Sight | None:
    """Of what a layer makes; of values that all see the whole image, any function does too."""
    if before is not None and not layer.knows_windows:
        return Sight(None, None)
    return seen_through(before, windows)


def seen_through(sight: Sight | None, windows: Windows | None) -> Sight | None:
    """The receptive field one layer on: it grows by (extent − 1) steps, and the step by the stride over the enlargement.

    Without a step (paths of different steps met) a window of more than one value leaves the field unknown too.
    """
    if sight is None or windows is None:
        return None
    if sight.jump is None or sight.field is None:
        return sight if windows.height.extent == windows.width.extent == 1 else Sight(None, None)
    both = zip(pair(sight.field), pair(sight.jump), windows, strict=True)
    (high, step_down), (wide, step_right) = (_one_axis(*axis) for axis in both)
    field = square(high, wide)
    return Sight(field, None if step_down is None or step_right is None else square(step_down, step_right))


def _one_axis(field: int, jump: int, window: Window) -> tuple[int, int | None]:
    """Field and step along one axis; no step where it is not a whole number of pixels."""
    step, rest = divmod(jump * window.stride, window.enlarged)
    return field + (window.extent - 1) * jump, None if rest else step


def joined(sights: Sequence[Sight | None]) -> Sight | None:
    """Of several paths: the largest field, all where one of them sees all, and the step where they agree."""
    if not sights:
        return Sight(1, 1)  # a further input
    if len(sights) == 1 or any(sight is None for sight in sights):
        return sights[0] if len(sights) == 1 else None
    known = [sight for sight in sights if sight is not None]
    fields = [pair(sight.field) for sight in known if sight.field is not None]
    jumps = {sight.jump for sight in known}
    largest = None
    if len(fields) == len(known):
        largest = square(max(high for high, _ in fields), max(wide for _, wide in fields))
    return Sight(largest, jumps.pop() if len(jumps) == 1 else None)
