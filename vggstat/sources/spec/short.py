"""The short form of a layer: a stem with its figures (``conv3-64/2``, ``maxpool``), then words (``same``, ``linear``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from vggstat.fields import Field
from vggstat.net.ops import all_kinds, find_kind, kind_called
from vggstat.net.ops.base import Kind
from vggstat.net.ops.following import ACTIVATIONS
from vggstat.sources.spec.language import AS, describe
from vggstat.sources.spec.problems import nearest, quote, suggestion
from vggstat.sources.spec.values import UnreadableError, read_value
from vggstat.sources.spec.yaml_nodes import Scalar, Sequence

__all__ = ["GROUPS", "PLAIN", "WORDS", "Short", "read_short", "words"]

WORDS: Final[Mapping[str, tuple[str, Any]]] = {
    **{word: ("activation", word) for word in ACTIVATIONS},
    "linear": ("activation", "none"),
    "same": ("padding", "same"),
    "valid": ("padding", 0),
    "ceil": ("ceil", True),
}
"""The words that may follow a stem, and which field each sets to what."""

GROUPS: Final = "g"
"""What stands before a number of groups: ``g32``."""

PLAIN: Final = "plain"
"""The word that sets the spec's defaults aside."""


class Short(NamedTuple):
    """What a short form says. ``problems`` are the fields that are wrong, or none for the whole, and why."""

    kind: Kind | None
    fields: Mapping[str, Any] = {}
    plain: bool = False
    problems: tuple[tuple[str, str], ...] = ()


def read_short(node: Scalar) -> Short:
    """The layer that a text stands for, or what is wrong with it."""
    bare = _bare(node.text)  # the whole of it: a name may be two words, soft max
    if bare is not None:
        return Short(bare)
    stem, *rest = node.text.split(" ")
    found = None if node.text.endswith(" ") else _match(stem)
    if found is None:
        return Short(None, problems=(("", _unknown(node)),))
    kind, figures = found
    reading = _Reading(kind, node)
    for name, digits in figures.items():
        reading.read_digits(name, digits)
    if not reading.problems and kind.short_problem is not None:
        reading.note("", kind.short_problem(stem, reading.fields))
    for word in filter(None, rest):
        reading.read_word(word)
    return Short(kind, reading.fields, reading.plain, tuple(reading.problems))


class _Reading:
    """The fields of one short form as they are read."""

    def __init__(self, kind: Kind, node: Scalar) -> None:
        self.kind = kind
        self.node = node
        self.fields: dict[str, Any] = {}
        self.plain = False
        self.problems: list[tuple[str, str]] = []
        self._said: dict[str, str] = {}
        """For each field the word that has set it."""

    def note(self, part: str, message: str | None) -> None:
        if message is not None:
            self.problems.append((part, message))

    def read_digits(self, name: str, digits: str) -> None:
        """A number among the figures or words."""
        field = self.kind.fields[name]
        try:
            parts = [self._number(number, field) for number in re.split("[xX]", digits)]
            self.fields[name] = read_value(parts[0] if len(parts) == 1 else self._both(parts), field)
        except UnreadableError as error:
            self.note(name, str(error))

    def _number(self, digits: str, field: Field) -> Scalar:
        part = Scalar(digits, True, self.node.line, self.node.column)
        if digits.startswith("0") and digits.isdigit() and len(digits) > 1:
            raise UnreadableError(f"expected {describe(field)} without leading zeros, got {part}")
        return part

    def _both(self, parts: list[Scalar]) -> Sequence:
        """Height and width, as the long form has them."""
        sides = Sequence(self.node.line, self.node.column)
        sides.items += parts
        return sides

    def read_word(self, word: str) -> None:
        groups = re.fullmatch(rf"{GROUPS}([0-9]+)", word)
        if word == PLAIN:
            self.plain = True
        elif groups:
            if self._takes("groups", word):
                self.read_digits("groups", groups[1])
        elif word in WORDS:
            field, value = WORDS[word]
            if self._takes(field, word):
                self.fields[field] = value
        else:
            self.note("", self._unknown(word))

    def _takes(self, field: str, word: str) -> bool:
        """Whether the kind has the field, and no word before has set it."""
        if field not in self.kind.fields:
            self.note("", f"{self.kind.name} has no {field}, which {quote(word)} would set")
        elif field in self._said:
            self.note(field, f"{quote(self._said[field])} and {quote(word)} both set the {field}: write one")
        else:
            self._said[field] = word
            return True
        return False

    def _unknown(self, word: str) -> str:
        if word == AS:
            return f"{AS} is followed by a name: {self.node.text.split(' ')[0]} {AS} skip1"
        known = [other for other, (field, _) in WORDS.items() if field in self.kind.fields]
        known += [f"{GROUPS}32"] if "groups" in self.kind.fields else []
        return (
            f"after {self.node.text.split(' ')[0]} no word is {quote(word)}"
            f"{suggestion(word, known) or ': expected ' + ', '.join([*known, PLAIN])}"
        )


def words() -> list[str]:
    """How the layers are written, for suggestions."""
    return [kind.name for kind in all_kinds()]


@cache
def _pattern(kind: Kind) -> re.Pattern[str]:
    return re.compile(kind.notation, re.IGNORECASE | re.ASCII)  # \d alone takes the digits of every script


def _match(stem: str) -> tuple[Kind, Mapping[str, str]] | None:
    """The kind and the fields of a stem, as written, None where it is none."""
    bare = _bare(stem)
    if bare is not None:
        return bare, {}
    first = _stem_kind(stem)
    for noted in (first,) if first is not None and first.notation else all_kinds():
        match = _pattern(noted).fullmatch(stem) if noted.notation else None
        if match:
            return noted, {name: digits for name, digits in match.groupdict().items() if digits is not None}
    kind = find_kind(stem)  # with figures in its spelling: maxpool2d
    return None if kind is None or _needs_fields(kind) else (kind, {})


def _bare(text: str) -> Kind | None:
    """The kind that a text names as it stands, where that needs no field.

    A kind's module is loaded when a spec uses it. A text with figures is hardly another spelling of a name, to look for
    which all would be.
    """
    has_figures = any(character.isdigit() for character in text)
    kind = kind_called(text) if has_figures else find_kind(text)
    return None if kind is None or _needs_fields(kind) else kind


def _needs_fields(kind: Kind) -> bool:
    return any(field.required for field in kind.fields.values())


def _stem_kind(text: str) -> Kind | None:
    """The kind that the letters at the beginning name."""
    letters = _letters(text)
    return find_kind(letters) if letters else None


def _letters(text: str) -> str:
    match = re.match("[A-Za-z]*", text)
    return match[0] if match else ""


def _unknown(node: Scalar) -> str:
    text = node.text
    if node.is_null:
        return "expected a layer such as conv3-64, got nothing"
    kind = find_kind(text) or _stem_kind(text)
    if kind is not None and kind.example:
        return f"expected {kind.name} as in {kind.example}, got {node}"
    # A typing error in the word, with the numbers as they are: cnov3-128 is conv3-128.
    letters = _letters(text)
    for word in nearest(letters, words()):
        meant = word + text[len(letters) :]
        if _match(meant.split(" ")[0]):
            return f"no layer is written {node}: did you mean {meant!r}?"
    if nearest(text, words()):
        return f"no layer is written {node}{suggestion(text, words())}"
    examples = ", ".join(kind.example for kind in all_kinds() if kind.example)
    return f"no layer is written {node}: it is one of {examples}, or of those that `vggstat schema --format markdown` lists"
