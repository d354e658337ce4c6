"""Every figure of a network that a number in circulation may stand for: what it counts, of which part, under which convention.

One list, made as it is read: whoever only asks for the whole network pays for nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple, get_args

from vggstat.cost.accounting import ACCOUNTINGS, Accounting, find_accounting
from vggstat.cost.counting import COUNTING_RULES, CountingRule
from vggstat.cost.inference import peak_as_written
from vggstat.cost.report import Block, Report, Row, analyze, block_of
from vggstat.cost.workload import DTYPES
from vggstat.errors import UnknownMemoryError, UsageError
from vggstat.net.scopes import part_name
from vggstat.records import Record

__all__ = ["NETWORK", "WHOLE", "Fact", "Family", "Level", "Scope", "exact", "facts", "known"]

Family = Literal["params", "operations", "memory", "values", "share", "layers", "pixels"]
Level = Literal["network", "part", "classes", "layer", "share", "pixels"]
"""How far down a list of facts goes: the whole; blocks, kinds, trunk and head; other heads; single layers; shares; fields."""

PLAIN_ACCOUNTINGS: Final = ("outputs", "saved", "inference-peak", "training-peak")
PLAIN_RULES: Final = ("macs", "flops")
TRAINING: Final = "2 per MAC, as FlopCounterMode counts"
OTHER_CLASSES: Final = (2, 10, 20, 21, 100, 101, 102, 200, 365)
"""Outputs of heads that people put in place of ImageNet's: CIFAR, VOC with and without background, Food, Flowers, ..."""


class Scope(NamedTuple):
    """What a fact is of. ``name`` is a layer's or a block's, or the kind's; empty for the whole, the trunk and the head."""

    kind: Literal["network", "image", "layer", "unit", "block", "kind", "trunk", "head"]
    name: str = ""


NETWORK: Final = Scope("network")
ONE_IMAGE: Final = Scope("image")
"""The whole network on one image of a larger batch."""


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

Maker = Callable[[Report], Fact | None]


def exact(report: Report, key: str) -> int | None:
    """The figure of the whole network under a key of ``WHOLE``; None where there is none: see ``Report.counted``."""
    fact = WHOLE[key](report)
    return None if fact is None else fact.exact


def known(report: Report, key: str) -> int:
    """The same where there has to be one. Raises UsageError with the key where there is none."""
    found = exact(report, key)
    if found is None:
        raise UsageError(
            f"{report.name} has no figure for {key}: vggstat does not know it for one of the layers"
        )
    return found


def _of_network(report: Report) -> Iterator[Fact]:
    for key, make in WHOLE.items():
        fact = make(report)
        if key == "param_bytes":
            yield from _in_formats(report)
        elif fact is not None and (key != "weights_file_bytes" or fact.exact != report.param_bytes):
            yield fact
    if report.workload.batch > 1:
        yield from _of_one_image(report)


def _of_one_image(report: Report) -> Iterator[Fact]:
    """Work and memory of one image, which people quote whatever the batch."""
    single = analyze(report.graph, report.workload.replace(batch=1))
    for key in WHOLE:
        fact = WHOLE[key](single) if key.startswith(("operations:", "memory:", "values:")) else None
        if fact is not None:
            yield fact.replace(scope=ONE_IMAGE)


def _in_formats(report: Report) -> Iterator[Fact]:
    """The parameters' bytes, in the workload's dtype first."""
    own = report.workload.dtype
    widths = {own.width: own.name}
    for dtype in DTYPES:
        widths.setdefault(dtype.width, dtype.name)
    for width, name in widths.items():
        yield _bytes("parameters' bytes", report.total.params * width, f"with biases, in {name}")


def _params_of(quantity: str, convention: str, read: Callable[[Block], int]) -> Maker:
    return lambda report: Fact(
        family="params", quantity=quantity, convention=convention, exact=read(report.total)
    )


def _layers_of(quantity: str, convention: str, read: Callable[[Report], int]) -> Maker:
    return lambda report: Fact(family="layers", quantity=quantity, convention=convention, exact=read(report))


def _training(quantity: str, read: Callable[[Report], int | None]) -> Maker:
    def make(report: Report) -> Fact | None:
        count = read(report)
        if count is None:
            return None
        return Fact(family="operations", quantity=quantity, convention=TRAINING, exact=count)

    return make


def _operations(rule: CountingRule) -> Maker:
    def make(report: Report) -> Fact | None:
        count = report.operations(rule)
        if count is None:
            return None
        return Fact(
            family="operations",
            quantity=f"operations under {rule.name}",
            convention=f"{rule.definition} [{rule.reference}]",
            exact=count,
            is_plain=rule.name in PLAIN_RULES,
        )

    return make


def _memory(entry: Accounting) -> Maker:
    def make(report: Report) -> Fact | None:
        size = report.memory_if_run(entry)
        if size is None:
            return None
        plain = entry.name in PLAIN_ACCOUNTINGS
        return _bytes(f"activations, {entry.name}", size, entry.definition, is_plain=plain)

    return make


def _values(entry: Accounting) -> Maker:
    """The values whose bytes an accounting counts, where all are of one width."""

    def make(report: Report) -> Fact | None:
        try:
            items = entry.items(report.graph, report.workload)
        except UsageError:  # a run that torch refuses
            return None
        # Of its items, and not of memory_bytes: that would walk through a peak's run once more.
        elements = sum(item.elements or 0 for item in items)
        made = [item for item in items if item.part != "input"]  # numbers of words have a width of their own
        width = report.workload.dtype.width
        if sum(item.elements or 0 for item in made) * width != sum(item.bytes for item in made):
            return None
        return Fact(
            family="values",
            quantity=f"values, {entry.name}",
            convention=entry.definition,
            exact=elements,
            is_plain=entry.name in PLAIN_ACCOUNTINGS,
        )

    return make


