"""Vega-Lite: the pieces that the kinds share, and the complete description of a picture.

Everything here is plain data as https://vega.github.io/vega-lite/docs/ defines it; names of networks and
layers go in as data only, never into an expression.
"""

from __future__ import annotations

import textwrap
from typing import Final, Literal

from vggstat.errors import UsageError
from vggstat.render.plot.model import Plot, View
from vggstat.render.width import visible

__all__ = [
    "KIND_COLORS",
    "MB_AXIS",
    "SERIES",
    "SI_AXIS",
    "STEP",
    "Theme",
    "chart",
    "find_theme",
    "joined",
    "only",
    "value_column",
]

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
FONT: Final = "Liberation Sans, Arial, Helvetica, sans-serif"

STEP: Final = 17
"""Pixels a layer's row is high: more than its label, so that labels never meet."""

SERIES: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#B8A100")
"""Okabe and Ito's colours: told apart by colour-blind readers, and each of another lightness in grey."""

KIND_COLORS: Final = {
    "conv": SERIES[0],
    "fc": SERIES[4],
    "pool": SERIES[2],
    "bn": SERIES[3],
    "lrn": SERIES[5],
    "input": SERIES[6],
}
"""The colour of each kind of layer."""

OTHER_KIND: Final = "#7F7F7F"

SI_AXIS: Final[View] = {
    "labelExpr": "datum.value === 0 ? '0' : format(datum.value, '~s')",
    "tickCount": 5,
    "grid": True,
}
"""An axis of counts: 500M, 2G."""

MB_AXIS: Final[View] = {"labelExpr": "format(datum.value / 1e6, ',~r')", "tickCount": 5, "grid": True}
"""An axis of bytes, labelled in MB."""

Theme = Literal["light", "dark"]

INK: Final[dict[Theme, tuple[str, str, str, str]]] = {
    "light": ("#ffffff", "#1b1f24", "#57606a", "#d8dee4"),
    "dark": ("#0d1117", "#e6edf3", "#9aa4af", "#30363d"),
}
"""Background, text, quieter text, lines."""


def find_theme(name: str) -> Theme:
    """The theme of that name. Raises UsageError."""
    if name == "light":
        return "light"
    if name == "dark":
        return "dark"
    raise UsageError(f"--theme takes light or dark, not {name!r}")


def chart(plot: Plot, theme: Theme = "light") -> View:
    """The complete Vega-Lite description of a plot: data, title, conventions, theme."""
    labels = plot.labels or ({},) * len(plot.rows)
    values = [{**row, **label} for row, label in zip(plot.rows, labels, strict=True)]
    lines = [line for text in (*plot.subtitle, *plot.notes) for line in textwrap.wrap(visible(text), 118)]
    return {
        "$schema": SCHEMA,
        "description": visible(f"{plot.title}. {' '.join(plot.subtitle)}"),
        "title": {"text": visible(plot.title), "subtitle": lines, "anchor": "start", "offset": 14},
        "data": {"values": values},
        **plot.view,
        "config": _config(theme),
    }


def _config(theme: Theme) -> View:
    background, text, quiet, line = INK[theme]
    words = {
        "labelColor": text,
        "titleColor": text,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
    }
    return {
        "background": background,
        "padding": 14,
        "font": FONT,
        "view": {"stroke": None},
        "title": {
            "color": text,
            "subtitleColor": quiet,
            "fontSize": 15,
            "subtitleFontSize": 11,
            "subtitlePadding": 6,
        },
        "axis": {**words, "gridColor": line, "domainColor": quiet, "tickColor": quiet, "labelLimit": 260},
        "header": words,
        "legend": {**words, "orient": "bottom", "labelLimit": 400},
        "text": {"color": text, "fontSize": 11},
        "rule": {"color": quiet},
        "concat": {"spacing": 24},
    }


def only(name: str) -> View:
    """The transform that keeps the rows of one network."""
    return {"filter": {"field": "spec", "equal": name}}


def joined(views: list[View], direction: Literal["hconcat", "vconcat"]) -> View:
    """The views side by side or under each other; one view too, so that it keeps a title of its own."""
    return {direction: views}


def value_column(field: str, width: int) -> View:
    """A layer that writes each row's label right of the chart, in a column, where it meets nothing else."""
    mark = {"type": "text", "align": "left", "baseline": "middle", "aria": False}
    return {
        "mark": mark,
        "encoding": {"x": {"value": width + 8}, "text": {"field": field, "type": "nominal"}},
    }
