"""Networks side by side: aligned layers, then totals with their differences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from vggstat.cost.compare import Change, Comparison, Figure, Group, PublishedPair, Quantity, Slot, Step
from vggstat.cost.report import Row
from vggstat.cost.snapshot import Snapshot
from vggstat.net.known import WEIGHTED
from vggstat.net.scopes import part_name
from vggstat.render.captions import MACS_NOTE, UNITS_NOTE, left_out_words, run_words, shared_words
from vggstat.render.figures import UNKNOWN, map_text, part_words
from vggstat.render.not_counted import joined, patterns, some, total_words
from vggstat.render.page import RULE, Column, Named, Page, Table, Text
from vggstat.render.page import Row as Line
from vggstat.render.report_data import SCHEMA, row_data, run_data
from vggstat.units import grouped, mega, quotient, ratio, signed

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = ["comparison_data", "comparison_page", "network_data", "network_names", "runs_words"]

SIGNS: Final[dict[Change, str]] = {"same": "=", "added": "+", "removed": "-", "changed": "~", "resized": "~"}
ABSENT: Final = "·"
STEPS_NOTE: Final = "Signs and counts: each network against the one at its left; ~ also where a line is added and later changed."
LONGEST_HEADER: Final = 16
FIGURES: Final[tuple[tuple[Figure, str], ...]] = (
    ("params", "Δ parameters"),
    ("macs", "Δ MACs"),
    ("output_values", "Δ values"),
)


def comparison_page(comparison: Comparison, *, only_differences: bool) -> Page:
    """The page of ``vggstat compare``."""
    names = network_names(comparison.networks)
    pairs = comparison.published
    notes = [f"[{number}] {pair.source}: {pair.convention}." for number, pair in enumerate(pairs, start=1)]
    notes.append(f"{MACS_NOTE} {UNITS_NOTE}")
    notes += _heads(names, comparison.networks)
    notes += _own_rows_notes(comparison.networks, names)
    notes += _saved_note(comparison.networks)
    notes += _trained_note(comparison, names)
    notes += _not_counted_notes(comparison, names)
    if len(names) > 2:
        notes.insert(0, STEPS_NOTE)
    return Page(
        title=" against ".join(
            _title(name, network, shortcuts=not all(each.is_spec for each in comparison.networks))
            for name, network in zip(names, comparison.networks, strict=True)
        ),
        aside=" | ".join(runs_words(comparison.networks, names)),
        parts=lambda: (
            _layers(comparison, names, only_differences=only_differences),
            _totals(comparison, names, pairs),
            *((Text(lines=(_sentence(comparison, names, pairs),)),) if len(names) == 2 else ()),
        ),
        notes=tuple(notes),
        data=lambda: comparison_data(comparison, many=iter),
    )


def runs_words(networks: Sequence[Snapshot], names: Sequence[str]) -> list[str]:
    """What is run of several networks: once where it is the same of all, else of which networks what."""
    return shared_words([run_words(network.image, network.workload) for network in networks], names)


def _heads(names: tuple[str, ...], networks: tuple[Snapshot, ...]) -> list[str]:
    """How the networks join their maps to the FC layers, in a line; none where nothing is to be said."""
    heads = {network.head for network in networks}
    known = {name: each.head for name, each in zip(names, networks, strict=True) if each.head is not None}
    sentences = [f"{'; '.join(f'{name}: head {head}' for name, head in known.items())}."] if known else []
    if known and len(heads) == 1:
        sentences = [f"Head {networks[0].head} in {'both' if len(networks) == 2 else 'all'}."]
    gone = [note for network in networks for note in left_out_words(network.name, network.left_out)]
    text = " ".join(dict.fromkeys((*sentences, *gone)))
    return [text] if text else []


def _own_rows_notes(networks: tuple[Snapshot, ...], names: tuple[str, ...]) -> Iterator[str]:
    """Beside a model, which rows a spec has only because it writes them as layers of their own."""
    if all(network.is_spec for network in networks):
        return
    for name, network in zip(names, networks, strict=True):
        own = [row for row in network.rows if row.layer is not None and row.layer.row == "own"]
        if network.is_spec and own:
            kinds = joined(list(dict.fromkeys(row.label for row in own)))
            values = sum(row.output_values for row in own)
            yield (
                f"{name} writes {kinds} as layers of their own, so they are rows, and their {values:,} values are among "
                "its maps; in a model such layers are no rows, and count with the layer before them."
            )


def _saved_note(networks: tuple[Snapshot, ...]) -> tuple[str, ...]:
    """Which figures are a file's, and what such a file does not tell."""
    files = dict.fromkeys(network.origin for network in networks if network.origin)
    if not files:
        return ()
    return (
        f"As saved in {', '.join(files)}, with the options of that time; published accuracies are left out.",
    )


