"""The paper's Table 1 (configurations in columns) and Table 2 (parameters in millions), computed."""

from __future__ import annotations

from typing import Any

from vggstat.cost.compare import compare_reports
from vggstat.cost.report import Report
from vggstat.cost.report import Row as LayerRow
from vggstat.render.captions import image_words
from vggstat.render.page import Column, Page, Row, Styled, Table, row
from vggstat.render.report_data import SCHEMA
from vggstat.units import mega

__all__ = ["configs_page"]


def configs_page(reports: tuple[Report, ...]) -> Page:
    """The page of ``vggstat configs``: a column a configuration, what it adds to the one before in bold."""
    return Page(
        title="ConvNet configurations",
        aside=f"Simonyan & Zisserman 2014, Tables 1 and 2 · {image_words(reports[0].graph.image)}",
        parts=(_table_one(reports), _table_two(reports)),
        notes=(
            "+ and bold: what a column adds to the one before. conv<kernel>-<channels>; ReLU after each conv and "
            "FC layer is not shown.",
            "Parameters with biases, in millions (10^6), rounded.",
        ),
        data=lambda: {
            "schema": SCHEMA,
            "configurations": [
                {
                    "name": report.name,
                    "weight_layers": report.weight_layers,
                    "layers": [line.label for line in report.rows if line.kind != "input"],
                    "params": report.total.params,
                }
                for report in reports
            ],
        },
    )


def _table_one(reports: tuple[Report, ...]) -> Table:
    columns = tuple(
        Column(
            key=report.name,
            header=(report.name, f"{report.weight_layers} weight", "layers"),
            align="center",
        )
        for report in reports
    )
    rows: list[Row] = []
    for slot in compare_reports(reports).slots:
        if slot.consensus.kind == "input":
            rows.append(row(*("input" for _ in slot.rows)))
            continue
        rows.append(row(*(_cell(slot.rows, position) for position in range(len(reports)))))
    closing = ["soft-max" if _closes_with_softmax(report) else "" for report in reports]
    rows.append(row(*closing))
    return Table(columns=columns, rows=tuple(rows), name="table1", main=True)


def _cell(rows: tuple[LayerRow | None, ...], position: int) -> Any:
    line = rows[position]
    if line is None:
        return ""
    before = rows[position - 1] if position else line
    if before is None or before.label != line.label:
        return Styled(value=f"+ {line.label}", role="strong")
    return line.label


def _closes_with_softmax(report: Report) -> bool:
    return bool(report.graph.nodes) and report.graph.nodes[-1].layer.stem == "softmax"


def _table_two(reports: tuple[Report, ...]) -> Table:
    return Table(
        title="",
        columns=(
            Column(key="network", header="network"),
            *(Column(key=report.name, header=report.name, align="right", min_width=7) for report in reports),
        ),
        rows=(row("parameters, millions", *(mega(report.total.params, 0) for report in reports)),),
        name="table2",
    )
