"""A part of a network, a block or a unit: its layers, and what they add up to."""

from __future__ import annotations

from typing import Any

from vggstat.cost.report import Block, Report, Row
from vggstat.render.captions import MACS_NOTE, UNITS_NOTE, workload_words
from vggstat.render.figures import count_or_dash, count_or_unknown, map_text, share, total_or_part
from vggstat.render.not_counted import patterns, some
from vggstat.render.page import RULE, Column, Page, Table, row, total
from vggstat.render.report_data import SCHEMA, macs_data, row_data, workload_data

__all__ = ["part_page"]

SUMS = ("weights", "params", "macs", "output_values", "output_bytes")
HEADERS = {
    "weights": ("weights,", "no biases"),
    "params": ("parameters,", "with biases"),
    "macs": ("", "MACs"),
    "output_values": ("output", "values"),
    "output_bytes": ("output", "bytes"),
}


def part_page(report: Report, part: Block) -> Page:
    """The page of ``vggstat explain SPEC UNIT``: a row a layer, their sums, and the shares of the whole."""
    whole = report.total
    table = Table(
        columns=(
            Column(key="name", header="name"),
            Column(key="layer", header="layer", priority=10),
            Column(key="output", header=("output", "h × w × c"), align="right", text=map_text),
            *(
                Column(
                    key=key,
                    header=HEADERS[key],
                    align="right",
                    text=count_or_dash,
                    priority=30 if key == "output_bytes" else 0,
                )
                for key in SUMS
            ),
        ),
        rows=(
            *(
                row(held.name, held.label, held.output_shape, *(_cell(held, key) for key in SUMS))
                for held in part.rows
            ),
            RULE,
            total(f"{len(part.rows)} rows", "", "", *(_sum(part, key) for key in SUMS)),
            total(
                "of the network", "", "", *(share(getattr(part, key), getattr(whole, key)) for key in SUMS)
            ),
        ),
        name="part",
        main=True,
    )
    return Page(
        title=f"{part.name} of {report.name}",
        aside=workload_words(report.graph, report.workload),
        parts=(table,),
        notes=(
            f"{MACS_NOTE} {UNITS_NOTE}",
            *_not_counted(part),
            "One of its layers, step by step: vggstat explain SPEC LAYER.",
        ),
        data=lambda: _data(report, part),
    )


def _cell(held: Row, key: str) -> Any:
    return count_or_unknown(getattr(held, key))


def _sum(part: Block, key: str) -> Any:
    value = getattr(part, key)
    return total_or_part(value, part.macs_known) if key == "macs" else value


def _not_counted(part: Block) -> tuple[str, ...]:
    """The layers whose MACs are not known."""
    left = part.macs_not_counted
    return (f"Not counted in MACs: {some(patterns(left))}.",) if left else ()


def _data(report: Report, part: Block) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "spec": report.name,
        "workload": workload_data(report),
        "part": part.name,
        "rows": [row_data(held) for held in part.rows],
        "totals": {
            **{key: getattr(part, key) for key in (*SUMS, "biases", "flops")},
            **macs_data(part),
        },
    }
