"""What is said of a benchmark in sentences: its worst layers, how each row ran, and what makes it doubtful."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vggstat.cost.advice import Advice, apart, saved_by_compiling, worst_layers
from vggstat.cost.bench import BenchFile, BenchResult, MeasuredCeilings, Telemetry, Timing
from vggstat.cost.plausibility import throttling
from vggstat.render.bench_words import configuration_words
from vggstat.render.measured import seconds, share
from vggstat.units import giga, mega, quotient

__all__ = ["remarks"]

KERNELS: Final = {"pool": "int64 indices", "lrn": "the seven steps that torch makes of it"}
"""What is written and read beside a layer's ideal traffic, by its kind."""


def remarks(file: BenchFile, shown: Sequence[BenchResult]) -> tuple[str | tuple[str, str], ...]:
    """Sentences on the layers of the results shown, then a line on each run, then all warnings."""
    lines: list[str | tuple[str, str]] = []
    for result in shown:
        known = file.ceilings_of(result)
        if known:
            lines += _worst_words(result, worst_layers(result, known))
            lines += _apart_words(result, known, file)
    for result in file.results:
        lines += _run_words(result, several=len({other.device for other in file.results}) > 1)
        if result.note:
            lines.append(f"{configuration_words(result)}: {result.note}.")
    lines += [("warning", text) for text in _warnings(file.results)]
    return tuple(lines)


def _warnings(results: Sequence[BenchResult]) -> list[str]:
    """Each text once, after the rows that it holds for; without them where it holds for all."""
    held: dict[str, list[BenchResult]] = {}
    for result in results:
        for entry in result.warnings:
            held.setdefault(entry.text, []).append(result)
    return [
        f"{text}." if len(rows) == len(results) else f"{'; '.join(map(configuration_words, rows))}: {text}."
        for text, rows in held.items()
    ]


def _worst_words(result: BenchResult, worst: Sequence[Advice]) -> list[str]:
    """A line a layer; one for all of a doubtful result, with its reasons and without causes."""
    if not any(entry.verdict == "doubtful" for entry in worst):
        return [_layer_words(entry) for entry in worst]
    reached = ", ".join(f"{entry.layer} {share(entry.reached)}" for entry in worst)
    doubts = "; ".join(warning.text for warning in result.warnings)
    return [f"Reached of their bounds: {reached}. No cause is named, as the result is doubtful: {doubts}."]


def _layer_words(entry: Advice) -> str:
    reaches = f"{entry.layer} reaches {share(entry.reached)} of its bound"
    if entry.traffic is None or entry.reached_apart is None:
        what = ", one pass over gradients, parameters and states" if entry.kind == "optimizer" else ""
        return f"{reaches}{what}; the cause is not measured."
    kernels = KERNELS.get(entry.kind, "bias, ReLU and the like as kernels of their own")
    forward = "the forward pass" if entry.both_ways else "it"
    text = (
        f"{reaches}: with {kernels} {forward} moves {entry.traffic:.1f} times its ideal traffic, and reaches "
        f"{share(entry.reached_apart)} of the bound that counts this"
    )
    rest = "" if entry.verdict == "separate kernels" else "; the cause of the rest is not measured"
    return f"{text}{rest}."


def _apart_words(result: BenchResult, known: MeasuredCeilings, file: BenchFile) -> list[str]:
    """What separate kernels move, and what the same pass saved where it was measured compiled."""
    found = apart(result, known)
    lines = []
    if found.pointwise_bytes and result.device != "cpu":
        text = (
            f"Bias, ReLU and the like as kernels of their own move {giga(found.pointwise_bytes, 1)} GB more: "
            f"{seconds(found.pointwise_s)} at copy speed."
        )
        saved = saved_by_compiling(result, file.results)
        if saved is not None:
            text += f" The compiled pass, measured here, takes {seconds(saved)} less."
        lines.append(text)
    if found.index_bytes and result.mode == "inference":
        lines.append(
            f"Pools write {_index_bytes(found.index_bytes)} of int64 indices that "
            f"inference never reads: {seconds(found.index_s)} at copy speed."
        )
    return lines


def _index_bytes(count: int) -> str:
    return f"{giga(count, 1)} GB" if count >= 10**9 else f"{mega(count)} MB"


def _run_words(result: BenchResult, *, several: bool) -> list[str]:
    timing = result.timing
    if timing is None or result.execution != "eager":
        return []
    where = f" on {result.device}" if several else ""
    words = (
        f"{result.spec}, batch {result.batch:,}{where}: {timing.count:,} runs, IQR/median {timing.spread:.3f}"
    )
    if timing.outliers:
        words += f", {timing.outliers} outliers kept"
    if timing.first_s is not None:
        words += f"; first call {seconds(timing.first_s)}"
    words += _launch_words(timing)
    if result.telemetry:
        words += _telemetry_words(result.telemetry)
    return [f"{words}."]


def _launch_words(timing: Timing) -> str:
    """The host's time to queue a run, where the device runs on its own."""
    if timing.host_s is None:
        return ""
    words = f"; the host launches a run in {seconds(timing.host_s)}"
    return f"{words}: launch-bound" if timing.is_launch_bound else words


def _telemetry_words(telemetry: Telemetry) -> str:
    words = ""
    before, after = telemetry.clock_mhz
    if before is not None and after is not None:
        words += f"; SM {before:,} MHz before, {after:,} MHz under load"
        if telemetry.clock_share is not None:
            words += f", {share(telemetry.clock_share)} of the highest"
    if telemetry.temperature_c[1] is not None:
        words += f"; {telemetry.temperature_c[1]} °C"
    if telemetry.power_limit_w is not None:
        words += f"; power limit {quotient(round(telemetry.power_limit_w), 1, 0)} W"
    if after is not None or telemetry.throttled:
        verdict = throttling(telemetry)
        reasons = ", ".join(telemetry.throttled)
        if verdict == "not known":
            words += "; whether it was throttled is not known" + (f" ({reasons})" if reasons else "")
        elif verdict == "not throttled" and reasons:
            words += f"; {reasons} reached, not throttled by much"
        else:
            words += f"; {verdict}" + (f" ({reasons})" if reasons else "")
    if telemetry.others_share is not None:
        words += f"; other programs took {share(telemetry.others_share)} of the CPU"
    return words