def _trained_note(comparison: Comparison, names: tuple[str, ...]) -> Iterator[str]:
    """How many parameters training changes in each network, where that is not all in each."""
    networks = comparison.networks
    if all(network.trained_params == network.figure("params") for network in networks):
        return
    trained = zip(names, networks, strict=True)
    yield f"Trainable parameters: {', '.join(f'{name} {grouped(one.trained_params)}' for name, one in trained)}."


def _not_counted_notes(comparison: Comparison, names: tuple[str, ...]) -> Iterator[str]:
    """The layers that figures do not hold, in a sentence for those of one network that lack the same ones."""
    for name, network in zip(names, comparison.networks, strict=True):
        lacking: dict[tuple[str, ...], list[str]] = {}
        for quantity in comparison.quantities:
            left = network.not_counted(quantity.key)
            if left:
                lacking.setdefault(left, []).append(total_words(quantity.key))
        for left, totals in lacking.items():
            yield f"{name}: not counted in {joined(totals)}: {some(patterns(left))}."


def network_names(networks: tuple[Snapshot, ...]) -> tuple[str, ...]:
    """A name for each network that tells it from the others: ``D``, or ``D@384`` beside another D."""
    counts = Counter(network.name for network in networks)
    names = [
        network.name if counts[network.name] == 1 else _with_variant(network, networks)
        for network in networks
    ]
    counts = Counter(names)
    return tuple(
        f"{name} ({network.origin})" if network.origin and counts[name] > 1 else name
        for name, network in zip(names, networks, strict=True)
    )


def _with_variant(network: Snapshot, networks: tuple[Snapshot, ...]) -> str:
    rivals = [other for other in networks if other.name == network.name]
    parts = []
    for text, values in (
        (_size_words(network), [other.image for other in rivals]),
        (f"head={network.head}" if network.head else "", [other.head for other in rivals]),
        (network.workload.dtype.short, [other.workload.dtype for other in rivals]),
        (f"batch={network.workload.batch}", [other.workload.batch for other in rivals]),
        (f"classes={network.classes}", [other.classes for other in rivals]),
    ):
        if text and len(set(values)) > 1:
            parts.append(text)
    return f"{network.name}@{','.join(parts)}" if parts else network.name


def _size_words(network: Snapshot) -> str:
    if len(network.image) != 3:
        return "x".join(map(str, network.image))
    _, height, width = network.image
    return str(height) if height == width else f"{height}x{width}"


def _title(name: str, network: Snapshot, *, shortcuts: bool) -> str:
    """Its name, its title, and its weight layers; those on ``shortcuts`` beside, where they are told."""
    count = network.figure("weight_layers")
    parts = [network.title] if network.title != network.name else []
    if count is not None:
        parts.append(f"{count} weight {'layer' if count == 1 else 'layers'}")
    beside = sum(row.kind in WEIGHTED and row.number is None for row in network.rows) if shortcuts else 0
    if beside:
        parts[-1] += f" and {beside} on shortcuts"
    return " · ".join((name, ", ".join(parts))) if parts else name


