"""Every figure of a network that a number in circulation may stand for: what it counts, of which part, under which convention.

One list, made as it is read: whoever only asks for the whole network pays for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, get_args

from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.report import Block, Report, Row, block_of
from vggstat.cost.workload import DTYPES
from vggstat.records import Record

__all__ = ["NETWORK", "Fact", "Family", "Level", "Scope", "facts"]

Family = Literal["params", "operations", "memory", "values", "share", "layers"]
Level = Literal["network", "part", "classes", "layer", "share"]
"""How far down a list of facts goes: the whole; blocks, kinds, trunk and head; other heads; single layers; shares."""

PLAIN_ACCOUNTINGS: Final = ("outputs", "saved", "inference-peak", "training-peak")
PLAIN_RULES: Final = ("macs", "flops")
TRAINING: Final = "2 per MAC, as FlopCounterMode counts"
OTHER_CLASSES: Final = (2, 10, 20, 21, 100, 101, 102, 200, 365)
"""Outputs of heads that people put in place of ImageNet's: CIFAR, VOC with and without background, Food, Flowers, ..."""


class Scope(NamedTuple):
    """What a fact is of. ``name`` is a layer's or a block's, or the kind's; empty for the whole, the trunk and the head."""

    kind: Literal["network", "layer", "block", "kind", "trunk", "head"]
    name: str = ""


NETWORK: Final = Scope("network")


class Fact(Record):
    """One exact figure of a part of a network. ``whole`` is set for a share, of which ``exact`` is the part."""

    family: Family
    quantity: str
    """``parameters``, ``MACs``, ``activations, outputs``."""
    scope: Scope = NETWORK
    convention: str = ""
    exact: int
    unit: str = ""
    """``B`` for bytes; counts have none."""
    derivation: str = ""
    """The sum or product that it is, where it is not a row's own."""
    is_plain: bool = True
    """Whether it is a figure by its plain definition rather than by a tool's rule or accounting."""
    whole: int | None = None

    @property
    def is_bytes(self) -> bool:
        return self.unit == "B"


def facts(report: Report, *levels: Level) -> Iterator[Fact]:
    """The facts of these levels, in this order; of all where none is named."""
    for level in levels or get_args(Level):
        yield from _LEVELS[level](report)


def _bytes(
    quantity: str,
    exact: int,
    convention: str = "",
    *,
    scope: Scope = NETWORK,
    derivation: str = "",
    is_plain: bool = True,
) -> Fact:
    return Fact(
        family="memory",
        quantity=quantity,
        scope=scope,
        convention=convention,
        exact=exact,
        unit="B",
        derivation=derivation,
        is_plain=is_plain,
    )


# the whole network --------------------------------------------------------------------------------------------


def _of_network(report: Report) -> Iterator[Fact]:
    total, workload = report.total, report.workload
    yield Fact(family="params", quantity="parameters", convention="with biases", exact=total.params)
    yield Fact(family="params", quantity="weights", convention="no biases", exact=total.weights)
    yield Fact(family="params", quantity="biases", exact=total.biases)
    widths = {workload.dtype.width: workload.dtype.name}
    for dtype in DTYPES:
        widths.setdefault(dtype.width, dtype.name)
    for width, name in widths.items():
        yield _bytes("parameters' bytes", total.params * width, f"with biases, in {name}")
    if report.file_bytes != report.param_bytes:
        yield _bytes("weights file", report.file_bytes, "with running statistics")
    yield from _operations(report)
    yield from _memory(report)
    yield Fact(
        family="layers", quantity="weight layers", convention="conv and FC", exact=report.weight_layers
    )
    yield Fact(family="layers", quantity="conv layers", exact=report.conv_layers)


def _operations(report: Report) -> Iterator[Fact]:
    for rule in COUNTING_RULES:
        count = report.operations(rule)
        if count is not None:
            yield Fact(
                family="operations",
                quantity=f"operations under {rule.name}",
                convention=f"{rule.definition} [{rule.reference}]",
                exact=count,
                is_plain=rule.name in PLAIN_RULES,
            )
    for quantity, exact in (
        ("FLOPs, training step", report.training_flops),
        ("FLOPs, backward pass", report.backward_flops),
    ):
        yield Fact(family="operations", quantity=quantity, convention=TRAINING, exact=exact)


def _memory(report: Report) -> Iterator[Fact]:
    workload = report.workload
    for entry in ACCOUNTINGS:
        size = report.memory_if_run(entry)
        if size is None:
            continue
        plain = entry.name in PLAIN_ACCOUNTINGS
        yield _bytes(f"activations, {entry.name}", size, entry.definition, is_plain=plain)
        elements = sum(item.elements or 0 for item in entry.items(report.graph, workload))
        if elements * workload.dtype.width == size:
            yield Fact(
                family="values",
                quantity=f"values, {entry.name}",
                convention=entry.definition,
                exact=elements,
                is_plain=plain,
            )
    peak = next(entry for entry in ACCOUNTINGS if entry.name == "inference-peak")
    yield _bytes(
        "peak in inference", report.memory_bytes(peak) + report.file_bytes, "weights and maps alive at once"
    )


# parts --------------------------------------------------------------------------------------------------------


