"""Published accuracy against what the networks cost: the bubbles that people redraw by hand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from vggstat.cost.facts import known
from vggstat.cost.report import Report
from vggstat.errors import UsageError
from vggstat.net.spec import Published
from vggstat.render.page import Column
from vggstat.render.plot.bubbles import Bubble, own_place, place_labels
from vggstat.render.plot.model import Kind, Plot, Request, Row, View
from vggstat.render.plot.vega import SERIES, SI_AXIS
from vggstat.sources.spec.build import build_graph
from vggstat.units import grouped

__all__ = ["KIND", "published_accuracy"]

WIDTH, HEIGHT = 620, 400
LARGEST = 420
"""Square pixels of the largest bubble."""

NOT_COMPARABLE = ("ensemble", "nets", "ILSVRC-2010", "MNIST")
"""Words in a convention of figures that are no single network's, or of another data set."""


PAPER = "the network's paper"
PREFERRED = "torchvision"
MANY = 12
"""With more networks than these each has one bubble: a publisher's that has most of them, where it has the network."""


class Accuracy(NamedTuple):
    """A published top-1 accuracy in percent; ``stated`` is the text in the source, an error or an accuracy."""

    publisher: str
    percent: Decimal
    stated: str
    entry: Published


def build(request: Request) -> Plot:
    """A bubble for each published top-1 figure; its area stands for the parameters."""
    if request.against not in ("operations", "depth"):
        raise UsageError(f"a landscape is drawn against operations or depth, not {request.against!r}")
    rows: list[dict[str, Any]] = []
    found: list[Accuracy] = []
    for name, report in zip(request.names, request.reports, strict=True):
        accuracies = published_accuracy(report)
        if len(request.names) > MANY:
            preferred = [one for one in accuracies if one.publisher == PREFERRED]
            accuracies = (*preferred, *accuracies)[:1]
        for accuracy in accuracies:
            rows.append(_row(name, report, accuracy))
            found.append(accuracy)
    if not rows:
        raise UsageError("none of these networks has a published top-1 figure of its own: nothing to draw")
    field, title = ("macs", "MACs of a forward pass, one image (multiply-accumulates of conv and FC layers)")
    if request.against == "depth":
        field, title = ("weight_layers", "depth: weight layers (conv and FC)")
    return Plot(
        kind="landscape",
        title=f"Top-1 accuracy against {request.against}",
        subtitle=(
            "ImageNet (ILSVRC-2012 validation), single networks as published; costs as computed, on the spec's own "
            "input",
            "Area of a bubble: parameters, with biases. An accuracy is 100 − the published error where an error was "
            "published. Sources test differently, so compare bubbles of one colour.",
            *(
                (f"Of so many networks one figure each: {PREFERRED}'s, or else {PAPER}'s.",)
                if len(request.names) > MANY
                else ()
            ),
        ),
        columns=(
            Column(key="spec", header="network"),
            Column(key="publisher", header="published by"),
            Column(key="top1_accuracy", header="top-1, %", align="right", text=lambda value: f"{value:g}"),
            Column(key="macs", header="MACs", align="right", priority=5),
            Column(key="weight_layers", header=("weight", "layers"), align="right", priority=10),
            Column(key="params", header="parameters", align="right", priority=5),
            Column(key="stated", header="as stated", priority=20),
            Column(key="source", header="source", priority=30),
            Column(key="convention", header="convention", priority=40),
        ),
        rows=tuple(rows),
        labels=_labels(rows, field),
        view=_view(rows, field, title),
        notes=(*_sources(rows), *_left_out(request.names, rows)),
    )


def published_accuracy(report: Report) -> tuple[Accuracy, ...]:
    """Top-1 accuracies of the network alone, one a publisher: the best of its first table that has any.

    A network that is not as its spec has it (another input, head or number of classes) has none.
    """
    graph, spec = report.graph, report.graph.spec
    own = build_graph(spec)
    if (graph.image, graph.head, graph.classes) != (own.image, own.head, own.classes):
        return ()
    best: dict[str, Accuracy] = {}
    for entry in spec.published:
        accuracy = _accuracy(entry)
        if accuracy is None:
            continue
        known = best.setdefault(accuracy.publisher, accuracy)
        if entry.source == known.entry.source and accuracy.percent > known.percent:
            best[accuracy.publisher] = accuracy
    return tuple(best.values())


def _accuracy(entry: Published) -> Accuracy | None:
    if any(word in entry.convention for word in NOT_COMPARABLE):
        return None
    publisher = entry.source.partition(",")[0]
    if publisher.endswith("paper"):
        publisher = PAPER
    if "top1_accuracy" in entry.figures:
        stated = entry.figures["top1_accuracy"]
        return Accuracy(publisher, Decimal(stated), f"accuracy {stated} %", entry)
    if "top1_error" in entry.figures:
        stated = entry.figures["top1_error"]
        return Accuracy(publisher, 100 - Decimal(stated), f"error {stated} %", entry)
    return None


