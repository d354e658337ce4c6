"""One layer in its shortest form: ``conv3-64/2 linear`` where words say it, else ``{conv: {...}}``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from vggstat.errors import ShapeError
from vggstat.net.graph import Node
from vggstat.net.ops import all_kinds
from vggstat.net.ops.base import Follower, Kind, Layer
from vggstat.net.ops.following import ACTIVATIONS, activation_after
from vggstat.net.ops.geometry import windows_of
from vggstat.shapes import spell
from vggstat.sources.spec.language import AS
from vggstat.sources.spec.short import GROUPS, PLAIN, WORDS
from vggstat.sources.spec.writing.layout import Data, flow, number

__all__ = [
    "Base",
    "Wanted",
    "activation_words",
    "as_fields",
    "differing",
    "figures_of",
    "kind_of",
    "nothing_behind",
    "spelled",
    "wanted_of",
]

NAMES: Final = {"lrn": "LRN", "softmax": "soft-max"}
"""Kinds that the paper has another spelling of."""


class Wanted(NamedTuple):
    """A layer as a spec has to say it: its kind, and the values of its fields, padding in pixels."""

    kind: Kind
    fields: Mapping[str, Any]

    def followed_by(self, fields: Sequence[tuple[str, Any]]) -> Wanted:
        """With these fields for what stands behind it, and none for the rest."""
        return Wanted(self.kind, {**self.fields, **nothing_behind(self.kind), **dict(fields)})


class Base(NamedTuple):
    """What the fields of a kind are where a layer does not say."""

    usual: Mapping[str, Any]
    plain: Mapping[str, Any]
    """The same without the spec's defaults."""


@cache
def _kinds() -> Mapping[type[Layer], tuple[Kind, ...]]:
    """The kinds of each class of layers, those that settle fields themselves first."""
    found: dict[type[Layer], tuple[Kind, ...]] = {}
    for kind in sorted(all_kinds(), key=lambda kind: not kind.settled):
        found[kind.layer] = (*found.get(kind.layer, ()), kind)
    return found


def kind_of(node: Node) -> Kind | None:
    """The kind of the language that a node is one of; None where there is none."""
    for kind in _kinds().get(type(node.layer), ()):
        settled = kind.settles(node.in_shapes[0]) if kind.settles is not None else {}
        same = all(getattr(node.layer, name) == value for name, value in settled.items())
        if same and (not settled or _says_something(kind, settled)):
            return kind
    return None


def _says_something(kind: Kind, settled: Mapping[str, Any]) -> bool:
    """Whether what a kind settles is not what is usual anyway: one filter for one channel is no depthwise convolution."""
    usual = kind.layer.record_defaults
    return any(name in usual and usual[name] != value for name, value in settled.items())


def wanted_of(node: Node) -> Wanted:
    """A node alone, without what stands behind it."""
    kind = kind_of(node)
    assert kind is not None, node.name
    fields = {
        name: getattr(node.layer, name) for name in kind.layer.language_fields if name not in kind.settled
    }
    if "padding" in fields:
        windows = node.layer.windows()
        assert windows is not None
        fields["padding"] = windows.padding
    return Wanted(kind, fields)


def nothing_behind(kind: Kind) -> dict[str, Any]:
    """The fields of a kind that say that nothing follows it."""
    return {follower.field.name: _nothing(follower) for follower in kind.followers}


def _nothing(follower: Follower) -> Any:
    return "none" if follower.field.type == "choice" else 0


def as_fields(kind: Kind, layers: Sequence[Layer]) -> list[tuple[str, Any]]:
    """The fields of a kind that stand for the layers behind it, as far as there are any."""
    found: list[tuple[str, Any]] = []
    followers = iter(kind.followers)
    for layer in layers:
        for follower in followers:
            value = _field_value(follower, layer)
            if value is not None:
                found.append((follower.field.name, value))
                break
        else:
            break
    return found


def _field_value(follower: Follower, layer: Layer) -> Any:
    """What a field says where this layer follows; None where it cannot."""
    if follower.field.type == "choice":
        return _choices(follower).get(layer)
    value = getattr(layer, "p", 0)
    return value if value and follower.build(value) == layer else None


