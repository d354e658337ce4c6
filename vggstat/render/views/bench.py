"""What a benchmark measured, beside its bounds and its predictions. Rendered from records alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from vggstat.cost.bench import EXECUTIONS, BenchFile, BenchResult, LayerTime, MeasuredCeilings
from vggstat.cost.bench_json import results_data
from vggstat.cost.calibrate import Prediction, errors_against
from vggstat.cost.devices import datasheet_of
from vggstat.cost.workload import find_dtype
from vggstat.render.bars import bar
from vggstat.render.bench_words import (
    configuration_words,
    format_words,
    inputs_words,
    mode_words,
    size_words,
)
from vggstat.render.figures import UNKNOWN_CELL
from vggstat.render.measured import Measured, clock_unit, rate, seconds, share, significant
from vggstat.render.page import RULE, Column, Page, Part, Row, Table, Text, note, row, total
from vggstat.render.views.calibration import calibration_data, calibration_table, held_against_words
from vggstat.render.views.devices import devices_parts
from vggstat.render.views.remarks import remarks
from vggstat.units import grouped

__all__ = ["bench_page"]

BAR_WIDTH: Final = 11
REMAINDER: Final = 0.03
"""From this share of the whole on, what the rows leave over is a row of its own."""

SHOWN: Final = 4
"""Tensors on one side only that the page tells; JSON has more."""

BOUND_RULE: Final = (
    "Bound: the larger of FLOPs / matmul and bytes / copy; a layer's bytes are weights, input and output, all else "
    "fused. In the whole network each execution has the bound of its own kernels, and cap is what that leaves in images/s: "
    "eager, bias, ReLU and pool indices apart; compiled, one kernel for all that follows a product; fused, those of the "
    "ways that were chosen, of which cudnn_convolution_relu reads the map that it writes."
)
PEAK_RULE: Final = "Of matmul: the share of the matrix rate measured in this run; of datasheet, of the dense rate stated there."
FLOPS_RULE: Final = "FLOPs are 2 per multiply-accumulate of conv and FC layers."


def bench_page(
    file: BenchFile, *, layers: str = "last", predictions: Sequence[tuple[BenchResult, Prediction]] = ()
) -> Page:
    """The page of ``vggstat bench``, and of ``vggstat results`` for one file.

    ``layers`` is ``last`` (only the last configuration's), ``all`` or ``none``. JSON is the file that ``--save``
    writes (``vggstat.cost.bench_json``), with ``predictions`` where there are any.
    """
    title, aside = _heading(file)
    parts: list[Part] = [Text(lines=_facts(file)), _whole(file), *devices_parts(file)]
    detailed = [result for result in file.results if result.layers]
    shown = {"last": detailed[-1:], "all": detailed, "none": []}[layers]
    for result in file.results:
        if result.parts.forward:
            parts.append(_step(result))
        if result in shown:
            parts.append(_layers(result, file))
            parts.append(Text(lines=_about_layers(result, file), close=True))
    for result in shown:
        if result.memory:
            parts.append(_memory(result))
    for result, prediction in predictions:
        parts.append(calibration_table(prediction, result))
        errors = errors_against(prediction, result)
        if errors:
            parts.append(Text(lines=held_against_words(prediction, errors), close=True))
    said = remarks(file, shown)
    if said:
        parts.append(Text(lines=said))
    hidden = len(detailed) - len(shown)
    more = f" Layers of {hidden} more: --layers all." if hidden and layers == "last" else ""
    return Page(
        title=title,
        aside=aside,
        parts=tuple(parts),
        notes=(f"{BOUND_RULE} {FLOPS_RULE} {PEAK_RULE}{more}",),
        data=lambda: _data(file, predictions),
    )


def _data(file: BenchFile, predictions: Sequence[tuple[BenchResult, Prediction]]) -> dict[str, Any]:
    data = results_data(file)
    if predictions:
        data["predictions"] = [calibration_data(prediction, result) for result, prediction in predictions]
    return data


# what was run


def _heading(file: BenchFile) -> tuple[str, str]:
    """What all rows share: the network and how it is run; and aside the device and the libraries."""
    results = file.results
    titles = list(dict.fromkeys(_name(result) for result in results))
    words = [titles[0] if len(titles) == 1 else f"{len(titles)} networks" if titles else "nothing measured"]
    for same in (
        [mode_words(r) for r in results],
        [format_words(r) for r in results],
        [_layout(r) for r in results],
    ):
        if len(set(same)) == 1:
            words.append(same[0])
    inputs = list(dict.fromkeys(inputs_words(result) for result in results))
    if len(inputs) == 1:
        words += inputs
    versions = file.device.versions
    libraries = [f"torch {versions['torch']}"] if "torch" in versions else []
    if "cuda" in versions:
        libraries.append(f"CUDA {versions['cuda']}")
    return " · ".join(words), " · ".join([file.device.name, ", ".join(libraries)])


def _name(result: BenchResult) -> str:
    return f"{result.spec} · {result.title}" if result.title not in ("", result.spec) else result.spec


def _layout(result: BenchResult) -> str:
    return "channels_last" if result.channels_last else "contiguous"


def _facts(file: BenchFile) -> tuple[str, ...]:
    """That the timed model is the counted one, and the ceilings."""
    lines = []
    counted = next((result.counted for result in reversed(file.results) if result.counted), ())
    if counted:
        found = ", ".join(f"{entry.found:,} {entry.what} by {entry.by}" for entry in counted)
        lines.append(f"The timed model is the counted one: {found}: all agree.")
    lines += [_ceiling_words(entry) for entry in file.ceilings]
    lines += [f"{failure}." for failure in file.failures]
    if file.interrupted:
        lines.append("Interrupted: these are the rows that had been measured until then.")
    return tuple(lines)


UNSTEADY: Final = 0.95
"""Below so much of the highest rate, the usual one is told beside it."""


def _ceiling_words(entry: MeasuredCeilings) -> str:
    """Measured, beside the datasheet's dense values where the device is on file."""
    sheet = datasheet_of(entry.device)
    matmul = f"matmul {_speed(entry.flops_per_s)}"
    if entry.median_flops_per_s < UNSTEADY * entry.flops_per_s:
        matmul += f" at best, {_speed(entry.median_flops_per_s)} at the median"
    copy = f"copy {_bandwidth(entry.bytes_per_s)}"
    if sheet is not None:
        stated = sheet.tflops.get(find_dtype(entry.dtype).short)
        if stated:
            matmul += f" (datasheet, dense: {stated.value})"
        copy += f" (datasheet: {significant(sheet.gb_per_s.number / 1e3)})"
    return f"Ceilings measured in this run, {entry.dtype}: {matmul}, {copy}."


def _speed(flops_per_s: float) -> str:
    if flops_per_s >= 10e12:
        return f"{rate(flops_per_s / 1e12)} TFLOP/s"
    return f"{rate(flops_per_s / 1e9)} GFLOP/s"


def _bandwidth(bytes_per_s: float) -> str:
    if bytes_per_s >= 1e12:
        return f"{significant(bytes_per_s / 1e12)} TB/s"
    return f"{significant(bytes_per_s / 1e9)} GB/s"


# whole network


def _whole(file: BenchFile) -> Table:
    """A row for each configuration and execution."""
    results = file.results
    varying = _varying(results)
    columns = [*(Column(key=key, header=header, align=align) for key, header, align, _ in varying)]
    columns += [
        Column(key="execution", header="whole network"),
        Column(key="median_s", header="median", align="right", text=seconds),
        Column(key="half_width", header="95 %", align="right", text=_plus_minus, priority=20),
        Column(key="images_per_s", header="images/s", align="right", text=_images),
        _flops_column(results, priority=0),
        Column(key="of_matmul", header="of matmul", align="right", text=_tenths, priority=10),
        Column(key="of_datasheet", header=("of the", "datasheet"), align="right", text=_tenths, priority=15),
        Column(key="bound_s", header="bound", align="right", text=seconds, priority=22),
        Column(key="cap_images_per_s", header=("cap,", "images/s"), align="right", text=_images),
        Column(key="reached", header="reached", align="right", text=share),
    ]
    if not any(_datasheet_rate(result, file) for result in results):
        columns = [column for column in columns if column.key != "of_datasheet"]
    rows: list[Row] = []
    for result in results:
        cells: list[Any] = [value(result) for _, _, _, value in varying]
        if result.timing is None:
            rows.append(row(*cells, EXECUTIONS[result.execution], None))
            rows.append(note(f"  {configuration_words(result)}: {result.error}"))
            continue
        rows.append(row(*cells, *_whole_cells(result, file, columns)))
    return Table(columns=tuple(columns), rows=(*rows, RULE), name="whole", main=True)


def _flops_column(results: Sequence[BenchResult], priority: int) -> Column:
    """TFLOP/s, printed in GFLOP/s where even the fastest row does not reach 10 of them."""
    if max((result.flops_per_s or 0.0 for result in results), default=0.0) < 10e12:
        return Column(
            key="tflops", header="GFLOP/s", align="right", text=lambda v: rate(1000 * v), priority=priority
        )
    return Column(key="tflops", header="TFLOP/s", align="right", text=rate, priority=priority)


def _varying(results: Sequence[BenchResult]) -> list[tuple[str, str, str, Any]]:
    """The columns that tell the rows apart: the batch always, the rest where it differs."""
    choices: tuple[tuple[str, str, str, Any], ...] = (
        ("device", "device", "left", lambda r: r.device),
        ("spec", "spec", "left", lambda r: r.spec),
        ("image", "input", "left", size_words),
        ("mode", "mode", "left", mode_words),
        ("layout", "layout", "left", _layout),
        ("dtype", "dtype", "left", format_words),
        ("batch", "batch", "right", lambda r: r.batch),
    )
    return [
        choice
        for choice in choices
        if choice[0] == "batch" or len({choice[3](result) for result in results}) > 1
    ]


def _whole_cells(result: BenchResult, file: BenchFile, columns: Sequence[Column]) -> list[Any]:
    timing = result.timing
    assert timing is not None
    known = file.ceilings_of(result)
    speed = result.flops_per_s or 0.0
    sheet = _datasheet_rate(result, file)
    cells = {
        "execution": EXECUTIONS[result.execution],
        "median_s": Measured(timing.median_s, timing.half_width),
        "half_width": timing.half_width,
        "images_per_s": Measured(result.images_per_s or 0.0, timing.half_width),
        "tflops": speed / 1e12,
        "of_matmul": speed / known.flops_per_s if known else None,
        "of_datasheet": speed / sheet if sheet else None,
        "bound_s": result.bound_s,
        "cap_images_per_s": result.cap_images_per_s,
        "reached": result.reached,
    }
    if result.flops is None:
        cells |= dict.fromkeys(OF_FLOPS, UNKNOWN_CELL)
    return [cells[column.key] for column in columns if column.key in cells]


OF_FLOPS: Final = ("tflops", "of_matmul", "of_datasheet", "bound_s", "cap_images_per_s", "reached")
"""The columns that are not known where the FLOPs are not."""


def _datasheet_rate(result: BenchResult, file: BenchFile) -> float | None:
    sheet = datasheet_of(file.device.name)
    stated = sheet.tflops.get(find_dtype(result.autocast or result.dtype).short) if sheet else None
    return stated.number * 1e12 if stated else None


def _plus_minus(half_width: float) -> str:
    return f"± {100 * half_width:.1f} %"


def _images(value: float) -> str:
    digits = 4 if getattr(value, "half_width", 0.0) < 0.01 else 3
    return f"{value:,.0f}" if value >= 1000 and digits == 4 else significant(value, digits)


def _tenths(value: float) -> str:
    return f"{100 * value:.1f} %".replace("-", "−")


def _step(result: BenchResult) -> Table:
    """Forward, backward and optimizer of a training step."""
    parts = (
        ("forward", result.parts.forward),
        ("backward", result.parts.backward),
        ("optimizer", result.parts.optimizer),
    )
    timings = [(name, timing) for name, timing in parts if timing]
    whole = sum(timing.median_s for _, timing in timings)
    rows = [
        row(name, Measured(timing.median_s, timing.half_width), timing.half_width, timing.median_s / whole)
        for name, timing in timings
    ]
    return Table(
        columns=(
            Column(key="part", header=f"batch {result.batch:,}, {EXECUTIONS[result.execution]}"),
            Column(key="median_s", header="median", align="right", text=seconds),
            Column(key="half_width", header="95 %", align="right", text=_plus_minus),
            Column(key="share", header="share", align="right", text=_tenths),
        ),
        rows=tuple(rows),
        name="step",
    )


# layers


def _layers(result: BenchResult, file: BenchFile) -> Table:
    """A row a group; the rows add up to the whole, or what they leave over is a row."""
    training = any(layer.backward_samples_s for layer in result.layers)
    whole = result.layers_s
    scale, unit = clock_unit(max(layer.median_s for layer in result.layers))

    def time(value: float) -> str:
        return f"{value / scale:,.3f}".replace("-", "−")

    columns = [
        Column(key="layer", header=f"batch {result.batch:,}, {EXECUTIONS[result.layers_pass]}", min_width=15),
        Column(key="median_s", header=f"forward, {unit}" if training else unit, align="right", text=time),
        Column(key="share", header="share", align="right", text=_tenths),
        Column(key="bar", header="", label="bar", priority=40, min_width=BAR_WIDTH),
        _flops_column([result], priority=10),
        Column(key="gb_per_s", header="GB/s", align="right", text=rate, priority=20),
        Column(key="intensity", header="FLOP/B", align="right", text=lambda v: f"{v:,.0f}", priority=30),
        Column(key="bound_s", header=f"bound, {unit}", align="right", text=time),
        Column(key="reached", header="reached", align="right", text=share),
        Column(key="limit", header="limit", priority=15),
    ]
    if training:
        columns.insert(2, Column(key="backward_s", header=f"backward, {unit}", align="right", text=time))
    widest = max(layer.seconds for layer in result.layers)
    rows = [_layer(layer, whole, widest, training=training) for layer in result.layers]
    rows += [
        RULE,
        _sum(result, whole, training=training),
        *_remainder(result, file, whole, training=training),
    ]
    title = "" if result.layers_method else "layers"
    return Table(columns=tuple(columns), rows=tuple(rows), name="layers", title=title)


def _layer(layer: LayerTime, whole: float, widest: float, *, training: bool) -> Row:
    speed = layer.flops_per_s
    cells: list[Any] = [
        layer.name,
        layer.median_s,
        *([layer.backward_s] if training else []),
        layer.seconds / whole if whole else None,
        bar(round(1e12 * layer.seconds), round(1e12 * widest), BAR_WIDTH),
        speed / 1e12 if speed else None,
        layer.bytes_per_s / 1e9 if layer.bytes else None,
        layer.intensity,
        layer.all_bound_s or None,
        layer.reached if layer.bound_s else None,
        layer.limit if layer.bound_s else "",
    ]
    if layer.flops is None:
        cells[-OF_WORK:] = [UNKNOWN_CELL] * OF_WORK
    return row(*cells)


OF_WORK: Final = 6
"""So many columns of a layer, the last ones, are not known where its work is not."""


def _sum(result: BenchResult, whole: float, *, training: bool) -> Row:
    forward = sum(layer.median_s for layer in result.layers)
    backward = sum(layer.backward_s or 0.0 for layer in result.layers)
    bound, flops = result.layers_bound_s, result.layers_flops
    cells: list[Any] = [
        "sum of the rows",
        forward,
        *([backward] if training else []),
        1.0 if whole else None,
        "",
    ]
    if flops is None or bound is None:
        return total(*cells, UNKNOWN_CELL, "", "", UNKNOWN_CELL, UNKNOWN_CELL)
    cells += [flops / whole / 1e12 if flops and whole else None, "", "", bound]
    return total(*cells, bound / whole if whole else None)


def _remainder(result: BenchResult, file: BenchFile, whole: float, *, training: bool) -> list[Row]:
    """What the rows leave over of the pass without inner marks.

    In a CUDA graph that is the time of the events between the rows, which is always told; else a row from 3 % on.
    """
    same = (r for r in file.results if r.is_beside(result) and r.execution == result.layers_pass)
    timing = next((other.timing for other in same if other.timing), None)
    if timing is None:
        return []
    rest = timing.median_s - whole
    recorded = result.layers_pass == "graph"
    if abs(rest) <= REMAINDER * timing.median_s and not recorded:
        return []
    words = "not in any row" if rest > 0 else "events between the rows" if recorded else "more than the whole"
    cells: list[Any] = [words, rest, *([""] if training else []), rest / timing.median_s]
    return [total(*cells)]


def _about_layers(result: BenchResult, file: BenchFile) -> tuple[str, ...]:
    """How they were timed, and how the sum compares with the passes that are timed whole."""
    words = [f"Timed by {result.layers_method}." if result.layers_method else ""]
    family = [other for other in file.results if other.is_beside(result) and other.timing]
    for other in family:
        if other.execution not in ("eager", "graph") or other.timing is None:
            continue
        difference = result.layers_s / other.timing.median_s - 1
        name = "the same graph without the events" if other.execution == "graph" else "the plain eager pass"
        words.append(
            f"{name} takes {seconds(other.timing.median_s)}: the rows add up to {_apart(difference)}."
        )
    graph = next((o.timing for o in family if o.execution == "graph"), None)
    eager = next((o.timing for o in family if o.execution == "eager"), None)
    if graph and eager:
        gap = eager.median_s - graph.median_s
        words.append(
            f"Launch gap (eager − graph): {seconds(abs(gap)) if gap >= 0 else '−' + seconds(abs(gap))}."
        )
    text = " ".join(word[:1].upper() + word[1:] for word in words if word)
    return (text,)


def _apart(difference: float) -> str:
    """``0.2 % more``, ``1.5 % less``, ``as much``."""
    percent = f"{100 * abs(difference):.1f}"
    return "as much" if percent == "0.0" else f"{percent} % {'less' if difference < 0 else 'more'}"


# memory


def _memory(result: BenchResult) -> Table:
    """From the predicted bytes to the measured."""
    memory = result.memory
    assert memory is not None
    rest = memory.unexplained_bytes
    predicted = UNKNOWN_CELL if memory.predicted_bytes is None else memory.predicted_bytes
    at = f"at {memory.predicted_at}" if memory.predicted_at else ""
    rows = [row("  predicted: tensors of the pass", predicted, at)]
    rows += [row(f"  + {entry.name}", entry.bytes, entry.evidence) for entry in memory.scratch]
    unexplained = "" if rest is None else f"unexplained: {grouped(rest)} B"
    rows.append(row("  = requested, measured", memory.requested_peak_bytes, unexplained))
    levels = (
        ("  = allocated, with slack of blocks", memory.allocated_peak_bytes),
        ("  = reserved, with free segments", memory.reserved_peak_bytes),
        ("  used on the whole device", memory.device_bytes),
    )
    rows += [row(name, size, "") for name, size in levels if size is not None]
    rows += [
        note(f"  {stray.name}: {grouped(abs(stray.bytes))} B, {stray.evidence}")
        for stray in memory.strays[:SHOWN]
    ]
    if memory.error:
        rows.append(note(f"  {memory.error}"))
    return Table(
        columns=(
            Column(
                key="what",
                header=f"memory at the peak, batch {result.batch:,}, {EXECUTIONS[result.execution]}",
            ),
            Column(key="bytes", header="bytes", align="right", role="memory", text=grouped),
            Column(key="evidence", header=""),
        ),
        rows=tuple(rows),
        name="memory",
        notes=(f"Measured by {memory.method}.",) if memory.method else (),
    )
