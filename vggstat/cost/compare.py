"""Several networks side by side: layers aligned block by block, totals with their differences."""

from __future__ import annotations

from typing import Literal, NamedTuple

from vggstat.cost.accounting import find_accounting
from vggstat.cost.report import Report, Row
from vggstat.records import Record
from vggstat.spec.model import Published

__all__ = ["Change", "Comparison", "Figure", "Group", "PublishedPair", "Quantity", "Slot", "compare_reports"]

Change = Literal["same", "added", "removed", "changed", "resized"]
"""``changed`` is another layer in the same place; ``resized`` the same layer on another map."""


Figure = Literal["params", "macs", "output_values"]
"""The figures whose differences are shown layer by layer."""


class Slot(Record):
    """One place in the aligned networks: a row of each, None where a network has nothing there."""

    block: str
    rows: tuple[Row | None, ...]

    @property
    def consensus(self) -> Row:
        """The row of the first network that has one."""
        return next(row for row in self.rows if row is not None)

    @property
    def change(self) -> Change:
        """What becomes of the first network's layer in the others."""
        if self.rows[0] is None:
            return "added"
        if any(row is None for row in self.rows):
            return "removed"
        rows = [row for row in self.rows if row is not None]
        if any(_build(row) != _build(rows[0]) for row in rows):
            return "changed"
        if any(_figures(row) != _figures(rows[0]) for row in rows):
            return "resized"
        return "same"


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


class PublishedPair(NamedTuple):
    """A published figure that all of the networks have, from one source under one convention."""

    figure: str
    values: tuple[str, ...]
    source: str
    convention: str