def _layers(comparison: Comparison, names: tuple[str, ...], *, only_differences: bool) -> Table:
    pairwise = len(names) == 2
    columns = [Column(key="block")]
    columns += [
        Column(
            key=f"layer_{number}",
            header=name,
            text=_run_text,
            gap=4 if pairwise and number > 1 else 2,
            whole=True,
        )
        for number, name in enumerate(names, start=1)
    ]
    columns.append(
        Column(key="output", header=("output", "h × w × c"), align="right", text=_maps, priority=10)
    )
    if pairwise:
        columns += [
            Column(
                key=key,
                header=header,
                align="right",
                text=_signed,
                priority=5 if key == "output_values" else 0,
            )
            for key, header in FIGURES
        ]
    rows: list[Line] = []
    block = ""
    for group in comparison.groups:
        change = group.first.change
        if only_differences and change == "same":
            continue
        part = part_name(group.first.consensus.scope) or group.first.block
        name = "" if part == block else part
        block = part
        cells: list[Any] = [name]
        cells += [_run(group, position) for position in range(len(names))]
        cells.append(_output(group.first))
        if pairwise:
            cells += [_difference(comparison, group, key) for key, _ in FIGURES]
        rows.append(Line(cells=tuple(cells), sign=SIGNS[change]))
    rows.append(RULE)
    for step in comparison.steps:
        words = _summary(step)
        if not pairwise:
            words = f"{names[step.after]} against {names[step.before]}: {words}"
        sums: list[Any] = [words] + [""] * (len(names) + 1)
        if pairwise:
            sums += [_unknown_or(comparison.sum_of_differences(comparison.slots, key)) for key, _ in FIGURES]
        rows.append(Line(cells=tuple(sums), kind="total"))
    return Table(columns=tuple(columns), rows=tuple(rows), name="layers", main=True)


def _signed(value: Any) -> str:
    return signed(value)


def _unknown_or(difference: int | None) -> Any:
    return Named(value=None, text=UNKNOWN) if difference is None else difference


def _run(group: Group, position: int) -> tuple[str | int, ...]:
    """A network's layers on a line: what they are, and how many where there are several; nothing for none."""
    row = group.first.rows[position]
    if row is None:
        return ()
    label = row.label or "input"
    return (label, len(group.slots)) if len(group.slots) > 1 else (label,)


def _run_text(run: tuple[str | int, ...]) -> str:
    if not run:
        return ABSENT
    label, *count = run
    return f"{label} ×{count[0]}" if count else str(label)


def _output(slot: Slot) -> Any:
    """The map that leaves, channels first; both of them where they differ, nothing where none does."""
    shapes = tuple(
        dict.fromkeys(row.output_shape for row in slot.rows if row is not None and row.output_shape)
    )
    if not shapes:
        return ""
    return shapes[0] if len(shapes) == 1 else shapes


def _maps(value: Any) -> str:
    shapes = value if value and isinstance(value[0], tuple) else (value,)
    return " → ".join(map(map_text, shapes))


def _difference(comparison: Comparison, group: Group, key: Figure) -> Any:
    """The difference that a line makes; empty where nothing differs."""
    if group.first.change == "same":
        return ""
    return _unknown_or(comparison.sum_of_differences(group.slots, key))


def _summary(step: Step) -> str:
    """What a network has otherwise than the one before it. ``none changed`` only where no aligned layer differs."""
    if step.same:
        return "the same layers on the same maps"
    if step.same_rows and not step.resized:
        found = ["other layers within them (ReLU, dropout)"] if step.unseen else []
        found += [f"{_count(step.rewired)} reading others"] if step.rewired else []
        return f"the same rows, but {' and '.join(found)}"
    words = [f"{_count(step.added)} added", f"{_count(step.removed)} removed"]
    if step.changed or not step.resized:
        words.append(f"{_count(step.changed)} changed")
    maps = sum(_maps_of(one) != _maps_of(other) for one, other in step.resized)
    for count, what in ((maps, "on other maps"), (len(step.resized) - maps, "in another batch")):
        if count:
            words.append(f"{count:,} the same {what}")
    return ", ".join(words)


def _maps_of(row: Row) -> tuple[object, ...]:
    return row.in_shape, row.output_shape


def _count(rows: tuple[Row, ...]) -> str:
    if not rows:
        return "none"
    kinds = Counter(_kind_word(row) for row in rows)
    parts = [f"{count:,} {kind}" for kind, count in kinds.items()]
    return " + ".join(parts) + (" layer" if len(rows) == 1 else " layers")


def _kind_word(row: Row) -> str:
    return {"conv": "conv", "fc": "FC", "lrn": "LRN", "bn": "BN", "pool": "pool"}.get(row.kind, row.kind)


