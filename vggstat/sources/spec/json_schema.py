"""The JSON Schema of the language, for editors: made from the tables that the reader works from."""

from __future__ import annotations

import re
from typing import Any, Final

from vggstat.fields import Field
from vggstat.net.ops import all_kinds
from vggstat.net.ops.base import Kind
from vggstat.net.spec import HEADS, UnitForm
from vggstat.sources.spec.language import (
    ACTIVATION,
    AS,
    CROP,
    CURRENT,
    FIGURE,
    FORMS,
    FROM,
    HEAD,
    IMAGE,
    IN_PLACE,
    INPUT,
    JOIN,
    JOINS,
    KEYS,
    LABEL,
    MAX_LINE,
    NAME,
    PUBLISHED_TEXTS,
    QUANTITIES,
    REPEAT,
    RESIDUAL,
)
from vggstat.sources.spec.short import GROUPS, PLAIN, WORDS

__all__ = ["schema"]

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

# What YAML 1.1 reads as a number or a truth value is text to the reader: a network may be called 1 or on.
_TEXT_TYPES: Final = ["string", "number", "boolean"]

_LINE: Final = r"^\s*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*\s*$"


def schema() -> Schema:
    """The JSON Schema (draft 2020-12) of a spec.

    It accepts whatever the reader accepts. It cannot see all that the reader refuses: duplicate keys, how a
    number was spelt, whether ``extends`` leads anywhere.
    """
    kinds = all_kinds()
    return {
        "$schema": DIALECT,
        "title": "vggstat spec",
        "description": "A network: blocks of layers that follow one another, branch and meet; a layer is written "
        "close to Table 1 of the VGG paper.",
        "type": "object",
        "properties": {name: {"description": key.doc, **_KEYS[name]} for name, key in KEYS.items()},
        "required": [name for name, key in KEYS.items() if key.required and not key.inherited],
        "anyOf": [
            {"required": [name for name, key in KEYS.items() if key.required]},
            {"required": ["extends"]},
        ],
        "if": {"properties": {"head": {"const": "none"}}, "required": ["head"]},
        "then": {"properties": {"classifier": {"maxItems": 0}}},
        "additionalProperties": False,
        "$defs": {
            "name": {"type": _TEXT_TYPES, "pattern": f"^{NAME}$"},
            "text": {"type": _TEXT_TYPES, "pattern": _LINE, "maxLength": MAX_LINE},
            "figure": {"type": ["string", "number"], "pattern": f"^{FIGURE}$"},
            "entry": _entry(),
            "label": {"type": "string", "pattern": f"^{LABEL}$"},
            "layer": _layer(kinds),
            "step": _step(),
            "steps": {"type": "array", "minItems": 1, "items": _ref("step")},
            "branch": {"type": "array", "items": _ref("step")},
            "branches": {"type": "array", "minItems": 2, "items": _ref("branch")},
            "defaults": _defaults(kinds),
            **{f"{kind.name}-fields": _fields(kind) for kind in kinds},
        },
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _field(field: Field) -> Schema:
    """What one field of a layer takes."""
    bounds = {"minimum": field.minimum, "maximum": field.maximum}
    body: Schema
    if field.type == "integer":
        body = {"type": "integer", **bounds}
    elif field.type == "number":
        # YAML 1.1 reads 1e-4, which the reader takes, as text.
        body = {"type": ["number", "string"], "pattern": r"^[0-9.]+[eE][+-]?[0-9]+$", **bounds}
    elif field.type == "boolean":
        body = {"type": "boolean"}
    elif field.type == "choice":
        body = {"enum": list(field.choices)}
    else:
        number = {"type": "integer", **bounds}
        both = {"type": "array", "minItems": 2, "maxItems": 2, "items": number}
        body = {"anyOf": [number, both, *([{"const": "same"}] if field.type == "padding" else [])]}
    if not field.required and field.default is not None:
        body["default"] = field.default
    return {"description": field.doc, **body}


def _fields(kind: Kind) -> Schema:
    """The fields of a layer's long form. Nothing at all (``{maxpool: }``) is allowed where none is needed."""
    required = [name for name, field in kind.fields.items() if field.required]
    body: Schema = {
        "description": kind.doc,
        "type": "object" if required else ["object", "null"],
        "properties": {**{name: _field(field) for name, field in kind.fields.items()}, AS: _ref("label")},
        "additionalProperties": False,
    }
    return {**body, "required": required} if required else body


def _defaults(kinds: tuple[Kind, ...]) -> Schema:
    """The fields that can have a default: those that a layer need not give."""
    patterns = {}
    for kind in kinds:
        optional = {name: _field(field) for name, field in kind.fields.items() if not field.required}
        patterns[f"^{_spelled(kind)}$"] = {
            "type": ["object", "null"],
            "properties": optional,
            "additionalProperties": False,
        }
    names: Schema = {kind.name: {"description": kind.doc} for kind in kinds}
    names["residual"] = {
        "type": ["object", "null"],
        "properties": {name: _field(field) for name, field in RESIDUAL.items()},
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": names,
        "patternProperties": patterns,
        "additionalProperties": False,
    }


def _layer(kinds: tuple[Kind, ...]) -> Schema:
    """A layer: its short form, or a mapping from its kind to its fields.

    Editors complete from the plain names; the patterns beside them also take other spellings.
    """
    long_form = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {kind.name: _ref(f"{kind.name}-fields") for kind in kinds},
        "patternProperties": {f"^{_spelled(kind)}$": _ref(f"{kind.name}-fields") for kind in kinds},
        "additionalProperties": False,
    }
    bare = [kind for kind in kinds if not any(field.required for field in kind.fields.values())]
    short: list[Schema] = [{"enum": [kind.name for kind in bare]}]
    short += [
        {
            "description": kind.doc,
            "examples": [kind.example or kind.name],
            "pattern": _short(kind, bare=kind in bare),
        }
        for kind in kinds
        if kind.notation or kind in bare
    ]
    return {"anyOf": [{"type": "string", "anyOf": short}, long_form]}


