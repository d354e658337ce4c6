"""Two networks held against each other, layer by layer: by kind, settings, edges and order, never by names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from vggstat.net.alignment import align
from vggstat.net.difference import Difference, other_edges
from vggstat.net.known import INPUTS, WEIGHTED, KnownLayer
from vggstat.net.order import in_order
from vggstat.records import Record

__all__ = ["FOLLOWERS", "Match", "match_layers"]

FOLLOWERS: Final = ("relu", "bn", "lrn", "dropout", "softmax")
"""Kinds that go with the layer before them, and are not told of on their own where that one is missing."""

ORDINALS: Final = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
)

BRANCHED: Final = 100
"""The price of edges that differ: as much as a layer."""


class Match(Record):
    """What was compared, and how it ended."""

    same: tuple[tuple[KnownLayer, KnownLayer], ...]
    """Specified and found layers that are alike."""
    differences: tuple[Difference, ...]
    cost: int
    """How far apart the two are: for choosing the nearest of several."""


class _Pair(NamedTuple):
    wanted: KnownLayer | None
    found: KnownLayer | None


class _Pairs:
    """The aligned layers, and what telling of one needs to know of the others, looked up once for all."""

    def __init__(self, pairs: list[_Pair]) -> None:
        self.pairs = pairs
        self.owners: list[_Pair | None] = []
        """For each the layer that a follower goes with: the nearest before it that is none itself."""
        self.matched: list[KnownLayer | None] = []
        """For each the specified layer of the nearest before it that both have."""
        self.numbers: dict[int, int] = {}
        """For each specified layer (its id) which of its kind it is in its block, counted from 0."""
        self.counts: Counter[tuple[str, str]] = Counter()
        self.last_fc: KnownLayer | None = None
        owner: _Pair | None = None
        matched: KnownLayer | None = None
        for pair in pairs:
            self.owners.append(owner)
            self.matched.append(matched)
            part = pair.wanted or pair.found
            if part is not None and part.kind not in FOLLOWERS:
                owner = pair
            if pair.wanted is None:
                continue
            if pair.found is not None:
                matched = pair.wanted
            if pair.wanted.kind == "fc":
                self.last_fc = pair.wanted
            key = (pair.wanted.block, pair.wanted.kind)
            self.numbers[id(pair.wanted)] = self.counts[key]
            self.counts[key] += 1


def match_layers(wanted: Sequence[KnownLayer], found: Sequence[KnownLayer]) -> Match:
    """``found`` held against ``wanted``: what is missing, extra, changed or in another place, and whose edges differ."""
    wanted, found = in_order(wanted), in_order(found)
    alignment = align(wanted, found, _change, _weight, _weight)
    pairs = [
        _Pair(*_alike(wanted[i], found[j]))
        if i is not None and j is not None
        else _Pair(None if i is None else wanted[i], None if j is None else found[j])
        for i, j in alignment.pairs
    ]
    known = _Pairs(pairs)
    same = []
    differences: list[Difference] = []
    moved = _moved(pairs)
    for index, pair in enumerate(pairs):
        if index in moved:
            differences += moved[index]
        elif pair.wanted is None:
            differences += _extra(known, index)
        elif pair.found is None:
            differences += _missing(known, index)
        else:
            changed = list(_changed(pair.wanted, pair.found))
            changed = changed or list(_other_inputs(pairs, index))
            differences += changed
            if not changed:
                same.append((pair.wanted, pair.found))
    edges = other_edges(wanted, found, alignment.pairs)
    differences += edges
    return Match(
        same=tuple(same), differences=tuple(differences), cost=alignment.cost + BRANCHED * len(edges)
    )


# The price of an edit


def _weight(part: KnownLayer) -> int:
    """Of leaving out a layer, or putting one in."""
    return 55 if part.kind in FOLLOWERS else 100


def _change(wanted: KnownLayer, found: KnownLayer) -> int:
    wanted, found = _alike(wanted, found)
    if wanted.kind != found.kind:
        return 500  # dearer than leaving out the one and putting in the other
    count = len(_unlike(wanted, found))
    return min(30 + 20 * count, 95) * _weight(wanted) // 100 if count else 0


def _alike(wanted: KnownLayer, found: KnownLayer) -> tuple[KnownLayer, KnownLayer]:
    """A convolution over the whole map as the FC layer that it computes, where the other is one."""
    if wanted.kind == "fc" and found.dense is not None:
        return wanted, found.dense
    if found.kind == "fc" and wanted.dense is not None:
        return wanted.dense, found
    return wanted, found


def _unlike(wanted: KnownLayer, found: KnownLayer) -> list[str]:
    """The settings that both know and that differ, but for the inputs."""
    return [
        name
        for name, value in wanted.settings.items()
        if name != INPUTS and name in found.settings and found.settings[name] != value
    ]


# What is told


def _changed(wanted: KnownLayer, found: KnownLayer) -> Iterator[Difference]:
    for name in _unlike(wanted, found):
        stated, computed = found.settings[name], wanted.settings[name]
        yield Difference(
            kind="changed",
            layer=wanted.name,
            text=_change_text(name, stated, computed),
            setting=name,
            stated=stated,
            computed=computed,
        )


def _change_text(name: str, stated: Any, computed: Any) -> str:
    if name == "bias":
        return "no bias" if computed else "a bias where none is specified"
    if name == "axes":
        return f"transposed: its weight is {stated}"
    if name in ("statistics", "affine"):
        what = "running statistics" if name == "statistics" else "scale and shift"
        return f"no {what}" if computed else f"{what} where none are specified"
    if name == "ceil":
        return (
            "sizes rounded up where down is specified"
            if stated
            else "sizes rounded down where up is specified"
        )
    if name == "p":
        return f"dropout {stated} where {computed} is specified"
    word = {"features": "outputs", "output": "output map"}.get(name, name)
    return f"{word} {_text(stated)} where {_text(computed)} {_be(name)} specified"


def _be(name: str) -> str:
    return "are" if name in ("filters", "features", "groups", "channels", INPUTS) else "is"


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return "×".join(map(str, value))
    return f"{value:,}" if isinstance(value, int) else str(value)


def _other_inputs(pairs: list[_Pair], index: int) -> Iterator[Difference]:
    """Inputs that differ though the weighted layer before is the specified one."""
    wanted, found = pairs[index].wanted, pairs[index].found
    if wanted is None or found is None:
        return
    stated, computed = found.settings.get(INPUTS), wanted.settings.get(INPUTS)
    if stated is None or computed is None or stated == computed:
        return
    for at in range(index - 1, -1, -1):
        pair = pairs[at]
        part = pair.wanted or pair.found
        if part is not None and part.kind in WEIGHTED:
            if pair.wanted is None or pair.found is None or _unlike(pair.wanted, pair.found):
                return
            break
    yield Difference(
        kind="changed",
        layer=wanted.name,
        text=f"inputs {_text(stated)} where {_text(computed)} are specified",
        setting=INPUTS,
        stated=stated,
        computed=computed,
    )


def _missing(known: _Pairs, index: int) -> Iterator[Difference]:
    part = known.pairs[index].wanted
    assert part is not None
    owner = known.owners[index]
    if part.kind in FOLLOWERS:
        if owner is not None and owner.found is None:
            return
        place = f" after {owner.wanted.name}" if owner and owner.wanted else ""
        yield Difference(kind="missing", layer=part.name, text=f"no {part.label}{place}", computed=part.label)
        return
    yield Difference(
        kind="missing",
        layer=part.name,
        text=f"missing: {part.label} ({_place(known, part)})",
        computed=part.label,
    )


def _extra(known: _Pairs, index: int) -> Iterator[Difference]:
    part = known.pairs[index].found
    assert part is not None
    owner = known.owners[index]
    if part.kind in FOLLOWERS and owner is not None and owner.wanted is None:
        return
    before = owner.wanted if owner is not None else None
    if before is None:
        before = known.matched[index]
    place = "before the first layer" if before is None else f"after {_spoken(known, before)}"
    named = f" ({part.own_name})" if part.own_name else ""
    yield Difference(
        kind="extra",
        layer=before.name if before else "",
        text=f"extra: {part.label} {place}",
        stated=f"{part.label}{named}",
    )


def _spoken(known: _Pairs, part: KnownLayer) -> str:
    """A layer's name; the last FC layer is called so."""
    return f"the last FC ({part.name})" if known.last_fc is part else part.name


