"""Two files of benchmark results side by side."""

from __future__ import annotations

from typing import Any

from vggstat.cost.bench import BenchResult
from vggstat.cost.bench_compare import Pair, ResultComparison
from vggstat.render.bench_words import configuration_words, doubt_codes
from vggstat.render.measured import Measured, seconds
from vggstat.render.page import RULE, Column, Page, Part, Row, Table, Text, row
from vggstat.render.report_data import SCHEMA

__all__ = ["results_page"]

SIGNS = {"faster": "+", "slower": "-", "no difference": "=", "not comparable": "?"}


def results_page(found: ResultComparison, names: tuple[str, str], fail_over: float | None) -> Page:
    """The page of ``vggstat results A B``.

    JSON: ``{"schema": 1, "files": [A, B], "pairs": [{"spec", "batch", "dtype", "mode", "execution", "first_s",
    "second_s", "ratio", "interval", "verdict", "over", "first_warnings": [{"code", "text"}], "second_warnings"}],
    "environment": [{"name", "first", "second"}]}``; the ratio is the time in B over the time in A.
    """
    parts: list[Part] = [_table(found)]
    lines: list[str | tuple[str, str]] = [_verdict(found, fail_over)]
    for only, name in ((found.only_first, names[0]), (found.only_second, names[1])):
        if only:
            lines.append(f"Only in {name}: {'; '.join(configuration_words(result) for result in only)}.")
    for pair in found.pairs:
        lines += _warnings(pair.first, names[0]) + _warnings(pair.second, names[1])
    parts.append(Text(lines=tuple(lines)))
    if found.differing_environment:
        parts.append(_environment(found))
    return Page(
        title=f"{names[1]} against {names[0]}",
        aside=found.second.device.name,
        parts=tuple(parts),
        notes=(
            "Ratio: time in the second file over time in the first, with its 95 % interval; an interval around 1 is no "
            "difference. "
            "Two files were not measured in turns: what the machine did between them is in the ratio.",
        ),
        data=lambda: _data(found, names, fail_over),
    )


def _warnings(result: BenchResult, name: str) -> list[tuple[str, str]]:
    """What makes one side doubtful, with its file: a difference may come from that."""
    return [
        ("warning", f"{name}: {configuration_words(result)}: {warning.text}.") for warning in result.warnings
    ]


def _table(found: ResultComparison) -> Table:
    """A row a pair. Which side is doubtful stands in a column where any is."""
    doubtful = any(pair.first.warnings or pair.second.warnings for pair in found.pairs)
    columns = (
        Column(key="configuration", header="configuration"),
        Column(key="first_s", header="first", align="right", text=seconds),
        Column(key="second_s", header="second", align="right", text=seconds),
        Column(key="ratio", header="ratio", align="right", text=lambda value: f"{value:.3f}"),
        Column(key="interval", header="95 % interval", align="right", text=_interval),
        Column(key="verdict", header="second is"),
        *((Column(key="doubtful", header="doubtful"),) if doubtful else ()),
    )
    return Table(
        columns=columns,
        rows=(*(_row(pair, doubtful=doubtful) for pair in found.pairs), RULE),
        name="pairs",
        main=True,
    )


def _interval(interval: tuple[float, float]) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}"


def _doubtful(pair: Pair) -> str:
    """``first: throttled; second: shared``; empty where both are sound."""
    sides = (("first", doubt_codes(pair.first)), ("second", doubt_codes(pair.second)))
    return "; ".join(f"{side}: {codes}" for side, codes in sides if codes)


def _row(pair: Pair, *, doubtful: bool) -> Row:
    times = [
        Measured(result.timing.median_s, result.timing.half_width) if result.timing else None
        for result in (pair.first, pair.second)
    ]
    ratio = pair.ratio
    cells = (
        configuration_words(pair.first),
        *times,
        ratio.value if ratio else None,
        tuple(ratio.interval) if ratio else None,
        pair.verdict,
        *((_doubtful(pair),) if doubtful else ()),
    )
    return Row(cells=cells, sign=SIGNS[pair.verdict])


def _verdict(found: ResultComparison, fail_over: float | None) -> str:
    verdicts = [pair.verdict for pair in found.pairs]
    kinds = ("faster", "slower", "no difference", "not comparable")
    counts = [f"{verdicts.count(kind)} {kind}" for kind in kinds if kind in verdicts]
    text = f"{', '.join(counts)}."
    if fail_over is None:
        return text
    over = sum(pair.is_over(fail_over) for pair in found.pairs)
    limit = f"{100 * fail_over:g} %"
    return f"{text} {over} slower by more than {limit}: {'failed' if over else 'passed'}."


def _environment(found: ResultComparison) -> Table:
    return Table(
        columns=(
            Column(key="name", header="not the same in both"),
            Column(key="first", header="first"),
            Column(key="second", header="second"),
        ),
        rows=tuple(row(*entry) for entry in found.differing_environment),
        name="environment",
    )


def _data(found: ResultComparison, names: tuple[str, str], fail_over: float | None) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "files": list(names),
        "fail_over": fail_over,
        "pairs": [
            {
                "spec": pair.first.spec,
                "batch": pair.first.batch,
                "dtype": pair.first.dtype,
                "mode": pair.first.mode,
                "execution": pair.first.execution,
                "first_s": pair.first.timing.median_s if pair.first.timing else None,
                "second_s": pair.second.timing.median_s if pair.second.timing else None,
                "ratio": pair.ratio.value if pair.ratio else None,
                "interval": list(pair.ratio.interval) if pair.ratio else None,
                "verdict": pair.verdict,
                "over": pair.is_over(fail_over) if fail_over is not None else None,
                "first_warnings": _warned_data(pair.first),
                "second_warnings": _warned_data(pair.second),
            }
            for pair in found.pairs
        ],
        "environment": [
            {"name": name, "first": first, "second": second}
            for name, first, second in found.differing_environment
        ],
    }


def _warned_data(result: BenchResult) -> list[dict[str, str]]:
    return [{"code": warning.code, "text": warning.text} for warning in result.warnings]
