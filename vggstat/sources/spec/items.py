"""One layer as written: the short form ``conv3-64``, a bare word, or the long form ``{conv: {...}}``."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from functools import cache
from typing import Any

from vggstat.net.ops import all_kinds, find_kind
from vggstat.net.ops.base import Kind
from vggstat.net.spec import Item, Place
from vggstat.sources.spec.language import describe, short_form
from vggstat.sources.spec.problems import Problems, nearest, quote, suggestion
from vggstat.sources.spec.values import UnreadableError, read_value
from vggstat.sources.spec.yaml_nodes import Mapping, Node, Scalar, Sequence

__all__ = ["ItemReader", "words"]


_Written = tuple[Kind, Map[str, Any]]


class ItemReader:
    """Reads the layers of one file; equal short forms are read once."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.short: dict[str, _Written] = {}

    def read_list(self, node: Node, path: str, wanted: str) -> tuple[Item, ...]:
        """The layers of a list; those that cannot be read are noted and left out."""
        if not isinstance(node, Sequence):
            hint = ""
            if isinstance(node, Scalar | Mapping) and _reads_as_layer(node):
                hint = ": put the layers in brackets"
            self.problems.add(node.line, node.column, path, f"expected {wanted}, got {node}{hint}")
            return ()
        items = (self._read(item, f"{path}[{index}]") for index, item in enumerate(node.items))
        return tuple(item for item in items if item is not None)

    def _read(self, node: Node, path: str) -> Item | None:
        if isinstance(node, Scalar):
            written = self.short.get(node.text)
            if written is None:
                written = self._read_short(node, path)
                if written is None:
                    return None
                self.short[node.text] = written
        else:
            written = self._read_long(node, path)
            if written is None:
                return None
        place = Place(self.problems.source, node.line, node.column, path)
        kind, fields = written
        return Item(kind=kind, fields=fields, place=place)

    def _read_short(self, node: Scalar, path: str) -> _Written | None:
        text = node.text
        found = _match(text)
        if found is None:
            self.problems.add(node.line, node.column, path, _unknown(node))
            return None
        kind, groups = found
        fields = {}
        for name, digits in groups.items():
            part = Scalar(digits, True, node.line, node.column)
            field = kind.fields[name]
            try:
                if digits.startswith("0") and len(digits) > 1:
                    raise UnreadableError(f"expected {describe(field)} without leading zeros, got {part}")
                fields[name] = read_value(part, field)
            except UnreadableError as error:
                self.problems.add(node.line, node.column, f"{path}.{name}", str(error))
        return (kind, fields) if len(fields) == len(groups) else None

    def _read_long(self, node: Sequence | Mapping, path: str) -> _Written | None:
        if isinstance(node, Sequence) or len(node.entries) != 1:
            wanted = "a layer such as conv3-64 or {conv: {filters: 64}}"
            got = (
                f"{node} of {len(node.entries)} keys"
                if isinstance(node, Mapping) and node.entries
                else str(node)
            )
            self.problems.add(node.line, node.column, path, f"expected {wanted}, got {got}")
            return None
        [(key, value)] = node.entries.values()
        kind = find_kind(key.text)
        if kind is None:
            message = f"no layer is called {quote(key.text)}{suggestion(key.text, words())}"
            self.problems.add(key.line, key.column, path, message)
            return None
        fields = self.read_fields(kind, value, path)
        if fields is None:
            return None
        missing = [name for name, field in kind.fields.items() if field.required and name not in fields]
        if missing:
            self._missing(kind, missing, value, key, path)
            return None
        return (kind, fields)

    def _missing(self, kind: Kind, missing: list[str], value: Node, key: Scalar, path: str) -> None:
        given = value.entries if isinstance(value, Mapping) else {}
        for name in missing:
            if name not in given:
                message = f"{kind.name} needs {name} ({kind.fields[name].doc})"
                self.problems.add(key.line, key.column, f"{path}.{name}", message)

    def read_fields(self, kind: Kind, node: Node, path: str) -> dict[str, Any] | None:
        """The fields of a kind that a mapping gives, those that can be read; None where it is no mapping."""
        if isinstance(node, Scalar) and node.is_null:
            return {}
        if not isinstance(node, Mapping):
            example = "{" + f"{next(iter(kind.fields), '')}: ..." + "}" if kind.fields else "{}"
            self.problems.add(node.line, node.column, path, f"expected fields such as {example}, got {node}")
            return None
        known = kind.fields
        fields = {}
        for name, (key, value) in node.entries.items():
            if name not in known:
                message = f"{kind.name} has no field {quote(name)}{suggestion(name, known)}"
                self.problems.add(key.line, key.column, path, message)
                continue
            try:
                fields[name] = read_value(value, known[name])
            except UnreadableError as error:
                self.problems.add(value.line, value.column, f"{path}.{name}", str(error))
        return fields


def words() -> list[str]:
    """How the layers are written, for suggestions."""
    return [kind.name for kind in all_kinds()]


@cache
def _pattern(kind: Kind) -> re.Pattern[str]:
    return short_form(kind.notation)


def _match(text: str) -> tuple[Kind, Map[str, str]] | None:
    """The kind and the written fields of a short form, None where it is none."""
    # A kind's module is loaded when a spec uses it: words and letters tell which, without loading them all.
    if not any(character.isdigit() for character in text):
        return _bare(text)
    first = _stem_kind(text)
    for kind in (first,) if first is not None and first.notation else all_kinds():
        match = _pattern(kind).fullmatch(text) if kind.notation else None
        if match:
            return kind, match.groupdict()
    return _bare(text)


def _bare(text: str) -> tuple[Kind, Map[str, str]] | None:
    """The kind that a word alone stands for: one that needs no field."""
    kind = find_kind(text)
    if kind is None or any(field.required for field in kind.fields.values()):
        return None
    return kind, {}


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
        if _match(word + text[len(letters) :]):
            return f"no layer is written {node}: did you mean {word + text[len(letters) :]!r}?"
    examples = [kind.example for kind in all_kinds() if kind.example]
    return f"no layer is written {node}{suggestion(text, [*words(), *examples])}"


def _reads_as_layer(node: Scalar | Mapping) -> bool:
    if isinstance(node, Scalar):
        return _match(node.text) is not None
    return len(node.entries) == 1 and find_kind(next(iter(node.entries))) is not None
