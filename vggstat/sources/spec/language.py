"""The words of the language outside the layers: top-level keys, quantities, names.

The reader and the JSON Schema both work from these tables; a layer's fields stand in its own file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from vggstat.fields import Field, FieldType, choice, integer
from vggstat.net.spec import HEADS

__all__ = [
    "FIGURE",
    "HEAD",
    "IMAGE",
    "INPUT",
    "KEYS",
    "MAX_LAYERS",
    "MAX_LINE",
    "NAME",
    "NUMBER",
    "PUBLISHED_TEXTS",
    "QUANTITIES",
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

FIGURE: Final = r"[0-9][0-9.,]{0,30}( ?[A-Za-z%]{1,8})?"
"""A figure as its source prints it: ``138M``, ``25.6``, ``527.796 MB``."""

NUMBER: Final = r"(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?"

MAX_LAYERS: Final = 100_000
"""Layers that one file may write, counted before the first is made: a few kilobytes of aliases stand for many."""

MAX_LINE: Final = 500
"""Characters in a title, a source or a convention."""

IMAGE: Final = ("channels", "height", "width")
"""The sizes of an image, in the order of a list."""

INPUT: Final[Field] = integer(doc="channels, height or width of the image")
HEAD: Final[Field] = choice(*HEADS, doc=KEYS["head"].doc, default="flatten")

_WANTED: Final[Mapping[FieldType, str]] = {
    "number": "a number",
    "boolean": "true or false",
    "padding": "a number of pixels or the word same",
}


def describe(field: Field) -> str:
    """What a field takes, in words, without its upper bound."""
    if field.type == "integer":
        return "a positive integer" if field.minimum == 1 else f"an integer from {field.minimum}"
    if field.type == "choice":
        return " or ".join([", ".join(field.choices[:-1]), field.choices[-1]])
    return _WANTED[field.type]
