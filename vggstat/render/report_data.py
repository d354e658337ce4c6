"""A report as plain data: what ``--format json`` prints and ``vggstat.to_dict`` returns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.convention import Convention
from vggstat.cost.counting import COUNTING_RULES, Counted, CountingRule, find_counting_rule
from vggstat.cost.report import Block, Report, Row
from vggstat.cost.report_layout import OWN_ACCOUNTINGS, SCHEMA, TOTALS
from vggstat.errors import UsageError
from vggstat.net.graph import Graph
from vggstat.net.spec import Published

if TYPE_CHECKING:
    from vggstat.cost.snapshot import Snapshot
    from vggstat.cost.workload import Workload

__all__ = ["SCHEMA", "counted_data", "macs_data", "report_data", "row_data", "run_data", "workload_data"]


UNKNOWN_WITH: Final = {
    "backward_flops": "operations:macs",
    "training_flops": "operations:macs",
    "inference_bytes": "memory:inference-peak",
}
"""Totals that are not known where another is not, under which the layers stand that are not counted."""


def report_data(
    report: Report, convention: Convention | None = None, many: Callable[[Iterable[Any]], Any] = list
) -> dict[str, Any]:
    """The whole report. Counts and bytes are integers of the whole batch; null where a field has no meaning.

    ``many`` makes what stands for the lists that have an entry a layer: ``iter`` where they are written as they come.
    """
    # Imported when asked for: a table that is printed as text should not wait for it.
    from vggstat.cost.facts import exact

    chosen = convention or Convention()
    graph, workload = report.graph, report.workload
    return {
        "schema": SCHEMA,
        "spec": report.name,
        "title": graph.spec.title,
        "source": graph.spec.source,
        "workload": workload_data(report),
        "model": _model_data(report),
        "conventions": {
            "operations": chosen.ops.name,
            "memory": chosen.memory.name,
            "macs": COUNTING_RULES[0].definition,
            "flops": COUNTING_RULES[1].definition,
            "outputs": next(entry.definition for entry in ACCOUNTINGS if entry.name == "outputs"),
            "MB": 10**6,
            "MiB": 2**20,
        },
        "rows": many(row_data(row) for row in report.rows),
        "between_rows": many(_between_data(graph)),
        "blocks": many(_block_data(block) for block in report.blocks),
        "totals": _totals(report),
        "memory": {
            entry.name: exact(report, f"memory:{entry.name}") for entry in ACCOUNTINGS[:OWN_ACCOUNTINGS]
        },
        "memory_not_counted": dict(_unknown_memory(report)),
        "tools": {
            "operations": {rule.name: exact(report, f"operations:{rule.name}") for rule in COUNTING_RULES},
            "operations_not_counted": {
                rule.name: _known_part(report, rule) for rule in COUNTING_RULES if rule.unknown_in(report.ops)
            },
            "memory": {
                entry.name: exact(report, f"memory:{entry.name}") for entry in ACCOUNTINGS[OWN_ACCOUNTINGS:]
            },
        },
        "items": {
            "operations": many(
                {"name": item.node.name, "count": item.count} for item in report.operation_items(chosen.ops)
            ),
            "memory": many(
                {"name": item.node, "what": item.what, "values": item.elements, "bytes": item.bytes}
                for item in chosen.memory.known_items(graph, workload)
            ),
        },
        "published": [_published_data(entry) for entry in graph.spec.published],
    }


def _totals(report: Report) -> dict[str, Any]:
    """The totals. Beside MACs and FLOPs stands how much of them is known: the plain key is null unless it is all."""
    from vggstat.cost.facts import exact

    totals: dict[str, Any] = {}
    for name, key in TOTALS.items():
        totals[name] = exact(report, key)
        if key.startswith("operations:"):
            part = _known_part(report, find_counting_rule(name))
            totals[f"{name}_status"] = part["status"]
            totals[f"{name}_known"] = part["known"]
            totals[f"{name}_not_counted"] = part["layers"]
        elif key in UNKNOWN_WITH:
            unknown = totals[name] is None and exact(report, UNKNOWN_WITH[key]) is None
            totals[f"{name}_status"] = "unknown" if unknown else "complete"
    return totals


def _known_part(report: Report, rule: CountingRule) -> dict[str, Any]:
    """How much of a total under a rule is known, and which layers' work is not, by its kinds."""
    found = report.counted(rule)
    return {
        "status": found.status,
        "known": found.known,
        "layers": [
            {"name": one.name, "work": list(one.why), "place": one.place or None} for one in found.not_counted
        ],
    }


