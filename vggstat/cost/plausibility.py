"""What makes a measurement doubtful. Each finding is a warning with a code; nothing is dropped or mended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from vggstat.cost.bench import BenchResult, MeasuredCeilings, Telemetry, Warned
from vggstat.cost.statistics import WIDE_SPREAD

__all__ = ["FASTER", "POWER_CAP", "WIDE_INTERVAL", "Throttling", "throttling", "with_warnings"]

Throttling = Literal["throttled", "not throttled", "not known"]

FASTER: Final = 1.05
"""More work yet faster by this factor cannot be."""

WIDE_INTERVAL: Final = 0.02
"""Half width of the interval, over the median, from which on a result is called unsure."""

BUSY: Final = 0.05
"""The share of a CPU that other programs may take before a result is doubted."""

NOISE: Final = 1.03
"""What a rate may exceed a measured ceiling by before it is doubted: the ceilings are measured too."""

POWER_CAP: Final = "power cap"
"""The one reason for a lower clock that alone says nothing: a GPU under load is often at its cap, near its full clock."""

HELD_BACK: Final = 0.9
"""The share of the highest clock below which a device was throttled."""


def with_warnings(
    results: Sequence[BenchResult], ceilings: Sequence[MeasuredCeilings]
) -> tuple[BenchResult, ...]:
    """The results with their warnings set."""
    found = []
    for result in results:
        own = (
            *_of_timing(result),
            *_over_ceiling(result, ceilings),
            *_of_device(result),
            *_faster(result, results),
        )
        found.append(result.replace(warnings=tuple(own)))
    return tuple(found)


def _of_timing(result: BenchResult) -> Iterator[Warned]:
    timing = result.timing
    if timing is None:
        return
    if timing.half_width > WIDE_INTERVAL:
        yield Warned(
            "wide-interval",
            f"the median is only known to ± {100 * timing.half_width:.1f} %: give it more --seconds, or a quieter machine",
        )
    if timing.spread > WIDE_SPREAD:
        yield Warned("wide-spread", f"the runs differ much (IQR/median {timing.spread:.2f})")


def _over_ceiling(result: BenchResult, ceilings: Sequence[MeasuredCeilings]) -> Iterator[Warned]:
    known = next(
        (entry for entry in ceilings if _same_dtype(entry, result) and entry.is_of(result.device)), None
    )
    if known is None or result.timing is None:
        return
    rate = result.flops_per_s or 0.0
    if rate > known.flops_per_s * NOISE:
        share = rate / known.flops_per_s
        yield Warned(
            "over-ceiling",
            f"{share:.2f} times the measured matmul rate: {_why_over(result)}",
        )
    bound = result.fused_bound_s
    if bound and rate <= known.flops_per_s * NOISE and result.timing.median_s * NOISE < bound:
        yield Warned(
            "under-bound",
            "faster than its bound though not over the matmul rate: caches kept part of the traffic, or an error "
            "of unit, dtype or synchronisation",
        )


def _why_over(result: BenchResult) -> str:
    """Winograd multiplies less often than the model's FLOPs say; it exists for float32 and float16 kernels."""
    convolutions = any(layer.kind == "conv" for layer in result.layers) or not result.layers
    if convolutions and result.dtype in ("float32", "tf32", "float16"):
        return (
            "a Winograd or FFT convolution does fewer multiplications than are counted; else an error of unit, "
            "dtype or synchronisation"
        )
    return "an error of unit, dtype or synchronisation, or a ceiling measured while the device was busy"


def _same_dtype(entry: MeasuredCeilings, result: BenchResult) -> bool:
    short = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32", "tf32": "tf32"}
    return entry.dtype == short.get(result.autocast or result.dtype)


def _of_device(result: BenchResult) -> Iterator[Warned]:
    telemetry = result.telemetry
    if telemetry is None:
        return
    if throttling(telemetry) == "throttled":
        yield Warned("throttled", _clock_words(telemetry))
    if telemetry.other_processes:
        others = telemetry.other_processes
        programs = "another program" if others == 1 else f"{others} other programs"
        yield Warned("shared", f"{programs} used the device meanwhile")
    if telemetry.others_share is not None and telemetry.others_share > BUSY:
        yield Warned(
            "shared", f"other programs took {100 * telemetry.others_share:.0f} % of the CPU meanwhile"
        )


def throttling(telemetry: Telemetry) -> Throttling:
    """Whether the device was held back: by its clock under load, or as hardware or temperature slowed it down.

    ``not known`` where there is no clock, or no highest one, to tell it by.
    """
    if any(reason != POWER_CAP for reason in telemetry.throttled):
        return "throttled"
    share = telemetry.clock_share
    if share is None:
        return "not known"
    return "throttled" if share < HELD_BACK else "not throttled"


def _clock_words(telemetry: Telemetry) -> str:
    """Both clocks, their share, and the reasons, as far as they are known."""
    reasons = ", ".join(telemetry.throttled) or "the driver gives no reason"
    clock, share = telemetry.clock_mhz[1], telemetry.clock_share
    if clock is None or share is None:
        return f"the clock was held back: {reasons}"
    return (
        f"the SM clock under load was {clock:,} MHz, {100 * share:.0f} % of the highest, "
        f"{telemetry.max_clock_mhz:,} MHz: {reasons}"
    )


def _faster(result: BenchResult, results: Sequence[BenchResult]) -> Iterator[Warned]:
    """More MACs and more bytes, yet faster than another result of the same sweep, run in the same way."""
    if result.timing is None:
        return
    for other in results:
        if other.timing is None or not _comparable(result, other):
            continue
        more = _is_more(result.flops, other.flops) and _is_more(result.bytes, other.bytes)
        if more and result.timing.median_s * FASTER < other.timing.median_s:
            by = other.timing.median_s / result.timing.median_s - 1
            yield Warned(
                "more-work-yet-faster",
                f"{100 * by:.0f} % faster than {other.spec} at batch {other.batch}, though it does more: measure again",
            )
            return


def _is_more(one: int | None, other: int | None) -> bool:
    """Whether it is known to be."""
    return one is not None and other is not None and one > other


def _comparable(one: BenchResult, other: BenchResult) -> bool:
    return (one.device, one.dtype, one.autocast, one.mode, one.execution, one.channels_last) == (
        other.device,
        other.dtype,
        other.autocast,
        other.mode,
        other.execution,
        other.channels_last,
    )
