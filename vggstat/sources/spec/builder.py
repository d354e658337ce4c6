"""The blocks of a specification as nodes of a graph: names, and edges."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from vggstat.errors import Problem, ShapeError, SpecError, UsageError, VggstatError
from vggstat.net.building import GraphBuilder
from vggstat.net.graph import Node
from vggstat.net.ops.base import Kind, Layer
from vggstat.net.scopes import SHORTCUT
from vggstat.net.spec import From, Item, Join, JoinKind, Place, Spec, Step, Unit
from vggstat.net.torch_names import module_path
from vggstat.shapes import Shape, describe

__all__ = ["SpecBuilder", "Where"]

FEATURES: Final = "features"
"""torchvision's container of a chain's feature layers."""


BLOCK_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {"fc": {"dropout": 0}}
"""Defaults of the kinds that hold in blocks, in place of those in the classifier: dropout is that of classifiers."""


class Where(NamedTuple):
    """The part of a spec that layers stand in: what their names begin with, and the path of blocks and branches."""

    prefix: str
    scope: tuple[str, ...]

    def inside(self, part: str, name: str = "") -> Where:
        """A part of it, whose layers' names begin with ``name`` where it has one of its own."""
        return Where(name or f"{self.prefix}_{part}", (*self.scope, name or part))


