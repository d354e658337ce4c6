"""Totals of several networks beside each other."""

from __future__ import annotations

from typing import Any

from vggstat.cost.compare import QUANTITIES, Comparison, Quantity, compare_reports
from vggstat.errors import UsageError
from vggstat.render.captions import MACS_NOTE, UNITS_NOTE
from vggstat.render.figures import UNKNOWN
from vggstat.render.not_counted import not_counted_notes
from vggstat.render.page import Column
from vggstat.render.plot.layers import words_of
from vggstat.render.plot.model import Kind, Plot, Request, Row, View, with_unknown
from vggstat.render.plot.vega import MB_AXIS, SERIES, SI_AXIS, value_column
from vggstat.units import grouped, mega, short

__all__ = ["KIND"]

WIDTH = 250
STEP = 20


def build(request: Request) -> Plot:
    """A panel for each total, a bar for each network."""
    if len(request.reports) < 2:
        raise UsageError("the plot compare needs two networks or more")
    comparison = compare_reports(request.reports)
    quantities = [quantity for quantity in comparison.quantities if None not in quantity.values]
    rows = _rows(comparison, request.names)
    panels = [_panel(quantity) for quantity in quantities]
    return Plot(
        kind="compare",
        title=f"Compared · {', '.join(request.names)}",
        subtitle=(words_of(request), f"{MACS_NOTE} {UNITS_NOTE}"),
        columns=(
            Column(key="quantity", header="quantity"),
            Column(key="spec", header="network"),
            Column(key="value", header="value", align="right"),
            Column(key="unit", header="unit"),
        ),
        rows=rows,
        labels=tuple(_labels(row) for row in rows),
        view={"concat": panels, "columns": 2},
        notes=tuple(
            f"{name}: {note[0].lower()}{note[1:]}"
            for name, report in zip(request.names, request.reports, strict=True)
            for note in not_counted_notes(report, (key for _, key, _, _ in QUANTITIES if ":" in key))
        ),
    )


def _rows(comparison: Comparison, names: tuple[str, ...]) -> tuple[Row, ...]:
    units = {"count": "", "bytes": "B", "pixels": "px"}
    return tuple(
        with_unknown(
            {"quantity": quantity.text, "spec": name, "value": value, "unit": units[quantity.kind]},
            ("value",) if quantity.key else (),
        )
        for quantity in comparison.quantities
        for name, value in zip(names, quantity.values, strict=True)
    )


def _panel(quantity: Quantity) -> View:
    axis, unit = {"count": (SI_AXIS, ""), "bytes": (MB_AXIS, "MB"), "pixels": (SI_AXIS, "pixels")}[
        quantity.kind
    ]
    return {
        "transform": [{"filter": {"field": "quantity", "equal": quantity.text}}],
        "title": {"text": quantity.text, "fontSize": 12, "anchor": "start", "offset": 6},
        "width": WIDTH,
        "height": {"step": STEP},
        "encoding": {
            "y": {
                "field": "spec",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"ticks": False, "domain": False},
            }
        },
        "layer": [
            {
                "mark": {"type": "bar", "height": STEP - 7, "color": SERIES[0], "cornerRadiusEnd": 1},
                "encoding": {
                    "x": {
                        "field": "value",
                        "type": "quantitative",
                        "axis": {**axis, "tickCount": 4},
                        "title": unit or quantity.text,
                    },
                    "description": {"field": "words"},
                    "tooltip": {"field": "words"},
                },
            },
            value_column("label", WIDTH),
        ],
    }


def _labels(row: Row) -> dict[str, Any]:
    value, unit = row["value"], row["unit"]
    if "value" in row.get("not_known", ()):
        return {"label": UNKNOWN, "words": f"{row['spec']}, {row['quantity']}: not known"}
    if value is None:
        return {"label": "–", "words": f"{row['spec']}, {row['quantity']}: none"}
    label = f"{mega(value)} MB" if unit == "B" else f"{grouped(value)} px" if unit == "px" else short(value)
    return {"label": label, "words": f"{row['spec']}, {row['quantity']}: {grouped(value)} {unit}".rstrip()}


KIND = Kind(name="compare", summary="totals of several networks beside each other", build=build)
