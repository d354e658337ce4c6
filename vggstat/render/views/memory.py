"""Memory at its peak, and from layer to layer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from vggstat.cost.footprint import Footprint, PartBytes
from vggstat.cost.items import IMAGE, PARTS, MemoryItem
from vggstat.cost.workload import Workload
from vggstat.render.bars import bar
from vggstat.render.captions import (
    UNITS_NOTE,
    left_out_note,
    memory_notes,
    run_notes,
    spec_words,
    workload_words,
)
from vggstat.render.page import RULE, Column, Page, Styled, Table, Text, row, total
from vggstat.render.report_data import SCHEMA
from vggstat.units import grouped, mebi, mega, percent

__all__ = [
    "HELD",
    "HOW",
    "footprint_data",
    "held_parts",
    "memory_page",
    "parts_table",
    "place_words",
    "run_words",
    "running_data",
]

BAR_WIDTH: Final = 24

BAR_NOTE: Final = "Bars leave out what is always there: parameters and optimizer state."

PHASES: Final = {
    "forward": "forward",
    "loss": "the loss",
    "backward": "backward",
    "optimizer": "the optimizer's step",
}

NOTES: Final = {
    "inference": "Every map is freed after its last reader; the caller holds the images.",
    "training": "Cross entropy; gradients set to None between steps; logits dropped; a step after the first.",
}


AS_WRITTEN: Final = (
    "Every map is there until the model's own code lets go of it; the caller holds the images."
)

HELD: Final = {False: "to last reader", True: "as written"}
"""The ways of holding maps, by whether it is as the model is written."""

HOW: Final = {
    False: "each map freed after its last reader",
    True: "each map there until the model's own code lets go of it",
}


def memory_page(footprint: Footprint, *others: Footprint) -> Page:
    """The page of ``vggstat memory``: of the first footprint, with the peaks of ``others``, the same held otherwise.

    JSON: ``{"schema": 1, "spec", "workload": {...}, "peak": {"bytes", "layer", "phase"}, "parts": [{"name",
    "bytes", "definition", "items": [{"layer", "what", "values", "bytes"}]}], "timeline": [{"layer", "phase",
    "bytes"}]}``. The parts add up to the peak; bytes are of the whole batch. Of a model ``"peaks"`` has both:
    each with ``"held"``, ``as written`` or ``to last reader``.
    """
    graph, workload = footprint.graph, footprint.workload
    return Page(
        title=spec_words(graph.spec),
        aside=f"{run_words(workload)} · {workload_words(graph, workload)}",
        parts=lambda: (
            parts_table(footprint),
            *held_parts(footprint, *others),
            _timeline(footprint),
        ),
        notes=(
            f"Computed for torch's eager mode, to the byte. {_rule(footprint)} On a GPU come the CUDA "
            f"context, workspaces of cuBLAS and cuDNN, and the allocator's rounding. {BAR_NOTE} {UNITS_NOTE}",
            *_held_note((footprint, *others)),
            *run_notes(graph, workload.mode),
            *memory_notes(graph, workload.mode),
            *left_out_note(graph),
        ),
        data=lambda: {
            **footprint_data(footprint, many=iter),
            **({"peaks": [_peak_data(one) for one in (footprint, *others)]} if others else {}),
        },
    )


def _rule(footprint: Footprint) -> str:
    """How long tensors live, in a sentence."""
    mode = footprint.workload.mode
    if not footprint.as_written:
        return NOTES[mode]
    return AS_WRITTEN if mode == "inference" else f"{NOTES[mode]} {AS_WRITTEN}"


def held_parts(*found: Footprint) -> tuple[Text, ...]:
    """The peak of a model for each way of holding maps; nothing where there is one way, or one peak."""
    if len(found) < 2 or found[0].peak.bytes == found[-1].peak.bytes:
        return ()
    lines = [
        (HELD[one.as_written], f"{grouped(one.peak.bytes)} B {place_words(one)}: {HOW[one.as_written]}")
        for one in found
    ]
    return (Text(lines=((lines[0][0], f"{lines[0][1]}; shown here"), *lines[1:])),)


def _held_note(found: Sequence[Footprint]) -> tuple[str, ...]:
    """That a model's own code holds no map longer, where that is so."""
    if len(found) < 2 or found[0].peak.bytes != found[-1].peak.bytes:
        return ()
    return ("The peak is the same with each map there until the model's own code lets go of it.",)


def _peak_data(footprint: Footprint) -> dict[str, Any]:
    peak = footprint.peak
    return {
        "held": HELD[footprint.as_written],
        "bytes": peak.bytes,
        "layer": peak.node,
        "phase": peak.phase,
    }


def run_words(workload: Workload) -> str:
    """How it is run: ``training step, SGD with momentum (foreach)``."""
    words = "inference"
    if workload.mode == "training":
        words = f"training step, {workload.optimizer.title} ({workload.optimizer.implementation})"
    return f"{words}, autocast {workload.autocast.name}" if workload.autocast else words


