"""A plot as text: its rows as a table, with bars beside the figures."""

from __future__ import annotations

from typing import Any

from vggstat.render.bars import bar
from vggstat.render.figures import UNKNOWN
from vggstat.render.page import Column, Named, Page, Table, row
from vggstat.render.plot.model import Plot, Row
from vggstat.render.report_data import SCHEMA

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
    shown = _shown(plot)
    drawn = [column for column in shown if column.key in plot.bars]
    # Bars stand last: between two columns they would take the place of a header.
    columns = [
        *shown,
        *(
            Column(key=f"{column.key}_bar", label=f"{column.heading}, bar", role=column.role, priority=2)
            for column in drawn
        ),
    ]
    rows = [
        row(
            *(_cell(line, column.key) for column in shown),
            *(bar(_size(line.get(column.key)), most[column.key], BAR_WIDTH) for column in drawn),
        )
        for line in plot.rows
    ]
    aside, *conventions = plot.subtitle or ("",)
    return Page(
        title=plot.title,
        aside=aside,
        parts=(Table(columns=tuple(columns), rows=tuple(rows), name=plot.kind, main=True),),
        notes=(*conventions, *plot.notes),
        data=data_page(plot).data,
    )


def _cell(line: Row, key: str) -> Any:
    """What text shows of a figure; a question mark for one that is not known."""
    return Named(value=None, text=UNKNOWN) if key in line.get("not_known", ()) else line.get(key)


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
