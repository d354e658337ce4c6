"""The words of the language outside the layers: top-level keys, quantities, names.

The reader and the JSON Schema both work from these tables; a layer's fields stand in its own file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from vggstat.fields import Field, FieldType, boolean, choice, integer
from vggstat.net.ops.following import ACTIVATIONS
from vggstat.net.spec import HEADS, JoinKind, UnitForm

__all__ = [
    "ACTIVATION",
    "AS",
    "CROP",
    "CURRENT",
    "FIGURE",
    "FORMS",
    "FROM",
    "HEAD",
    "IMAGE",
    "INPUT",
    "IN_PLACE",
    "JOIN",
    "JOINS",
    "KEYS",
    "LABEL",
    "MAX_LAYERS",
    "MAX_LINE",
    "NAME",
    "NUMBER",
    "PUBLISHED_TEXTS",
    "QUANTITIES",
    "REPEAT",
    "RESIDUAL",
    "Key",
    "describe",
]


class Key(NamedTuple):
    """A top-level key. An ``inherited`` one comes from the spec in ``extends`` where it is not given."""

    name: str
    doc: str
    required: bool = False
    inherited: bool = False


KEYS: Final[Mapping[str, Key]] = {
    key.name: key
    for key in (
        Key("name", "what the network is called", required=True),
        Key("aliases", "other names of the network"),
        Key("title", "its name in headings; the name where it is not given"),
        Key("source", "where the architecture is described"),
        Key(
            "extends",
            "a shipped spec, or a file in or below this one's folder, that gives the keys missing here",
        ),
        Key(
            "input",
            "the image it was made for: [channels, height, width], or {channels: , height: , width: }",
            required=True,
            inherited=True,
        ),
        Key("defaults", "fields that all layers of a kind have unless they say otherwise", inherited=True),
        Key("blocks", "the feature layers: a list of blocks of layers", required=True, inherited=True),
        Key(
            "head", "what joins the maps to the classifier; none where there is no classifier", inherited=True
        ),
        Key(
            "classifier",
            "the layers after the feature maps; [] drops inherited ones, and their head",
            inherited=True,
        ),
        Key("published", "figures that others state about the network"),
    )
}
"""In the order to write them in. What describes one text only (name, title, source, ...) is not inherited."""

QUANTITIES: Final[Mapping[str, str]] = {
    "params": "learned parameters",
    "weights_file": "size of the file with the weights",
    "gflops": "billions of operations of one forward pass; the convention says which operations",
    "top1_error": "images whose class is not the first answer, in %",
    "top5_error": "images whose class is not among the first five answers, in %",
    "top1_accuracy": "images whose class is the first answer, in %",
    "top5_accuracy": "images whose class is among the first five answers, in %",
    "rank": "place in a competition",
}
"""What ``published`` entries state, in the source's own digits."""

PUBLISHED_TEXTS: Final[Mapping[str, str]] = {
    "source": "who states the figures",
    "convention": "what is counted, in which unit, or how it was measured",
}

NAME: Final = r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}"
"""What a network can be called: safe in file names, in a shell, and before the @ of a variant."""

LABEL: Final = r"[A-Za-z][A-Za-z0-9_]{0,63}"
"""What a value, or a unit's layers, can be called."""

AS: Final = "as"
FROM: Final = "from"
CURRENT: Final = "."
"""The words that name a value, begin a list at a named one, and stand for the current one among named ones."""

REPEAT: Final[Field] = integer(doc="how often the unit stands one after the other", maximum=100_000).named(
    "repeat"
)
CROP: Final[Field] = boolean(
    doc="whether larger maps are cut to the smallest, about their centre", default=False
).named("crop")

FIGURE: Final = r"[0-9][0-9.,]{0,30}( ?[A-Za-z%]{1,8})?"
"""A figure as its source prints it: ``138M``, ``25.6``, ``527.796 MB``."""

NUMBER: Final = r"(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"

MAX_LAYERS: Final = 100_000
"""Layers that one file may write, counted before the first is made: a few kilobytes of aliases stand for many."""

MAX_LINE: Final = 500
"""Characters in a title, a source or a convention."""

IMAGE: Final = ("channels", "height", "width")
"""The sizes of an image, in the order of a list."""

JOINS: Final[tuple[JoinKind, ...]] = ("concat", "add", "multiply")
JOIN: Final[Field] = choice(*JOINS, doc="how the branches meet", default="concat").named("join")
ACTIVATION: Final[Field] = choice(*ACTIVATIONS, "none", doc="non-linearity after the join").named(
    "activation"
)
IN_PLACE: Final[Field] = boolean(
    doc="whether a sum may be written over its first map where nobody else reads that", default=True
).named("in_place")

FORMS: Final[Mapping[UnitForm, tuple[str, ...]]] = {
    "layers": ("repeat", "name", AS),
    "residual": ("shortcut", "activation", "in_place", "repeat", "name", AS),
    "branches": ("join", "split", "activation", "in_place", "repeat", "name", AS),
}
"""The keys of which each makes a mapping in a block a unit, and the keys that may stand beside it."""

RESIDUAL: Final[Mapping[str, Field]] = {"activation": ACTIVATION, "in_place": IN_PLACE}
"""What the defaults may say of residuals."""

INPUT: Final[Field] = integer(doc="channels, height or width of the image")
HEAD: Final[Field] = choice(*HEADS, doc=KEYS["head"].doc, default="flatten")

_WANTED: Final[Mapping[FieldType, str]] = {
    "number": "a number",
    "boolean": "true or false",
    "padding": "pixels, [height, width] or the word same",
    "sides": "a positive integer",
}


def describe(field: Field) -> str:
    """What a field takes, in words, without its upper bound."""
    if field.type == "integer":
        return "a positive integer" if field.minimum == 1 else f"an integer from {field.minimum}"
    if field.type == "choice":
        return " or ".join([", ".join(field.choices[:-1]), field.choices[-1]])
    return _WANTED[field.type]