class SpecBuilder:
    """Adds the layers of a spec, each on the current value, under the names that people and torch have for them."""

    def __init__(self, spec: Spec, image: Shape) -> None:
        self.spec = spec
        self.graph = GraphBuilder(image)
        self.current = 0
        """The number of the value that the next layer reads."""
        self._is_chain = spec.is_chain
        self._layers: dict[tuple[Any, ...], tuple[Layer, ...]] = {}
        self._counters: dict[tuple[str, str], int] = {}
        self._modules: dict[str, int] = {}
        self._named: ChainMap[str, int] = ChainMap()
        self._problems: list[Problem] = []

    @property
    def shape(self) -> Shape:
        """Of the current value."""
        return self.graph.shape_of(self.current)

    def nodes(self) -> tuple[Node, ...]:
        """All nodes. Raises SpecError for joins that do not fit, and for what nobody reads."""
        if not self._problems and not self._is_chain:
            self._problems += self._unread()
        if self._problems:
            raise SpecError(self._problems)
        return self.graph.nodes()

    def _unread(self) -> list[Problem]:
        nodes = self.graph.nodes()
        read = {value for node in nodes for value in node.inputs}
        message = "nobody reads what it makes: give it a name (as NAME) and join it, or leave it out"
        return [
            Problem(*node.place[:3], node.place.path, f"{node.name}: {message}")
            for node in nodes
            if node.output not in read and node.output != self.current
        ]

    # the blocks -------------------------------------------------------------------------------------------

    def add_blocks(self) -> None:
        """All blocks, in order."""
        for number, block in enumerate(self.spec.blocks, start=1):
            name = f"block{number}"
            self._add_steps(block, Where(name, (name,)))

    def _add_steps(self, steps: Sequence[Step], where: Where) -> None:
        for step in steps:
            _ADD[type(step)](self, step, where)
            if not isinstance(step, From) and step.label:
                self._named[step.label] = self.current

    def _add_item(self, item: Item, where: Where) -> None:
        """A layer with what follows it."""
        first, *followers = self._layers_in_block(item)
        self._add(first, where, self.name(where, first), item.place, is_row=first.row != "never")
        for layer in followers:
            self._add(layer, where, self.name(where, layer), item.place, is_row=layer.row == "always")

    def _layers_in_block(self, item: Item) -> tuple[Layer, ...]:
        return self.layers(item.kind, {**BLOCK_DEFAULTS.get(item.kind.name, {}), **item.written})

    def _add_from(self, step: From, where: Where) -> None:
        self.current = self._named[step.name]

    def _add_join(self, step: Join, where: Where) -> None:
        values = [self.current if name == "." else self._named[name] for name in step.sources]
        if step.crop:
            values = self._cropped(values, where, step.place)
        self._meet(step.kind, values, where, step.place)

    def _add_unit(self, unit: Unit, where: Where) -> None:
        if unit.repeat == 1:
            self._add_copy(unit, where)
            return
        outer = self._named
        for _ in range(unit.repeat):
            self._named = outer.new_child()
            self._add_copy(unit, where)
        self._named = outer

    def _add_copy(self, unit: Unit, where: Where) -> None:
        """The unit once."""
        number = self._count(where, "unit")
        inner = where.inside(f"unit{number}", unit.name)
        if unit.form == "layers":
            self._add_steps(unit.branches[0], inner)
            return
        values = self._add_branches(unit, inner)
        self._meet(unit.join, values, inner, unit.place, unit)
        if unit.activation not in (None, "none"):
            from vggstat.net.ops.following import activation_after

            layer = activation_after(str(unit.activation))
            assert layer is not None
            self._add(layer, inner, self.name(inner, layer), unit.place, is_row=False)

    def _add_branches(self, unit: Unit, where: Where) -> list[int]:
        """Each of the lists on the value that enters the unit; the values that they make."""
        entering = self.current
        shares = self._shares(unit, where)
        made = []
        for number, branch in enumerate(unit.branches, start=1):
            self.current = entering
            part = where.inside(f"branch{number}")
            if unit.form == "residual":
                part = where if number == 1 else where.inside(SHORTCUT)
            if shares:
                from vggstat.net.ops.part import Split

                start, count = shares[number - 1]
                _, height, width = self.shape
                layer = Split(start=(start, 0, 0), makes=(count, height, width))
                self._add_function(layer, part, [entering], unit.place)
            if unit.form == "residual" and number == 2 and len(branch) == 1 and isinstance(branch[0], Item):
                self._add_shortcut(branch[0], where)
            else:
                self._add_steps(branch, part)
            made.append(self.current)
        return made

    def _add_shortcut(self, item: Item, where: Where) -> None:
        """A shortcut of one layer, which is called so itself."""
        inner = where.inside(SHORTCUT)
        first, *followers = self._layers_in_block(item)
        self._add(first, where, inner.prefix, item.place, is_row=True, scope=inner.scope)
        for layer in followers:
            name = f"{inner.prefix}_{layer.stem}"
            self._add(layer, where, name, item.place, is_row=layer.row == "always", scope=inner.scope)
        if item.label:
            self._named[item.label] = self.current

    def _shares(self, unit: Unit, where: Where) -> list[tuple[int, int]]:
        """For each branch the first of its channels and their number; nothing where each gets all of them."""
        if unit.split is False:
            return []
        shape, count = self.shape, len(unit.branches)
        if len(shape) != 3:
            raise self.refusal(
                where.prefix, unit.place, f"only the channels of a map can be split, not {describe(shape)}"
            )
        if unit.split is True:
            if shape[0] % count:
                message = f"{shape[0]} channels cannot be split into {count} equal shares: write the channels of each"
                raise self.refusal(where.prefix, unit.place, message)
            sizes: tuple[int, ...] = (shape[0] // count,) * count
        else:
            sizes = unit.split
            if sum(sizes) != shape[0]:
                message = f"the shares {' + '.join(map(str, sizes))} are {sum(sizes)} channels, but {shape[0]} come in"
                raise self.refusal(where.prefix, unit.place, message)
        starts = [sum(sizes[:at]) for at in range(count)]
        return list(zip(starts, sizes, strict=True))

    def _cropped(self, values: Sequence[int], where: Where, place: Place) -> list[int]:
        """The values, the larger maps cut to the smallest height and width about their centre."""
        from vggstat.net.ops.part import Crop

        shapes = [self.graph.shape_of(value) for value in values]
        if any(len(shape) != 3 for shape in shapes):
            return list(values)  # the join says what is wrong
        height, width = min(shape[1] for shape in shapes), min(shape[2] for shape in shapes)
        cropped = []
        for value, shape in zip(values, shapes, strict=True):
            if shape[1:] == (height, width):
                cropped.append(value)
                continue
            start = (0, (shape[1] - height) // 2, (shape[2] - width) // 2)
            layer = Crop(start=start, makes=(shape[0], height, width))
            self._add_function(layer, where, [value], place)
            cropped.append(self.current)
        return cropped

    def _meet(
        self, kind: JoinKind, values: Sequence[int], where: Where, place: Place, unit: Unit | None = None
    ) -> None:
        """The join of the values becomes the current one. Where a sum does not fit, the first stands for it, so that what
        is wrong further on is told too.
        """
        layer = _join_layer(kind, unit is None or unit.in_place is not False)
        try:
            self._add_function(layer, where, values, place)
        except ShapeError as error:
            problem = self._misfit(f"{where.prefix}_{layer.stem}", values, place, unit, error)
            if kind == "concat" or self.graph.image != self.spec.input:
                raise problem from None
            assert isinstance(problem, SpecError)
            self._problems += problem.problems
            self.current = values[0]

    def _misfit(
        self, name: str, values: Sequence[int], place: Place, unit: Unit | None, error: ShapeError
    ) -> VggstatError:
        """What does not fit, and where each of the maps comes from."""
        made = "; ".join(f"{describe(self.graph.shape_of(value))} {self._origin(value)}" for value in values)
        if unit is not None and unit.form == "residual":
            hint = self._shortcut_hint(values, unit)
            return self.refusal(name, place, f"the residual adds maps of one shape, but gets {made}{hint}")
        return self.refusal(name, place, f"{error}: {made}")

    def _origin(self, value: int) -> str:
        if not value:
            return "of the image"
        node = self.graph.node_of(value)
        return f"of {node.name} (line {node.place.line})" if node.place.line else f"of {node.name}"

    def _shortcut_hint(self, values: Sequence[int], unit: Unit) -> str:
        body, other = (self.graph.shape_of(value) for value in values)
        if unit.branches[1] or len(body) != 3 or len(other) != 3 or not all(body):
            return ""
        stride = other[1] // body[1]
        if other[1:] != (stride * body[1], stride * body[2]):  # no conv1 with one stride makes this map
            return ""
        return f": write shortcut: conv1-{body[0]}{f'/{stride}' if stride > 1 else ''}"

    # single layers ----------------------------------------------------------------------------------------

    def layers(self, kind: Kind, written: Mapping[str, Any]) -> tuple[Layer, ...]:
        """The layer that ``written`` stands for on the current map and what follows it; what is alike is the same layers."""
        if kind.settles is not None:
            written = {**written, **kind.settles(self.shape)}
        key = (kind.name, *written.items())
        found = self._layers.get(key)
        if found is None:
            found = self._layers[key] = kind.build(written)
        return found

    def _count(self, where: Where, stem: str) -> int:
        key = (where.prefix, stem)
        count = self._counters[key] = self._counters.get(key, 0) + 1
        return count

    def name(self, where: Where, layer: Layer) -> str:
        """The next free name of its kind in a part of the spec."""
        count = self._count(where, layer.stem)
        if count == 1 and not layer.numbered:
            return f"{where.prefix}_{layer.stem}"
        stem = f"{layer.stem}_" if layer.stem[-1].isdigit() else layer.stem  # relu6_1, not relu61
        return f"{where.prefix}_{stem}{count}"

    def _add(
        self,
        layer: Layer,
        where: Where,
        name: str,
        place: Place,
        *,
        is_row: bool,
        scope: tuple[str, ...] | None = None,
    ) -> None:
        """A module on the current value: torchvision's ``features.N`` in a chain, else named by its path."""
        path = (*where.scope, name.removeprefix(f"{where.prefix}_"))
        module = self.module_name(FEATURES) if self._is_chain else module_path(path)
        self.add(layer, scope or where.scope, name, place, is_row=is_row, torch_name=module)

    def _add_function(self, layer: Layer, where: Where, values: Sequence[int], place: Place) -> None:
        """A layer that torch has no module of, on some values."""
        before = self.current
        try:
            self.current = self.graph.add(
                layer, self.name(where, layer), scope=where.scope, place=place, inputs=tuple(values)
            )
        except ShapeError:
            self.current = before
            raise

    def module_name(self, part: str) -> str:
        """The next free entry of torchvision's ``features`` or ``classifier``."""
        number = self._modules.get(part, 0)
        self._modules[part] = number + 1
        return f"{part}.{number}"

    def add(
        self,
        layer: Layer,
        scope: tuple[str, ...],
        name: str,
        place: Place,
        *,
        is_row: bool,
        torch_name: str | None = None,
        in_model: bool = True,
    ) -> None:
        """One node on the current value, which what it makes becomes."""
        try:
            self.current = self.graph.add(
                layer,
                name,
                scope=scope,
                place=place,
                inputs=(self.current,),
                torch_name=torch_name,
                is_row=is_row,
                in_model=in_model,
            )
        except ShapeError as error:
            raise self.refusal(name, place, str(error)) from None

    def refusal(self, name: str, place: Place, message: str) -> VggstatError:
        """What is wrong: the spec on its own image, and else the image that was asked for."""
        where = f"{place.path}: " if place.path else ""
        if self.graph.image == self.spec.input:
            return SpecError([*self._problems, Problem(*place[:3], "", f"{where}{name}: {message}")])
        at = f" ({place.source}:{place.line}:{place.column})" if place.line else ""
        return UsageError(
            f"{self.spec.name} cannot take an image of {describe(self.graph.image)}, made for one of "
            f"{describe(self.spec.input)}: {name}{at}: {message}"
        )


def _join_layer(kind: JoinKind, in_place: bool) -> Layer:
    # Imported where a network joins maps: most do not.
    if kind == "add":
        from vggstat.net.ops.add import Add

        return Add(in_place=in_place)
    if kind == "multiply":
        from vggstat.net.ops.multiply import Multiply

        return Multiply()
    from vggstat.net.ops.concat import Concat

    return Concat()


_ADD: Final[dict[type, Any]] = {
    Item: SpecBuilder._add_item,
    Unit: SpecBuilder._add_unit,
    Join: SpecBuilder._add_join,
    From: SpecBuilder._add_from,
}