def _unknown_memory(report: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    """The accountings of which not all is known: how much is, and of which layers nothing, with the reasons."""
    for entry in ACCOUNTINGS[:OWN_ACCOUNTINGS]:
        try:
            found = report.memory_counted(entry)
        except UsageError:  # a run that torch refuses
            continue
        if found.status != "complete":
            yield entry.name, counted_data(found)


def counted_data(found: Counted) -> dict[str, Any]:
    """How much is known of a total of bytes, and of which layers nothing, with the reasons."""
    return {
        "status": found.status,
        "known": found.known,
        "layers": [
            {"name": one.name, "reason": "; ".join(one.why), "place": one.place or None}
            for one in found.not_counted
        ],
    }


def _model_data(report: Report) -> dict[str, Any]:
    """What a graph holds beside its layers: inputs and outputs, and parameters that are not trained, shared or used."""
    graph = report.graph
    return {
        "inputs": [
            {"name": "input", "shape": list(graph.image)},
            *({"name": node.name, "shape": list(node.shape)} for node in graph.further_inputs),
        ],
        "outputs": [list(graph.shape_of(value)) for value in graph.outputs or (len(graph.nodes),)],
        "frozen_params": report.frozen_params,
        "unused_params": sum(param.elements for param in graph.unused),
        "shared": [
            {"layer": node.name, "tensor": one.param.path, "of": one.owner}
            for node in graph.nodes
            for one in node.shared
        ],
        "leads_nowhere": [node.name for node in graph.leads_nowhere],
        "notes": list(graph.notes),
    }


def workload_data(report: Report) -> dict[str, Any]:
    """What was run."""
    return run_data(report.graph, report.workload)


def run_data(network: Graph | Snapshot, workload: Workload) -> dict[str, Any]:
    """The same of a network that may be one of a file."""
    return {
        "input": list(network.image),
        "batch": workload.batch,
        "dtype": workload.dtype.name,
        "head": network.head,
        "left_out": list(network.left_out),
        "classes": network.classes,
    }


def row_data(row: Row) -> dict[str, Any]:
    """One row."""
    return {
        "name": row.name,
        "torch_name": row.torch_name,
        "block": row.block,
        "scope": list(row.scope),
        "inputs": list(row.inputs),
        "kind": row.kind,
        "label": row.label or None,
        "number": row.number,
        "settings": dict(row.settings),
        "input_shape": None if row.in_shape is None else list(row.in_shape),
        "output_shape": list(row.output_shape),
        "kernel": row.kernel,
        "stride": row.stride,
        "padding": row.padding,
        "dilation": row.dilation,
        "groups": row.groups,
        "weights": row.weights,
        "biases": row.biases,
        "params": row.params,
        "macs": row.macs,
        "flops": row.flops,
        "output_values": None if row.has_unknown_map else row.output_values,
        "output_bytes": None if row.has_unknown_map else row.output_bytes,
        "receptive_field": row.receptive_field,
        "sees_all": row.sees_all,
        "effective_stride": row.jump,
    }


def _between_data(graph: Graph) -> Iterator[dict[str, Any]]:
    """The layers that are no rows (a ReLU, a dropout), each with the row that it follows."""
    from vggstat.cost.snapshot import between_rows

    for layer in between_rows(graph):
        yield {"after": layer.after, "label": layer.label, "settings": dict(layer.settings)}


def _block_data(block: Block) -> dict[str, Any]:
    return {
        "name": block.name,
        "layers": [row.name for row in block.rows],
        "weights": block.weights,
        "biases": block.biases,
        "params": block.params,
        "macs": block.macs,
        "flops": block.flops,
        **macs_data(block),
        "output_values": None if block.has_unknown_map else block.output_values,
        "output_bytes": None if block.has_unknown_map else block.output_bytes,
    }


def macs_data(block: Block) -> dict[str, Any]:
    """How much of a block's MACs is known, and the names of the layers whose MACs are not."""
    status = "complete" if block.macs is not None else "partial" if block.macs_known else "unknown"
    return {
        "macs_status": status,
        "macs_known": block.macs_known,
        "macs_not_counted": list(block.macs_not_counted),
    }


def _published_data(entry: Published) -> dict[str, Any]:
    return {**entry.figures, "source": entry.source, "convention": entry.convention}
