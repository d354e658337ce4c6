"""Parameters of each layer, and how they add up."""

from __future__ import annotations

from typing import Any

from vggstat.cost.report import Report
from vggstat.render.figures import count_or_dash
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
from vggstat.render.plot.model import Kind, Plot, Request, Row
from vggstat.render.plot.vega import SI_AXIS, joined
from vggstat.units import grouped, short

__all__ = ["KIND"]

WIDTH = 420


def build(request: Request) -> Plot:
    """Bars of parameters with biases, and the running sum."""
    names = request.names
    rows = [row for name, report in zip(names, request.reports, strict=True) for row in _rows(name, report)]
    views = [
        cumulative_bars(
            name,
            [row["layer"] for row in rows if row["spec"] == name],
            "params",
            SI_AXIS,
            "parameters, with biases",
            width=WIDTH,
            title=_title(name, report, names),
            kinds=kinds_of(request.reports),
        )
        for name, report in zip(names, request.reports, strict=True)
    ]
    count = [Column(key=key, header=header, align="right", text=count_or_dash, role="params", priority=priority)
             for key, header, priority in (
                 ("params", "parameters", 0), ("weights", "weights", 25), ("biases", "biases", 25),
                 ("cumulative_params", "running sum", 15))]  # fmt: skip
    return Plot(
        kind="params",
        title=title_of(request, "Parameters by layer"),
        subtitle=(
            words_of(request),
            "Parameters: weights and biases, as they are learned; they do not depend on the batch.",
        ),
        columns=(*LAYER_COLUMNS, *count, SHARE),
        bars=("params",),
        rows=tuple(rows),
        labels=tuple(_labels(row, place) for place, row in enumerate(rows)),
        view=joined(views, "hconcat"),
    )


def _rows(name: str, report: Report) -> list[Row]:
    layers = [layer for layer in report.rows if layer.kind != "input"]
    sums = cumulated(layer.params for layer in layers)
    return [
        {
            **layer_cells(name, layer),
            "params": layer.params,
            "weights": layer.weights,
            "biases": layer.biases,
            "cumulative_params": running,
            "cumulative_share": share,
        }
        for layer, (running, share) in zip(layers, sums, strict=True)
    ]


def _title(name: str, report: Report, names: tuple[str, ...]) -> str:
    return f"{name}: {grouped(report.total.params)}" if len(names) > 1 else ""


def _labels(row: Row, place: int) -> dict[str, Any]:
    params = row["params"]
    return {
        "place": place,
        "params_label": short(params) if params else "",
        "params_words": f"{row['layer']}: {grouped(params)} parameters",
    }


KIND = Kind(name="params", summary="parameters of each layer, with the running sum", build=build)
