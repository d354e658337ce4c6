"""What is known of a network's memory where its peak is not."""

from __future__ import annotations

from typing import Any, Final

from vggstat.cost.counting import Counted
from vggstat.cost.items import parameter_items
from vggstat.cost.report import Report
from vggstat.render.captions import UNITS_NOTE, left_out_note, run_notes, spec_words, workload_words
from vggstat.render.figures import size_or_part, total_or_part
from vggstat.render.not_counted import counted_of, not_counted_notes, unknown_words
from vggstat.render.page import RULE, Column, Page, Row, Table, row, total
from vggstat.render.report_data import SCHEMA, counted_data, workload_data
from vggstat.render.views.memory import run_words, running_data
from vggstat.units import mebi, mega

__all__ = ["no_fit_words", "unknown_memory_page"]

WORDS: Final = {
    "outputs": "the image and each row's map, once",
    "saved": "kept by autograd for the backward pass",
}
"""The accountings that say something all the same."""


def unknown_memory_page(report: Report) -> Page:
    """The page of ``vggstat memory`` where a layer's memory is not known: what is, with its status.

    JSON: ``{"schema": 1, "spec", "workload": {...}, "peak": {"bytes": null, "status", "known", "layers": [{"name",
    "reason", "place"}]}, "known": [{"name", "bytes", "status", ...}]}``.
    """
    graph, workload = report.graph, report.workload
    peak = f"{workload.mode}-peak"
    return Page(
        title=spec_words(graph.spec),
        aside=f"{run_words(workload)} · {workload_words(graph, workload)}",
        parts=(_table(report, _counted(report, peak)),),
        notes=(
            *not_counted_notes(report, (f"memory:{peak}", *(f"memory:{name}" for name in WORDS))),
            f"The peak is the most bytes at one moment, so no part of it can be told. {UNITS_NOTE}",
            *run_notes(graph, workload.mode),
            *left_out_note(graph),
        ),
        data=lambda: _data(report, peak),
    )


def _counted(report: Report, name: str) -> Counted:
    found = counted_of(report, f"memory:{name}")
    assert found is not None  # a run that torch refuses has been refused before
    return found


def _parameters(report: Report) -> Counted:
    """Weights and biases, and buffers."""
    return Counted(known=sum(item.bytes for item in parameter_items(report.graph, report.workload)))


def _table(report: Report, peak: Counted) -> Table:
    return Table(
        columns=(
            Column(key="part", header="known of its memory"),
            Column(key="what", header="what it is", priority=10),
            Column(key="bytes", header="bytes", align="right", role="memory"),
            Column(key="mb", header="MB", align="right"),
            Column(key="mib", header="MiB", align="right", priority=20),
            Column(key="status", header="status"),
        ),
        rows=(
            _row("parameters", "weights and biases, and buffers", _parameters(report)),
            *(_row(name, words, _counted(report, name)) for name, words in WORDS.items()),
            RULE,
            total("peak", "", *_sizes(peak)),
        ),
        name="known",
        main=True,
    )


def _row(name: str, words: str, found: Counted) -> Row:
    return row(name, words, *_sizes(found))


def _sizes(found: Counted) -> tuple[Any, ...]:
    return (
        total_or_part(found.total, found.known),
        size_or_part(mega, found),
        size_or_part(mebi, found),
        found.status,
    )


def _data(report: Report, peak: str) -> dict[str, Any]:
    known = {"parameters": _parameters(report), **{name: _counted(report, name) for name in WORDS}}
    return {
        "schema": SCHEMA,
        "spec": report.name,
        "title": report.graph.spec.title,
        "digest": report.graph.spec.digest,
        "workload": {**workload_data(report), **running_data(report.workload)},
        "peak": _figure(_counted(report, peak)),
        "known": [{"name": name, **_figure(found)} for name, found in known.items()],
    }


def _figure(found: Counted) -> dict[str, Any]:
    return {"bytes": found.total, **counted_data(found)}


def no_fit_words(report: Report, command: str) -> str:
    """Why no largest batch can be told, which layers it is about, and the command that shows what is known."""
    mode = report.workload.mode
    found = _counted(report, f"{mode}-peak")
    words = unknown_words(report, f"the peak in {mode}", found)
    option = "" if mode == "inference" else f" --mode {mode}"
    return f"{words} What is known of its memory: {command}{option}"
