"""What the plots of one figure a layer share: bars from top to bottom, as the rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from vggstat.cost.report import Report
from vggstat.cost.report import Row as Layer
from vggstat.net.graph import Graph
from vggstat.render.captions import spec_words, workloads_words
from vggstat.render.page import Column
from vggstat.render.plot.model import Request, View
from vggstat.render.plot.vega import KIND_COLORS, OTHER_KIND, SERIES, STEP, only, value_column
from vggstat.units import quotient

__all__ = [
    "LAYER_COLUMNS",
    "LAYER_NOTE",
    "SHARE",
    "bars",
    "cumulated",
    "cumulative_bars",
    "kinds_of",
    "layer_cells",
    "row_of_node",
    "title_of",
    "words_of",
]

LAYER_COLUMNS: Final = (
    Column(key="spec", header="network"),
    Column(key="layer", header="layer"),
    Column(key="block", header="block", priority=40),
    Column(key="kind", header="kind", priority=30),
)
"""The columns that say which layer a row is of."""

LAYER_NOTE: Final = "A layer's figures include what follows it up to the next row (ReLU, dropout, flatten)."

SHARE: Final = Column(
    key="cumulative_share",
    header="cumulative",
    align="right",
    text=lambda value: f"{value:.1f} %",
    priority=10,
)
"""The running sum's share of the total, in percent; a fraction, for the eye."""

KIND_WORDS: Final = {"conv": "convolution", "fc": "FC", "bn": "batch norm", "lrn": "LRN", "input": "image"}


def title_of(request: Request, what: str) -> str:
    """The picture's title: what it shows, and of which networks."""
    if len(request.reports) == 1:
        return f"{what} · {spec_words(request.reports[0].graph.spec)}"
    return f"{what} · {', '.join(request.names)}"


def words_of(request: Request) -> str:
    """What is run: of each network where they differ."""
    return "; ".join(workloads_words(request.reports, request.names))


def layer_cells(name: str, layer: Layer) -> dict[str, Any]:
    """The cells that say which layer it is."""
    return {"spec": name, "layer": layer.name, "block": layer.block, "kind": layer.kind}


def row_of_node(graph: Graph) -> Mapping[str, str]:
    """For each node, and the image, the row under which its figures stand: its own, or the one before it."""
    rows = {"input": "input"}
    at = "input"
    for node in graph.nodes:
        if node.is_row:
            at = node.name
        rows[node.name] = at
    return rows


def cumulated(figures: Iterable[int | None]) -> list[tuple[int | None, float | None]]:
    """Each running sum with its share of the total in percent; None from the first unknown figure on."""
    known = list(figures)
    total = None if any(figure is None for figure in known) else sum(figure or 0 for figure in known)
    found: list[tuple[int | None, float | None]] = []
    at: int | None = 0
    for figure in known:
        at = None if at is None or figure is None else at + figure
        share = None if at is None or not total else float(quotient(100 * at, total, 3))
        found.append((at, share))
    return found


def bars(
    name: str,
    layers: list[str],
    field: str,
    axis: View,
    axis_title: str,
    *,
    width: int,
    title: str = "",
    labels: bool = True,
    kinds: tuple[str, ...],
) -> View:
    """One network's bars of a field, a layer a row, with each row's label in a column beside them.

    ``layers`` are the rows from top to bottom; ``labels`` says whether they are named. The row's label is the
    field ``<field>_label``, and the words for screen readers and tooltips ``<field>_words``.
    """
    names: View = {"title": None, "domain": False, "ticks": False, "labels": labels}
    return {
        "transform": [only(name)],
        "title": {"text": title, "fontSize": 12, "offset": 6, "anchor": "start"},
        "width": width,
        "height": {"step": STEP},
        "encoding": {"y": {"field": "layer", "type": "nominal", "scale": {"domain": layers}, "axis": names}},
        "layer": [
            {
                "mark": {"type": "bar", "height": STEP - 5, "cornerRadiusEnd": 1},
                "encoding": {
                    "x": {"field": field, "type": "quantitative", "axis": axis, "title": axis_title},
                    "color": kind_color(kinds),
                    "description": {"field": f"{field}_words"},
                    "tooltip": {"field": f"{field}_words"},
                },
            },
            value_column(f"{field}_label", width),
        ],
    }


def cumulative_bars(
    name: str,
    layers: list[str],
    field: str,
    axis: View,
    axis_title: str,
    *,
    width: int,
    kinds: tuple[str, ...],
    title: str = "",
) -> View:
    """As ``bars``, with the running sum's share of the total as a line on an axis of its own above."""
    view = bars(name, layers, field, axis, axis_title, width=width, title=title, kinds=kinds)
    share = {
        "field": "cumulative_share",
        "type": "quantitative",
        "title": "line: cumulative, % of the total",
        "scale": {"domain": [0, 100]},
        "axis": {"orient": "top", "grid": False, "tickCount": 5},
    }
    line: View = {
        "mark": {
            "type": "line",
            "color": SERIES[1],
            "strokeWidth": 1.6,
            "point": {"color": SERIES[1], "size": 18},
            "aria": False,
        },
        "encoding": {"x": share, "order": {"field": "place", "type": "quantitative"}},
    }
    bar, label = view["layer"]
    return {**view, "layer": [bar, line, label], "resolve": {"scale": {"x": "independent"}}}


def kinds_of(reports: tuple[Report, ...], *, image: bool = False) -> tuple[str, ...]:
    """The kinds of layers that the networks have, in the order of their colours; with the image or without."""
    there = dict.fromkeys(
        layer.kind for report in reports for layer in report.rows if image or layer.kind != "input"
    )
    return tuple(
        sorted(
            there, key=lambda kind: list(KIND_COLORS).index(kind) if kind in KIND_COLORS else len(KIND_COLORS)
        )
    )


def kind_color(kinds: tuple[str, ...]) -> View:
    """The colour of a layer's kind, the same in every picture."""
    words = " : ".join(f"datum.label === '{key}' ? '{word}'" for key, word in KIND_WORDS.items())
    return {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": list(kinds), "range": [KIND_COLORS.get(kind, OTHER_KIND) for kind in kinds]},
        "legend": {"title": None, "labelExpr": f"{words} : datum.label"},
    }
