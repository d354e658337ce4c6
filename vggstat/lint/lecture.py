"""Where the CS231n lecture's "24M * 4 bytes ~= 96MB" may come from: three sums that read as 24M."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vggstat.cost.accounting import find_accounting
from vggstat.cost.report import Report
from vggstat.units import KILO, lecture_short
from vggstat.units.stated import parse_stated


class LectureSum(NamedTuple):
    """One way to a total that reads as 24M. ``values`` are of one image; a value has four bytes."""

    text: str
    values: int

    @property
    def bytes(self) -> int:
        return 4 * self.values


def lecture_sums(report: Report, load_report: Callable[[str], Report]) -> tuple[LectureSum, ...]:
    """The three sums for the network that the lecture shows (VGG-16).

    ``load_report`` gives the report of another shipped network by its name. Source: the accountings of the
    lecture's total that give both "24M" and, in MiB, the "93MB" of older copies.
    """
    total = find_accounting("cs231n-total").items(report.graph, report.workload)
    smaller = load_report("B")
    conv_outputs = sum(row.output_values for row in smaller.rows if row.kind == "conv")
    fc = ", ".join(str(row.output_values) for row in report.rows if row.kind == "fc")
    return (
        LectureSum(f"the printed column, FC rows {fc} read as thousands", _printed_column(report)),
        LectureSum(
            "each map and each conv and FC input (--memory cs231n-total)",
            sum(item.elements or 0 for item in total),
        ),
        LectureSum(
            f"configuration {smaller.name} ({smaller.graph.spec.title}), each conv output twice",
            2 * conv_outputs,
        ),
    )


def _printed_column(report: Report) -> int:
    """The column as printed, its numbers without K or M taken for thousands like the rest."""
    total = 0
    for row in report.rows:
        text = lecture_short(row.output_values)
        scale = 1 if text[-1].isalpha() else KILO
        total += int(parse_stated(text).exact) * scale
    return total
