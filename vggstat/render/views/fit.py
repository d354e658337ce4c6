"""The largest batch that fits into a memory."""

from __future__ import annotations

from typing import Any

from vggstat.cost.fit import Fit
from vggstat.render.captions import image_words, left_out_note, memory_notes, run_notes, spec_words
from vggstat.render.page import Column, Page, Part, Table, Text, row
from vggstat.render.report_data import SCHEMA
from vggstat.render.views.memory import (
    HELD,
    HOW,
    footprint_data,
    parts_table,
    place_words,
    run_words,
    running_data,
)
from vggstat.units import gibi, giga, grouped, mega

__all__ = ["fit_data", "fit_page"]

BATCH_RULE = (
    "The batch is exact for the bytes of torch's tensors; the reserve is an assumption: change it "
    "with --reserve."
)


def fit_page(found: Fit) -> Page:
    """The page of ``vggstat fit``.

    JSON: ``{"schema": 1, "spec", "workload": {...}, "memory_bytes", "reserve_bytes", "budget_bytes", "batch",
    "peak_bytes" (of that batch, null where batch is 0), "binds": {"batch", "bytes", "layer", "phase", "item":
    {"layer", "what", "bytes"}}, "remedies": [{"change", "batch"}]}``. ``binds`` describes the first batch
    that does not fit.
    """
    graph, workload = found.footprint.graph, found.footprint.workload
    parts: list[Part] = [Text(lines=_answer(found)), parts_table(found.footprint)]
    if found.remedies:
        parts.append(_remedies(found))
    return Page(
        title=spec_words(graph.spec),
        aside=f"{run_words(workload)} · {image_words(graph.image)} · {workload.dtype.name}",
        parts=tuple(parts),
        notes=(
            f"{found.memory_bytes:,} B − {found.reserve_bytes:,} B reserve (CUDA context, cuBLAS and cuDNN "
            f"workspaces, fragmentation) = {found.budget_bytes:,} B for tensors. "
            f"{BATCH_RULE}",
            *_held_note(found),
            *run_notes(graph, workload.mode),
            *memory_notes(graph, workload.mode),
            *left_out_note(graph),
        ),
        data=lambda: fit_data(found),
    )


def _answer(found: Fit) -> tuple[str | tuple[str, str], ...]:
    room = f"{gibi(found.memory_bytes)} GiB ({giga(found.memory_bytes)} GB)"
    too_much = found.next.peak
    item = max(too_much.items, key=lambda item: item.bytes)
    lack = too_much.bytes - found.budget_bytes
    if not found.batch:
        fewest = (
            "one image fits"
            if found.least == 1
            else f"{found.least} images, the fewest that it can be trained on, fit"
        )
        first = f"does not fit: not even {fewest} into {room}"
    else:
        first = f"{grouped(found.batch)} {'image fits' if found.batch == 1 else 'images fit'} into {room}"
    return (
        ("largest batch", first),
        (
            "what binds",
            f"batch {grouped(found.next.workload.batch)} lacks {mega(lack)} MB {place_words(found.next)}; the "
            f"largest piece then is {item.what} of {item.node}, {mega(item.bytes)} MB",
        ),
    )


def _held_note(found: Fit) -> tuple[str, ...]:
    """Which way of holding a model's maps takes more, and so binds; nothing where there is one way."""
    if found.next.graph.held_until is None:
        return ()
    return (f"Of the two ways to hold maps the larger is taken: {HOW[found.next.as_written]}.",)


def _remedies(found: Fit) -> Table:
    return Table(
        columns=(
            Column(key="change", header="what would help"),
            Column(key="batch", header="largest batch", align="right"),
            Column(key="more", header="more", align="right"),
        ),
        rows=tuple(row(remedy.change, remedy.batch, remedy.batch - found.batch) for remedy in found.remedies),
        name="remedies",
    )


def fit_data(found: Fit) -> dict[str, Any]:
    """What ``--format json`` prints."""
    graph, workload = found.footprint.graph, found.footprint.workload
    too_much = found.next.peak
    item = max(too_much.items, key=lambda item: item.bytes)
    described = footprint_data(found.footprint)
    return {
        "schema": SCHEMA,
        "spec": graph.spec.name,
        "title": graph.spec.title,
        "digest": graph.spec.digest,
        "workload": {
            "input": list(graph.image),
            "dtype": workload.dtype.name,
            "head": graph.head,
            "classes": graph.classes,
            **running_data(workload),
        },
        "memory_bytes": found.memory_bytes,
        "reserve_bytes": found.reserve_bytes,
        "budget_bytes": found.budget_bytes,
        "batch": found.batch,
        "peak_bytes": found.footprint.peak.bytes if found.batch else None,
        "parts": described["parts"] if found.batch else None,
        "binds": {
            "batch": found.next.workload.batch,
            "bytes": too_much.bytes,
            "layer": too_much.node,
            "phase": too_much.phase,
            "held": HELD[found.next.as_written],
            "item": {"layer": item.node, "what": item.what, "bytes": item.bytes},
        },
        "remedies": [{"change": remedy.change, "batch": remedy.batch} for remedy in found.remedies],
    }
