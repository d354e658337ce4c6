"""A specification as its author wrote it, checked for form and not yet for meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple

from vggstat.net.ops.base import Kind
from vggstat.records import Record

__all__ = ["HEADS", "Head", "Item", "Place", "Published", "Spec"]

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


class Item(Record):
    """One layer as written: its kind and the fields that were given (the kind's defaults are not filled in)."""

    kind: Kind
    fields: Mapping[str, Any]
    """What the item says itself."""
    defaults: Mapping[str, Any] = {}
    """What the spec's ``defaults`` say of its kind."""
    plain: bool = False
    """Whether the spec's defaults are set aside."""
    place: Place

    @property
    def written(self) -> dict[str, Any]:
        """All fields that the spec settles: the item's own before the spec's defaults."""
        return {**self.defaults, **self.fields}


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
    blocks: tuple[tuple[Item, ...], ...]
    head: Head = "flatten"
    classifier: tuple[Item, ...] = ()
    published: tuple[Published, ...] = ()
    places: Mapping[str, Place] = {}
    """Where the keys that settle ``input``, ``head`` and ``classifier`` stand, of those that are written."""
    texts: tuple[bytes, ...] = ()
    """The bytes that it was read from, then those of what it extends, in turn."""

    @property
    def digest(self) -> str:
        """SHA-256 of ``texts``, hexadecimal: changes whenever a file that the spec is made of changes."""
        # hashlib loads OpenSSL, 2.8 ms that a table does not need.
        from hashlib import sha256

        # Digests of equal length are chained, so that moving text from one file to the other shows.
        parts = b"".join(sha256(text).digest() for text in self.texts)
        return sha256(parts).hexdigest()
