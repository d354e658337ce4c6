"""The defaults of a spec that make the whole shortest, and what each layer has to say beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

from vggstat.net.ops import find_kind
from vggstat.net.ops.base import CONVOLUTIONS, Kind
from vggstat.sources.spec.builder import BLOCK_DEFAULTS
from vggstat.sources.spec.defaults import defaults_of, usual_sum
from vggstat.sources.spec.head import BARE
from vggstat.sources.spec.language import RESIDUAL
from vggstat.sources.spec.reader import Defaults
from vggstat.sources.spec.writing.layout import Data, flow
from vggstat.sources.spec.writing.spelling import Base, Wanted, differing, figures_of, spelled

__all__ = ["Chunk", "Spot", "Sum", "Usual", "best_defaults"]

Spot = Literal["block", "last", "classifier", "prediction"]
"""Where a layer stands: ``last`` is the last convolution in a list of a residual."""

SEEN: Final = 200
"""Kinds of layers, with their settings, that defaults are chosen by: the most frequent ones."""

MOST: Final = 3
"""A default is what one of so many layers of a kind has, or more, and never one alone."""

WORTH: Final = 8
"""Characters that a default has to save."""


class Chunk(NamedTuple):
    """A layer with what stands behind it: ``forms`` are the ways to divide that, each some layers with their fields."""

    forms: tuple[tuple[Wanted, ...], ...]
    spot: Spot


class Sum(NamedTuple):
    """What stands behind the join of a residual."""

    activation: str
    in_place: bool

    def besides(self, defaults: Defaults) -> dict[str, Any]:
        """What it has to say where these are the defaults."""
        usual = usual_sum(defaults)
        return {name: value for name, value in self._asdict().items() if value != usual[name]}


class Usual:
    """What is usual in a spec with these defaults."""

    def __init__(self, defaults: Defaults) -> None:
        self.defaults = defaults
        self._bases: dict[tuple[str, Spot], Base] = {}

    def spell(self, chunk: Chunk, label: str = "") -> list[Data]:
        """The shortest way to write a layer with what stands behind it, the last of which gets the name."""
        return min((self._form(form, chunk.spot, label) for form in chunk.forms), key=_length)

    def _form(self, form: Sequence[Wanted], spot: Spot, label: str) -> list[Data]:
        behind: Spot = "classifier" if spot in ("classifier", "prediction") else "block"
        return [
            spelled(
                wanted,
                self._base(wanted.kind, behind if number else spot),
                label if number == len(form) - 1 else "",
            )
            for number, wanted in enumerate(form)
        ]

    def base_of(self, chunk: Chunk) -> Base:
        """What is usual for the first layer of a chunk."""
        return self._base(chunk.forms[0][0].kind, chunk.spot)

    def _base(self, kind: Kind, spot: Spot) -> Base:
        found = self._bases.get((kind.name, spot))
        if found is None:
            found = self._bases[kind.name, spot] = self._new_base(kind, spot)
        return found

    def _new_base(self, kind: Kind, spot: Spot) -> Base:
        own = {name: field.default for name, field in kind.fields.items() if not field.required}
        if spot in ("block", "last"):
            own |= BLOCK_DEFAULTS.get(kind.name, {})
        over: dict[str, Any] = {}
        if spot == "last" and kind.layer.row_kind in CONVOLUTIONS:
            over = {"activation": "none"}
        if spot == "prediction":
            over = {name: value for name, value in BARE.items() if name in own}
        return Base(usual={**own, **defaults_of(kind, self.defaults), **over}, plain={**own, **over})


def _length(form: Sequence[Data]) -> int:
    return sum(len(flow(data)) + 2 for data in form)


def best_defaults(chunks: Iterable[Chunk], sums: Iterable[Sum]) -> Defaults:
    """The defaults with which these layers and sums are shortest, found one field at a time."""
    chooser = _Chooser(Counter(map(_representative, chunks)).most_common(SEEN), Counter(sums))
    best: Defaults = {}
    while True:
        now = chooser.length(best)
        tried = [(chooser.length(more), number, more) for number, more in enumerate(chooser.candidates(best))]
        length, _, more = min(tried, default=(now, 0, best))
        if length + WORTH > now:
            return {kind: _in_order(kind, best[kind]) for kind in sorted(best)}
        best = more


def _in_order(name: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """Fields of a kind, or of residuals, in the order of the language."""
    kind = find_kind(name)
    return {field: fields[field] for field in (kind.fields if kind else RESIDUAL) if field in fields}


def _representative(chunk: Chunk) -> _Key:
    """What the length of a chunk depends on, so that layers with other numbers of filters count as one."""
    forms = tuple(tuple(_key(wanted) for wanted in form) for form in chunk.forms)
    return _Key(forms, chunk)


class _Key:
    """A chunk, equal to those of the same settings but for the number of filters or features."""

    def __init__(self, key: object, chunk: Chunk) -> None:
        self.key = (key, chunk.spot)
        self.chunk = chunk

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def _key(wanted: Wanted) -> tuple[Any, ...]:
    required = (name for name, field in wanted.kind.fields.items() if field.required)
    left_out = {*required, "groups"} if wanted.kind.followers else set()
    return (wanted.kind.name, *(one for one in wanted.fields.items() if one[0] not in left_out))


class _Chooser:
    """Tries defaults on the layers of a network."""

    def __init__(self, chunks: Sequence[tuple[_Key, int]], sums: Mapping[Sum, int]) -> None:
        self.chunks = [(key.chunk, count) for key, count in chunks]
        self.sums = sums

    def length(self, defaults: Defaults) -> int:
        """Characters of all the layers, and of the defaults."""
        usual = Usual(defaults)
        layers = sum(count * _length(usual.spell(chunk)) for chunk, count in self.chunks)
        sums = sum(count * _besides(one.besides(defaults)) for one, count in self.sums.items())
        return layers + sums + _besides(defaults)

    def candidates(self, defaults: Defaults) -> Iterator[Defaults]:
        """These defaults and one field more, or one otherwise, as some layer has it."""
        found: Counter[tuple[str, str, Any]] = Counter()
        layers: Counter[str] = Counter()
        usual = Usual(defaults)
        for chunk, count in self.chunks:
            wanted = chunk.forms[0][0]
            kind = wanted.kind.defaults_of or wanted.kind.name
            figures = figures_of(wanted.kind)
            layers[kind] += count
            for name, value in differing(wanted, usual.base_of(chunk).usual).items():
                if name not in figures and name != "groups":
                    found[kind, name, value] += count
        for one, count in self.sums.items():
            layers["residual"] += count
            found.update({("residual", name, value): count for name, value in one.besides(defaults).items()})
        for (kind, name, value), count in found.items():
            if count > 1 and MOST * count >= layers[kind]:
                yield {**defaults, kind: {**defaults.get(kind, {}), name: value}}


def _besides(data: Mapping[str, Any]) -> int:
    return len(flow(data)) if data else 0
