"""The table of the language for people: every layer with its short form, its fields and their defaults.

Made from the definitions that the reader works from, as the JSON Schema is.
"""

from __future__ import annotations

from typing import Any

from vggstat.fields import Field
from vggstat.net.ops import all_kinds
from vggstat.net.ops.base import Kind
from vggstat.sources.spec.short import GROUPS, PLAIN, WORDS

__all__ = ["language_table"]


def language_table() -> str:
    """Markdown: a table of the layers, and what words may follow a short form."""
    rows = [f"| `{kind.name}` | {_short(kind)} | {kind.doc} | {_fields(kind)} |" for kind in all_kinds()]
    head = ["| layer | short form | what it is | fields and their defaults |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, "", _words(), ""])


def _short(kind: Kind) -> str:
    needed = any(field.required for field in kind.fields.values())
    forms = [] if needed else [kind.name]
    if kind.example:
        forms.append(kind.example)
    if "stride" in kind.fields and "/" not in kind.example:
        forms.append(f"{kind.example}/2")
    return ", ".join(f"`{form}`" for form in forms)


def _fields(kind: Kind) -> str:
    return ", ".join(f"{name} {_default(field)}" for name, field in kind.fields.items()) or "–"


def _default(field: Field) -> str:
    if field.required:
        return "(needed)"
    return _written(field.default) if field.default is not None else "(not set)"


def _written(value: Any) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _words() -> str:
    """What each word sets, by field."""
    by_field: dict[str, list[str]] = {}
    for word, (field, _) in WORDS.items():
        by_field.setdefault(field, []).append(f"`{word}`")
    told = [f"{field}: {', '.join(words)}" for field, words in by_field.items()]
    told.append(f"groups: `{GROUPS}32`")
    return (
        f"Words after a short form, as in `conv3-64/2 relu6 {GROUPS}32`: {'; '.join(told)}. `linear` is no activation, "
        f"`same` keeps the size of a map at stride 1 (odd kernels), `valid` is no padding, and `{PLAIN}` sets the spec's "
        "`defaults` aside. A pool whose kernel is not 2 is written with its stride."
    )