def _totals(comparison: Comparison, names: tuple[str, ...], pairs: tuple[PublishedPair, ...]) -> Table:
    first, *others = names
    columns = [Column(key="quantity")]
    columns += [Column(key=f"value_{n}", header=name, align="right") for n, name in enumerate(names, start=1)]
    if len(names) == 2:
        header = _against(names[1], "−", first)
        columns.append(Column(key="difference", header=header, align="right", priority=20))
    columns += [
        Column(key=f"ratio_{n}", header=_against(name, "/", first), align="right", priority=10)
        for n, name in enumerate(others, start=2)
    ]
    rows = [Line(cells=_quantity_cells(quantity, comparison.networks)) for quantity in comparison.quantities]
    rows += [Line(cells=_published_cells(number, pair)) for number, pair in enumerate(pairs, start=1)]
    return Table(columns=tuple(columns), rows=tuple(rows), name="totals")


def _against(name: str, sign: str, first: str) -> str | tuple[str, str]:
    """What a column holds: ``E − D``; in two lines where the names are long."""
    text = f"{name} {sign} {first}"
    return text if len(text) <= LONGEST_HEADER else (name, f"{sign} {first}")


def _quantity_cells(quantity: Quantity, networks: tuple[Snapshot, ...]) -> tuple[Any, ...]:
    first = quantity.values[0]
    values = [
        _value(quantity, value, network) for value, network in zip(quantity.values, networks, strict=True)
    ]
    nothing = UNKNOWN if any(isinstance(value, Named) for value in values) else None
    cells: list[Any] = [quantity.text, *values]
    if len(quantity.values) == 2:
        last = quantity.values[1]
        known = first is not None and last is not None
        cells.append(_change(quantity.kind, last - first) if known else nothing)  # type: ignore[operator]
    for value in quantity.values[1:]:
        cells.append(ratio(value, first) if first and value is not None else nothing)
    return tuple(cells)


def _value(quantity: Quantity, value: int | None, network: Snapshot) -> Any:
    """A figure; the known part of one that is not known as a whole."""
    if value is not None:
        return value if quantity.kind == "count" else _measure(quantity.kind, value)
    if quantity.kind == "pixels":
        return Named(value=None, text=UNKNOWN) if any(map(_sees_unknown, network.rows)) else None
    known, left = network.part(quantity.key)
    if not left:
        return None
    text = grouped(known) if quantity.kind == "count" else _measure(quantity.kind, known)
    return Named(value=None, text=part_words(text) if known else UNKNOWN)


def _sees_unknown(row: Row) -> bool:
    """Whether it is not known what of the image its values see."""
    return row.receptive_field is None and not row.sees_all and row.kind != "unused"


def _measure(kind: str, value: int) -> str:
    return f"{mega(value)} MB" if kind == "bytes" else f"{value:,} px"


def _change(kind: str, difference: int) -> Any:
    if kind == "bytes":
        return f"{signed(difference, mega)} MB"
    return signed(difference) + (" px" if kind == "pixels" else "")


def _published_cells(number: int, pair: PublishedPair) -> tuple[Any, ...]:
    what = "top-1 error" if pair.figure == "top1_error" else "top-1 accuracy"
    cells: list[Any] = [f"{what}, {pair.source.partition(',')[0]} [{number}]"]
    cells += [f"{value} %" for value in pair.values]
    if len(pair.values) == 2:
        cells.append(f"{_points(pair)} pt")
        cells.append("")
    else:
        cells += [""] * (len(pair.values) - 1)
    return tuple(cells)


def _points(pair: PublishedPair) -> str:
    """The last value less the first, with as many decimals as were published."""
    from decimal import Decimal

    difference = Decimal(pair.values[-1]) - Decimal(pair.values[0])
    sign = "+" if difference > 0 else "−" if difference < 0 else ""
    return f"{sign}{abs(difference)}"


def _sentence(comparison: Comparison, names: tuple[str, ...], pairs: tuple[PublishedPair, ...]) -> str:
    first, last = comparison.networks
    params = _more(last.figure("params"), first.figure("params"), "parameters")
    macs = _more(last.figure("operations:macs"), first.figure("operations:macs"), "MACs")
    if params is None or macs is None:
        return f"How much more {names[1]} takes than {names[0]} is not known: not all of it is counted."
    middle = "" if params.link == macs.link else f" {params.link} {names[0]}"
    words = f"{names[1]} has {params.words}{middle} and takes {macs.words} {macs.link} {names[0]}"
    gains = [(_gain(pair), number) for number, pair in enumerate(pairs, start=1)]
    better = " and ".join(f"{gain} [{number}]" for gain, number in gains if gain > 0)
    worse = " and ".join(f"{-gain} [{number}]" for gain, number in gains if gain < 0)
    parts = [
        f"{text} by {points} points" for text, points in (("better", better), ("worse", worse)) if points
    ]
    if not pairs:
        return f"{words}."
    return f"{words}; its top-1 is {', '.join(parts) or 'the same'}."


