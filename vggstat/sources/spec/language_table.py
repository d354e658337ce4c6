"""The table of the language for people: every layer with its short form, its fields and their defaults.

Made from the definitions that the reader works from, as the JSON Schema is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from vggstat.fields import Field
from vggstat.net.ops import all_kinds
from vggstat.net.ops.base import Kind
from vggstat.sources.spec.language import FORMS, JOINS, MAX_LAYERS
from vggstat.sources.spec.short import GROUPS, PLAIN, WORDS

__all__ = ["language_table"]


def language_table() -> str:
    """Markdown: a table of the layers, what words may follow a short form, and a table of units and joins."""
    rows = [f"| `{kind.name}` | {_short(kind)} | {kind.doc} | {_fields(kind)} |" for kind in all_kinds()]
    head = ["| layer | short form | what it is | fields and their defaults |", "|---|---|---|---|"]
    return "\n".join([*head, *rows, "", _words(), "", *_steps(), ""])


STEPS: Final = (
    ("`[conv1-16, conv3-64]`", "a list in a list is a unit: its layers are numbered anew", ()),
    ("`layers: [dwconv3, conv1-512]`", "the same with keys beside it", FORMS["layers"]),
    (
        "`residual: [conv3-64, conv3-64]`",
        "the sum of what the layers make and of a shortcut, a layer or a list; left out, that is the input. The last "
        "convolution of either has no activation unless it is written there: that follows the sum, as the unit says, or "
        "the spec's defaults of `residual`, or else as after the spec's convolutions",
        FORMS["residual"],
    ),
    (
        "`branches: [[conv1-64], [conv1-96, conv3-128], []]`",
        f"lists side by side on one value, `[]` being that value, joined in their order: {' (the default), '.join(JOINS[:2])} "
        f"or {JOINS[2]} (of one shape, or by a value a channel: a gate). `split: true` gives each an equal share of the "
        "channels, `split: [3, 20]` these",
        FORMS["branches"],
    ),
    (
        "`conv3-64 as skip1`",
        "the value is called skip1: after norm and activation; of a unit by the key `as`",
        (),
    ),
    (
        "`concat: [skip1]`, `{concat: {with: [skip1, .], crop: true}}`",
        "named values joined with the current one, which stands where the dot is, or first; `add` and `multiply` alike. "
        "`crop` cuts larger maps to the smallest, about their centre",
        (),
    ),
    ("`[from skip1, conv1-256]`", "a list that begins with a named value in place of the current one", ()),
)
"""How units, joins and names are written, what they mean, and the keys that may stand beside them."""


def _steps() -> Iterator[str]:
    yield "| unit, join or name | what it is | keys beside it |"
    yield "|---|---|---|"
    for written, words, keys in STEPS:
        yield f"| {written} | {words} | {', '.join(f'`{key}`' for key in keys) or '–'} |"
    yield ""
    yield (
        f"`repeat` writes a unit out so often, at most {MAX_LAYERS:,} layers in all; `name` takes the place of block and number "
        "in its layers' names, and does not go with `repeat`. A name is defined once, before it is read, and is read; under "
        "`repeat` each copy has its own. Every value is used: one image comes in, one value goes out."
    )


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
