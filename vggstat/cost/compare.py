"""Several networks side by side: layers aligned block by block, totals with their differences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from vggstat.cost.report import Report, Row
from vggstat.cost.snapshot import Snapshot, snapshot_of
from vggstat.net.alignment import align
from vggstat.net.known import KnownLayer
from vggstat.net.order import COMMUTATIVE, in_order
from vggstat.net.scopes import SHORTCUT
from vggstat.net.settings import Settings
from vggstat.net.spec import Published
from vggstat.records import Record
from vggstat.shapes import pair

__all__ = [
    "QUANTITIES",
    "Change",
    "Comparison",
    "Figure",
    "Group",
    "PublishedPair",
    "Quantity",
    "Slot",
    "Step",
    "compare_reports",
    "compare_snapshots",
]

Change = Literal["same", "added", "removed", "changed", "resized"]
"""``changed`` is another layer in the same place; ``resized`` the same layer on another map."""


SOFTMAX: Final = "soft-max"
"""The label of the layer that closes a spec's classifier."""

Figure = Literal["params", "macs", "output_values"]
"""The figures whose differences are shown layer by layer."""


class Slot(Record):
    """One place in the aligned networks: a row of each, None where a network has nothing there."""

    block: str
    rows: tuple[Row | None, ...]
    changes: tuple[Change, ...]
    """What becomes of it in each network but the first, against the network before it."""

    @property
    def consensus(self) -> Row:
        """The row of the first network that has one."""
        return next(row for row in self.rows if row is not None)

    @property
    def change(self) -> Change:
        """The one change that there is from network to network; ``changed`` where there are several kinds."""
        kinds = {change for change in self.changes if change != "same"}
        if not kinds:
            return "same"
        return kinds.pop() if len(kinds) == 1 else "changed"


class Step(NamedTuple):
    """What a network has otherwise than the one before it: the rows, its own or (removed) those of the other."""

    before: int
    after: int
    """Which two networks, counted from 0."""
    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[Row, ...]
    resized: tuple[tuple[Row, Row], ...]
    """Rows of both where the same layer works on another map."""
    unseen: bool
    """Whether layers differ that are no rows: a ReLU, a dropout."""
    rewired: tuple[Row, ...] = ()
    """Of networks with the same rows, those that read others."""

    @property
    def same(self) -> bool:
        """Whether the two networks have the same layers on the same maps."""
        return self.same_rows and not (self.resized or self.unseen or self.rewired)

    @property
    def same_rows(self) -> bool:
        """Whether they have the same rows, on whatever maps."""
        return not (self.added or self.removed or self.changed)


class Group(Record):
    """Neighbouring slots of one block that read alike, shown as one line (``conv3-64 ×2``)."""

    slots: tuple[Slot, ...]

    @property
    def first(self) -> Slot:
        return self.slots[0]


class Quantity(NamedTuple):
    """One total of each network. ``kind`` says what it counts: ``count``, ``bytes`` or ``pixels``."""

    name: str
    text: str
    kind: Literal["count", "bytes", "pixels"]
    values: tuple[int | None, ...]

    @property
    def key(self) -> str:
        """Under which it stands among the facts of the whole network; empty for what is none of them."""
        return next((key for name, key, _, _ in QUANTITIES if name == self.name), "")


QUANTITIES: Final[tuple[tuple[str, str, str, Literal["count", "bytes"]], ...]] = (
    ("params", "params", "parameters, with biases", "count"),
    ("weights", "weights", "weights, no biases", "count"),
    ("param_bytes", "param_bytes", "parameters in {formats}", "bytes"),
    ("macs", "operations:macs", "MACs, forward", "count"),
    ("training_flops", "training_flops", "FLOPs, training step (2 per MAC)", "count"),
    ("memory:outputs", "memory:outputs", "activations, each map once", "bytes"),
    ("memory:saved", "memory:saved", "activations, kept for backward", "bytes"),
    ("memory:inference-peak", "memory:inference-peak", "activations, alive in inference", "bytes"),
)
"""The totals that are compared: name, fact, words, what it counts."""


class PublishedPair(NamedTuple):
    """A published figure that all of the networks have, from one source under one convention."""

    figure: str
    values: tuple[str, ...]
    source: str
    convention: str


