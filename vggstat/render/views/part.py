"""A part of a network, a block or a unit: its layers, and what they add up to."""

from __future__ import annotations

from typing import Any

from vggstat.cost.report import Block, Report
from vggstat.render.captions import MACS_NOTE, UNITS_NOTE, workload_words
from vggstat.render.figures import count_or_dash, map_text, share
from vggstat.render.page import RULE, Column, Page, Table, row, total
from vggstat.render.report_data import SCHEMA, row_data, workload_data

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
                row(held.name, held.label, held.output_shape, *(getattr(held, key) for key in SUMS))
                for held in part.rows
            ),
            RULE,
            total(f"{len(part.rows)} rows", "", "", *(getattr(part, key) for key in SUMS)),
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
        notes=(f"{MACS_NOTE} {UNITS_NOTE}", "One of its layers, step by step: vggstat explain SPEC LAYER."),
        data=lambda: _data(report, part),
    )


def _data(report: Report, part: Block) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "spec": report.name,
        "workload": workload_data(report),
        "part": part.name,
        "rows": [row_data(held) for held in part.rows],
        "totals": {key: getattr(part, key) for key in (*SUMS, "biases", "flops")},
    }
