"""What was measured: the time of each layer beside its bound, and images a second from batch to batch."""

from __future__ import annotations

from typing import Any

from vggstat.cost.bench import EXECUTIONS, BenchFile, BenchResult
from vggstat.errors import UsageError
from vggstat.render.bench_words import configuration_words, doubt_codes
from vggstat.render.page import Column
from vggstat.render.plot.layers import kind_color
from vggstat.render.plot.model import Kind, Plot, Request, Row, View
from vggstat.render.plot.vega import SERIES, STEP, value_column

__all__ = ["KIND"]

WIDTH = 380

TOLD = 2
"""Doubtful results that the picture names with their reasons; the data has all."""


def build(request: Request) -> Plot:
    """The layers of the largest batch that has them, and the sweep over batches where there is one."""
    file = request.bench
    if file is None:
        raise UsageError("say what was measured: --bench FILE, as `vggstat bench --save FILE` wrote it")
    measured = [result for result in file.results if result.timing is not None]
    if not measured:
        raise UsageError("the file has no result that was measured to its end")
    detailed = max(
        (result for result in measured if result.layers), key=lambda result: result.batch, default=None
    )
    rows = [_network_row(result) for result in measured]
    if detailed is not None:
        rows += _layer_rows(detailed)
    panels = []
    if detailed is not None:
        panels.append(_layers_view([row for row in rows if row["what"] == "layer"], detailed))
    if len({result.batch for result in measured}) > 1 or detailed is None:
        panels.append(_sweep_view())
    names = ", ".join(dict.fromkeys(result.spec for result in measured))
    return Plot(
        kind="bench",
        title=f"Measured · {names}",
        subtitle=(_where(file, measured), _words(detailed), *_doubts(measured)),
        columns=(
            Column(key="what", header="what", priority=10),
            Column(key="spec", header="network"),
            Column(key="batch", header="batch", align="right"),
            Column(key="execution", header="execution"),
            Column(key="layer", header="layer"),
            Column(key="median_s", header=("median,", "ms"), align="right", text=_milli),
            Column(key="low_s", header=("95 %:", "from"), align="right", text=_milli, priority=20),
            Column(key="high_s", header=("", "to"), align="right", text=_milli, priority=20),
            Column(key="bound_s", header=("bound,", "ms"), align="right", text=_milli, priority=5),
            Column(key="limit", header="limit", priority=15),
            Column(key="images_per_s", header="images/s", align="right", text=lambda value: f"{value:,.0f}"),
            Column(key="doubtful", header="doubtful", priority=5),
        ),
        bars=("median_s",),
        rows=tuple(rows),
        labels=tuple(_labels(row) for row in rows),
        view={"hconcat": panels, "resolve": {"scale": {"color": "independent"}}},
    )


def _where(file: BenchFile, results: list[BenchResult]) -> str:
    first = results[0]
    versions = ", ".join(
        f"{name} {version}" for name, version in file.device.versions.items() if name != "vggstat"
    )
    image = "×".join(map(str, first.image))
    return f"{file.device.name} · {first.mode} · {first.dtype} · image {image} · {versions}"


def _words(detailed: BenchResult | None) -> str:
    words = "Medians; whiskers: 95 % interval of the median. images/s = batch / median."
    if detailed is None:
        return words
    return (
        f"{words} Layers: batch {detailed.batch:,}, {detailed.layers_method or EXECUTIONS[detailed.execution]}; line: "
        "bound, the larger of FLOPs / measured matmul and ideal bytes / measured copy."
    )


def _doubts(measured: list[BenchResult]) -> tuple[str, ...]:
    """Which results are doubtful, and why; nothing where none is."""
    doubtful = [result for result in measured if result.warnings]
    if not doubtful:
        return ()
    told = [
        f"{configuration_words(result)} ({'; '.join(warning.text for warning in result.warnings)})"
        for result in doubtful[:TOLD]
    ]
    rest = len(doubtful) - len(told)
    more = f"; and {rest} more, see the data's column" if rest else ""
    return (f"Doubtful: {len(doubtful)} of {len(measured)} results: {'; '.join(told)}{more}.",)


def _network_row(result: BenchResult) -> dict[str, Any]:
    timing = result.timing
    assert timing is not None
    low, high = timing.interval_s
    return {
        "what": "network",
        "spec": result.spec,
        "batch": result.batch,
        "execution": EXECUTIONS[result.execution],
        "layer": None,
        "kind": None,
        "median_s": timing.median_s,
        "low_s": low,
        "high_s": high,
        "bound_s": result.bound_s,
        "limit": None,
        "images_per_s": result.images_per_s,
        "doubtful": doubt_codes(result),
    }