class Comparison(Record):
    """Two or more networks and the alignment of their rows, each on those of the one before it."""

    networks: tuple[Snapshot, ...]
    slots: tuple[Slot, ...]

    @property
    def same(self) -> bool:
        """Whether the networks have the same layers on the same maps."""
        return all(step.same for step in self.steps)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What each network but the first has otherwise than the one before it."""
        return tuple(self._step(position) for position in range(1, len(self.networks)))

    def _step(self, position: int) -> Step:
        found: dict[Change, list[tuple[Row | None, Row | None]]] = {}
        for slot in self.slots:
            pair = (slot.rows[position - 1], slot.rows[position])
            found.setdefault(slot.changes[position - 1], []).append(pair)
        step = Step(
            before=position - 1,
            after=position,
            added=tuple(row for _, row in found.get("added", []) if row),
            removed=tuple(row for row, _ in found.get("removed", []) if row),
            changed=tuple(row for _, row in found.get("changed", []) if row),
            resized=tuple((row, after) for row, after in found.get("resized", []) if row and after),
            unseen=self._between(position - 1, position) != self._between(position, position - 1),
        )
        return step._replace(rewired=tuple(self._rewired(position))) if step.same_rows else step

    def _between(self, position: int, other: int) -> list[tuple[int, str, Settings]]:
        """The layers of a network that are no rows, each with the slot that it follows.

        Without the soft-max that closes a spec where the other is a model, which ends in logits.
        """
        places = self._places(position)
        found = [(places[one.after], one.label, one.settings) for one in self.networks[position].between]
        if self.networks[position].is_spec and not self.networks[other].is_spec:
            while found and found[-1][1] == SOFTMAX:
                found.pop()
        return sorted(found, key=lambda entry: entry[0])

    def _rewired(self, position: int) -> Iterator[Row]:
        """Of a network with the same rows as the one before it, those that read others."""
        before, places = self._places(position - 1), self._places(position)
        for slot in self.slots:
            one, row = slot.rows[position - 1], slot.rows[position]
            if one is not None and row is not None and _reads(one, before) != _reads(row, places):
                yield row

    def _places(self, position: int) -> dict[str, int]:
        """For each row of a network, by its name, the slot in which it stands."""
        return {
            row.name: at for at, slot in enumerate(self.slots) if (row := slot.rows[position]) is not None
        }

    @property
    def groups(self) -> tuple[Group, ...]:
        """The slots, with neighbours that read alike put together."""
        groups: list[list[Slot]] = []
        for slot in self.slots:
            if groups and _reads_like(groups[-1][-1], slot):
                groups[-1].append(slot)
            else:
                groups.append([slot])
        return tuple(Group(slots=tuple(group)) for group in groups)

    def difference(self, slot: Slot, figure: Figure) -> int | None:
        """The last network's figure less the first's, 0 standing for a layer that is not there; None if not known.

        The same layer on the same maps takes as much, known or not.
        """
        if slot.change == "same":
            return 0
        first, last = (_figure(row, figure) for row in (slot.rows[0], slot.rows[-1]))
        return None if first is None or last is None else last - first

    def sum_of_differences(self, slots: Iterable[Slot], figure: Figure) -> int | None:
        """The differences of some slots added up; None if one of them is not known."""
        differences = [self.difference(slot, figure) for slot in slots]
        known = [difference for difference in differences if difference is not None]
        return sum(known) if len(known) == len(differences) else None

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The totals, in the order in which they are shown."""
        formats = ", ".join(dict.fromkeys(network.workload.dtype.name for network in self.networks))
        shown = [
            Quantity(
                name,
                text.format(formats=formats),
                kind,
                tuple(each.figure(key) for each in self.networks),
            )
            for name, key, text, kind in QUANTITIES
        ]
        return (*shown, self._sight())

    def _sight(self) -> Quantity:
        last = [
            [row for row in network.rows if not row.sees_all and row.kind not in ("input", "unused")]
            for network in self.networks
        ]
        names = dict.fromkeys(rows[-1].name for rows in last if rows)
        name = next(iter(names)) if len(names) == 1 else "the last map"
        seen = [rows[-1].receptive_field if rows else None for rows in last]
        sides = [None if field is None else pair(field) for field in seen]
        longer = ", longer side" if any(side and side[0] != side[1] for side in sides) else ""
        fields = tuple(max(side) if side else None for side in sides)
        return Quantity("receptive_field", f"receptive field of {name}{longer}", "pixels", fields)

    @property
    def published(self) -> tuple[PublishedPair, ...]:
        """Accuracies that were published for all of them: one per publisher, of the scheme with the best value.

        A publisher's first table that has them all counts (the paper's Table 3 before its Table 4); figures of
        an ensemble are nobody's own, a changed network has none, and a network is not held against itself.
        """
        if len({network.name for network in self.networks}) == 1:
            return ()
        found: dict[tuple[str, str], PublishedPair] = {}
        for entry in self.networks[0].published:
            if "ensemble" in entry.convention or "nets" in entry.convention:
                continue
            for figure in ("top1_error", "top1_accuracy"):
                pair = self._pair(entry, figure)
                if pair is None:
                    continue
                key = (figure, entry.source.partition(",")[0])
                known = found.get(key)
                if known is None or (
                    known.source == pair.source and _better(figure, pair.values[0], known.values[0])
                ):
                    found[key] = pair
        return tuple(found.values())

    def _pair(self, entry: Published, figure: str) -> PublishedPair | None:
        values = []
        for network in self.networks:
            value = next(
                (
                    other.figures[figure]
                    for other in network.published
                    if figure in other.figures
                    and (other.source, other.convention) == (entry.source, entry.convention)
                ),
                None,
            )
            if value is None:
                return None
            values.append(value)
        return PublishedPair(figure, tuple(values), entry.source, entry.convention)


