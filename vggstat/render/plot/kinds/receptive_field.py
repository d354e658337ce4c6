"""How much of the image one value of each map sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vggstat.cost.report import Report
from vggstat.render.not_counted import patterns, some
from vggstat.render.page import Column
from vggstat.render.plot.layers import LAYER_COLUMNS, bars, kinds_of, layer_cells, title_of, words_of
from vggstat.render.plot.model import Kind, Plot, Request, Row, View
from vggstat.render.plot.vega import SERIES, joined
from vggstat.shapes import Sides, pair
from vggstat.units import grouped

__all__ = ["KIND"]

WIDTH = 420
ALL = "all"
AXIS: View = {"format": ",d", "tickCount": 6, "grid": True}


def build(request: Request) -> Plot:
    """Bars of receptive fields, with the image's side as a line."""
    names = request.names
    rows = [row for name, report in zip(names, request.reports, strict=True) for row in _rows(name, report)]
    return Plot(
        kind="receptive-field",
        title=title_of(request, "Receptive field by layer"),
        subtitle=(
            words_of(request),
            "Side (the longer one) of the rectangle of image pixels that one value depends on, padding counted as "
            "image; dashed: the image's shorter side. Effective stride: distance of neighbouring values in pixels of the image.",
        ),
        columns=(
            *LAYER_COLUMNS,
            Column(key="receptive_field", header="receptive field, px", align="right", text=_pixels),
            Column(
                key="effective_stride",
                header="effective stride, px",
                align="right",
                text=_pixels,
                priority=10,
            ),
        ),
        bars=("receptive_field",),
        rows=tuple(rows),
        labels=tuple(_labels(row) for row in rows),
        view=joined([_view(request, at) for at in range(len(names))], "hconcat"),
        notes=(
            *(
                ("FC layers see the whole image.",)
                if any(row["receptive_field"] is None for row in rows)
                else ()
            ),
            *_unknown_notes(request),
        ),
    )


def _unknown_notes(request: Request) -> Iterator[str]:
    """The layers of models whose receptive fields are not known, and which are not shown."""
    for name, report in zip(request.names, request.reports, strict=True):
        left = [
            layer.name
            for layer in report.rows
            if layer.receptive_field is None and not layer.sees_all and layer.kind != "unused"
        ]
        if left:
            of = f" of {name}" if len(request.reports) > 1 else ""
            yield f"Not shown{of}, as it is not known what they see: {some(patterns(left))}."


def _rows(name: str, report: Report) -> list[Row]:
    return [
        {
            **layer_cells(name, layer),
            "receptive_field": _longer(layer.receptive_field),
            "effective_stride": _longer(layer.jump),
        }
        for layer in report.rows
        if layer.kind != "input" and (layer.sees_all or layer.receptive_field is not None)
    ]


def _longer(sides: Sides | None) -> int | None:
    """The longer side, which a bar can stand for."""
    return None if sides is None else max(pair(sides))


def _view(request: Request, at: int) -> View:
    name, report = request.names[at], request.reports[at]
    title = name if len(request.reports) > 1 else ""
    kinds = kinds_of(request.reports)
    layers = [layer.name for layer in report.rows if layer.kind != "input"]
    view = bars(
        name, layers, "receptive_field", AXIS, "pixels of the image", width=WIDTH, title=title, kinds=kinds
    )
    if len(report.graph.image) != 3:  # no image, whose side could be drawn
        return view
    side = min(report.graph.image[1:])
    # Data of its own: a line, not one for each layer.
    image: View = {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": SERIES[1], "aria": False},
        "encoding": {"x": {"datum": side}, "y": {"value": 0}, "y2": {"value": "height"}},
    }
    return {**view, "layer": [*view["layer"], image]}


def _pixels(value: Any) -> str:
    return grouped(value)


def _labels(row: Row) -> dict[str, Any]:
    field, stride = row["receptive_field"], row["effective_stride"]
    if field is None:
        return {"receptive_field_label": ALL, "receptive_field_words": f"{row['layer']}: the whole image"}
    if stride is None:  # paths of different steps have met
        return {
            "receptive_field_label": f"{grouped(field)} px",
            "receptive_field_words": f"{row['layer']}: {grouped(field)} pixels",
        }
    return {
        "receptive_field_label": f"{grouped(field)} px, stride {grouped(stride)}",
        "receptive_field_words": f"{row['layer']}: {grouped(field)} pixels, effective stride {grouped(stride)}",
    }


KIND = Kind(name="receptive-field", summary="how much of the image each layer's values see", build=build)