def _step() -> Schema:
    """A step of a list: a layer, a unit of layers, a join of named values, or where the list begins."""
    begin: Schema = {"type": "string", "pattern": f"^{FROM} {LABEL}$"}
    begin_long = _mapping({FROM: _ref("label")}, [FROM])
    forms = [_mapping({form: _ref(_FORM_LISTS[form]), **_beside(form)}, [form]) for form in FORMS]
    joins = [_mapping({kind: _named_values(kind)}, [kind]) for kind in JOINS]
    return {"anyOf": [_ref("layer"), _ref("steps"), *forms, *joins, begin, begin_long]}


_FORM_LISTS: Final = {"layers": "steps", "residual": "steps", "branches": "branches"}


def _mapping(properties: dict[str, Schema], required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _beside(form: UnitForm) -> dict[str, Schema]:
    """What may stand beside the key that makes a mapping a unit."""
    fields = {field.name: field for field in (ACTIVATION, IN_PLACE, JOIN, REPEAT)}
    others: dict[str, Schema] = {
        "shortcut": {"anyOf": [_ref("step"), _ref("branch")]},
        "split": {"anyOf": [{"type": "boolean"}, {"type": "array", "minItems": 2, "items": _field(INPUT)}]},
        "name": _ref("label"),
        AS: _ref("label"),
    }
    return {key: others[key] if key in others else _field(fields[key]) for key in FORMS[form]}


def _named_values(kind: str) -> Schema:
    """The names of the values that meet the current one."""
    names: Schema = {
        "type": "array",
        "minItems": 1,
        "items": {"anyOf": [_ref("label"), {"const": CURRENT}]},
    }
    fields: dict[str, Schema] = {"with": names, AS: _ref("label")}
    if kind == "concat":
        fields["crop"] = _field(CROP)
    return {"anyOf": [names, _mapping(fields, ["with"])]}


def _spelled(kind: Kind) -> str:
    """A pattern of all spellings of a kind, without regard to case, ``-``, ``_`` and spaces, for a part of a text."""
    words = {re.sub("[-_ ]", "", word.lower()) for word in (kind.name, *kind.spellings)}
    spaced = ["[-_ ]*".join(map(_letter, word)) for word in sorted(words)]
    return f"[-_ ]*({'|'.join(spaced)})[-_ ]*"


def _short(kind: Kind, *, bare: bool) -> str:
    """A pattern of the short forms of a kind: a stem, or its name where it needs no figures, then words."""
    stems = [_any_case(kind.notation)] if kind.notation else []
    words = [re.escape(word) for word, (field, _) in WORDS.items() if field in kind.fields]
    words += [f"{GROUPS}[0-9]+"] if "groups" in kind.fields else []
    if bare:
        stems.append(_spelled(kind))
    return f"^({'|'.join(stems)})( +({'|'.join([*words, PLAIN])}))*( {AS} {LABEL})?$"


def _letter(character: str) -> str:
    return f"[{character}{character.upper()}]" if character.isalpha() else character


def _any_case(notation: str) -> str:
    """A short form's pattern in the dialect of JSON Schema: no flags, no named groups, no leading zeros."""

    def part(match: re.Match[str]) -> str:
        token = match[0]
        if token.startswith("(?P<"):
            return "("
        if token == r"\d+":
            return "(0|[1-9][0-9]*)"
        return token if token.startswith(("\\", "(?:")) else _letter(token)

    return re.sub(r"[(][?]P<[a-z_]+>|[(][?]:|\\d[+]|\\.|[a-zA-Z]", part, notation)


def _entry() -> Schema:
    """An entry of ``published``: figures, and who states them."""
    figures = {name: {"description": doc, **_ref("figure")} for name, doc in QUANTITIES.items()}
    texts = {name: {"description": doc, **_ref("text")} for name, doc in PUBLISHED_TEXTS.items()}
    return {
        "type": "object",
        "properties": {**figures, **texts},
        "required": ["source"],
        "anyOf": [{"required": [name]} for name in QUANTITIES],
        "additionalProperties": False,
    }


_LAYERS: Final[Schema] = {"type": "array", "items": _ref("layer")}

_KEYS: Final[dict[str, Schema]] = {
    "name": _ref("name"),
    "aliases": {"type": "array", "items": _ref("name")},
    "title": _ref("text"),
    "source": _ref("text"),
    "extends": _ref("text"),
    "input": {
        "anyOf": [
            {"type": "array", "minItems": 3, "maxItems": 3, "items": _field(INPUT)},
            {
                "type": "object",
                "properties": {name: _field(INPUT) for name in IMAGE},
                "required": list(IMAGE),
                "additionalProperties": False,
            },
        ]
    },
    "defaults": _ref("defaults"),
    "blocks": {"type": "array", "minItems": 1, "items": _ref("steps")},
    "head": {"enum": list(HEADS), "default": HEAD.default},
    "classifier": _LAYERS,
    "published": {"type": "array", "items": _ref("entry")},
}