def compare_reports(reports: tuple[Report, ...]) -> Comparison:
    """The reports with their rows aligned: see ``compare_snapshots``."""
    return compare_snapshots(tuple(map(snapshot_of, reports)))


def compare_snapshots(networks: tuple[Snapshot, ...]) -> Comparison:
    """The networks with their rows aligned, those of each with those of the one before it.

    Blocks are held against those of the same name. Models whose modules have other names are held against each other as
    a whole, whatever order they run their branches in.
    """
    by_block = _share_blocks(networks)
    columns: dict[str, list[_Place]] = {}
    for position, network in enumerate(networks):
        rows = _by_block(network.rows) if by_block else {"": _in_order(network.rows)}
        columns = {
            name: _beside(columns.get(name, []), rows.get(name, ()), position, by_shortcut=by_block)
            for name in _merge(columns, rows)
        }
    slots = (
        Slot(
            block=name or next(row.block for row in place if row is not None),
            rows=place,
            changes=tuple(map(_change, place, place[1:])),
        )
        for name, places in columns.items()
        for place in places
    )
    return Comparison(networks=networks, slots=tuple(slots))


def _share_blocks(networks: Sequence[Snapshot]) -> bool:
    """Whether blocks of one name stand for each other: of specs, and of models with the same modules or more."""
    if all(network.is_spec for network in networks):
        return True
    names = [{row.block for row in network.rows} for network in networks]
    return all(one <= other or other <= one for one, other in pairwise(names))


def _in_order(rows: Sequence[Row]) -> list[Row]:
    """The rows in an order that follows from what they read."""
    at = {row.name: position for position, row in enumerate(rows)}
    layers = [
        KnownLayer(
            kind=row.kind,
            name=row.name,
            settings={"build": _build(row)},
            reads=tuple(at[name] for name in row.inputs),
        )
        for row in rows
    ]
    return [rows[at[layer.name]] for layer in in_order(layers)]


def _by_block(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.block, []).append(row)
    return found


_Place = tuple[Row | None, ...]
"""The rows of a slot."""


def _merge(known: Iterable[str], new: Iterable[str]) -> list[str]:
    """Both lists of block names as one, in order; ``fc`` stays the last."""
    names = dict.fromkeys([*known, *new])
    if "fc" in names:
        del names["fc"]
        names["fc"] = None
    return list(names)