class Comparison(Record):
    """Two or more reports and the alignment of their rows. The first is what the others are held against."""

    reports: tuple[Report, ...]
    slots: tuple[Slot, ...]

    @property
    def same(self) -> bool:
        """Whether the networks have the same layers on the same maps."""
        return all(slot.change == "same" for slot in self.slots)

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

    def difference(self, slot: Slot, figure: Figure) -> int:
        """The last network's figure less the first's, 0 standing for a layer that is not there."""
        first, last = slot.rows[0], slot.rows[-1]
        return _figure(last, figure) - _figure(first, figure)

    @property
    def quantities(self) -> tuple[Quantity, ...]:
        """The totals, in the order in which they are shown."""
        reports = self.reports
        memory = [
            Quantity(
                f"memory:{name}",
                text,
                "bytes",
                tuple(report.memory_bytes(find_accounting(name)) for report in reports),
            )
            for name, text in (
                ("outputs", "activations, each map once"),
                ("saved", "activations, kept for backward"),
                ("inference-peak", "activations, alive in inference"),
            )
        ]
        return (
            Quantity("params", "parameters, with biases", "count", tuple(r.total.params for r in reports)),
            Quantity("weights", "weights, no biases", "count", tuple(r.total.weights for r in reports)),
            Quantity(
                "param_bytes",
                f"parameters in {', '.join(dict.fromkeys(report.workload.dtype.name for report in reports))}",
                "bytes",
                tuple(r.param_bytes for r in reports),
            ),
            Quantity("macs", "MACs, forward", "count", tuple(r.total.macs for r in reports)),
            Quantity(
                "training_flops",
                "FLOPs, training step (2 per MAC)",
                "count",
                tuple(r.training_flops for r in reports),
            ),
            *memory,
            self._sight(),
        )

    def _sight(self) -> Quantity:
        last = [
            [row for row in report.rows if row.receptive_field and row.kind != "input"]
            for report in self.reports
        ]
        names = dict.fromkeys(rows[-1].name for rows in last if rows)
        name = next(iter(names)) if len(names) == 1 else "the last map"
        fields = tuple(rows[-1].receptive_field if rows else None for rows in last)
        return Quantity("receptive_field", f"receptive field of {name}", "pixels", fields)

    @property
    def published(self) -> tuple[PublishedPair, ...]:
        """Accuracies that were published for all of them: one per publisher, of the scheme with the best value.

        A publisher's first table that has them all counts (the paper's Table 3 before its Table 4); figures of
        an ensemble are nobody's own, a changed network has none, and a network is not held against itself.
        """
        one = len({report.name for report in self.reports}) == 1
        if one or not all(_as_published(report) for report in self.reports):
            return ()
        found: dict[tuple[str, str], PublishedPair] = {}
        for entry in self.reports[0].graph.spec.published:
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
        for report in self.reports:
            value = next(
                (
                    other.figures[figure]
                    for other in report.graph.spec.published
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
    """The reports with their rows aligned, block by block, each on what was aligned before it."""
    blocks: dict[str, list[Slot]] = {}
    for position, report in enumerate(reports):
        for block in _merge(list(blocks), [block.name for block in report.blocks]):
            rows = next((part.rows for part in report.blocks if part.name == block), ())
            blocks[block] = _align(block, blocks.get(block, []), rows, position)
        blocks = {name: blocks[name] for name in _merge(list(blocks), [b.name for b in report.blocks])}
    return Comparison(reports=reports, slots=tuple(slot for slots in blocks.values() for slot in slots))


def _merge(known: list[str], new: list[str]) -> list[str]:
    """Both lists of block names as one, in order; ``fc`` stays the last."""
    names = dict.fromkeys([*known, *new])
    if "fc" in names:
        del names["fc"]
        names["fc"] = None
    return list(names)


def _align(block: str, slots: list[Slot], rows: tuple[Row, ...], position: int) -> list[Slot]:
    """``slots`` with ``rows`` of network number ``position`` put beside them, fewest edits first.

    Edit distance over the block: a layer of the same build costs nothing, one of the same kind in its place
    1.5, one left out or put in 1. Among equals, what is new comes as late as it can.
    """
    empty: tuple[Row | None, ...] = (None,) * position
    head = 0
    while head < min(len(slots), len(rows)) and not _distance(slots[head].consensus, rows[head]):
        head += 1
    before = [
        slot.replace(rows=(*slot.rows, row)) for slot, row in zip(slots[:head], rows[:head], strict=True)
    ]
    slots, rows = slots[head:], rows[head:]
    table = [[0.0] * (len(rows) + 1) for _ in range(len(slots) + 1)]
    for i in range(len(slots), -1, -1):
        for j in range(len(rows), -1, -1):
            if i == len(slots) or j == len(rows):
                table[i][j] = float(len(slots) - i + len(rows) - j)
                continue
            table[i][j] = min(
                table[i + 1][j + 1] + _distance(slots[i].consensus, rows[j]),
                table[i + 1][j] + 1,
                table[i][j + 1] + 1,
            )
    aligned = before
    i = j = 0
    while i < len(slots) or j < len(rows):
        if (
            i < len(slots)
            and j < len(rows)
            and table[i][j] == table[i + 1][j + 1] + _distance(slots[i].consensus, rows[j])
        ):
            aligned.append(slots[i].replace(rows=(*slots[i].rows, rows[j])))
            i, j = i + 1, j + 1
        elif i < len(slots) and table[i][j] == table[i + 1][j] + 1:
            aligned.append(slots[i].replace(rows=(*slots[i].rows, None)))
            i += 1
        else:
            aligned.append(Slot(block=block, rows=(*empty, rows[j])))
            j += 1
    return aligned


def _figure(row: Row | None, figure: Figure) -> int:
    value: int = getattr(row, figure) if row else 0
    return value


def _distance(one: Row, other: Row) -> float:
    if _build(one) == _build(other):
        return 0.0
    return 1.5 if one.kind == other.kind else 3.0


def _build(row: Row) -> tuple[object, ...]:
    """What the layer is, whatever map it works on."""
    return (
        row.kind,
        row.label,
        row.kernel,
        row.stride,
        row.padding,
        row.dilation,
        row.groups,
        row.biases > 0,
    )


def _figures(row: Row) -> tuple[object, ...]:
    return (row.output_shape, row.output_values, row.weights, row.biases, row.macs)


def _reads_like(one: Slot, other: Slot) -> bool:
    """Whether two neighbouring slots make one line: nothing differs in them, and they show the same."""
    if one.block != other.block or one.change != "same" or other.change != "same":
        return False
    first, second = one.consensus, other.consensus
    return (first.label, first.output_shape) == (second.label, second.output_shape)


def _as_published(report: Report) -> bool:
    """Whether the network is as its spec has it, so that what was published about it holds."""
    graph = report.graph
    return (graph.image, graph.head) == (graph.spec.input, graph.spec.head) and graph.classes == _own_classes(
        report
    )


def _own_classes(report: Report) -> int | None:
    last = next((item for item in reversed(report.graph.spec.classifier) if "features" in item.fields), None)
    return last.fields["features"] if last else None


def _better(figure: str, value: str, than: str) -> bool:
    lower_is_better = figure.endswith("error")
    return (float(value) < float(than)) == lower_is_better