def _of_parts(report: Report) -> Iterator[Fact]:
    """The trunk and the head, all layers of a kind, and each block, where these are more than one layer."""
    layers = report.rows[1:]  # after the image
    kinds = {kind: [row for row in layers if row.kind == kind] for kind in ("conv", "fc", "pool")}
    trunk = [row for row in layers if row.block != "fc"]
    head = [row for row in layers if row.block == "fc"]
    parts = [(Scope("trunk"), trunk), (Scope("head"), head)] if head else []
    parts += [(Scope("kind", kind), rows) for kind, rows in kinds.items() if len(rows) > 1]
    parts += [
        (Scope("block", block.name), list(block.rows))
        for block in report.blocks
        if block.name not in ("input", "fc") and len(block.rows) > 1
    ]
    seen = {(report.total.weights, report.total.biases, report.total.macs)}
    for scope, rows in parts:
        held = block_of("", tuple(rows))
        # all but the FC layers of a VGG have the parameters of its conv layers: one of the two names is enough, and none
        # where there are no FC layers
        key = (held.weights, held.biases, held.macs)
        if key not in seen:
            yield from _of_rows(report, scope, held)
        seen.add(key)


def _of_rows(report: Report, scope: Scope, held: Block) -> Iterator[Fact]:
    if held.weights:
        sums = _sum_words([row for row in held.rows if row.weights])
        yield from _params(scope, held, sums)
        yield _bytes(
            "parameters' bytes",
            held.params * report.workload.dtype.width,
            f"with biases, in {report.workload.dtype.name}",
            scope=scope,
            derivation=sums,
        )
    if held.macs:
        yield from _work(scope, held, _sum_words([row for row in held.rows if row.macs]))
    yield from _maps(scope, held, _sum_words(held.rows))


def _sum_words(rows: Sequence[Row]) -> str:
    """``block2_conv1 + block2_conv2 + … + block5_conv3``: the rows that are added up."""
    names = [row.name for row in rows]
    return " + ".join(names if len(names) <= 3 else [*names[:2], "…", names[-1]])


def _params(scope: Scope, held: Row | Block, derivation: str = "") -> Iterator[Fact]:
    for quantity, convention, exact in (
        ("weights", "no biases", held.weights),
        ("parameters", "with biases", held.params),
    ):
        yield Fact(
            family="params",
            quantity=quantity,
            scope=scope,
            convention=convention,
            exact=exact,
            derivation=derivation,
        )


def _work(scope: Scope, held: Row | Block, derivation: str = "") -> Iterator[Fact]:
    for quantity, convention, exact in (
        ("MACs", "one per weight and position", held.macs),
        ("FLOPs", "2 per MAC", held.flops),
    ):
        yield Fact(
            family="operations",
            quantity=quantity,
            scope=scope,
            convention=convention,
            exact=exact,
            derivation=derivation,
        )


def _maps(scope: Scope, held: Row | Block, derivation: str = "") -> Iterator[Fact]:
    yield Fact(
        family="values",
        quantity="output values",
        scope=scope,
        exact=held.output_values,
        derivation=derivation,
    )
    yield _bytes("output bytes", held.output_bytes, scope=scope, derivation=derivation)


# single layers, shares, and other heads -----------------------------------------------------------------------


def _of_layers(report: Report) -> Iterator[Fact]:
    for row in report.rows:
        scope = Scope("layer", row.name)
        if row.weights:
            yield from _params(scope, row)
        if row.macs:
            yield from _work(scope, row)
        yield from _maps(scope, row)


def _with_other_classes(report: Report) -> Iterator[Fact]:
    """Parameters with as many outputs as other data sets have: the prediction has so many weights and a bias for each."""
    rows: Iterable[Row] = (row for row in reversed(report.rows) if row.number is not None)
    last = next(iter(rows), None)
    if last is None or last.block != "fc":
        return
    classes = last.output_shape[0]
    for other in OTHER_CLASSES:
        if other == classes:
            continue
        for quantity, convention, total, each in (
            ("parameters", "with biases", report.total.params, last.params // classes),
            ("weights", "no biases", report.total.weights, last.weights // classes),
        ):
            sign, count = ("−", classes - other) if other < classes else ("+", other - classes)
            yield Fact(
                family="params",
                quantity=f"{quantity} with {other} classes",
                convention=convention,
                exact=total + (other - classes) * each,
                derivation=f"{total:,} {sign} {count:,} × {each:,}",
            )


def _shares(report: Report) -> Iterator[Fact]:
    """Each block's and each layer's share of the totals."""
    total = report.total
    parts: list[tuple[Scope, Row | Block]] = [(Scope("block", block.name), block) for block in report.blocks]
    parts += [(Scope("layer", row.name), row) for row in report.rows if row.name != "input"]
    for scope, held in parts:
        for quantity, part, whole in (
            ("parameters", held.params, total.params),
            ("MACs", held.macs, total.macs),
            ("output values", held.output_values, total.output_values),
        ):
            if part and whole:
                yield Fact(
                    family="share", quantity=f"share of the {quantity}", scope=scope, exact=part, whole=whole
                )


_LEVELS: Final = {
    "network": _of_network,
    "part": _of_parts,
    "classes": _with_other_classes,
    "layer": _of_layers,
    "share": _shares,
}
