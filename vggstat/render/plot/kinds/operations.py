"""Operations of each layer under a rule, and how they add up."""

from __future__ import annotations

from typing import Any

from vggstat.cost.counting import CountingRule
from vggstat.cost.report import Report
from vggstat.render.captions import operations_note
from vggstat.render.columns import operation_counts
from vggstat.render.figures import count_or_dash
from vggstat.render.not_counted import not_counted_notes
from vggstat.render.page import Column
from vggstat.render.plot.layers import (
    LAYER_COLUMNS,
    SHARE,
    cumulated,
    cumulative_bars,
    kinds_of,
    layer_cells,
    title_of,
    words_of,
)
from vggstat.render.plot.model import Kind, Plot, Request, Row, with_unknown
from vggstat.render.plot.vega import SI_AXIS, joined
from vggstat.units import grouped, short

__all__ = ["KIND"]

WIDTH = 420
UNKNOWN = "not known"


def build(request: Request) -> Plot:
    """Bars of operations of a forward pass, and the running sum."""
    rule, names = request.convention.ops, request.names
    rows = [
        row for name, report in zip(names, request.reports, strict=True) for row in _rows(name, report, rule)
    ]
    views = [
        cumulative_bars(
            name,
            [row["layer"] for row in rows if row["spec"] == name],
            "operations",
            SI_AXIS,
            _unit(rule),
            width=WIDTH,
            title=_title(name, report, rule, names),
            kinds=kinds_of(request.reports),
        )
        for name, report in zip(names, request.reports, strict=True)
    ]
    return Plot(
        kind="operations",
        title=title_of(request, "Operations by layer"),
        subtitle=(f"forward pass · {words_of(request)}", *_notes(request)),
        columns=(
            *LAYER_COLUMNS,
            Column(key="operations", header=_unit(rule), align="right", text=count_or_dash),
            Column(
                key="cumulative_operations",
                header="running sum",
                align="right",
                text=count_or_dash,
                priority=15,
            ),
            SHARE,
        ),
        bars=("operations",),
        rows=tuple(rows),
        labels=tuple(_labels(row, place, rule) for place, row in enumerate(rows)),
        view=joined(views, "hconcat"),
    )


def _notes(request: Request) -> tuple[str, ...]:
    """What the operations count, of each network where it is not the same."""
    notes = [operations_note(report, request.convention) for report in request.reports]
    if len(set(notes)) == 1:
        del notes[1:]
    else:
        notes = [f"{name}: {note}" for name, note in zip(request.names, notes, strict=True)]
    key = f"operations:{request.convention.ops.name}"
    return (*notes, *(note for report in request.reports for note in not_counted_notes(report, (key,))))


def _unit(rule: CountingRule) -> str:
    return rule.unit if rule.name in ("macs", "flops") else f"{rule.unit} as {rule.name} counts"


def _rows(name: str, report: Report, rule: CountingRule) -> list[Row]:
    counts = operation_counts(report, rule)
    places = [
        (layer_cells(name, layer), counts.rows[layer.name])
        for layer in report.rows
        if layer.kind not in ("input", "unused")
    ]
    blocks = {node.name: node.block for node in report.graph.nodes}
    # Layers that are no row of a table but count under this rule (an adaptive pool that changes nothing).
    places += [
        ({"spec": name, "layer": layer, "block": blocks[layer], "kind": "pool"}, count)
        for layer, count in counts.beside.items()
    ]
    order = {node.name: node.index for node in report.graph.nodes}
    places.sort(key=lambda place: order[place[0]["layer"]])
    sums = cumulated(count for _, count in places)
    lacks = counts.total is None
    return [
        with_unknown(
            {**cells, "operations": count, "cumulative_operations": running, "cumulative_share": share},
            ("operations", "cumulative_operations", "cumulative_share") if lacks else (),
        )
        for (cells, count), (running, share) in zip(places, sums, strict=True)
    ]


def _title(name: str, report: Report, rule: CountingRule, names: tuple[str, ...]) -> str:
    total = report.operations(rule)
    return f"{name}: {UNKNOWN if total is None else grouped(total)}" if len(names) > 1 else ""


def _labels(row: Row, place: int, rule: CountingRule) -> dict[str, Any]:
    count = row["operations"]
    words = UNKNOWN if count is None else f"{grouped(count)} {rule.unit}"
    return {
        "place": place,
        "operations_label": UNKNOWN if count is None else short(count) if count else "",
        "operations_words": f"{row['layer']}: {words}",
    }


KIND = Kind(
    name="operations",
    summary="operations of each layer under a rule, with the running sum",
    build=build,
    options=("ops",),
)
