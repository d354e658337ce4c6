"""The numbers of what is written once for several regions: those that differ are parameters, or follow from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from vggstat.net.graph import Node
from vggstat.shapes import Shape
from vggstat.sources.export.plan import Plan, Template
from vggstat.sources.export.regions import Region, Step

__all__ = ["Argument", "Frame", "Parameter"]

Values = tuple[Any, ...]
"""A number in each of the regions."""

CHANNELS: Final = "channels"
NUM_CLASSES: Final = "num_classes"
_FAMILIES: Final = dict.fromkeys(
    ("in_channels", "in_features", "out_channels", "out_features", "groups"), CHANNELS
)
"""Numbers of which one may follow from another: the groups of a depthwise convolution are channels."""

_WORDS: Final = {int: "int", float: "float", tuple: "tuple[int, int]"}


class Parameter:
    """A number that whoever makes a module gives, or one that follows from another parameter."""

    def __init__(
        self, values: Values, field: str, owner: str, default: Any, rule: Rule | None = None
    ) -> None:
        self.values = values
        self.field = field
        self.owner = owner
        """The layer that it is made for, by its path in the region; empty for what enters the region."""
        self.default = default
        self.rule = rule
        self.name = field
        self.family = _FAMILIES.get(field, field)

    @property
    def is_positional(self) -> bool:
        """Whether calls give it without its name."""
        return self.field.startswith(("in_", "out_"))

    @property
    def annotation(self) -> str:
        """``stride: int = 1``."""
        kinds = {type(value) for value in self.values}
        words = [word for kind, word in _WORDS.items() if kind in kinds]
        return f"{self.name}: {' | '.join(words)}" + ("" if self.default is None else f" = {self.default!r}")


class Rule(NamedTuple):
    """How a number follows from a parameter: ``4 * width``, ``in_channels // 4``."""

    base: Parameter
    sign: str
    rate: int

    def __str__(self) -> str:
        return f"{self.rate} * {self.base.name}" if self.sign == "*" else f"{self.base.name} // {self.rate}"


class Argument(NamedTuple):
    """What stands between the brackets of a call."""

    key: str
    """Empty for one by position."""
    text: str

    def __str__(self) -> str:
        return f"{self.key}={self.text}" if self.key else self.text


