"""Every figure that a number in circulation may stand for: what it counts, under which convention, exactly."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.report import Report, Row
from vggstat.cost.workload import DTYPES
from vggstat.records import Record

__all__ = ["Family", "Quantity", "layer_quantities", "share_quantities", "total_quantities"]

Family = Literal["params", "operations", "memory", "values", "share", "layers"]

PLAIN_ACCOUNTINGS: Final = ("outputs", "saved", "inference-peak", "training-peak")
PLAIN_RULES: Final = ("macs", "flops")
TRAINING: Final = "2 per MAC, as FlopCounterMode counts"


class Quantity(Record):
    """One exact figure. ``whole`` is set for a share, of which ``exact`` is the part."""

    family: Family
    what: str
    convention: str
    exact: int
    is_bytes: bool = False
    is_plain: bool = True
    """Whether it is a figure by its plain definition rather than by a tool's rule or accounting."""
    whole: int | None = None


def total_quantities(report: Report) -> Iterator[Quantity]:
    """The figures of the whole network."""
    total, workload = report.total, report.workload
    yield Quantity(family="params", what="parameters", convention="with biases", exact=total.params)
    yield Quantity(family="params", what="weights", convention="no biases", exact=total.weights)
    yield Quantity(family="params", what="biases", convention="", exact=total.biases)
    widths = {workload.dtype.width: workload.dtype.name}
    for dtype in DTYPES:
        widths.setdefault(dtype.width, dtype.name)
    for width, name in widths.items():
        yield Quantity(
            family="memory",
            what="parameters' bytes",
            convention=f"with biases, in {name}",
            exact=total.params * width,
            is_bytes=True,
        )
    if report.file_bytes != report.param_bytes:
        yield Quantity(
            family="memory",
            what="weights file",
            convention="with running statistics",
            exact=report.file_bytes,
            is_bytes=True,
        )
    yield from _operations(report)
    yield from _memory(report)
    yield Quantity(
        family="layers", what="weight layers", convention="conv and FC", exact=report.weight_layers
    )
    yield Quantity(family="layers", what="conv layers", convention="", exact=report.conv_layers)


def _operations(report: Report) -> Iterator[Quantity]:
    for rule in COUNTING_RULES:
        count = report.operations(rule)
        if count is not None:
            yield Quantity(
                family="operations",
                what=f"operations under {rule.name}",
                convention=f"{rule.definition} [{rule.reference}]",
                exact=count,
                is_plain=rule.name in PLAIN_RULES,
            )
    yield Quantity(
        family="operations", what="FLOPs, training step", convention=TRAINING, exact=report.training_flops
    )
    yield Quantity(
        family="operations", what="FLOPs, backward pass", convention=TRAINING, exact=report.backward_flops
    )


def _memory(report: Report) -> Iterator[Quantity]:
    workload = report.workload
    for entry in ACCOUNTINGS:
        size = report.memory_if_run(entry)
        if size is None:
            continue
        items = entry.items(report.graph, workload)
        what = f"activations, {entry.name}"
        plain = entry.name in PLAIN_ACCOUNTINGS
        yield Quantity(
            family="memory", what=what, convention=entry.definition, exact=size, is_bytes=True, is_plain=plain
        )
        elements = sum(item.elements or 0 for item in items)
        if elements * workload.dtype.width == size:
            yield Quantity(
                family="values",
                what=f"values, {entry.name}",
                convention=entry.definition,
                exact=elements,
                is_plain=plain,
            )
    peak = next(entry for entry in ACCOUNTINGS if entry.name == "inference-peak")
    yield Quantity(
        family="memory",
        what="peak in inference",
        convention="weights and maps alive at once",
        exact=report.memory_bytes(peak) + report.file_bytes,
        is_bytes=True,
    )


def layer_quantities(report: Report) -> Iterator[Quantity]:
    """The figures of each layer."""
    for row in report.rows:
        yield from _of_row(row)


def _of_row(row: Row) -> Iterator[Quantity]:
    name = row.name
    if row.weights:
        yield Quantity(family="params", what=f"weights of {name}", convention="no biases", exact=row.weights)
        yield Quantity(
            family="params", what=f"parameters of {name}", convention="with biases", exact=row.params
        )
    if row.macs:
        yield Quantity(
            family="operations",
            what=f"MACs of {name}",
            convention="one per weight and position",
            exact=row.macs,
        )
        yield Quantity(family="operations", what=f"FLOPs of {name}", convention="2 per MAC", exact=row.flops)
    yield Quantity(family="values", what=f"output values of {name}", convention="", exact=row.output_values)
    yield Quantity(
        family="memory", what=f"output bytes of {name}", convention="", exact=row.output_bytes, is_bytes=True
    )


def share_quantities(report: Report) -> Iterator[Quantity]:
    """Each block's and each layer's share of the totals."""
    total = report.total
    parts = [(block.name, block.params, block.macs, block.output_values) for block in report.blocks]
    parts += [
        (row.name, row.params, row.macs, row.output_values) for row in report.rows if row.name != "input"
    ]
    for name, params, macs, elements in parts:
        for what, part, whole in (
            ("parameters", params, total.params),
            ("MACs", macs, total.macs),
            ("output values", elements, total.output_values),
        ):
            if part and whole:
                yield Quantity(
                    family="share",
                    what=f"{name}'s share of the {what}",
                    convention="",
                    exact=part,
                    whole=whole,
                )
