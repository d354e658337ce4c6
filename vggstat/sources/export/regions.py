"""The parts of a network that can be called: what runs in each, what enters and what leaves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

from vggstat.net.graph import Graph, Node
from vggstat.net.ops.part import Crop
from vggstat.sources.export.modules import ModuleCall, is_light

__all__ = ["Form", "Region", "Step", "region_tree", "ungrouped"]

Form = Literal["class", "chain", "group"]
"""What a region becomes: a class with a forward of its own, an nn.Sequential, or some of the layers of one."""


class Step(NamedTuple):
    """What a forward pass does at once: it runs a layer or a region."""

    name: str
    """As the region that it stands in has it: ``conv1``, or ``unit1.conv1`` where the unit cannot be called as a whole;
    empty for a function, and for a group of layers."""
    part: Region | Node
    reads: tuple[int, ...]
    makes: tuple[int, ...]
    call: ModuleCall | None = None
    """The module that it runs; None for a region, and for a function."""


class Region:
    """Layers that run one after the other, with nothing of other regions between them."""

    def __init__(
        self, path: tuple[str, ...], form: Form, steps: Sequence[Step], outputs: Iterable[int]
    ) -> None:
        self.path = path
        self.form = form
        self.steps: tuple[Step, ...] = tuple(steps)
        self.outputs = tuple(outputs)
        """Values that are read outside."""
        made = {value for step in self.steps for value in step.makes}
        read = dict.fromkeys(value for step in self.steps for value in step.reads)
        self.inputs = tuple(value for value in read if value not in made)
        """Values that come from outside, in the order in which they are read."""

    @property
    def is_numbered(self) -> bool:
        """Whether what it holds is called 0, 1, 2 and so on."""
        return _numbered([step for part in self.steps for step in ungrouped(part)])

    def layers(self) -> Iterator[Step]:
        """The steps that run a single layer, those of inner regions too, in order."""
        for step in self.steps:
            if isinstance(step.part, Region):
                yield from step.part.layers()
            else:
                yield step


def ungrouped(step: Step) -> tuple[Step, ...]:
    """The layers of a group, or the step itself."""
    return step.part.steps if isinstance(step.part, Region) and step.part.form == "group" else (step,)


class _Member(NamedTuple):
    """A node on its way into the innermost region that it belongs to."""

    node: Node
    names: tuple[str, ...]
    """The path that is left, its own name last."""


class _Uses(NamedTuple):
    """Who reads what in the whole network."""

    last: dict[int, int]
    """For each value the last node that reads it."""
    result: int
    """The value that the network returns."""
    like: dict[int, int]
    """For each crop to the size of another map, by its index, that map."""
    calls: Mapping[int, ModuleCall]
    """The modules of the nodes that are no functions, by their index."""


def region_tree(
    graph: Graph, paths: Mapping[int, tuple[str, ...]], calls: Mapping[int, ModuleCall]
) -> Region:
    """The whole network as a region.

    ``paths`` are the names of its nodes, by index: containers, then its own. ``calls`` are the modules of those that are
    no functions.
    """
    nodes = [node for node in graph.nodes if node.in_model]
    last = {value: node.index for node in nodes for value in node.inputs}
    uses = _Uses(last, nodes[-1].output if nodes else 0, _sizes_of_crops(nodes, paths), calls)
    steps = _steps((), [_Member(node, paths[node.index]) for node in nodes], uses)
    return Region((), "class", steps, (uses.result,))


def _steps(path: tuple[str, ...], members: list[_Member], uses: _Uses) -> list[Step]:
    """What a region does, from its nodes in order: what lies within it is one step where its nodes stand together."""
    steps: list[Step] = []
    for name, run in groupby(_in_runs(members), key=_container):
        inside = list(run)
        if name is None:
            steps += [_leaf(member, uses) for member in inside]
            continue
        region = _region((*path, name), [one._replace(names=one.names[1:]) for one in inside], uses)
        steps.append(Step(name, region, region.inputs, region.outputs))
    return steps


def _leaf(member: _Member, uses: _Uses) -> Step:
    node = member.node
    reads = (*node.inputs, uses.like[node.index]) if node.index in uses.like else node.inputs
    return Step(member.names[0], node, reads, (node.output,), uses.calls.get(node.index))


def _sizes_of_crops(nodes: Sequence[Node], paths: Mapping[int, tuple[str, ...]]) -> dict[int, int]:
    """For each crop about the centre the map that it is to meet, where that has its size and is there already."""
    crops = {node.output: node for node in nodes if isinstance(node.layer, Crop)}
    shapes = {node.output: node.shape for node in nodes}
    found: dict[int, int] = {}
    for node in nodes:
        for crop in [crops[value] for value in node.inputs if value in crops]:
            sizes = [
                value
                for value in node.inputs
                if value in shapes and shapes[value][1:] == crop.shape[1:] and value < crop.output
            ]
            if sizes and paths[node.index][:-1] == paths[crop.index][:-1] and _is_centred(crop):
                found.setdefault(crop.index, sizes[0])
    return found


def _is_centred(node: Node) -> bool:
    layer, (channels, height, width) = node.layer, node.in_shapes[0]
    assert isinstance(layer, Crop)
    _, tall, wide = layer.makes
    return layer.makes[0] == channels and layer.start == (0, (height - tall) // 2, (width - wide) // 2)


def _container(member: _Member) -> str | None:
    return member.names[0] if len(member.names) > 1 else None


def _in_runs(members: list[_Member]) -> list[_Member]:
    """The members, those of a container between whose nodes others run named by it, and in none."""
    while True:
        runs = Counter(name for name, _ in groupby(members, key=_container) if name is not None)
        torn = {name for name, count in runs.items() if count > 1}
        if not torn:
            return members
        members = [_lifted(member) if _container(member) in torn else member for member in members]


def _lifted(member: _Member) -> _Member:
    outer, inner, *rest = member.names
    return member._replace(names=(f"{outer}.{inner}" if inner else "", *rest))


def _region(path: tuple[str, ...], members: list[_Member], uses: _Uses) -> Region:
    steps = _steps(path, members, uses)
    end = members[-1].node.index
    made = [value for step in steps for value in step.makes]
    leaving = [value for value in made if uses.last.get(value, -1) > end or value == uses.result]
    if _is_chain(steps, leaving):
        return Region(path, "chain", _grouped(path, steps), leaving)
    return Region(path, "class", steps, leaving or made[-1:])


def _is_chain(steps: Sequence[Step], leaving: Sequence[int]) -> bool:
    """Whether each step is a module on what the one before it makes, which nobody else reads."""
    alone = all(len(step.reads) == len(step.makes) == 1 for step in steps)
    modules = all("." not in step.name and step.name for step in steps)
    if not alone or not modules or list(leaving) != list(steps[-1].makes):
        return False
    return all(after.reads == before.makes for before, after in pairwise(steps))


def _grouped(path: tuple[str, ...], steps: list[Step]) -> list[Step]:
    """The steps of a chain whose names are numbers, each layer with the norm, activation and dropout behind it."""
    if any(isinstance(step.part, Region) for step in steps) or not _numbered(steps):
        return steps
    groups: list[list[Step]] = []
    for step in steps:
        assert isinstance(step.part, Node)
        if groups and is_light(step.part):
            groups[-1].append(step)
        else:
            groups.append([step])
    return [
        Step("", Region(path, "group", group, group[-1].makes), group[0].reads, group[-1].makes)
        if len(group) > 1
        else group[0]
        for group in groups
    ]


def _numbered(steps: Sequence[Step]) -> bool:
    return [step.name for step in steps] == [str(at) for at in range(len(steps))]