@cache
def activation_words() -> Mapping[Layer, str]:
    """The words of the activations that need no settings."""
    return {layer: word for word in ACTIVATIONS if (layer := activation_after(word)) is not None}


@cache
def _choices(follower: Follower) -> Mapping[Layer, str]:
    built = {word: follower.build(word) for word in follower.field.choices}
    return {layer: word for word, layer in built.items() if layer is not None}


# texts


def spelled(wanted: Wanted, base: Base, label: str = "") -> Data:
    """The layer, under a name where it has one: the shortest form, a short one before a long one of the same length."""
    forms: list[Data] = []
    short = _short(wanted, base.usual)
    if short is not None:
        forms.append(f"{short} {AS} {label}" if label else short)
    if base.plain != base.usual and (bare := _short(wanted, base.plain, PLAIN)) is not None:
        forms.append(f"{bare} {AS} {label}" if label else bare)
    return min([*forms, _long(wanted, base.usual, label)], key=lambda form: len(flow(form)))


def _long(wanted: Wanted, usual: Mapping[str, Any], label: str) -> Data:
    differ = differing(wanted, usual)
    fields = {
        name: differ.get(name, wanted.fields[name])
        for name, field in wanted.kind.fields.items()
        if name in differ or field.required
    }
    return {wanted.kind.name: {**fields, **({AS: label} if label else {})}}


def differing(wanted: Wanted, usual: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a layer has otherwise than usual, padding as the word same where it is that."""
    same = _same_padding(wanted.fields)
    differ = {}
    for name, value in wanted.fields.items():
        if name != "padding":
            if value != usual.get(name):
                differ[name] = value
        elif value != (same if usual[name] == "same" else usual[name]):
            differ[name] = "same" if value == same else value
    return differ


def _same_padding(fields: Mapping[str, Any]) -> Any:
    """The pixels that padding: same stands for; None for an even kernel."""
    if "padding" not in fields:
        return None
    try:
        return windows_of(fields["kernel"], 1, "same", fields.get("dilation", 1)).padding
    except ShapeError:
        return None


def _short(wanted: Wanted, usual: Mapping[str, Any], *words: str) -> str | None:
    """Stem, figures and words; None where they cannot say all that differs."""
    differ = differing(wanted, usual)
    figures = figures_of(wanted.kind)
    stem: str | None = NAMES.get(wanted.kind.name, wanted.kind.name)
    if wanted.kind.followers or not differ.keys().isdisjoint(figures):
        stem = _stem(wanted, differ)
    spoken = [_word(name, value) for name, value in differ.items() if name not in figures]
    if stem is None or None in spoken:
        return None
    return " ".join([stem, *words, *filter(None, spoken)])


@cache
def _notation(kind: Kind) -> re.Pattern[str]:
    return re.compile(kind.notation, re.IGNORECASE | re.ASCII)


@cache
def figures_of(kind: Kind) -> frozenset[str]:
    """The fields that stand in a stem's figures."""
    return frozenset(_notation(kind).groupindex)


def _stem(wanted: Wanted, differ: Mapping[str, Any]) -> str | None:
    """The kind's example with the layer's own figures, and a stride behind it where that differs; None where it has none."""
    kind, fields = wanted.kind, wanted.fields
    example = _notation(kind).fullmatch(kind.example) if kind.notation else None
    if example is None:
        return None
    text, at = "", 0
    for name, figure in example.groupdict().items():
        if figure is not None:
            text += kind.example[at : example.start(name)] + _figure(fields[name])
            at = example.end(name)
        elif name in differ:
            at = len(kind.example)
            text += f"/{_figure(fields[name])}"
    return text if _notation(kind).fullmatch(text) else None


def _figure(value: Any) -> str:
    return spell(value, "x") if isinstance(value, tuple) else number(value)


@cache
def _words() -> Mapping[tuple[str, Any], str]:
    return {meaning: word for word, meaning in WORDS.items()}


def _word(name: str, value: Any) -> str | None:
    """The word that sets a field; None where there is none."""
    if name == "groups":
        return f"{GROUPS}{value}"
    if isinstance(value, tuple):
        return None
    return _words().get((name, value))
