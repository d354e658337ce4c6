"""The devices of one machine beside one another, where several were measured."""

from __future__ import annotations

from vggstat.cost.bench import BenchFile
from vggstat.cost.outliers import AWAY, FEWEST, Share, shares_of
from vggstat.render.bench_words import configuration_words
from vggstat.render.measured import Measured, seconds
from vggstat.render.page import RULE, Column, Part, Row, Table, Text, row

__all__ = ["devices_parts"]


def devices_parts(file: BenchFile) -> tuple[Part, ...]:
    """A table for each configuration that several devices ran, and which of them are outliers; else nothing."""
    parts: list[Part] = []
    for shares in shares_of(file.results):
        parts += [_table(shares), Text(lines=_verdict(shares), close=True)]
    return tuple(parts)


def _table(shares: tuple[Share, ...]) -> Table:
    return Table(
        columns=(
            Column(key="device", header=configuration_words(shares[0].result)),
            Column(key="median_s", header="median", align="right", text=seconds),
            Column(
                key="half_width", header="95 %", align="right", text=lambda value: f"± {100 * value:.1f} %"
            ),
            Column(
                key="of_median",
                header=("of the", "median"),
                align="right",
                text=lambda value: f"{100 * value:.1f} %",
            ),
            Column(key="clock_mhz", header="SM, MHz", align="right", text=lambda value: f"{value:,}"),
            Column(key="temperature_c", header="°C", align="right", text=str),
        ),
        rows=(*(_row(share) for share in shares), RULE),
        name="devices",
    )


def _row(share: Share) -> Row:
    timing, telemetry = share.result.timing, share.result.telemetry
    assert timing is not None
    return row(
        share.result.device,
        Measured(timing.median_s, timing.half_width),
        timing.half_width,
        share.of_median,
        telemetry.clock_mhz[1] if telemetry else None,
        telemetry.temperature_c[1] if telemetry else None,
    )


def _verdict(shares: tuple[Share, ...]) -> tuple[str, ...]:
    """Who is an outlier, by which rule."""
    rule = f"all of its interval of 95 % over {100 * AWAY:.0f} % from the median of the devices"
    if len(shares) < FEWEST:
        return (
            f"Of {len(shares)} devices nobody knows which is the odd one: an outlier is told from {FEWEST} on.",
        )
    odd = [share for share in shares if share.is_outlier]
    if not odd:
        return (f"None of the {len(shares)} is an outlier ({rule}).",)
    words = [
        f"{share.result.device} takes {abs(100 * (share.of_median - 1)):.1f} % {'more' if share.of_median > 1 else 'less'} "
        f"time than the median of {len(shares)}"
        for share in odd
    ]
    return (f"Outliers ({rule}): {'; '.join(words)}.",)
