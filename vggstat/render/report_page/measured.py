"""What was measured, inside the report page: whole networks, their layers, and memory."""

from __future__ import annotations

from typing import Any

from vggstat.cost.bench import EXECUTIONS, BenchFile, BenchResult
from vggstat.render.bench_words import configuration_words, doubt_codes
from vggstat.render.page import Column, Row, Table, row
from vggstat.render.report_page.markup import escaped, table_html
from vggstat.units import grouped

__all__ = ["bench_html"]


def bench_html(file: BenchFile) -> str:
    """Whole networks, then the layers of each result that has them, then memory."""
    device = file.device
    versions = ", ".join(f"{name} {version}" for name, version in device.versions.items())
    where = " · ".join(filter(None, (device.name, versions, file.started)))
    ceilings = "; ".join(
        f"{entry.dtype}: matmul {entry.flops_per_s / 1e12:,.1f} TFLOP/s, copy {entry.bytes_per_s / 1e12:,.2f} TB/s"
        for entry in file.ceilings
    )
    pieces = [
        f"<p>{escaped(where)}</p>",
        f"<p>Ceilings measured in the same run: {escaped(ceilings)}.</p>" if ceilings else "",
        table_html(_networks(file.results)),
        *(table_html(_layers(result)) for result in file.results if result.layers),
        *(table_html(_memory(result)) for result in file.results if result.memory is not None),
        '<p class="note">Medians of repeated runs with the 95 % interval of the median. FLOPs: 2 per '
        "multiply-accumulate of conv and FC layers. Bound: the larger of FLOPs / measured matmul and bytes / measured "
        "copy; reached: bound / time. These figures follow no switch.</p>",
    ]
    return "\n".join(filter(None, pieces))


def _networks(results: tuple[BenchResult, ...]) -> Table:
    return Table(
        title="Whole networks",
        columns=(
            Column(key="spec", header="network"),
            Column(key="mode", header="mode"),
            Column(key="dtype", header="dtype"),
            Column(key="batch", header="batch", align="right"),
            Column(key="execution", header="execution"),
            Column(key="median", header="median, ms", align="right", text=_milli),
            Column(key="interval", header="95 %", align="right"),
            Column(key="images", header="images/s", align="right", text=lambda value: f"{value:,.0f}"),
            Column(key="rate", header="TFLOP/s", align="right", text=lambda value: f"{value / 1e12:,.1f}"),
            Column(key="bound", header="bound, ms", align="right", text=_milli),
            Column(key="reached", header="reached", align="right", text=_share),
            Column(key="doubtful", header="doubtful"),
        ),
        rows=tuple(_network(result) for result in results),
        notes=tuple(
            f"Doubtful: {configuration_words(result)}: {warning.text}."
            for result in results
            for warning in result.warnings
        ),
    )


def _network(result: BenchResult) -> Row:
    timing = result.timing
    return row(
        result.spec,
        result.mode,
        result.dtype,
        result.batch,
        EXECUTIONS[result.execution],
        timing.median_s if timing else result.error or "not measured",
        f"± {timing.half_width:.1%}".replace("%", " %") if timing else "",
        result.images_per_s if timing else "",
        result.flops_per_s if timing else "",
        result.bound_s,
        result.reached,
        doubt_codes(result),
    )


def _layers(result: BenchResult) -> Table:
    return Table(
        title=f"Layers of {result.spec}, batch {grouped(result.batch)}, {EXECUTIONS[result.layers_pass]}",
        columns=(
            Column(key="layer", header="layer"),
            Column(key="time", header="ms", align="right", text=_milli),
            Column(key="share", header="share", align="right", text=_share),
            Column(key="intensity", header="FLOP/B", align="right", text=lambda value: f"{value:,.0f}"),
            Column(key="rate", header="TFLOP/s", align="right", text=lambda value: f"{value / 1e12:,.1f}"),
            Column(key="bytes", header="GB/s", align="right", text=lambda value: f"{value / 1e9:,.0f}"),
            Column(key="bound", header="bound, ms", align="right", text=_milli),
            Column(key="reached", header="reached", align="right", text=_share),
            Column(key="limit", header="limit"),
        ),
        rows=tuple(
            row(
                layer.name,
                layer.median_s,
                layer.median_s / result.layers_s if result.layers_s else None,
                layer.intensity,
                layer.flops_per_s,
                layer.bytes_per_s,
                layer.bound_s,
                layer.reached,
                layer.limit,
            )
            for layer in result.layers
        ),
        notes=(f"Timed with {result.layers_method}.",) if result.layers_method else (),
    )


def _memory(result: BenchResult) -> Table:
    memory = result.memory
    assert memory is not None
    rows = [row(f"predicted, at {memory.predicted_at}", memory.predicted_bytes)]
    rows += [row(f"+ {scratch.name} ({scratch.evidence})", scratch.bytes) for scratch in memory.scratch]
    rows += [
        row("= requested of the allocator, measured", memory.requested_peak_bytes),
        row("unexplained", memory.unexplained_bytes),
        row("allocated, with rounding", memory.allocated_peak_bytes),
        row("reserved", memory.reserved_peak_bytes),
    ]
    return Table(
        title=f"Memory at the peak of {result.spec}, batch {grouped(result.batch)}, {EXECUTIONS[result.execution]}",
        columns=(Column(key="what", header="what"), Column(key="bytes", header="bytes", align="right")),
        rows=tuple(rows),
    )


def _milli(value: Any) -> str:
    return f"{value * 1e3:,.3f}"


def _share(value: Any) -> str:
    return f"{100 * value:.1f} %"
