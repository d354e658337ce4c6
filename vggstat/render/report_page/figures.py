"""The integers that the report page carries: every figure that its switches can select.

Row figures are of one image, and the page multiplies them by the batch. Memory totals are carried for each
batch, because a peak is not proportional to it. The page holds no formula.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from vggstat.cost.accounting import ACCOUNTINGS, Accounting, find_accounting
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.facts import exact
from vggstat.cost.inference import inference_moments
from vggstat.cost.moments import MANY, Moment, growth, growth_of
from vggstat.cost.report import Report, Row, analyze
from vggstat.cost.training import least_batch, training_moments
from vggstat.cost.workload import Workload
from vggstat.errors import UsageError, VggstatError
from vggstat.net.graph import Graph
from vggstat.records import Record
from vggstat.render.figures import field_text, map_text
from vggstat.render.plot.layers import row_of_node
from vggstat.shapes import Sides
from vggstat.sources.spec.build import build_graph

__all__ = ["AS_GIVEN", "BATCHES", "FIELDS", "SIZES", "Network", "batches_of", "network"]

AS_GIVEN: Final = "given"
"""The key of each network's own input."""

SIZES: Final = (224, 256, 384, 512)
"""Sides of square images that can be chosen besides."""

BATCHES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)

FIELDS: Final = ("output", "field", "weights", "params", "macs", "flops", "values", "bytes")
"""A row's figures in the order in which the page carries them: the map as text, the receptive field in pixels
(null where every value sees all of the image, 0 where it is not known), and integers, from ``macs`` on of one image."""


TOTALS: Final = {
    "weights": "weights",
    "params": "params",
    "macs": "operations:macs",
    "flops": "operations:flops",
    "values": "values:outputs",
    "bytes": "memory:outputs",
    "param_bytes": "param_bytes",
    "training_flops": "training_flops",
}
"""The page's names of the totals, and which fact each is."""


class Network(Record):
    """One network with its figures at each input size."""

    name: str
    report: Report
    """As it was asked for."""
    single: Report
    """The same with one image."""
    layers: tuple[dict[str, Any], ...]
    """What the rows are, at any size: name, label, kind, block, number; in order."""
    sizes: dict[str, Any]
    """By size: ``{"rows": {name: [...]}, ...}``, the key of another size that is the same, or ``{"reason": ...}``
    where the network cannot run on it."""


def batches_of(reports: tuple[Report, ...]) -> tuple[int, ...]:
    """The batches that can be chosen: the usual ones, and those that were asked for."""
    return tuple(sorted({*BATCHES, *(report.workload.batch for report in reports)}))


def network(name: str, report: Report, batches: tuple[int, ...]) -> Network:
    """The network's figures at its own input and at ``SIZES``."""
    single = analyze(report.graph, report.workload.replace(batch=1))
    found: dict[str, Report] = {AS_GIVEN: single}
    sizes: dict[str, Any] = {AS_GIVEN: _figures(single, batches)}
    for side in SIZES:
        if report.graph.image[1:] == (side, side):
            sizes[str(side)] = AS_GIVEN
            continue
        try:
            other = analyze(_resized(report, side), single.workload)
            sizes[str(side)] = _figures(other, batches)
            found[str(side)] = other
        except VggstatError as error:
            sizes[str(side)] = {"reason": str(error)}
    return Network(
        name=name, report=report, single=single, layers=_layers(tuple(found.values())), sizes=sizes
    )


def _resized(report: Report, side: int) -> Graph:
    graph = report.graph
    return build_graph(graph.spec, image=(graph.image[0], side, side), head=graph.head, classes=graph.classes)


def _layers(reports: tuple[Report, ...]) -> tuple[dict[str, Any], ...]:
    """The rows of all sizes as one list. A pool that changes nothing at one size is a row at another."""
    order = {"input": -1}
    rows: dict[str, Row] = {}
    for report in reports:
        order.update({node.name: node.index for node in report.graph.nodes})
        for row in report.rows:
            rows.setdefault(row.name, row)
    return tuple(
        {"name": row.name, "label": row.label, "kind": row.kind, "block": row.block, "number": row.number}
        for row in sorted(rows.values(), key=lambda row: order[row.name])
    )


