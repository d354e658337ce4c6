"""Every operation count and every memory figure in circulation for one network, each with its rule."""

from __future__ import annotations

from typing import Final

from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.report import Report
from vggstat.render.captions import UNITS_NOTE, graph_notes, spec_words, workload_words
from vggstat.render.page import Column, Page, Table, row
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
        *graph_notes(report),
    ]
    return Page(
        title=spec_words(report.graph.spec),
        aside=workload_words(report.graph, report.workload),
        parts=(_operations(report), _memory(report)),
        notes=tuple(note for note in notes if note),
        data=lambda: report_data(report, options.convention, many=iter),
    )


def _unknown_words(report: Report) -> str:
    """``–: no count is known under thop-old for batch norm``: by the kinds of work that rules do not know."""
    rules: dict[str, list[str]] = {}
    for rule in COUNTING_RULES:
        kinds = ", ".join(rule.unknown_in(report.ops))
        if kinds:
            rules.setdefault(kinds, []).append(rule.name)
    words = "; ".join(f"for {kinds} under {', '.join(names)}" for kinds, names in rules.items())
    return f"–: no count is known {words}." if words else ""


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
            row(rule.name, report.operations(rule), rule.unit, rule.definition, rule.reference)
            for rule in COUNTING_RULES
        ),
        name="operations",
        main=True,
    )


def _memory(report: Report) -> Table:
    sizes = {entry.name: report.memory_if_run(entry) for entry in ACCOUNTINGS}
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
            row(
                entry.name,
                size,
                None if size is None else mega(size),
                None if size is None else mebi(size),
                entry.definition,
                entry.reference,
            )
            for entry in ACCOUNTINGS
            for size in (sizes[entry.name],)
        ),
        name="memory",
    )
