"""What the author of a spec may write for each field of a layer: type, default, range, meaning.

A layer kind states each of its fields once, as a class attribute made by one of the functions below. The
reader of specs, the JSON Schema and the graph are all derived from that one statement.
"""

from __future__ import annotations

from typing import Any, Final, Literal

__all__ = ["MISSING", "Field", "FieldType", "boolean", "choice", "integer", "number", "padding", "sides"]

FieldType = Literal["integer", "number", "boolean", "choice", "sides", "padding"]

LIMIT: Final = 1_000_000
"""The largest filter count, and the default upper bound of an integer field."""


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""The default of a field that has none: the author has to write it."""


class Field:
    """One field of the language: ``type``, ``default``, bounds (inclusive) and what it means."""

    __slots__ = ("choices", "default", "doc", "maximum", "minimum", "name", "type")

    def __init__(
        self,
        *,
        type: FieldType,  # noqa: A002 - the word that the schema uses
        doc: str,
        default: Any = MISSING,
        minimum: float = 0,
        maximum: float = LIMIT,
        choices: tuple[str, ...] = (),
        name: str = "",
    ) -> None:
        self.type = type
        self.doc = doc
        self.default = default
        self.minimum = minimum
        self.maximum = maximum
        self.choices = choices
        self.name = name

    def named(self, name: str) -> Field:
        """This field under the name that its class gives it."""
        self.name = name
        return self

    @property
    def required(self) -> bool:
        return self.default is MISSING


def integer(*, doc: str, default: Any = MISSING, minimum: int = 1, maximum: int = LIMIT) -> Any:
    """An integer field, written in decimal digits."""
    return Field(type="integer", doc=doc, default=default, minimum=minimum, maximum=maximum)


def number(*, doc: str, default: Any = MISSING, minimum: float = 0.0, maximum: float = 1.0) -> Any:
    """A field that takes an integer or a decimal fraction."""
    return Field(type="number", doc=doc, default=default, minimum=minimum, maximum=maximum)


def boolean(*, doc: str, default: Any = MISSING) -> Any:
    """A field that is ``true`` or ``false``."""
    return Field(type="boolean", doc=doc, default=default)


def choice(*choices: str, doc: str, default: Any = MISSING) -> Any:
    """A field that takes one of a few words."""
    return Field(type="choice", doc=doc, default=default, choices=choices)


def sides(*, doc: str, default: Any = MISSING, minimum: int = 1, maximum: int = 10_000) -> Any:
    """A field that takes one integer, or ``[height, width]`` where they differ."""
    return Field(type="sides", doc=doc, default=default, minimum=minimum, maximum=maximum)


def padding(*, doc: str, default: Any = MISSING, maximum: int = 10_000) -> Any:
    """A field that takes pixels, one number or two, or ``same``: as many as keep the map's size at stride 1."""
    return Field(type="padding", doc=doc, default=default, maximum=maximum)