class Frame:
    """A template's parameters, and the arguments of all calls in it in terms of them."""

    def __init__(
        self, template: Template, plan: Plan, frames: Mapping[int, Frame], shapes: Mapping[int, Shape]
    ) -> None:
        self.template = template
        self.name = ""
        """What it is called in the text."""
        self.parameters: list[Parameter] = []
        self.derived: list[Parameter] = []
        """Numbers that follow from the parameters and have a name of their own."""
        self._predictions: Step | None = None
        self._plan = plan
        self._frames = frames
        self._shapes = shapes
        self._place = {id(region): at for at, region in enumerate(template.regions)}
        entries = list(_entries(template.model, plan))
        rows = [[step for _, step in _entries(region, plan)] for region in template.regions]
        self._columns = {id(column[0]): column for column in zip(*rows, strict=True)}
        self._owners = {id(step): owner for owner, step in entries}
        self._makers = {value: step for step in rows[0] for value in step.makes}
        self._values = {column[0]: column for column in _aligned(template.regions, self._columns.values())}
        for step in rows[0]:
            if step.call is not None or isinstance(step.part, Region):
                self.arguments(step)
        self._name_parameters()

    def of(self, region: Region) -> Frame | None:
        """The frame of a region that is written by a template."""
        template = self._plan.template_of(region)
        return None if template is None else self._frames[id(template)]

    def arguments(self, step: Step) -> list[Argument]:
        """Of the module that a step runs, or of the class or function that makes it."""
        if isinstance(step.part, Node):
            return self._of_module(step)
        return self._of_template(step, step.part)

    def take_classes(self, classes: int) -> None:
        """Make the number of classes a parameter, where one of the modules is the prediction and the last that learns."""
        learning = [
            step for step in self._makers.values() if not isinstance(step.part, Node) or step.part.params
        ]
        if learning and isinstance(learning[-1].part, Node) and learning[-1].part.name == "predictions":
            self._predictions = learning[-1]
            self.parameters.append(Parameter((classes,), NUM_CLASSES, "", classes))

    @property
    def signature(self) -> tuple[str, ...]:
        """The parameters as they are declared, those with a default last."""
        return tuple(parameter.annotation for parameter in self.parameters)

    def _of_module(self, step: Step) -> list[Argument]:
        assert step.call is not None
        columns = zip(*(other.call.slots for other in self._columns[id(step)] if other.call), strict=True)
        written = []
        for slot, column in zip(step.call.slots, columns, strict=True):
            values = tuple(one.value for one in column)
            if slot.default is not None and set(values) == {slot.default}:
                continue
            if step is self._predictions and slot.field.startswith("out_"):
                text = NUM_CLASSES
            elif slot.is_entering:
                text = self._channels(step.reads[0])
            else:
                named = slot.field.startswith("out_")
                text = self._express(values, slot.field, self._owners[id(step)], slot.default, named=named)
            written.append(Argument("" if slot.positional else slot.field, text))
        return written + [Argument(key, repr(value).replace("'", '"')) for key, value in step.call.settings]

    def _of_template(self, step: Step, region: Region) -> list[Argument]:
        inner = self.of(region)
        assert inner is not None
        places = [inner._place[id(other.part)] for other in self._columns[id(step)]]
        written = []
        for parameter in inner.parameters:
            values = tuple(parameter.values[place] for place in places)
            if parameter.default is not None and set(values) == {parameter.default}:
                continue
            if not parameter.owner:
                text = self._channels(step.reads[0])
            else:
                text = self._express(values, parameter.field, self._owners[id(step)], parameter.default)
            written.append(Argument("" if parameter.is_positional else parameter.name, text))
        return written

    # numbers in terms of parameters -----------------------------------------------------------------------

    def _channels(self, value: int) -> str:
        """The channels of a value, or the features of a vector."""
        shapes = [self._shapes[other] for other in self._values[value]]
        values = tuple(shape[0] for shape in shapes)
        known = self._known(values, CHANNELS)
        maker = self._makers.get(value)
        stem = maker.part.layer.stem if maker is not None and isinstance(maker.part, Node) else ""
        if maker is not None and known is None and stem == "concat":
            return " + ".join(map(self._channels, maker.reads))
        if maker is not None and known == str(values[0]) and stem == "flatten":
            whole = self._shapes[maker.reads[0]]
            return known if values[0] == whole[0] else " * ".join(map(str, whole))
        if maker is not None and known is None and isinstance(maker.part, Node) and self._keeps(maker):
            return self._channels(maker.reads[0])
        field = "in_features" if len(shapes[0]) == 1 else "in_channels"
        owner = "skip" if maker is None else self._owners[id(maker)]
        first = value == self.template.model.inputs[0]
        return known or self._express(values, field, "" if first else owner, None)

    def _keeps(self, maker: Step) -> bool:
        """Whether a layer makes as many channels as it reads, in all regions."""
        pairs = zip(self._values[maker.reads[0]], self._values[maker.makes[0]], strict=True)
        return all(self._shapes[read][0] == self._shapes[made][0] for read, made in pairs)

    def _express(self, values: Values, field: str, owner: str, default: Any, *, named: bool = False) -> str:
        """A number in all regions: the same in all, that of a parameter, one that follows from it, or a new parameter.

        ``named``: what follows from one gets a name, since it is used again.
        """
        family = _FAMILIES.get(field, field)
        known = self._known(values, family)
        if known is not None:
            return known
        rule = self._rule(values, field, family)
        if rule is None:
            self.parameters.append(Parameter(values, field, owner, self._default(values, field, default)))
        elif named:
            self.derived.append(Parameter(values, field, owner, None, rule))
        return field if rule is None else str(rule)

    def _known(self, values: Values, family: str) -> str | None:
        if len(set(values)) == 1:
            return repr(values[0])
        same = (
            one for one in (*self.parameters, *self.derived) if one.family == family and one.values == values
        )
        return next((one.name for one in same), None)

    def _rule(self, values: Values, field: str, family: str) -> Rule | None:
        """A number that is a parameter times or by another number; as a padding half a kernel."""
        for one in self.parameters:
            if family == CHANNELS == one.family:
                rate = max(values[0] // one.values[0], one.values[0] // values[0])
                if values == tuple(rate * value for value in one.values):
                    return Rule(one, "*", rate)
                if one.values == tuple(rate * value for value in values):
                    return Rule(one, "//", rate)
            is_kernel = one.field == "kernel_size" and all(isinstance(side, int) for side in one.values)
            if field == "padding" and is_kernel and values == tuple(side // 2 for side in one.values):
                return Rule(one, "//", 2)
        return None

    def _default(self, values: Values, field: str, default: Any) -> Any:
        """What a parameter is where it is not given: torch's own, if any has that; in a group what most kernels are."""
        if default in values:
            return default
        [(value, count)] = Counter(values).most_common(1)
        is_usual = field == "kernel_size" and self.template.model.form == "group" and 2 * count > len(values)
        return value if is_usual else None

    # names ------------------------------------------------------------------------------------------------

    def _name_parameters(self) -> None:
        """Names by what they say, and those without a default first."""
        everything = [*self.parameters, *self.derived]
        fields = Counter(one.field for one in self.parameters if one.owner)
        leaving = tuple(self._shapes[region.outputs[0]][0] for region in self.template.regions)
        inner = sum(one.field.startswith("out_") and one.values != leaving for one in everything)
        used: Counter[str] = Counter(("self", "x"))
        for one in everything:
            owner = one.owner.replace(".", "_")
            if not one.owner or (one.field.startswith("out_") and one.values == leaving):
                name = one.field
            elif one.field.startswith("out_"):
                name = "width" if inner == 1 else f"{owner}_filters"
            elif one.field in ("in_channels", "in_features"):
                name = f"{owner}_channels"
            else:
                name = one.field if fields[one.field] == 1 else f"{owner}_{one.field}"
            used[name] += 1
            one.name = name if used[name] == 1 else f"{name}_{used[name]}"
        self.parameters.sort(key=lambda one: (one.default is not None, not one.is_positional))


def _entries(region: Region, plan: Plan, before: str = "") -> Iterator[tuple[str, Step]]:
    """The steps that are written in the text of a region, each with its path: those of chains in it too."""
    for step in region.steps:
        part = step.part
        name = f"{before}{step.name}"
        if isinstance(part, Region) and plan.template_of(part) is None:
            yield from _entries(part, plan, f"{name}." if name else "")
        elif isinstance(part, Node) and (region.form == "group" or step.name.isdigit()):
            yield f"{before}{part.layer.stem}", step
        else:
            yield name, step


def _aligned(regions: Iterable[Region], columns: Iterable[Sequence[Step]]) -> Iterator[tuple[int, ...]]:
    """For each value of the first region the values in its place in all of them."""
    yield from zip(*(region.inputs for region in regions), strict=True)
    for column in columns:
        yield from zip(*(step.makes for step in column), strict=True)
