"""Layers under the roofline of a device: by its datasheet, or as it was measured."""

from __future__ import annotations

from math import floor, log10
from typing import Any

from vggstat.cost.bench import BenchResult, LayerTime
from vggstat.cost.report import Report
from vggstat.cost.roofline import Ceilings, LayerBound, roofline
from vggstat.errors import UsageError
from vggstat.render.captions import spec_words, workload_words
from vggstat.render.not_counted import not_counted_notes
from vggstat.render.page import Column
from vggstat.render.plot.bubbles import Bubble, place_labels
from vggstat.render.plot.layers import kind_color
from vggstat.render.plot.model import Kind, Plot, Request, Row, View, with_unknown
from vggstat.render.plot.vega import SERIES

__all__ = ["KIND"]

WIDTH, HEIGHT = 620, 400
RADIUS = 4.5


MOST_NAMES = 3
"""Names that a label lists."""


def build(request: Request) -> Plot:
    """Each layer at its arithmetic intensity: at the rate that the ceilings allow, and the one that was reached."""
    report = request.one("roofline")
    ceilings = _ceilings(request, report)
    bounds = roofline(report.graph, report.workload, ceilings).layers
    result = _result(request, report)
    times = {} if result is None else {layer.name: layer for layer in result.layers}
    rows = tuple(_row(bound, times.get(bound.name), is_measured=bool(times)) for bound in bounds)
    measured = ("measured_s", "measured_flops_per_s") if times else ()
    y = measured[1] if measured else "attainable_flops_per_s"
    points = [row for row in rows if row["intensity"] is not None and row[y] is not None]
    labels = _labels(points, y, ceilings)
    shown = "points: measured; line: what the ceilings allow" if times else "points: what the ceilings allow"
    return Plot(
        kind="roofline",
        title=f"Roofline · {spec_words(report.graph.spec)}",
        subtitle=(
            f"{workload_words(report.graph, report.workload)} · {ceilings.name}, {ceilings.dtype} · {shown}",
            f"Peak {_rate(ceilings.flops_per_s, 'FLOP/s')} ({ceilings.flops_source}); bandwidth "
            f"{_rate(ceilings.bytes_per_s, 'B/s')} ({ceilings.bytes_source}). FLOPs: 2 per multiply-accumulate of conv "
            "and FC layers. Bytes: weights, input and output, each moved once (all else fused).",
        ),
        columns=(
            Column(key="layer", header="layer"),
            Column(key="kind", header="kind", priority=30),
            Column(key="flops", header="FLOPs", align="right", priority=10),
            Column(key="bytes", header="bytes", align="right", priority=10),
            Column(key="intensity", header="FLOP/B", align="right", text=lambda value: f"{value:,.1f}"),
            Column(key="attainable_flops_per_s", header=("attainable", "TFLOP/s"), align="right", text=_tera),
            Column(key="bound_s", header=("bound,", "µs"), align="right", text=_micro),
            Column(key="limit", header="limit"),
            *(
                Column(key=key, header=header, align="right", text=text)
                for key, header, text in (
                    ("measured_s", ("measured,", "µs"), _micro),
                    ("measured_flops_per_s", ("reached", "TFLOP/s"), _tera),
                )
                if key in measured
            ),
        ),
        rows=rows,
        labels=tuple(labels.get(row["layer"], {}) for row in rows),
        view=_view(points, y, ceilings),
        notes=_notes(report) if len(points) < len(rows) else (),
    )


def _notes(report: Report) -> tuple[str, ...]:
    """Which layers have no place on the plot."""
    if report.graph.head is not None:
        return ("Pooling layers multiply nothing and have no place on this plot.",)
    return (
        "Layers that multiply nothing have no place on this plot.",
        *not_counted_notes(report, ("operations:flops",)),
    )


