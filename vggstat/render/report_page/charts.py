"""Places for the charts that the page's script draws from the integers it carries."""

from __future__ import annotations

from typing import Final, NamedTuple

from vggstat.render.report_page.markup import escaped

__all__ = ["LAYER_CHARTS", "OVERVIEW_CHARTS", "Chart", "chart_figures"]


class Chart(NamedTuple):
    """A bar chart of one figure: its key, and its caption as HTML, with the words that follow the switches."""

    key: str
    caption: str


OPS: Final = '<span data-word="ops">MACs</span>'
UNIT: Final = '<span data-word="unit">MB</span>'
BIAS: Final = '<span data-word="bias">with biases</span>'
WORKLOAD: Final = '<span data-word="batch">batch 1</span>'

LAYER_CHARTS: Final = (
    Chart("params", f"Parameters, {BIAS}"),
    Chart("ops", f"{OPS} of a forward pass, {WORKLOAD}"),
    Chart("bytes", f"Output maps, each once, {UNIT}, {WORKLOAD}"),
    Chart("saved", f"Kept for the backward pass, {UNIT}, {WORKLOAD}"),
    Chart("live", f"Alive while the layer runs in inference, without weights, {UNIT}, {WORKLOAD}"),
    Chart("field", "Receptive field, pixels of the image"),
)

OVERVIEW_CHARTS: Final = (
    Chart("params", f"Parameters, {BIAS}"),
    Chart("ops", f"{OPS} of a forward pass, {WORKLOAD}"),
    Chart("memory:outputs", f"Activations, each map once, {UNIT}, {WORKLOAD}"),
    Chart("memory:saved", f"Activations, kept for the backward pass, {UNIT}, {WORKLOAD}"),
    Chart("memory:inference-peak", f"Activations, alive at once in inference, {UNIT}, {WORKLOAD}"),
    Chart("memory:training-peak", f"Peak of a training step, everything, {UNIT}, {WORKLOAD}"),
)


def chart_figures(charts: tuple[Chart, ...], spec: int | None) -> str:
    """A figure for each chart, of one network's layers, or of all networks (``spec`` is None)."""
    place = "" if spec is None else f' data-spec="{spec}"'
    figures = "\n".join(
        f'<figure data-chart="{escaped(chart.key)}"{place}><figcaption>{chart.caption}</figcaption>'
        f'<div class="plot"></div></figure>'
        for chart in charts
    )
    return f'<div class="charts">\n{figures}\n</div>'
