"""One layer as written: the short form ``conv3-64``, a bare word, or the long form ``{conv: {...}}``."""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Any

from vggstat.fields import Field
from vggstat.net.ops import find_kind
from vggstat.net.ops.base import Kind
from vggstat.net.spec import Item, Place
from vggstat.sources.spec.language import AS, FORMS, FROM, JOINS, LABEL
from vggstat.sources.spec.problems import Problems, quote, suggestion
from vggstat.sources.spec.short import read_short, words
from vggstat.sources.spec.values import UnreadableError, read_text, read_value
from vggstat.sources.spec.yaml_nodes import Mapping, Node, Scalar, Sequence

__all__ = ["ItemReader", "reads_as_layer"]


_Written = tuple[Kind, Map[str, Any], bool]
"""A kind, the fields that are written, and whether the spec's defaults are set aside."""


class ItemReader:
    """Reads the layers of one file; equal short forms are read once."""

    def __init__(self, problems: Problems) -> None:
        self.problems = problems
        self.short: dict[str, _Written] = {}

    def read(self, node: Node, path: str) -> Item | None:
        """One layer; None, and a problem, where it cannot be read."""
        label = ""
        if isinstance(node, Scalar):
            node, label = self._without_label(node, path)
            written = self.short.get(node.text)
            if written is None:
                written = self._read_short(node, path)
                if written is None:
                    return None
                self.short[node.text] = written
        else:
            node, label = self._without_key(node, path)
            written = self._read_long(node, path)
            if written is None:
                return None
        place = Place(self.problems.source, node.line, node.column, path)
        kind, fields, plain = written
        return Item(kind=kind, fields=fields, plain=plain, label=label, place=place)

    def read_label(self, node: Node, path: str) -> str:
        """The name that a value is given; empty, and a problem, where it is none."""
        try:
            return read_text(node, LABEL, "a name of letters, digits and _ that begins with a letter")
        except UnreadableError as error:
            self.problems.add(node.line, node.column, path, str(error))
            return ""

    def _without_label(self, node: Scalar, path: str) -> tuple[Scalar, str]:
        """The short form before ``as NAME``, and the name."""
        text, found, name = node.text.partition(f" {AS} ")
        if not found:
            return node, ""
        label = self.read_label(Scalar(name, True, node.line, node.column), f"{path}.{AS}")
        return Scalar(text, node.plain, node.line, node.column), label

    def _without_key(self, node: Sequence | Mapping, path: str) -> tuple[Sequence | Mapping, str]:
        """The long form without the field ``as``, and the name that it gives."""
        if not (isinstance(node, Mapping) and len(node.entries) == 1):
            return node, ""
        [(word, (key, value))] = node.entries.items()
        if not (isinstance(value, Mapping) and AS in value.entries):
            return node, ""
        fields = Mapping(value.line, value.column)
        fields.entries = {name: entry for name, entry in value.entries.items() if name != AS}
        bare = Mapping(node.line, node.column)
        bare.entries = {word: (key, fields)}
        return bare, self.read_label(value.entries[AS][1], f"{path}.{AS}")

    def _read_short(self, node: Scalar, path: str) -> _Written | None:
        found = read_short(node)
        for part, message in found.problems:
            self.problems.add(node.line, node.column, f"{path}.{part}" if part else path, message)
        return None if found.kind is None or found.problems else (found.kind, found.fields, found.plain)

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
            known = [*words(), *FORMS, *JOINS, FROM]
            message = f"no layer or unit is called {quote(key.text)}{suggestion(key.text, known)}"
            self.problems.add(key.line, key.column, path, message)
            return None
        fields = self.read_fields(kind.name, kind.fields, value, path)
        if fields is None:
            return None
        missing = [name for name, field in kind.fields.items() if field.required and name not in fields]
        if missing:
            self._missing(kind, missing, value, key, path)
            return None
        return kind, fields, False

    def _missing(self, kind: Kind, missing: list[str], value: Node, key: Scalar, path: str) -> None:
        given = value.entries if isinstance(value, Mapping) else {}
        for name in missing:
            if name not in given:
                message = f"{kind.name} needs {name} ({kind.fields[name].doc})"
                self.problems.add(key.line, key.column, f"{path}.{name}", message)

    def read_fields(self, what: str, known: Map[str, Field], node: Node, path: str) -> dict[str, Any] | None:
        """Those of the known fields that a mapping gives and that can be read; None where it is no mapping."""
        if isinstance(node, Scalar) and node.is_null:
            return {}
        if not isinstance(node, Mapping):
            example = "{" + f"{next(iter(known))}: ..." + "}" if known else "{}"
            self.problems.add(node.line, node.column, path, f"expected fields such as {example}, got {node}")
            return None
        fields = {}
        for name, (key, value) in node.entries.items():
            if name not in known:
                message = f"{what} has no field {quote(name)}{suggestion(name, known)}"
                self.problems.add(key.line, key.column, path, message)
                continue
            try:
                fields[name] = read_value(value, known[name])
            except UnreadableError as error:
                self.problems.add(value.line, value.column, f"{path}.{name}", str(error))
        return fields


def reads_as_layer(node: Node) -> bool:
    """Whether a layer stands where a list of them is wanted."""
    if isinstance(node, Scalar):
        return not read_short(node).problems
    return (
        isinstance(node, Mapping)
        and len(node.entries) == 1
        and find_kind(next(iter(node.entries))) is not None
    )