def _ceilings(request: Request, report: Report) -> Ceilings:
    """The named device's, from its datasheet; where none is named, those measured."""
    dtype = report.workload.dtype
    if request.bench is not None and request.device is None:
        measured = request.bench.ceilings_for(dtype.short)
        if measured is not None:
            return measured.ceilings
        known = ", ".join(entry.dtype for entry in request.bench.ceilings) or "none"
        raise UsageError(f"the file has no ceilings in {dtype.short} (but in {known}): choose by --dtype")
    if request.device is None:
        raise UsageError("say whose roofline: --device h200 (a datasheet's), or --bench FILE (as measured)")
    from vggstat.cost.devices import find_device

    return find_device(request.device).ceilings(dtype)


def _result(request: Request, report: Report) -> BenchResult | None:
    """The first result with layers, of the same dtype and image. Raises UsageError where there is none."""
    if request.bench is None:
        return None
    for result in request.bench.results:
        workload = report.workload
        same = (result.dtype, result.image, result.batch) == (
            workload.dtype.name,
            report.graph.image,
            workload.batch,
        )
        if result.layers and same:
            return result
    there = ", ".join(
        f"batch {result.batch} in {result.dtype} on {'x'.join(map(str, result.image))}"
        for result in request.bench.results
        if result.layers
    )
    raise UsageError(f"the file has no layer times for this workload, but for: {there or 'none'}")


def _row(bound: LayerBound, time: LayerTime | None, *, is_measured: bool) -> Row:
    """What is known of a layer; where the others were measured, it may be missing in the file."""
    row: dict[str, Any] = {
        "layer": bound.name,
        "kind": bound.kind,
        "flops": bound.flops if bound.is_counted else None,
        "bytes": bound.bytes,
        "intensity": bound.intensity,
        "attainable_flops_per_s": (
            bound.flops / bound.fused_s if bound.is_counted and bound.flops and bound.fused_s else None
        ),
        "bound_s": bound.fused_s,
        "limit": bound.limit if bound.is_counted else None,
    }
    if is_measured:
        row |= {
            "measured_s": time.median_s if time else None,
            "measured_flops_per_s": time.flops_per_s if time else None,
        }
    return with_unknown(row, () if bound.is_counted else ("flops", "intensity", "limit"))