def _row(name: str, report: Report, accuracy: Accuracy) -> dict[str, Any]:
    return {
        "spec": name,
        "publisher": accuracy.publisher,
        "top1_accuracy": float(accuracy.percent),
        "macs": known(report, "operations:macs") // report.workload.batch,
        "weight_layers": report.weight_layers,
        "params": report.total.params,
        "stated": accuracy.stated,
        "source": accuracy.entry.source,
        "convention": accuracy.entry.convention,
    }


def _sources(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """A line for each source and convention, with the networks whose figures it gives."""
    groups: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        groups.setdefault((row["source"], row["convention"]), []).append(row["spec"])
    return tuple(
        f"{', '.join(names)}: {source} ({convention})" for (source, convention), names in groups.items()
    )


def _left_out(names: Sequence[str], rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """The networks that no bubble stands for."""
    shown = {row["spec"] for row in rows}
    missing = [name for name in names if name not in shown]
    return (f"No published top-1 accuracy on ImageNet: {', '.join(missing)}",) if missing else ()


def _domains(rows: list[dict[str, Any]], field: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of both axes, with room for the bubbles."""
    values = [row[field] for row in rows]
    percents = [row["top1_accuracy"] for row in rows]
    low, high = min(percents), max(percents)
    margin = max(1.0, (high - low) * 0.08)
    return (0, max(values) * 1.12), (max(0.0, low - margin), min(100.0, high + margin))


def _labels(rows: list[dict[str, Any]], field: str) -> tuple[Row, ...]:
    """Where each bubble's name stands, in the units of the axes, so that no two names meet."""
    (left, right), (bottom, top) = _domains(rows, field)
    largest = max(row["params"] for row in rows)
    bubbles = [
        Bubble(
            x=(row[field] - left) / (right - left) * WIDTH,
            y=(top - row["top1_accuracy"]) / (top - bottom) * HEIGHT,
            radius=(LARGEST * row["params"] / largest / 3.1416) ** 0.5,
            text=row["spec"],
        )
        for row in rows
    ]
    places = [
        place or own_place(bubble)
        for bubble, place in zip(bubbles, place_labels(bubbles, WIDTH, HEIGHT), strict=True)
    ]
    return tuple(
        {
            "label_x": left + place.x / WIDTH * (right - left),
            "label_y": top - place.y / HEIGHT * (top - bottom),
            "line_x": left + place.line_x / WIDTH * (right - left),
            "line_y": top - place.line_y / HEIGHT * (top - bottom),
            "words": f"{row['spec']}, {row['publisher']}: top-1 {row['top1_accuracy']:g} %, {grouped(row['macs'])} "
            f"MACs, {row['weight_layers']} weight layers, {grouped(row['params'])} parameters",
        }
        for row, place in zip(rows, places, strict=True)
    )


def _view(rows: list[dict[str, Any]], field: str, title: str) -> View:
    across, up = _domains(rows, field)
    publishers = list(dict.fromkeys(row["publisher"] for row in rows))
    x = {"type": "quantitative", "scale": {"domain": list(across), "nice": False}}
    y = {"type": "quantitative", "scale": {"domain": list(up), "nice": False, "zero": False}}
    axis = SI_AXIS if field == "macs" else {"format": "d", "tickCount": 8}
    color = {
        "field": "publisher",
        "type": "nominal",
        "scale": {"domain": publishers, "range": list(SERIES[: len(publishers)])},
        "legend": {"title": "published by", "symbolType": "circle"},
    }
    largest = max(row["params"] for row in rows)
    size = {
        "field": "params",
        "type": "quantitative",
        "scale": {"domain": [0, largest], "range": [0, LARGEST]},
        "legend": {
            "title": "area: parameters",
            "orient": "bottom-right",
            "format": ".3s",
            "values": [largest // 4, largest],
            "symbolFillColor": SERIES[6],
            "symbolStrokeColor": SERIES[6],
        },
    }
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "layer": [
            {
                "mark": {"type": "rule", "opacity": 0.5, "aria": False},
                "encoding": {
                    "x": {"field": field, **x},
                    "y": {"field": "top1_accuracy", **y},
                    "x2": {"field": "line_x"},
                    "y2": {"field": "line_y"},
                },
            },
            {
                "mark": {
                    "type": "point",
                    "filled": True,
                    "fillOpacity": 0.55,
                    "strokeWidth": 1,
                    "shape": "circle",
                },
                "encoding": {
                    "x": {"field": field, **x, "title": title, "axis": axis},
                    "y": {"field": "top1_accuracy", **y, "title": "top-1 accuracy, %"},
                    "color": color,
                    "size": size,
                    "description": {"field": "words"},
                    "tooltip": {"field": "words"},
                },
            },
            {
                "mark": {"type": "text", "align": "center", "baseline": "middle", "aria": False},
                "encoding": {
                    "x": {"field": "label_x", **x},
                    "y": {"field": "label_y", **y},
                    "text": {"field": "spec"},
                },
            },
        ],
    }


KIND = Kind(
    name="landscape",
    summary="published top-1 accuracy against operations or depth",
    build=build,
    options=("against",),
)
