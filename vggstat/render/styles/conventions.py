"""Every operation count and every memory figure in circulation for one network, each with its rule."""

from __future__ import annotations

from typing import Any, Final

from vggstat.cost.accounting import ACCOUNTINGS, Accounting
from vggstat.cost.counting import COUNTING_RULES, CountingRule
from vggstat.cost.report import Report
from vggstat.render.captions import UNITS_NOTE, graph_notes, spec_words, workload_words
from vggstat.render.figures import size_or_part, total_or_part
from vggstat.render.not_counted import counted_of, work_words
from vggstat.render.page import Column, Named, Page, Table, row
from vggstat.render.report_data import report_data
from vggstat.render.styles.base import TableOptions
from vggstat.units import mebi, mega

__all__ = ["render"]

SUMMARY: Final = "what every known tool prints for the network, and under which rule"
TAKES: Final[tuple[str, ...]] = ()


def render(report: Report, options: TableOptions) -> Page:
    """The page of this style."""
    notes = [
        _unknown_words(report),
        f"Rows of one of them: --ops NAME, --memory NAME. {UNITS_NOTE}",
        *graph_notes(report, "operations:macs", *(f"memory:{entry.name}" for entry in ACCOUNTINGS)),
    ]
    return Page(
        title=spec_words(report.graph.spec),
        aside=workload_words(report.graph, report.workload),
        parts=(_operations(report), _memory(report)),
        notes=tuple(note for note in notes if note),
        data=lambda: report_data(report, options.convention, many=iter),
    )


def _unknown_words(report: Report) -> str:
    """``?: no count is known for batch norm under thop-old``: by the kinds of work that rules do not know."""
    rules: dict[str, list[str]] = {}
    for rule in COUNTING_RULES:
        kinds = ", ".join(map(work_words, rule.unknown_in(report.ops)))
        if kinds:
            rules.setdefault(kinds, []).append(rule.name)
    words = "; ".join(f"for {kinds} under {', '.join(names)}" for kinds, names in rules.items())
    return f"?: no count is known {words}." if words else ""


def _operations(report: Report) -> Table:
    return Table(
        columns=(
            Column(key="rule", header="operations under"),
            Column(key="count", header="count", align="right"),
            Column(key="unit", header="called"),
            Column(key="definition", header="counts"),
            Column(key="reference", header="as in", priority=30),
        ),
        rows=tuple(
            row(rule.name, _count(report, rule), rule.unit, rule.definition, rule.reference)
            for rule in COUNTING_RULES
        ),
        name="operations",
        main=True,
    )


def _count(report: Report, rule: CountingRule) -> int | Named:
    found = report.counted(rule)
    return total_or_part(found.total, found.known)


def _memory(report: Report) -> Table:
    return Table(
        columns=(
            Column(key="accounting", header="memory under"),
            Column(key="bytes", header="bytes", align="right"),
            Column(key="mb", header="MB", align="right"),
            Column(key="mib", header="MiB", align="right"),
            Column(key="definition", header="counts"),
            Column(key="reference", header="as in", priority=30),
        ),
        rows=tuple(
            row(entry.name, *_sizes(report, entry), entry.definition, entry.reference)
            for entry in ACCOUNTINGS
        ),
        name="memory",
    )


def _sizes(report: Report, entry: Accounting) -> tuple[Any, Any, Any]:
    """Bytes, MB and MiB; dashes for a run that torch refuses."""
    found = counted_of(report, f"memory:{entry.name}")
    if found is None:
        return None, None, None
    return total_or_part(found.total, found.known), size_or_part(mega, found), size_or_part(mebi, found)