def place_words(footprint: Footprint) -> str:
    """Where the peak stands: ``at block3_relu3, backward``."""
    peak = footprint.peak
    words = PHASES[peak.phase]
    return f"at {words}" if peak.phase in ("loss", "optimizer") else f"at {peak.node}, {words}"


def parts_table(footprint: Footprint) -> Table:
    """What the bytes of the peak are for, with their sum."""
    peak = footprint.peak
    rows = [
        row(part.part, _largest(part), size, mega(size), mebi(size), percent(size, peak.bytes))
        for part in footprint.parts
        if (size := part.bytes)
    ]
    return Table(
        columns=(
            Column(key="part", header="at the peak"),
            Column(key="largest", header="most of it", priority=10),
            Column(key="bytes", header="bytes", align="right", role="memory"),
            Column(key="mb", header="MB", align="right"),
            Column(key="mib", header="MiB", align="right", priority=20),
            Column(key="share", header="share", align="right", priority=30),
        ),
        rows=(
            *rows,
            RULE,
            total("peak", place_words(footprint), peak.bytes, mega(peak.bytes), mebi(peak.bytes), "100.0 %"),
        ),
        name="peak",
        main=True,
    )


def _largest(part: PartBytes) -> str:
    """The largest item of a part, where it is not the only one."""
    item = max(part.items, key=lambda item: item.bytes)
    name = item.what if item.node == IMAGE else f"{item.node}: {item.what}"
    return name if len(part.items) == 1 else f"{name}, {percent(item.bytes, part.bytes)}"


def _timeline(footprint: Footprint) -> Table:
    """A row a layer: the forward pass downwards, the backward pass upwards."""
    mode = footprint.workload.mode
    views = {node.name for node in footprint.graph.nodes if node.layer.storage(mode) == "view"}
    shown: dict[str, dict[str, int]] = {}
    for point in footprint.timeline:
        name = point.phase if point.phase in ("loss", "optimizer") else point.node
        if name not in views:
            shown.setdefault(name, {})[point.phase] = point.bytes
    peak = footprint.peak
    at = peak.phase if peak.phase in ("loss", "optimizer") else peak.node
    training = mode == "training"
    fixed = sum(item.bytes for item in peak.items if item.part in ("parameters", "optimizer state"))
    rows = []
    for name, phases in shown.items():
        cells: list[Any] = [name]
        for phase in ("forward", "backward") if training else ("forward",):
            size = phases.get(phase)
            if phase == "forward" and size is None:
                size = phases.get("loss", phases.get("optimizer"))
            is_peak = name == at and size == peak.bytes
            cells += [
                "" if size is None else Styled(value=size, role="strong") if is_peak else size,
                "" if size is None else _bar(size - fixed, peak.bytes - fixed, is_peak=is_peak),
            ]
        rows.append(row(*cells))
    columns = [
        Column(key="layer", header="bytes alive while it runs"),
        Column(key="forward", header="forward ↓" if training else "forward", align="right", label="forward"),
        Column(key="forward_bar", header="", label="forward, bar", priority=20, role="memory"),
    ]
    if training:
        columns += [
            Column(key="backward", header="backward ↑", align="right", label="backward"),
            Column(key="backward_bar", header="", label="backward, bar", priority=10, role="memory"),
        ]
    return Table(columns=tuple(columns), rows=tuple(rows), name="timeline")


def _bar(part: int, whole: int, *, is_peak: bool) -> str:
    return bar(part, whole, BAR_WIDTH) + (" peak" if is_peak else "")


def running_data(workload: Workload) -> dict[str, Any]:
    """How it is run, for JSON."""
    optimizer = workload.optimizer
    return {
        "mode": workload.mode,
        "autocast": workload.autocast.name if workload.autocast else None,
        "optimizer": (
            {"name": optimizer.name, "title": optimizer.title, "implementation": optimizer.implementation}
            if workload.mode == "training"
            else None
        ),
    }


def footprint_data(footprint: Footprint, many: Callable[[Iterable[Any]], Any] = list) -> dict[str, Any]:
    """What ``--format json`` prints. ``many`` makes what stands for the lists that are as long as the network."""
    graph, workload, peak = footprint.graph, footprint.workload, footprint.peak
    return {
        "schema": SCHEMA,
        "spec": graph.spec.name,
        "title": graph.spec.title,
        "digest": graph.spec.digest,
        "workload": {
            "input": list(graph.image),
            "batch": workload.batch,
            "dtype": workload.dtype.name,
            "head": graph.head,
            "classes": graph.classes,
            **running_data(workload),
        },
        "peak": {"bytes": peak.bytes, "layer": peak.node, "phase": peak.phase},
        "parts": [
            {
                "name": part.part,
                "bytes": part.bytes,
                "definition": PARTS[part.part],
                "items": many(map(_item_data, part.items)),
            }
            for part in footprint.parts
        ],
        "timeline": many(
            {"layer": point.node, "phase": point.phase, "bytes": point.bytes} for point in footprint.timeline
        ),
    }


def _item_data(item: MemoryItem) -> dict[str, Any]:
    return {"layer": item.node, "what": item.what, "values": item.elements, "bytes": item.bytes}
