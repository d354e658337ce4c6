"""What is written once as Python source: a class, or a function that makes some layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from vggstat.net.graph import Node
from vggstat.sources.export.forward import forward_statements, parameters_of
from vggstat.sources.export.frame import Argument, Frame
from vggstat.sources.export.layout import Brackets, Text, before, is_name, lines, quoted
from vggstat.sources.export.loops import Loop, loops
from vggstat.sources.export.naming import sentence
from vggstat.sources.export.regions import Region, Step

__all__ = ["class_lines", "definition"]

LOOP_WIDTH: Final = 80
"""Characters of a loop at most, since it stands on one line."""


def definition(frame: Frame) -> list[str]:
    """The class or function of a template."""
    region = frame.template.model
    if region.form == "group":
        return _function(frame, region)
    if region.form == "chain":
        return _sequential_class(frame, region)
    return class_lines(frame, sentence(region))


def class_lines(frame: Frame, about: str, about_forward: str = "", remarks: Iterable[str] = ()) -> list[str]:
    """A class with a forward pass; ``remarks`` are comments before its last statement."""
    region = frame.template.model
    head = [f"class {frame.name}(nn.Module):"]
    head += [f'    """{about}"""', ""] if about else []
    modules = [line for text in _children(frame, region) for line in lines(text, 2)]
    takes = ", ".join(f"{name}: Tensor" for name in parameters_of(region))
    makes = "Tensor" if len(region.outputs) == 1 else f"tuple[{', '.join(['Tensor'] * len(region.outputs))}]"
    forward = ["", f"    def forward(self, {takes}) -> {makes}:"]
    forward += [f'        """{about_forward}"""'] if about_forward else []
    *body, end = forward_statements(region)
    return [
        *head,
        *_init_head(frame),
        "        super().__init__()",
        *_locals(frame, 2),
        *modules,
        *forward,
        *(line for text in body for line in lines(text, 2)),
        *(f"        {remark}" for remark in remarks),
        *lines(end, 2),
    ]


def _init_head(frame: Frame) -> list[str]:
    return lines(Brackets("def __init__(", ("self", *frame.signature), ") -> None:"), 1)


def _locals(frame: Frame, depth: int) -> list[str]:
    """What follows from the parameters and is used more than once."""
    return [f"{'    ' * depth}{one.name} = {one.rule}" for one in frame.derived]


def _function(frame: Frame, region: Region) -> list[str]:
    """``def conv_relu(in_channels: int, out_channels: int) -> list[nn.Module]``."""
    head = lines(Brackets(f"def {frame.name}(", frame.signature, ") -> list[nn.Module]:"), 0)
    items = tuple(_part(frame, step) for step in region.steps)
    return [*head, *_locals(frame, 1), *lines(Brackets("return [", items, "]"), 1)]


def _sequential_class(frame: Frame, region: Region) -> list[str]:
    head = [f"class {frame.name}(nn.Sequential):", f'    """{sentence(region)}"""', ""]
    modules = lines(_chain("super().__init__(", frame, region), 2)
    return [*head, *_init_head(frame), *_locals(frame, 2), *modules]


# modules ------------------------------------------------------------------------------------------------


Named = tuple[tuple[str, ...], Step]
"""A step with the names that lead to its module from here."""


def _children(frame: Frame, region: Region) -> Iterator[Text]:
    """The modules that a class makes, in the order in which they run."""
    named = [(tuple(step.name.split(".")), step) for step in region.steps if step.name]
    for name, text in _modules(frame, named):
        if is_name(name):
            yield before(f"self.{name} = ", text)
        else:
            yield Brackets("self.add_module(", (quoted(name), text))


def _modules(frame: Frame, named: Sequence[Named]) -> Iterator[tuple[str, Text]]:
    """The modules under each name; those that a step reaches past their holder lie in a ModuleDict."""
    held: dict[str, list[Named]] = {}
    for (name, *rest), step in named:
        held.setdefault(name, []).append((tuple(rest), step))
    for name, inside in held.items():
        if inside[0][0]:
            entries = tuple(before(f"{quoted(key)}: ", text) for key, text in _modules(frame, inside))
            yield name, Brackets("nn.ModuleDict(", (Brackets("{", entries, "}"),))
        else:
            yield name, _part(frame, inside[0][1])


def _part(frame: Frame, step: Step) -> Text:
    """The module of a step."""
    part = step.part
    if isinstance(part, Node):
        assert step.call is not None
        return _call(step.call.name, frame.arguments(step))
    inner = frame.of(part)
    return (
        _chain("nn.Sequential(", frame, part) if inner is None else _call(inner.name, frame.arguments(step))
    )


def _call(name: str, arguments: Iterable[Argument]) -> Text:
    return Brackets(f"{name}(", tuple(map(str, arguments)))


def _chain(head: str, frame: Frame, region: Region) -> Text:
    """An nn.Sequential of what a region holds; names that are not numbers stand in a dictionary."""
    if region.is_numbered:
        return Brackets(head, tuple(_numbered(frame, region)))
    if all(is_name(step.name) for step in region.steps):
        entries = tuple(_entries(frame, region, "{}=".format))
        return Brackets(head, (Brackets("OrderedDict(", entries),))
    entries = tuple(_entries(frame, region, lambda name: f"{quoted(name)}: "))
    return Brackets(head, (Brackets("OrderedDict(", (Brackets("{", entries, "}"),)),))


def _numbered(frame: Frame, region: Region) -> Iterator[Text]:
    for steps, loop in loops(frame, region.steps):
        text = f"*({loop.call(0)} for {loop.counter} in range({len(steps)}))" if loop is not None else ""
        if 0 < len(text) <= LOOP_WIDTH:
            yield text
        else:
            yield from (text for step in steps for text in _numbered_step(frame, step))


def _numbered_step(frame: Frame, step: Step) -> Iterator[Text]:
    """A module, or those of a group: by the function that makes them, if there is one."""
    if isinstance(step.part, Region) and step.part.form == "group":
        if frame.of(step.part) is None:
            yield from (_part(frame, one) for one in step.part.steps)
        else:
            yield before("*", _part(frame, step))
    else:
        yield _part(frame, step)


def _entries(frame: Frame, region: Region, key: Callable[[str], str]) -> Iterator[Text]:
    for steps, loop in loops(frame, region.steps):
        text = _named_loop(loop, len(steps)) if loop is not None else ""
        if 0 < len(text) <= LOOP_WIDTH:
            yield text
        else:
            yield from (before(key(step.name), _part(frame, step)) for step in steps)


def _named_loop(loop: Loop, count: int) -> str:
    names = f'f"{loop.stem}{{i}}"'
    return f"**{{{names}: {loop.call(loop.start)} for i in range({loop.start}, {loop.start + count})}}"
