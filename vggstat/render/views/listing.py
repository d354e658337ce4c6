"""What ships: every network with its headline figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vggstat.cost.accounting import find_accounting
from vggstat.cost.report import Report
from vggstat.render.captions import MACS_NOTE, UNITS_NOTE, image_words
from vggstat.render.page import Column, Page, Row, Table, heading, row
from vggstat.render.report_data import SCHEMA, workload_data
from vggstat.units import giga, mega

__all__ = ["list_page"]


def list_page(families: Mapping[str, Sequence[Report]]) -> Page:
    """The page of ``vggstat list``: a row a network under its family, on its own input, one image in float32."""
    outputs = find_accounting("outputs")
    table = Table(
        columns=(
            Column(key="name", header="name"),
            Column(key="aliases", header="also", priority=30),
            Column(key="title", header="title", priority=20),
            Column(key="image", header="image", priority=40),
            Column(key="weight_layers", header=("weight", "layers"), align="right"),
            Column(key="params", header=("parameters,", "with biases"), align="right"),
            Column(key="macs", header=("forward,", "GMACs"), align="right", text=giga),
            Column(key="outputs_bytes", header=("outputs,", "MB"), align="right", text=mega, priority=10),
            Column(
                key="inference_peak", header=("inference", "peak, MB"), align="right", text=mega, priority=15
            ),
        ),
        rows=tuple(line for family, reports in families.items() for line in _rows(family, reports)),
        name="list",
        main=True,
    )
    notes = (
        f"outputs: {outputs.definition}. inference peak: weights and what is alive at once.",
        f"{MACS_NOTE} One image in float32. " + UNITS_NOTE,
        "Names match without regard to case, - and _. One network: vggstat table D. Two: vggstat compare D E.",
    )
    return Page(
        title="Networks that ship with vggstat",
        parts=(table,),
        notes=notes,
        data=lambda: {
            "schema": SCHEMA,
            "specs": [
                {**_spec_data(report), "family": family}
                for family, held in families.items()
                for report in held
            ],
        },
    )


def _rows(family: str, reports: Sequence[Report]) -> Iterator[Row]:
    """The family's name, and its networks."""
    outputs, peak = find_accounting("outputs"), find_accounting("inference-peak")
    yield heading(family)
    for report in reports:
        yield row(
            report.name,
            ", ".join(report.graph.spec.aliases),
            report.graph.spec.title,
            image_words(report.graph.image),
            report.weight_layers,
            report.total.params,
            report.total.macs,
            report.memory_bytes(outputs),
            report.memory_bytes(peak) + report.file_bytes,
        )


def _spec_data(report: Report) -> dict[str, Any]:
    spec = report.graph.spec
    return {
        "name": spec.name,
        "aliases": list(spec.aliases),
        "title": spec.title,
        "source": spec.source,
        "workload": workload_data(report),
        "weight_layers": report.weight_layers,
        "params": report.total.params,
        "macs": report.total.macs,
        "memory": {
            name: report.memory_bytes(find_accounting(name)) for name in ("outputs", "inference-peak")
        },
        "weights_file_bytes": report.file_bytes,
    }