def _peak(report: Report) -> Fact | None:
    size = report.memory_if_run(find_accounting("inference-peak"))
    if size is None:
        return None
    return _bytes("peak in inference", size + report.file_bytes, "weights and maps alive at once")


def _module_peak(report: Report) -> Fact | None:
    """Of somebody's model, whose own code may hold maps beyond their last reader."""
    if report.graph.held_until is None:
        return None
    try:
        size = peak_as_written(report.graph, report.workload).bytes
    except UnknownMemoryError:
        return None
    return _bytes(
        "peak in inference, as the model's code holds maps",
        size + report.file_bytes,
        "weights and maps alive at once, each map until the model's own frames let go of it",
        is_plain=False,
    )


WHOLE: Final[dict[str, Maker]] = {
    "params": _params_of("parameters", "with biases", lambda total: total.params),
    "weights": _params_of("weights", "no biases", lambda total: total.weights),
    "biases": _params_of("biases", "", lambda total: total.biases),
    "param_bytes": lambda report: next(_in_formats(report)),
    "weights_file_bytes": lambda report: _bytes("weights file", report.file_bytes, "with running statistics"),
    **{f"operations:{rule.name}": _operations(rule) for rule in COUNTING_RULES},
    "training_flops": _training("FLOPs, training step", lambda report: report.training_flops),
    "backward_flops": _training("FLOPs, backward pass", lambda report: report.backward_flops),
    **{
        key: make
        for entry in ACCOUNTINGS
        for key, make in ((f"memory:{entry.name}", _memory(entry)), (f"values:{entry.name}", _values(entry)))
    },
    "inference_bytes": _peak,
    "module_inference_bytes": _module_peak,
    "weight_layers": _layers_of("weight layers", "conv and FC", lambda report: report.weight_layers),
    "conv_layers": _layers_of("conv layers", "", lambda report: report.conv_layers),
}
"""What makes each fact of the whole network, by the key under which JSON, comparisons and the report page ask for it.

``param_bytes`` stands for one fact a format.
"""


# parts --------------------------------------------------------------------------------------------------------


def _of_parts(report: Report) -> Iterator[Fact]:
    """The trunk and the head, all layers of a kind, and each block, where these are more than one layer."""
    layers = report.rows[1:]  # after the image
    kinds = {kind: [row for row in layers if row.kind == kind] for kind in ("conv", "fc", "pool")}
    head = [row for row in layers if row.block == "fc"]
    parts = [(Scope("trunk"), _trunk(report)), (Scope("head"), head)] if head else []
    parts += [(Scope("kind", kind), rows) for kind, rows in kinds.items() if len(rows) > 1]
    parts += [
        (Scope("block", block.name), list(block.rows))
        for block in report.blocks
        if block.name not in ("input", "fc") and len(block.rows) > 1
    ]
    parts += _units(layers)
    seen = {(report.total.weights, report.total.biases, report.total.macs)}
    for scope, rows in parts:
        held = block_of("", tuple(rows))
        # all but the FC layers of a VGG have the parameters of its conv layers: one of the two names is enough, and none
        # where there are no FC layers
        key = (held.weights, held.biases, held.macs)
        if key not in seen:
            yield from _of_rows(report, scope, held)
        seen.add(key)


def _trunk(report: Report) -> list[Row]:
    """All layers before the FC ones, without the image."""
    return [row for row in report.rows[1:] if row.block != "fc"]


def _units(layers: Sequence[Row]) -> list[tuple[Scope, list[Row]]]:
    """The units of blocks, with what stands in their branches."""
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in layers:
        if len(row.scope) > 1:
            found.setdefault(row.scope[:2], []).append(row)
    return [(Scope("unit", part_name(scope)), rows) for scope, rows in found.items()]


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
        if exact is None:
            return
        yield Fact(
            family="operations",
            quantity=quantity,
            scope=scope,
            convention=convention,
            exact=exact,
            derivation=derivation,
        )


def _maps(scope: Scope, held: Row | Block, derivation: str = "") -> Iterator[Fact]:
    if held.has_unknown_map:
        return
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
            dtype = report.workload.dtype
            yield _bytes(
                "parameters' bytes", row.params * dtype.width, f"with biases, in {dtype.name}", scope=scope
            )
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


def _fields(report: Report) -> Iterator[Fact]:
    """Each layer's receptive field, in pixels of the image, where it is square."""
    for row in report.rows[1:]:
        if isinstance(row.receptive_field, int):
            scope = Scope("layer", row.name)
            yield Fact(
                family="pixels", quantity="receptive field", scope=scope, exact=row.receptive_field, unit="px"
            )


def _shares(report: Report) -> Iterator[Fact]:
    """Each block's and each layer's share of the totals."""
    total = report.total
    parts: list[tuple[Scope, Row | Block]] = [(Scope("block", block.name), block) for block in report.blocks]
    parts.append((Scope("trunk"), block_of("", tuple(_trunk(report)))))
    parts += [(Scope("layer", row.name), row) for row in report.rows if row.name != "input"]
    for scope, held in parts:
        for quantity, part, whole in (
            ("parameters", held.params, total.params),
            ("MACs", held.macs, total.macs),
            ("output values", held.output_values, total.all_output_values),
        ):
            if part and whole:  # none of work that is not known
                yield Fact(
                    family="share", quantity=f"share of the {quantity}", scope=scope, exact=part, whole=whole
                )


_LEVELS: Final = {
    "network": _of_network,
    "part": _of_parts,
    "classes": _with_other_classes,
    "layer": _of_layers,
    "share": _shares,
    "pixels": _fields,
}
