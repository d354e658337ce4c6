"""Names for what is written once: by what it is called in the network, else by what it does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from keyword import iskeyword
from typing import Final

from vggstat.net.graph import Graph, Node
from vggstat.net.ops import fold
from vggstat.net.scopes import is_ours
from vggstat.net.torch_names import class_name
from vggstat.sources.export.functions import joins
from vggstat.sources.export.modules import CHANNEL_NORM, is_light
from vggstat.sources.export.plan import Template
from vggstat.sources.export.regions import Region, Step

__all__ = ["Names", "sentence"]

_USED: Final = (
    *("OrderedDict", "Tensor", "annotations", "nn", "torch", "center_crop", CHANNEL_NORM),
    *("float", "int", "list", "range", "self", "super", "tuple"),
)
"""What the file calls something else."""


class Names:
    """The names of classes and functions of one file, each given once."""

    def __init__(self, graph: Graph) -> None:
        self._taken = set(_USED)
        self.network = self._free(_camel(class_name(graph)))
        self.factory = self._free(_factory(graph))

    def of(self, template: Template) -> str:
        """For a class or function that makes part of the network."""
        region = template.model
        if region.form == "group":
            return self._free("_".join(map(_stem, region.layers())))
        if len(template.regions) == 1:
            own = region.path[-2:] if is_ours(region.path[-1]) else region.path[-1:]
            return self._free(_camel("_".join(own)) if not own[-1].isdigit() else f"{_doing(region)}Block")
        common = _common_beginning([one.path[-1] for one in template.regions]).rstrip("0123456789_")
        base = _camel(common) or "Block"
        return self._free(f"{_doing(region)}{base}" if not common or is_ours(common) else base)

    def _free(self, name: str) -> str:
        """The name, or one with a number behind it where it is taken, or is a word of Python's."""
        number = 2
        free = f"{name}_" if iskeyword(name) else name
        while free in self._taken:
            free = f"{name}{number}"
            number += 1
        self._taken.add(free)
        return free


def _join_of(region: Region) -> Step | None:
    """Where the paths of a region meet at its end, activations behind it aside."""
    for step in region.steps[::-1]:
        if joins(step):
            return step
        if not isinstance(step.part, Node) or not is_light(step.part):
            return None
    return None


def sentence(region: Region) -> str:
    """What a region is, in a line."""
    join = _join_of(region)
    if join is None:
        words = ", ".join(_words(region))
        return f"{words[:1].upper()}{words[1:]}."
    assert isinstance(join.part, Node)
    if join.part.layer.stem == "concat":
        return "Branches whose maps are concatenated along the channels."
    done, word = {"add": ("added", "to"), "multiply": ("multiplied", "by")}[join.part.layer.stem]
    if set(join.reads) & set(region.inputs):
        return f"Layers whose result is {done} {word} their input."
    return f"{'Two paths' if len(join.reads) == 2 else 'Paths'} whose results are {done}."


def _words(region: Region) -> list[str]:
    """The layers of a region but norms and activations, and the regions in it, in a word each."""
    words = []
    for step in region.steps:
        if isinstance(step.part, Node):
            words += [] if is_light(step.part) else [_stem(step)]
        elif step.part.form == "class":
            words.append(_doing(step.part).lower())
        else:
            words += _words(step.part)
    return words or [_stem(step) for step in region.layers()]


def _factory(graph: Graph) -> str:
    spec = graph.spec
    name = next(
        (alias for alias in (*spec.aliases, graph.own_name) if fold(alias).startswith("vgg")), graph.own_name
    )
    word = re.sub(r"[^0-9a-z]+", "_", name.lower())
    return word if word[0].isalpha() else f"net_{word}"


def _common_beginning(names: Sequence[str]) -> str:
    first, last = min(names), max(names)
    return next((first[:at] for at in range(len(first), 0, -1) if last.startswith(first[:at])), "")


def _camel(name: str) -> str:
    return "".join(f"{word[:1].upper()}{word[1:]}" for word in name.split("_"))


def _doing(region: Region) -> str:
    """What a region does, in a word."""
    join = _join_of(region)
    if join is None:
        return _camel(_words(region)[0])
    assert isinstance(join.part, Node)
    if join.part.layer.stem == "add":
        return "Residual" if set(join.reads) & set(region.inputs) else "Projection"
    return {"concat": "Concat", "multiply": "Gate"}[join.part.layer.stem]


def _stem(step: Step) -> str:
    assert isinstance(step.part, Node)
    is_depthwise = step.call is not None and step.call.is_depthwise
    return "dwconv" if is_depthwise else step.part.layer.stem
