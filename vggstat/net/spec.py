"""A specification as its author wrote it, checked for form and not yet for meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple

from vggstat.net.ops.base import Kind
from vggstat.records import Record

__all__ = [
    "HEADS",
    "From",
    "Head",
    "Item",
    "Join",
    "JoinKind",
    "Place",
    "Published",
    "Spec",
    "Step",
    "Unit",
    "UnitForm",
    "items_of",
    "layer_count",
]

Head = Literal["adaptive", "flatten", "conv", "gap", "none"]

HEADS: Final[Mapping[Head, str]] = {
    "flatten": "the first FC layer takes whatever map comes, so its parameters depend on the input size",
    "adaptive": "an average pool back to the map of the spec's own input, so parameters never depend on it",
    "conv": "the FC layers as convolutions over the map (dense evaluation)",
    "gap": "a global average pool before the FC layers",
    "none": "no FC layers",
}
"""What joins the feature maps to the FC layers, and what each choice means."""


class Place(NamedTuple):
    """Where something was written: a file's name, 1-based line and column, and the path of keys to it."""

    source: str
    line: int
    column: int
    path: str

    @property
    def line_words(self) -> str:
        """``net.py:12``; empty where there is no line."""
        return f"{self.source}:{self.line}" if self.line else ""


class Item(Record):
    """One layer as written: its kind and the fields that were given (the kind's defaults are not filled in)."""

    kind: Kind
    fields: Mapping[str, Any]
    """What the item says itself."""
    defaults: Mapping[str, Any] = {}
    """What the spec's ``defaults`` say of its kind."""
    plain: bool = False
    """Whether the spec's defaults are set aside."""
    label: str = ""
    """The name that its value has for what reads it further on."""
    place: Place

    @property
    def written(self) -> dict[str, Any]:
        """All fields that the spec settles: the item's own before the spec's defaults."""
        return {**self.defaults, **self.fields}


JoinKind = Literal["concat", "add", "multiply"]
UnitForm = Literal["layers", "residual", "branches"]


class From(Record):
    """The first step of a list: the value called ``name`` becomes the current one."""

    name: str
    place: Place


class Join(Record):
    """Named values that meet the current one, which ``.`` stands for, in this order."""

    kind: JoinKind
    sources: tuple[str, ...]
    crop: bool = False
    """Whether larger maps are cut to the smallest, about their centre."""
    label: str = ""
    place: Place


class Unit(Record):
    """Layers that belong together: one list of them, or several that start from one value and are joined.

    ``branches`` of a residual are its body and its shortcut, which is empty where that is the input itself.
    """

    form: UnitForm
    branches: tuple[tuple[Step, ...], ...]
    join: JoinKind = "concat"
    split: bool | tuple[int, ...] = False
    """Whether each branch gets a share of the channels instead of all: equal ones, or these numbers."""
    activation: str | None = None
    """After the join; None where it is not written, until the spec's defaults are taken in."""
    in_place: bool | None = None
    """Whether a sum may be written over its first map; None as for ``activation``."""
    repeat: int = 1
    name: str = ""
    """What its layers' names begin with, in place of block and number."""
    label: str = ""
    place: Place


Step = Item | Unit | Join | From


def layer_count(steps: Iterable[Step]) -> int:
    """How many layers the steps stand for when everything is repeated; what follows a layer is not counted."""
    count = 0
    for step in steps:
        if isinstance(step, Unit):
            inner = sum(layer_count(branch) for branch in step.branches)
            count += step.repeat * (inner + (step.form != "layers"))
        else:
            count += not isinstance(step, From)
    return count


def items_of(steps: Iterable[Step]) -> Iterator[Item]:
    """All layers that are written, each once, in their order."""
    for step in steps:
        if isinstance(step, Item):
            yield step
        elif isinstance(step, Unit):
            for branch in step.branches:
                yield from items_of(branch)


class Published(Record):
    """One thing that others state about the network, in their words and under their convention.

    ``figures`` maps a quantity (``params``, ``gflops``, ``top1_error``) to the text in the source.
    """

    figures: Mapping[str, str]
    source: str
    convention: str = ""
    place: Place


class Spec(Record):
    """One network. ``input`` is ``(channels, height, width)`` of the image that it was made for."""

    name: str
    title: str
    aliases: tuple[str, ...] = ()
    source: str = ""
    origin: str
    """The file that it was read from, ``-`` for standard input."""
    input: tuple[int, int, int]
    blocks: tuple[tuple[Step, ...], ...]
    head: Head = "flatten"
    classifier: tuple[Item, ...] = ()
    published: tuple[Published, ...] = ()
    places: Mapping[str, Place] = {}
    """Where the keys that settle ``input``, ``head`` and ``classifier`` stand, of those that are written."""
    texts: tuple[bytes, ...] = ()
    """The bytes that it was read from, then those of what it extends, in turn."""

    @property
    def is_chain(self) -> bool:
        """Whether its blocks are written as one layer after another."""
        return all(isinstance(step, Item) for block in self.blocks for step in block)

    @property
    def digest(self) -> str:
        """SHA-256 of ``texts``, hexadecimal: changes whenever a file that the spec is made of changes."""
        # hashlib loads OpenSSL, 2.8 ms that a table does not need.
        from hashlib import sha256

        # Digests of equal length are chained, so that moving text from one file to the other shows.
        parts = b"".join(sha256(text).digest() for text in self.texts)
        return sha256(parts).hexdigest()