def _beside(places: list[_Place], rows: Sequence[Row], position: int, *, by_shortcut: bool) -> list[_Place]:
    """``places`` of a block with ``rows`` of network number ``position`` put beside those of the network before.

    What is new stands where it fits best among the places that the network before leaves empty there.
    """
    before = [place[-1] for place in places if place[-1] is not None]
    partners: list[Row | None] = []
    new: dict[int, list[Row]] = {}
    for i, j in _pairs(before, rows, by_shortcut=by_shortcut):
        if i is not None:
            partners.append(None if j is None else rows[j])
        elif j is not None:
            new.setdefault(len(partners), []).append(rows[j])
    found: list[_Place] = []
    empty: list[_Place] = []
    at = 0
    for place in places:
        if place[-1] is None:
            empty.append(place)
            continue
        found += _filled(empty, new.get(at, []), position, by_shortcut=by_shortcut)
        found.append((*place, partners[at]))
        empty = []
        at += 1
    return found + _filled(empty, new.get(at, []), position, by_shortcut=by_shortcut)


def _filled(places: list[_Place], rows: list[Row], position: int, *, by_shortcut: bool) -> list[_Place]:
    """Places that the network before leaves empty, with new rows in those that they fit and between them."""
    shown = [next(row for row in reversed(place) if row is not None) for place in places]
    nothing: _Place = (None,) * position
    return [
        (*(nothing if i is None else places[i]), None if j is None else rows[j])
        for i, j in _pairs(shown, rows, by_shortcut=by_shortcut)
    ]


def _pairs(
    one: Sequence[Row], other: Sequence[Row], *, by_shortcut: bool
) -> list[tuple[int | None, int | None]]:
    """The positions of rows that stand side by side, fewest edits first; what is new comes as late as it can.

    A layer of the same build costs nothing, one of the same kind in its place 3, one left out or put in 2. ``by_shortcut``
    says whether one on a shortcut is of another kind, which only specs tell.
    """
    numbers: dict[tuple[str, _Build], int] = {}

    def look(row: Row) -> tuple[int, str]:
        beside = f"{row.kind} of a shortcut" if by_shortcut and SHORTCUT in row.scope else row.kind
        return numbers.setdefault((beside, _build(row)), len(numbers)), beside

    def distance(left: tuple[int, str], right: tuple[int, str]) -> int:
        return 0 if left == right else 3 if left[1] == right[1] else 6

    return align(list(map(look, one)), list(map(look, other)), distance, lambda _: 2, lambda _: 2).pairs


def _change(before: Row | None, after: Row | None) -> Change:
    """What becomes of a layer from one network to the next."""
    if before is None or after is None:
        return "same" if before is after else "added" if before is None else "removed"
    if _build(before) != _build(after):
        return "changed"
    if _map(before) != _map(after):
        return "resized"
    # a layer of a model may share its parameters, or learn more than its kind does
    return "same" if (before.weights, before.biases) == (after.weights, after.biases) else "changed"


def _reads(row: Row, places: Mapping[str, int]) -> tuple[int, ...]:
    """The slots of what a row reads; those of a sum or a product in no order."""
    found = tuple(places[name] for name in row.inputs)
    return tuple(sorted(found)) if row.kind in COMMUTATIVE else found


def _figure(row: Row | None, figure: Figure) -> int | None:
    value: int | None = getattr(row, figure) if row else 0
    return value


_Build = tuple[object, ...]


def _build(row: Row) -> _Build:
    """What the layer is, whatever map it works on: all of it that a saved report has too."""
    return (row.kind, row.label, row.kernel, row.stride, row.padding, row.dilation, row.groups, row.settings)


def _map(row: Row) -> tuple[object, ...]:
    """What the layer works on and makes; with the batch, from which its values follow."""
    return row.in_shape, row.output_shape, row.output_values


def _reads_like(one: Slot, other: Slot) -> bool:
    """Whether two neighbouring slots make one line: nothing differs in them, and they show the same."""
    if one.block != other.block or one.change != "same" or other.change != "same":
        return False
    first, second = one.consensus, other.consensus
    if first.scope != second.scope:
        return False
    return (first.label, first.output_shape) == (second.label, second.output_shape)


def _better(figure: str, value: str, than: str) -> bool:
    lower_is_better = figure.endswith("error")
    return (float(value) < float(than)) == lower_is_better
