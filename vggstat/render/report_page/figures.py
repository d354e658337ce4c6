"""The integers that the report page carries: every figure that its switches can select.

Row figures are of one image, and the page multiplies them by the batch. Memory totals are carried for each
batch, because a peak is not proportional to it. The page holds no formula. A figure that is not known as a whole is a
list with what is known of it; null is one that has no meaning.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final

from vggstat.cost.accounting import ACCOUNTINGS, Accounting, find_accounting
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.facts import exact
from vggstat.cost.inference import inference_moments
from vggstat.cost.items import IMAGE
from vggstat.cost.moments import MANY, Moment, growth, growth_of
from vggstat.cost.report import Report, Row, analyze
from vggstat.cost.training import least_batch, training_moments
from vggstat.cost.workload import Workload
from vggstat.errors import VggstatError
from vggstat.net.graph import Graph
from vggstat.records import Record
from vggstat.render.captions import image_words
from vggstat.render.columns import NO_FIELD
from vggstat.render.figures import field_text, map_text
from vggstat.render.not_counted import counted_of
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
(null where every value sees all of the image, 0 where it is not known, empty for what sees nothing), and integers, from
``macs`` on of one image."""


TRACED: Final = (
    "a model is traced at one input size, and this page holds the figures of that one. Give vggstat report another "
    "--input"
)
"""Why a model has no figures at other sizes."""

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


Figure = int | list[int] | None
"""As the page carries it: see above."""


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
        if report.graph.head is None:
            sizes[str(side)] = {"reason": TRACED}
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
        for row in sorted(rows.values(), key=lambda row: order.get(row.name, len(order)))
    )


def _pixels(field: Sides | None) -> int | str:
    """A receptive field: its side, its sides as text where they differ, 0 where it is not known."""
    return 0 if field is None else field if isinstance(field, int) else field_text(field)


def _field(row: Row) -> int | str | None:
    """What a row's values see, as ``FIELDS`` says."""
    if row.kind in NO_FIELD and row.name != IMAGE:
        return ""
    return None if row.sees_all else _pixels(row.receptive_field)


def _or_part(value: int | None, known: int) -> Figure:
    """A figure as the page carries it."""
    return [known] if value is None else value


def _total(report: Report, key: str) -> Figure:
    """A total by its key among the facts."""
    value = exact(report, key)
    if value is None and key == "training_flops":
        return [0]
    found = counted_of(report, key) if value is None and ":" in key else None
    return value if found is None or found.status == "complete" else [found.known]


def _input(graph: Graph) -> dict[str, str]:
    """What goes in, in words, where that is not just an image."""
    if len(graph.image) == 3 and not graph.further_inputs:
        return {}
    first = f"{map_text(graph.image)} image" if len(graph.image) == 3 else image_words(graph.image)
    others = (f" and {node.name} {map_text(node.shape)}" for node in graph.further_inputs)
    return {"words": first + "".join(others)}


def _figures(report: Report, batches: tuple[int, ...]) -> dict[str, Any]:
    return {
        "image": map_text(report.graph.image),
        **_input(report.graph),
        "rows": {
            row.name: [
                map_text(row.output_shape),
                _field(row),
                row.weights,
                row.params,
                _or_part(row.macs, 0),
                _or_part(row.flops, 0),
                row.output_values,
                row.output_bytes,
            ]
            for row in report.rows
        },
        "totals": {name: _total(report, key) for name, key in TOTALS.items()},
        "tools": {rule.name: _total(report, f"operations:{rule.name}") for rule in COUNTING_RULES},
        "memory": {str(batch): figures for batch, figures in _memory(report, batches).items()},
        "saved": _saved(report, batches),
        "live": _live(report, batches),
    }


def _memory(report: Report, batches: tuple[int, ...]) -> dict[int, dict[str, Figure]]:
    """Bytes under each accounting, for each batch; None for a run that torch refuses."""
    graph, workload = report.graph, report.workload
    found: dict[int, dict[str, Figure]] = {batch: {} for batch in batches}
    for accounting in ACCOUNTINGS:
        least = least_batch(graph) if accounting.name == "training-peak" else 1
        counted = accounting.counted(graph, workload.replace(batch=max(least, workload.batch)))
        if counted.status != "complete":
            known = _known_by_batch(accounting, graph, workload)
            for batch in batches:
                found[batch][accounting.name] = [known(batch)]
            continue
        size = _bytes_by_batch(accounting, graph, workload)
        for batch in batches:
            found[batch][accounting.name] = size(batch) if batch >= least else None
    return found


def _known_by_batch(accounting: Accounting, graph: Graph, workload: Workload) -> Callable[[int], int]:
    """The part of a sum that is known, for a batch; nothing of a peak."""
    items = accounting.known_items(graph, workload.replace(batch=MANY))
    return growth(sum(item.bytes for item in items)).bytes


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


def _saved(report: Report, batches: tuple[int, ...]) -> dict[str, dict[str, Figure]]:
    """For each batch what each row keeps for the backward pass, with what follows it."""
    place, entry = row_of_node(report.graph), find_accounting("saved")
    kept: Counter[str] = Counter()
    for item in entry.known_items(report.graph, report.workload.replace(batch=MANY)):
        kept[place[item.node]] += item.bytes
    left = {place[one.name] for one in report.memory_counted(entry).not_counted}
    lines = {name: growth(kept[name]) for name in (*kept, *left)}
    return {
        str(batch): {
            name: _or_part(None if name in left else line.bytes(batch), line.bytes(batch))
            for name, line in lines.items()
        }
        for batch in batches
    }


def _live(report: Report, batches: tuple[int, ...]) -> dict[str, dict[str, Any]]:
    """For each batch the most bytes alive while each row runs in inference, weights aside."""
    place = row_of_node(report.graph)
    if report.memory_counted(find_accounting("inference-peak")).status != "complete":
        unknown = {row.name: [0] for row in report.rows if row.kind not in NO_FIELD}
        return {str(batch): unknown for batch in batches}
    run = inference_moments(report.graph, report.workload.replace(batch=MANY))
    lines = [(place[moment.node], growth(moment.bytes)) for moment in run]
    most: dict[str, dict[str, int]] = {str(batch): {} for batch in batches}
    for batch in batches:
        of_batch = most[str(batch)]
        for name, line in lines:
            of_batch[name] = max(line.bytes(batch), of_batch.get(name, 0))
    return most
