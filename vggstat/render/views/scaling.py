"""Training on several processes at once, as it was measured."""

from __future__ import annotations

from typing import Any

from vggstat.cost.bench import BenchFile
from vggstat.cost.bench_json import results_data
from vggstat.cost.scaling import Scaling, ScalingPoint
from vggstat.cost.statistics import Ratio
from vggstat.render.measured import Measured, seconds, share
from vggstat.render.page import RULE, Column, Page, Row, Table, Text, row
from vggstat.units import mega

__all__ = ["scaling_page"]


def scaling_page(file: BenchFile) -> Page:
    """The page of ``vggstat bench`` under torchrun, and of ``vggstat results`` for its file. JSON is that file."""
    first = file.scaling[0]
    versions = file.device.versions
    aside = [file.device.name, f"torch {versions['torch']}"] if "torch" in versions else [file.device.name]
    parts: list[Any] = []
    if file.interrupted:
        parts.append(Text(lines=("Interrupted: these are the rows that had been measured until then.",)))
    for scaling in file.scaling:
        parts.append(_table(scaling))
        parts.append(Text(lines=_about(scaling), close=True))
    name = f"{first.spec} · {first.title}" if first.title not in ("", first.spec) else first.spec
    dtype = f"{first.dtype}, autocast {first.autocast}" if first.autocast else first.dtype
    return Page(
        title=f"{name} · training step, {first.optimizer} ({first.implementation}) · {dtype}",
        aside=" · ".join(aside),
        parts=tuple(parts),
        notes=(
            "Efficiency: images/s over those of as many processes each alone. Exposed: the step less the same step without "
            "the all-reduce, between the far ends of both intervals of 95 %. Sent: by each process, if the reduction goes "
            "in a ring: 2 (N − 1) / N times the gradients.",
        ),
        data=lambda: results_data(file),
    )


def _table(scaling: Scaling) -> Table:
    return Table(
        columns=(
            Column(key="processes", header="processes", align="right"),
            Column(key="median_s", header="step, median", align="right", text=seconds),
            Column(
                key="half_width", header="95 %", align="right", text=lambda value: f"± {100 * value:.1f} %"
            ),
            Column(
                key="images_per_s",
                header="images/s",
                align="right",
                text=_rate,
            ),
            Column(key="efficiency", header="efficiency", align="right", text=share),
            Column(key="efficiency_interval", header="95 %", align="right", text=_from_to, priority=20),
            Column(key="exposed_s", header=("all-reduce,", "exposed"), align="right", text=_signed),
            Column(key="exposed_interval_s", header="from, to", align="right", text=_between, priority=30),
            Column(key="sent_bytes", header="sent, MB", align="right", text=lambda count: mega(count, 1)),
        ),
        rows=(*(_row(scaling, point) for point in scaling.points), RULE),
        name="scaling",
        main=True,
    )


def _row(scaling: Scaling, point: ScalingPoint) -> Row:
    timing, ratio = point.timing, scaling.efficiency(point)
    return row(
        point.processes,
        Measured(timing.median_s, timing.half_width),
        timing.half_width,
        scaling.images_per_s(point),
        _value(ratio),
        ratio.interval if ratio else None,
        point.exposed_s,
        point.exposed_interval_s,
        scaling.sent_bytes(point) or None,
    )


def _value(ratio: Ratio | None) -> float | None:
    return ratio.value if ratio else None


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _from_to(interval: Any) -> str:
    return f"{100 * interval[0]:.0f} to {100 * interval[1]:.0f} %"


def _signed(value: float) -> str:
    return seconds(value) if value >= 0 else f"−{seconds(-value)}"


def _between(interval: Any) -> str:
    return f"{_signed(interval[0])} to {_signed(interval[1])}"


def _about(scaling: Scaling) -> tuple[str, ...]:
    words = [
        f"DistributedDataParallel over {scaling.backend}, batch {scaling.batch:,} of each process; gradients "
        f"{mega(scaling.gradient_bytes, 1)} MB. Processes that take no part in a row wait."
    ]
    if scaling.has_batch_norm:
        words.append("Batch norms make their statistics of each process's own batch.")
    return (" ".join(words),)