def _place(known: _Pairs, part: KnownLayer) -> str:
    """Where a specified layer stands: ``block 3, third``, ``block 3``, or its name."""
    if not part.block.startswith("block"):
        return part.name
    block = part.block.replace("block", "block ")
    number = known.numbers[id(part)]
    if known.counts[part.block, part.kind] == 1 or number >= len(ORDINALS):
        return block
    return f"{block}, {ORDINALS[number]}"


def _moved(pairs: list[_Pair]) -> dict[int, list[Difference]]:
    """Layers that stand one place before or after where they belong: an extra and a missing one, near by."""
    moved: dict[int, list[Difference]] = {}
    for index, pair in enumerate(pairs):
        if pair.wanted is None or pair.found is not None or index in moved:
            continue
        for other in range(max(0, index - 2), min(len(pairs), index + 3)):
            found = pairs[other].found
            if other in moved or pairs[other].wanted is not None or found is None:
                continue
            if found.kind != pair.wanted.kind or _unlike(pair.wanted, found):
                continue
            between = pairs[min(index, other) + 1 : max(index, other)]
            passed = next((item.wanted for item in between if item.wanted and item.found), None)
            if passed is None or len(between) != 1:
                continue
            late = other > index
            stands, belongs = ("after", "before") if late else ("before", "after")
            moved[index] = [
                Difference(
                    kind="order",
                    layer=pair.wanted.name,
                    text=f"order: {pair.wanted.label} stands {stands} {passed.name}, not {belongs} it",
                    stated=f"{stands} {passed.name}",
                    computed=f"{belongs} {passed.name}",
                )
            ]
            moved[other] = []
            break
    return moved