def _gain(pair: PublishedPair) -> Decimal:
    """By how many points the last is better than the first."""
    from decimal import Decimal

    difference = Decimal(pair.values[-1]) - Decimal(pair.values[0])
    return -difference if pair.figure.endswith("error") else difference


class _Measure(NamedTuple):
    """``3.8 % more MACs`` (than), ``as many MACs`` (as), or a factor where that reads better (of)."""

    words: str
    link: str


def _more(value: int | None, than: int | None, what: str) -> _Measure | None:
    """How two figures compare, in words; None where one of them is not known."""
    if value is None or than is None:
        return None
    if value == than:
        return _Measure(f"as many {what}", "as")
    if than and value >= 2 * than:
        return _Measure(f"{ratio(value, than)} times the {what}", "of")
    word = "more" if value > than else "fewer"
    text = quotient(100 * abs(value - than), than, 1) if than else ""
    size = "hardly " if text == "0.0" else f"{text} % " if text else ""
    return _Measure(f"{size}{word} {what}", "than")


def comparison_data(comparison: Comparison, many: Callable[[Iterable[Any]], Any] = list) -> dict[str, Any]:
    """The comparison as plain data. Differences are the last network's figures less the first's.

    ``steps`` counts, and ``changes`` tells, what each network but the first has otherwise than the one before it.
    ``many`` makes what stands for the list of rows.
    """
    names = network_names(comparison.networks)
    return {
        "schema": SCHEMA,
        "specs": [
            network_data(network, name) for name, network in zip(names, comparison.networks, strict=True)
        ],
        "same": comparison.same,
        "steps": [_step_data(step, names) for step in comparison.steps],
        "rows": many(
            {
                "block": slot.block,
                "change": slot.change,
                "changes": list(slot.changes),
                "layers": [None if row is None else row_data(row) for row in slot.rows],
                "difference": {key: comparison.difference(slot, key) for key, _ in FIGURES},
            }
            for slot in comparison.slots
        ),
        "totals": [_quantity_data(quantity, comparison.networks) for quantity in comparison.quantities],
        "published": [
            {
                "figure": pair.figure,
                "values": list(pair.values),
                "source": pair.source,
                "convention": pair.convention,
            }
            for pair in comparison.published
        ],
    }


def network_data(network: Snapshot, name: str) -> dict[str, Any]:
    """Which network it is, under the name that tells it from the others, what was run, and the file that kept it."""
    return {
        "name": name,
        "spec": network.name,
        "title": network.title,
        "saved_in": network.origin or None,
        "trained_params": network.trained_params,
        "workload": run_data(network, network.workload),
    }


def _step_data(step: Step, names: tuple[str, ...]) -> dict[str, Any]:
    return {
        "network": names[step.after],
        "against": names[step.before],
        "same": step.same,
        "added": len(step.added),
        "removed": len(step.removed),
        "changed": len(step.changed),
        "resized": len(step.resized),
        "rewired": len(step.rewired),
    }


def _quantity_data(quantity: Quantity, networks: tuple[Snapshot, ...]) -> dict[str, Any]:
    first, last = quantity.values[0], quantity.values[-1]
    known = first is not None and last is not None
    return {
        "name": quantity.name,
        "text": quantity.text,
        "unit": {"count": None, "bytes": "B", "pixels": "px"}[quantity.kind],
        "values": list(quantity.values),
        "known": [
            network.part(quantity.key).known if value is None else value
            for network, value in zip(networks, quantity.values, strict=True)
        ],
        "not_counted": [list(network.not_counted(quantity.key)) for network in networks],
        "difference": last - first if known else None,  # type: ignore[operator]
        "ratios": [value / first if first and value is not None else None for value in quantity.values],
    }