def _pixels(field: Sides | None) -> int | str:
    """A receptive field: its side, its sides as text where they differ, 0 where it is not known."""
    return 0 if field is None else field if isinstance(field, int) else field_text(field)


def _figures(report: Report, batches: tuple[int, ...]) -> dict[str, Any]:
    return {
        "image": map_text(report.graph.image),
        "rows": {
            row.name: [
                map_text(row.output_shape),
                None if row.sees_all else _pixels(row.receptive_field),
                row.weights,
                row.params,
                row.macs,
                row.flops,
                row.output_values,
                row.output_bytes,
            ]
            for row in report.rows
        },
        "totals": {name: exact(report, key) for name, key in TOTALS.items()},
        "tools": {rule.name: exact(report, f"operations:{rule.name}") for rule in COUNTING_RULES},
        "memory": {str(batch): figures for batch, figures in _memory(report, batches).items()},
        "saved": _saved(report, batches),
        "live": _live(report, batches),
    }


def _memory(report: Report, batches: tuple[int, ...]) -> dict[int, dict[str, int | None]]:
    """Bytes under each accounting, for each batch; None where an accounting has no figure."""
    graph, workload = report.graph, report.workload
    found: dict[int, dict[str, int | None]] = {batch: {} for batch in batches}
    for accounting in ACCOUNTINGS:
        try:
            size = _bytes_by_batch(accounting, graph, workload)
        except UsageError:  # what a layer's backward pass needs is not known
            for batch in batches:
                found[batch][accounting.name] = None
            continue
        least = least_batch(graph) if accounting.name == "training-peak" else 1
        for batch in batches:
            found[batch][accounting.name] = size(batch) if batch >= least else None
    return found


def _bytes_by_batch(accounting: Accounting, graph: Graph, workload: Workload) -> Callable[[int], int]:
    """What an accounting counts for a batch; where it grows by as much with each image, from one run of many."""
    if not accounting.is_linear:
        return lambda batch: accounting.total_bytes(graph, workload.replace(batch=batch))
    moments = _PEAKS.get(accounting.name)
    load = workload.replace(batch=MANY)
    lines = (
        list(growth_of(moments(graph, load))) if moments else [growth(accounting.total_bytes(graph, load))]
    )
    return lambda batch: max(line.bytes(batch) for line in lines)


_PEAKS: Final[dict[str, Callable[[Graph, Workload], Iterator[Moment]]]] = {
    "inference-peak": inference_moments,
    "training-peak": training_moments,
}
"""Accountings that are the largest of many moments; all others are sums of items."""


def _saved(report: Report, batches: tuple[int, ...]) -> dict[str, dict[str, int]]:
    """For each batch what each row keeps for the backward pass, with what follows it."""
    place = row_of_node(report.graph)
    kept: Counter[str] = Counter()
    for item in find_accounting("saved").items(report.graph, report.workload.replace(batch=MANY)):
        kept[place[item.node]] += item.bytes
    lines = {name: growth(size) for name, size in kept.items()}
    return {str(batch): {name: line.bytes(batch) for name, line in lines.items()} for batch in batches}


def _live(report: Report, batches: tuple[int, ...]) -> dict[str, dict[str, int]]:
    """For each batch the most bytes alive while each row runs in inference, weights aside."""
    place = row_of_node(report.graph)
    run = inference_moments(report.graph, report.workload.replace(batch=MANY))
    lines = [(place[moment.node], growth(moment.bytes)) for moment in run]
    most: dict[str, dict[str, int]] = {str(batch): {} for batch in batches}
    for batch in batches:
        of_batch = most[str(batch)]
        for name, line in lines:
            of_batch[name] = max(line.bytes(batch), of_batch.get(name, 0))
    return most
