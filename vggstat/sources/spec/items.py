"""One layer as written: the short form ``conv3-64``, a bare word, or the long form ``{conv: {...}}``."""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Any

from vggstat.net.ops import find_kind
from vggstat.net.ops.base import Kind
from vggstat.net.spec import Item, Place
from vggstat.sources.spec.problems import Problems, quote, suggestion
from vggstat.sources.spec.short import read_short, words
from vggstat.sources.spec.values import UnreadableError, read_value
from vggstat.sources.spec.yaml_nodes import Mapping, Node, Scalar, Sequence

__all__ = ["ItemReader"]


_Written = tuple[Kind, Map[str, Any], bool]
"""A kind, the fields that are written, and whether the spec's defaults are set aside."""


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
        kind, fields, plain = written
        return Item(kind=kind, fields=fields, plain=plain, place=place)

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
        return kind, fields, False

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


def _reads_as_layer(node: Scalar | Mapping) -> bool:
    if isinstance(node, Scalar):
        return not read_short(node).problems
    return len(node.entries) == 1 and find_kind(next(iter(node.entries))) is not None