def _rate(value: float, unit: str) -> str:
    size, letter = next(
        ((size, letter) for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M")) if value >= size), (1, "")
    )
    return f"{value / size:,.4g} {letter}{unit}"


def _tera(value: Any) -> str:
    return f"{value / 1e12:,.2f}"


def _micro(value: Any) -> str:
    return f"{value * 1e6:,.1f}"


def _domains(
    points: list[Row], y: str, ceilings: Ceilings
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The ends of both logarithmic axes: the ridge and all points are inside."""
    across = [*(row["intensity"] for row in points), ceilings.ridge]
    up = [*(row[y] for row in points), ceilings.flops_per_s]
    return (min(across) / 2.5, max(across) * 2.5), (min(up) / 2, max(up) * 1.8)


def _labels(points: list[Row], y: str, ceilings: Ceilings) -> dict[str, dict[str, Any]]:
    """By layer: words, and on the first of those in the same place the name of all and where it stands."""
    (left, right), (low, high) = _domains(points, y, ceilings)
    groups: dict[tuple[float, float], list[str]] = {}
    for row in points:
        groups.setdefault((row["intensity"], row[y]), []).append(row["layer"])
    bubbles = [
        Bubble(
            x=log10(x / left) / log10(right / left) * WIDTH,
            y=log10(high / rate) / log10(high / low) * HEIGHT,
            radius=RADIUS,
            text=_together(names),
        )
        for (x, rate), names in groups.items()
    ]
    found = {
        row["layer"]: {
            "words": f"{row['layer']}: {row['intensity']:,.1f} FLOP/B, {_rate(row[y], 'FLOP/s')}, "
            f"bound by {row['limit']}"
        }
        for row in points
    }
    places = place_labels(bubbles, WIDTH, HEIGHT, avoid=_roof_dots((left, right), (low, high), ceilings))
    for names, bubble, place in zip(groups.values(), bubbles, places, strict=True):
        if place is None:  # no room for the name: a pointer on the point tells it
            continue
        found[names[0]] |= {
            "name": bubble.text,
            "label_x": left * (right / left) ** (place.x / WIDTH),
            "label_y": high / (high / low) ** (place.y / HEIGHT),
            "line_x": left * (right / left) ** (place.line_x / WIDTH),
            "line_y": high / (high / low) ** (place.line_y / HEIGHT),
        }
    return found


def _roof_dots(across: tuple[float, float], up: tuple[float, float], ceilings: Ceilings) -> list[Bubble]:
    """Points along the roof, which names keep away from."""
    (left, right), (low, high) = across, up
    dots = []
    for x in range(0, WIDTH, 4):
        rate = min(ceilings.flops_per_s, left * (right / left) ** (x / WIDTH) * ceilings.bytes_per_s)
        dots.append(Bubble(x=x, y=log10(high / rate) / log10(high / low) * HEIGHT, radius=1.5, text=""))
    return dots


def _ticks(ends: tuple[float, float]) -> list[float]:
    """1, 2 and 5 of every power of ten between the ends."""
    powers = range(floor(log10(ends[0])), floor(log10(ends[1])) + 1)
    return [
        tick
        for power in powers
        for tick in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)
        if ends[0] <= tick <= ends[1]
    ]


def _together(names: list[str]) -> str:
    """Names of layers in one place: ``block3_conv2, 3`` where they differ in their number only."""
    stem = names[0].rstrip("0123456789")
    numbers = [name.removeprefix(stem) for name in names]
    if stem and all(name.startswith(stem) for name in names) and all(number.isdigit() for number in numbers):
        return stem + ", ".join(numbers)
    return ", ".join(names) if len(names) <= MOST_NAMES else f"{names[0]} and {len(names) - 1} more"


def _view(points: list[Row], y: str, ceilings: Ceilings) -> View:
    across, up = _domains(points, y, ceilings)
    x_scale = {"type": "log", "domain": list(across), "nice": False}
    y_scale = {"type": "log", "domain": list(up), "nice": False}
    kinds = tuple(dict.fromkeys(row["kind"] for row in points))
    roof = [
        {"x": x, "y": min(ceilings.flops_per_s, x * ceilings.bytes_per_s)}
        for x in (max(across[0], up[0] / ceilings.bytes_per_s), ceilings.ridge, across[1])
    ]
    place = {
        "x": {"field": "intensity", "type": "quantitative", "scale": x_scale, "title": "arithmetic intensity, FLOP/B",
              "axis": {"values": _ticks(across), "labelExpr": "format(datum.value, ',~r')"}},
        "y": {"field": y, "type": "quantitative", "scale": y_scale, "title": "FLOP/s (2 per MAC)",
              "axis": {"values": _ticks(up), "labelExpr": "format(datum.value, '~s')"}},
    }  # fmt: skip
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "layer": [
            {
                "data": {"values": roof},
                "mark": {"type": "line", "color": SERIES[1], "strokeWidth": 2, "aria": False},
                "encoding": {
                    "x": {"field": "x", "type": "quantitative", "scale": x_scale},
                    "y": {"field": "y", "type": "quantitative", "scale": y_scale},
                },
            },
            {
                "transform": [{"filter": "isValid(datum.name)"}],
                "mark": {"type": "rule", "opacity": 0.5, "aria": False},
                "encoding": {**place, "x2": {"field": "line_x"}, "y2": {"field": "line_y"}},
            },
            {
                "transform": [{"filter": {"field": y, "valid": True}}],
                "mark": {"type": "point", "filled": True, "size": 65, "opacity": 1},
                "encoding": {
                    **place,
                    "color": kind_color(kinds),
                    "description": {"field": "words"},
                    "tooltip": {"field": "words"},
                },
            },
            {
                "transform": [{"filter": "isValid(datum.name)"}],
                "mark": {"type": "text", "align": "center", "baseline": "middle", "aria": False},
                "encoding": {
                    "x": {"field": "label_x", "type": "quantitative", "scale": x_scale},
                    "y": {"field": "label_y", "type": "quantitative", "scale": y_scale},
                    "text": {"field": "name", "type": "nominal"},
                },
            },
        ],
    }


KIND = Kind(
    name="roofline",
    summary="layers under the ceilings of a device, or as measured",
    build=build,
    options=("bench", "device"),
)
