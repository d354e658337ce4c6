"""A plot as text: its rows as a table, with bars beside the figures."""

from __future__ import annotations

from typing import Any

from vggstat.present.bars import bar
from vggstat.present.page import Column, Page, Table, row
from vggstat.present.plot.model import Plot
from vggstat.present.report_data import SCHEMA

__all__ = ["data_page", "plot_page"]

BAR_WIDTH = 22
SCALE = 10**9


def data_page(plot: Plot) -> Page:
    """The rows alone, for formats that machines read.

    JSON: ``{"schema": 1, "kind", "title", "conventions": [...], "rows": [{column: value}]}``.
    """
    rows = tuple(row(*(line.get(column.key) for column in plot.columns)) for line in plot.rows)
    return Page(
        title=plot.title,
        parts=(Table(columns=plot.columns, rows=rows, name=plot.kind, main=True),),
        data=lambda: {
            "schema": SCHEMA,
            "kind": plot.kind,
            "title": plot.title,
            "conventions": [*plot.subtitle, *plot.notes],
            "rows": [dict(line) for line in plot.rows],
        },
    )


def plot_page(plot: Plot) -> Page:
    """The rows with a bar for each figure that the picture draws, all bars of a column to one scale."""
    most = {key: max([_size(line.get(key)) for line in plot.rows], default=0) for key in plot.bars}
    columns: list[Column] = []
    for column in _shown(plot):
        columns.append(column)
        if column.key in plot.bars:
            columns.append(
                Column(key=f"{column.key}_bar", label=f"{column.heading}, bar", role=column.role, priority=2)
            )
    rows = []
    for line in plot.rows:
        cells: list[Any] = []
        for column in _shown(plot):
            value = line.get(column.key)
            cells.append(value)
            if column.key in plot.bars:
                cells.append(bar(_size(value), most[column.key], BAR_WIDTH))
        rows.append(row(*cells))
    aside, *conventions = plot.subtitle or ("",)
    return Page(
        title=plot.title,
        aside=aside,
        parts=(Table(columns=tuple(columns), rows=tuple(rows), name=plot.kind, main=True),),
        notes=(*conventions, *plot.notes),
        data=data_page(plot).data,
    )


def _shown(plot: Plot) -> tuple[Column, ...]:
    """The columns without those that say the same in every row."""
    return tuple(
        column
        for column in plot.columns
        if column.key != "spec" or len({line["spec"] for line in plot.rows}) > 1
    )


def _size(value: Any) -> int:
    """What a bar's length stands for. Fractions are scaled, so that bars stay in integer arithmetic."""
    if value is None or isinstance(value, str):
        return 0
    return value * SCALE if isinstance(value, int) else round(value * SCALE)
