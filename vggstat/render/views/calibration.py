"""A prediction calibrated on other networks, alone or beside what was measured."""

from __future__ import annotations

from typing import Any

from vggstat.cost.bench import BenchResult
from vggstat.cost.calibrate import GOAL, GOAL_BATCH, Errors, Prediction, errors_against
from vggstat.render.captions import spec_words, workload_words
from vggstat.render.measured import clock_unit, seconds, share
from vggstat.render.page import RULE, Column, Page, Table, Text, row, total
from vggstat.render.report_data import SCHEMA

__all__ = ["calibration_data", "calibration_page", "calibration_table", "held_against_words"]


def calibration_page(found: Prediction) -> Page:
    """The page of ``vggstat roofline --calibrate``.

    JSON: ``{"schema": 1, "spec", "ceilings", "calibrated_on": [...], "method", "methods_left_out": [...],
    "doubtful": [...], "goal_applies", "seconds", "layers": [{"name", "bound_s", "efficiency", "predicted_s", "basis",
    "observations"}], "expected_error": {"median", "worst", ...}}``.
    """
    line = found.line
    return Page(
        title=spec_words(line.graph.spec),
        aside=f"forward pass, eager · {workload_words(line.graph, line.workload)}",
        parts=(calibration_table(found), Text(lines=_sentences(found))),
        notes=(
            "Predicted: bound / efficiency; the efficiency is the median of layers of the same kind and shape in the "
            "files, else of the nearest within a factor of 4, else of the kind.",
        ),
        data=lambda: calibration_data(found),
    )


def calibration_table(found: Prediction, measured: BenchResult | None = None) -> Table:
    """A row a layer: bound, efficiency and prediction; beside a measurement its error too."""
    scale, unit = clock_unit(max(layer.predicted_s for layer in found.layers))

    def time(value: float) -> str:
        return f"{value / scale:,.3f}"

    columns = [
        Column(key="layer", header="predicted from other networks" if measured else "layer"),
        Column(key="bound_s", header=f"bound, {unit}", align="right", text=time),
        Column(key="efficiency", header="efficiency", align="right", text=share),
        Column(key="basis", header="from", priority=20),
        Column(key="predicted_s", header=f"predicted, {unit}", align="right", text=time),
    ]
    times = {layer.name: layer.median_s for layer in measured.layers} if measured else {}
    if measured:
        columns.append(Column(key="measured_s", header=f"measured, {unit}", align="right", text=time))
        columns.append(Column(key="error", header="error", align="right", text=_signed))
    rows = []
    for layer in found.layers:
        cells: list[Any] = [
            layer.name,
            layer.bound_s,
            layer.efficiency,
            _basis(layer.basis, layer.observations),
        ]
        cells.append(layer.predicted_s)
        if measured:
            own = times.get(layer.name)
            cells += [own, layer.predicted_s / own - 1 if own else None]
        rows.append(row(*cells))
    sums: list[Any] = ["sum of the rows", sum(layer.bound_s for layer in found.layers), "", "", found.seconds]
    if measured:
        whole = sum(times.get(layer.name, 0.0) for layer in found.layers)
        sums += [whole, found.seconds / whole - 1 if whole else None]
    return Table(
        columns=tuple(columns), rows=(*rows, RULE, total(*sums)), name="prediction", main=not measured
    )


def _basis(basis: str, count: int) -> str:
    return f"{basis}, {count} {'layer' if count == 1 else 'layers'}"


def _signed(value: float) -> str:
    return f"{100 * value:+,.0f} %".replace("-", "−")


def _sentences(found: Prediction) -> tuple[str, ...]:
    names = ", ".join(found.calibration.specs)
    first = (
        f"{seconds(found.seconds)} for a batch of {found.line.workload.batch:,}, predicted from "
        f"{len(found.calibration.observations)} layers of {names} and the ceilings of {found.line.ceilings.name}."
    )
    if found.expected is None:
        expected = "How far off it is cannot be said from one network alone."
    else:
        expected = f"Each of these networks predicted from the others: {_errors_words(found.expected)}."
    return (first, *_method_words(found), *_doubt_words(found), expected, *_goal_words(found))


def held_against_words(found: Prediction, errors: Errors) -> tuple[str, ...]:
    """How far a prediction is off what it stands beside, and what it may be held to."""
    names = ", ".join(found.calibration.specs)
    return (f"Predicted from {names}: {_errors_words(errors)}.", *_doubt_words(found), *_goal_words(found))


def _method_words(found: Prediction) -> tuple[str, ...]:
    calibration = found.calibration
    if not calibration.method:
        return ()
    words = f"Their layers were timed by {calibration.method}"
    if calibration.left_out:
        others = "; ".join(other or "a method not stated" for other in calibration.left_out)
        words += f"; what the files have by {others} is not used"
    return (f"{words}.",)


def _doubt_words(found: Prediction) -> tuple[str, ...]:
    doubtful = found.calibration.doubtful
    return (
        (f"Results that it rests on are doubtful by their warnings: {', '.join(doubtful)}.",)
        if doubtful
        else ()
    )


def _goal_words(found: Prediction) -> tuple[str, ...]:
    if found.has_goal:
        return ()
    return (
        f"The goal, a median error of {share(GOAL)} a layer, is stated for batches of {GOAL_BATCH} and more: below that "
        "launches and caches, which no bound counts, take a larger part.",
    )


def _errors_words(errors: Errors) -> str:
    """``median error per layer 4 %, worst −12 % (block1_pool)``."""
    return (
        f"median error per layer {share(errors.median)}, worst {_signed(errors.worst)} ({errors.worst_layer}), "
        f"{errors.layers} layers"
    )


def calibration_data(found: Prediction, measured: BenchResult | None = None) -> dict[str, Any]:
    """The prediction as plain data."""
    line = found.line
    errors = errors_against(found, measured) if measured else None
    return {
        "schema": SCHEMA,
        "spec": line.graph.spec.name,
        "batch": line.workload.batch,
        "dtype": line.workload.dtype.name,
        "ceilings": {
            "name": line.ceilings.name,
            "flops_per_s": line.ceilings.flops_per_s,
            "bytes_per_s": line.ceilings.bytes_per_s,
        },
        "calibrated_on": list(found.calibration.specs),
        "method": found.calibration.method,
        "methods_left_out": list(found.calibration.left_out),
        "doubtful": list(found.calibration.doubtful),
        "goal_applies": found.has_goal,
        "seconds": found.seconds,
        "layers": [layer._asdict() for layer in found.layers],
        "expected_error": found.expected._asdict() if found.expected else None,
        "error": errors._asdict() if errors else None,
    }