def _layer_rows(result: BenchResult) -> list[dict[str, Any]]:
    return [
        {
            "what": "layer",
            "spec": result.spec,
            "batch": result.batch,
            "execution": EXECUTIONS[result.layers_pass],
            "layer": layer.name,
            "kind": layer.kind,
            "median_s": layer.median_s,
            "low_s": None,
            "high_s": None,
            "bound_s": layer.bound_s,
            "limit": layer.limit,
            "images_per_s": None,
            "doubtful": doubt_codes(result),
        }
        for layer in result.layers
    ]


def _milli(value: Any) -> str:
    return f"{value * 1e3:,.3f}"


def _labels(row: Row) -> dict[str, Any]:
    median = _milli(row["median_s"])
    doubt = f", doubtful: {row['doubtful']}" if row["doubtful"] else ""
    if row["what"] == "layer":
        return {
            "median_s_label": median,
            "words": f"{row['layer']}: {median} ms, {_bound_words(row)}{doubt}",
            "series": "",
        }
    low, high = row["low_s"], row["high_s"]
    return {
        "series": f"{row['spec']}, {row['execution']}",
        "low_rate": row["batch"] / high if high else None,
        "high_rate": row["batch"] / low if low else None,
        "words": f"{row['spec']}, batch {row['batch']}, {row['execution']}: {median} ms, "
        f"{row['images_per_s']:,.0f} images/s{doubt}",
    }


def _bound_words(row: Row) -> str:
    if row["bound_s"] is None:
        return "no bound is known"
    return f"bound {_milli(row['bound_s'])} ms, {row['limit']}"


def _layers_view(rows: list[dict[str, Any]], result: BenchResult) -> View:
    kinds = tuple(dict.fromkeys(row["kind"] for row in rows))
    y = {
        "field": "layer",
        "type": "nominal",
        "scale": {"domain": [row["layer"] for row in rows]},
        "axis": {"title": None, "domain": False, "ticks": False},
    }
    axis = {"labelExpr": "format(datum.value * 1000, ',~r')", "tickCount": 5, "grid": True}
    return {
        "transform": [{"filter": {"field": "what", "equal": "layer"}}],
        "title": {"text": f"Time by layer, batch {result.batch:,}", "fontSize": 12, "anchor": "start"},
        "width": WIDTH,
        "height": {"step": STEP},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "bar", "height": STEP - 5},
                "encoding": {
                    "x": {"field": "median_s", "type": "quantitative", "title": "ms", "axis": axis},
                    "color": kind_color(kinds),
                    "description": {"field": "words"},
                    "tooltip": {"field": "words"},
                },
            },
            {
                "mark": {
                    "type": "tick",
                    "color": SERIES[1],
                    "thickness": 2.5,
                    "size": STEP - 3,
                    "opacity": 1,
                    "aria": False,
                },
                "encoding": {"x": {"field": "bound_s", "type": "quantitative"}},
            },
            value_column("median_s_label", WIDTH),
        ],
    }


def _sweep_view() -> View:
    x = {"field": "batch", "type": "quantitative", "scale": {"type": "log", "base": 2}, "title": "batch, images",
         "axis": {"format": "d", "tickCount": 8, "grid": True}}  # fmt: skip
    color = {
        "field": "series",
        "type": "nominal",
        "scale": {"range": list(SERIES)},
        "legend": {"title": None},
    }
    rate = {
        "field": "images_per_s",
        "type": "quantitative",
        "title": "images/s",
        "axis": {"format": ",~r", "tickCount": 6},
    }
    return {
        "transform": [{"filter": {"field": "what", "equal": "network"}}],
        "title": {"text": "Throughput by batch", "fontSize": 12, "anchor": "start"},
        "width": WIDTH,
        "height": 300,
        "encoding": {"x": x, "color": color},
        "layer": [
            {"mark": {"type": "line", "aria": False}, "encoding": {"y": rate}},
            {
                "mark": {"type": "rule", "aria": False},
                "encoding": {
                    "y": {"field": "low_rate", "type": "quantitative", "title": "images/s"},
                    "y2": {"field": "high_rate"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 50},
                "encoding": {"y": rate, "description": {"field": "words"}, "tooltip": {"field": "words"}},
            },
        ],
    }


KIND = Kind(
    name="bench",
    summary="measured time of each layer, and images a second by batch",
    build=build,
    options=("bench",),
)
