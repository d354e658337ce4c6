"""Activation memory of each layer: its map, what is kept for backward, and what is alive while it runs."""

from __future__ import annotations

from typing import Any, Final

from vggstat.cost.accounting import find_accounting, inference_moments
from vggstat.cost.footprint import measure
from vggstat.cost.report import Report
from vggstat.errors import UnknownMemoryError
from vggstat.render.captions import UNITS_NOTE
from vggstat.render.figures import UNKNOWN, count_or_dash, size_words
from vggstat.render.not_counted import not_counted_notes
from vggstat.render.page import Column
from vggstat.render.plot.layers import (
    LAYER_COLUMNS,
    LAYER_NOTE,
    bars,
    kinds_of,
    layer_cells,
    row_of_node,
    title_of,
    words_of,
)
from vggstat.render.plot.model import Kind, Mode, Plot, Request, Row, View, with_unknown
from vggstat.render.plot.vega import MB_AXIS, joined
from vggstat.units import grouped, mega

__all__ = ["KIND"]

WIDTH = 200

PANELS = {
    "output_bytes": "each map once",
    "saved_bytes": "kept for the backward pass",
    "live_bytes": "alive while it runs, inference",
    "forward_bytes": "alive, training, forward ↓",
    "backward_bytes": "alive, training, backward ↑",
}
"""What each panel shows, in words above it."""

HEADERS = {
    "output_bytes": ("each map", "once, B"),
    "saved_bytes": ("kept for", "backward, B"),
    "live_bytes": ("alive in", "inference, B"),
    "forward_bytes": ("alive,", "forward ↓, B"),
    "backward_bytes": ("alive,", "backward ↑, B"),
}
"""The same over the columns of text."""

NOT_RUN: Final = ("input", "unused")
"""Kinds of rows that do not run."""

LIVE = {
    "inference": "Alive: maps while the layer runs, without gradients and without the weights (inference-peak).",
    "training": "Alive: everything while the layer runs, with parameters, gradients and optimizer state "
    "(training-peak).",
}


def build(request: Request) -> Plot:
    """Three panels beside each other (four for training), in bytes on one scale each."""
    names = request.names
    rows = [
        row
        for name, report in zip(names, request.reports, strict=True)
        for row in _rows(name, report, request.mode)
    ]
    live = ("live_bytes",) if request.mode == "inference" else ("forward_bytes", "backward_bytes")
    panels = ("output_bytes", "saved_bytes", *live)
    kinds = kinds_of(request.reports, image=True)
    views = [_view(name, report, panels, kinds) for name, report in zip(names, request.reports, strict=True)]
    return Plot(
        kind="memory",
        title=title_of(request, "Activation memory by layer"),
        subtitle=(
            words_of(request),
            f"Each map once (outputs): {find_accounting('outputs').definition}. Kept for the backward pass (saved): "
            f"{find_accounting('saved').definition}. {LIVE[request.mode]} {LAYER_NOTE} {UNITS_NOTE}",
        ),
        columns=(
            *LAYER_COLUMNS,
            Column(key="output_values", header="values", align="right", text=count_or_dash, priority=25),
            *(
                Column(
                    key=key,
                    header=HEADERS[key],
                    label=f"{PANELS[key]}, B",
                    align="right",
                    text=count_or_dash,
                    role="memory",
                )
                for key in panels
            ),
        ),
        bars=panels[2:],
        rows=tuple(rows),
        labels=tuple(_labels(row, panels) for row in rows),
        view=joined(views, "vconcat"),
        notes=tuple(
            note
            for report in request.reports
            for note in not_counted_notes(
                _as_run(report, request.mode), ("memory:saved", _peak(request.mode))
            )
        ),
    )


def _rows(name: str, report: Report, mode: Mode) -> list[Row]:
    saved = _saved(report)
    live = ("live_bytes",) if mode == "inference" else ("forward_bytes", "backward_bytes")
    unknown: tuple[str, ...] = ()
    try:
        alive = _live(report, mode)
    except UnknownMemoryError:
        alive, unknown = {key: {} for key in live}, live
    return [
        with_unknown(
            {
                **layer_cells(name, layer),
                "output_values": layer.output_values,
                "output_bytes": layer.output_bytes,
                "saved_bytes": saved.get(layer.name, 0),
                **{key: figures.get(layer.name) for key, figures in alive.items()},
            },
            ("saved_bytes", *(unknown if layer.kind not in NOT_RUN else ())),
        )
        for layer in report.rows
    ]


def _saved(report: Report) -> dict[str, int | None]:
    """The bytes that each row's layers keep for the backward pass; None where it is not known of one."""
    entry, place = find_accounting("saved"), row_of_node(report.graph)
    found: dict[str, int | None] = {}
    for item in entry.known_items(report.graph, report.workload):
        found[place[item.node]] = (found.get(place[item.node]) or 0) + item.bytes
    for one in report.memory_counted(entry).not_counted:
        found[place[one.name]] = None
    return found


def _as_run(report: Report, mode: Mode) -> Report:
    return report.replace(workload=report.workload.replace(mode=mode))


def _peak(mode: Mode) -> str:
    return f"memory:{mode}-peak"


def _live(report: Report, mode: Mode) -> dict[str, dict[str, int]]:
    """The most bytes alive while each row's layers run, by column. Raises UnknownMemoryError."""
    place = row_of_node(report.graph)
    if mode == "inference":
        moments = ((moment.node, moment.bytes) for moment in inference_moments(report.graph, report.workload))
        return {"live_bytes": _most((place[node], size) for node, size in moments)}
    timeline = measure(report.graph, report.workload.replace(mode=mode)).timeline
    return {
        f"{phase}_bytes": _most(
            (place[p.node], p.bytes) for p in timeline if p.phase == phase and p.node in place
        )
        for phase in ("forward", "backward")
    }


def _most(pairs: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, size in pairs:
        found[name] = max(size, found.get(name, 0))
    return found


def _view(name: str, report: Report, panels: tuple[str, ...], kinds: tuple[str, ...]) -> View:
    totals = {
        "output_bytes": f" · {_total(report, 'outputs')} MB in all",
        "saved_bytes": f" · {_total(report, 'saved')} MB in all",
        "live_bytes": f" · peak {_total(report, 'inference-peak')} MB",
    }
    views = [
        bars(
            name,
            [layer.name for layer in report.rows],
            key,
            {**MB_AXIS, "tickCount": 4},
            "MB",
            width=WIDTH,
            title=PANELS[key].capitalize() + totals.get(key, ""),
            labels=key == panels[0],
            kinds=kinds,
        )
        for key in panels
    ]
    return {**joined(views, "hconcat"), "title": {"text": name, "fontSize": 13, "anchor": "start"}}


def _total(report: Report, name: str) -> str:
    return size_words(mega, report.memory_counted(find_accounting(name)))


def _labels(row: Row, panels: tuple[str, ...]) -> dict[str, Any]:
    labels: dict[str, Any] = {}
    for key in panels:
        size = row[key]
        nothing = UNKNOWN if key in row.get("not_known", ()) else "–"
        labels[f"{key}_label"] = mega(size) if size else UNKNOWN if nothing == UNKNOWN else ""
        labels[f"{key}_words"] = (
            f"{row['layer']}, {PANELS[key]}: {nothing if size is None else grouped(size)} bytes"
        )
    return labels


KIND = Kind(
    name="memory",
    summary="maps, bytes kept for backward and live bytes of each layer",
    build=build,
    options=("mode",),
)
