"""A row a block."""

from __future__ import annotations

from typing import Any, Final

from vggstat.cost.report import Report
from vggstat.render.captions import (
    MACS_NOTE,
    UNITS_NOTE,
    axes_note,
    graph_notes,
    spec_words,
    workload_words,
)
from vggstat.render.figures import count_or_dash, map_text, share, total_or_part
from vggstat.render.page import RULE, Column, Page, Table, row, total
from vggstat.render.report_data import report_data
from vggstat.render.styles.base import TableOptions
from vggstat.render.styles.layers import TOTALS, activations_part, chosen_columns, totals_part

__all__ = ["render"]

SUMMARY: Final = "a row a block, with each block's share"
TAKES: Final = ("--columns",)


def render(report: Report, options: TableOptions) -> Page:
    """The page of this style."""
    return Page(
        title=spec_words(report.graph.spec),
        aside=workload_words(report.graph, report.workload),
        parts=(_table(report, options), totals_part(report), activations_part(report)),
        notes=(
            f"{MACS_NOTE} {UNITS_NOTE}",
            *graph_notes(report, *TOTALS),
            *axes_note(report),
        ),
        data=lambda: report_data(report, options.convention, many=iter),
    )


def _table(report: Report, options: TableOptions) -> Table:
    whole = report.total
    columns: dict[str, tuple[Column, Any]] = {
        "name": (Column(key="name", header="block"), lambda b: b.name),
        "layers": (Column(key="layers", header="layers", priority=10), _layers),
        "output": (
            Column(key="output", header=("output", "h × w × c"), align="right", text=map_text),
            lambda b: b.rows[-1].output_shape,
        ),
        "weights": (_count("weights", ("weights,", "no biases"), 30), lambda b: b.weights),
        "params": (_count("params", ("parameters,", "with biases"), 0), lambda b: b.params),
        "params_share": (_share("params_share"), lambda b: share(b.params, whole.params)),
        "macs": (_count("macs", ("", "MACs"), 0), lambda b: total_or_part(b.macs, b.macs_known)),
        "macs_share": (_share("macs_share"), lambda b: share(b.macs, whole.macs)),
        "output_values": (
            _count("output_values", ("output", "values"), 5),
            lambda b: total_or_part(b.all_output_values, b.output_values),
        ),
        "values_share": (
            _share("values_share"),
            lambda b: share(b.all_output_values, whole.all_output_values),
        ),
    }
    keys = chosen_columns(options, columns)
    cells = [columns[key][1] for key in keys]
    sums = {
        "weights": whole.weights,
        "params": whole.params,
        "macs": total_or_part(whole.macs, whole.macs_known),
    }
    sums["output_values"] = total_or_part(whole.all_output_values, whole.output_values)
    return Table(
        columns=tuple(columns[key][0] for key in keys),
        rows=(
            *(row(*(cell(block) for cell in cells)) for block in report.blocks),
            RULE,
            total(*("total" if i == 0 else sums.get(key, "") for i, key in enumerate(keys))),
        ),
        name="blocks",
        main=True,
    )


def _layers(block: Any) -> str:
    """The block's layers with repetitions counted: ``conv3-64 ×2, maxpool``."""
    runs: list[list[Any]] = []
    for line in block.rows:
        if runs and runs[-1][0] == line.label:
            runs[-1][1] += 1
        else:
            runs.append([line.label, 1])
    return ", ".join(f"{label} ×{count}" if count > 1 else label for label, count in runs)


def _count(key: str, header: tuple[str, str], priority: int) -> Column:
    return Column(key=key, header=header, align="right", text=count_or_dash, priority=priority)


def _share(key: str) -> Column:
    return Column(key=key, header="share", label=key.replace("_", " "), align="right", priority=20)
