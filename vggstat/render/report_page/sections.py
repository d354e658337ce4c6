"""The sections of the report page, in the order in which they stand."""

from __future__ import annotations

from vggstat.cost.accounting import ACCOUNTINGS
from vggstat.cost.bench import BenchFile
from vggstat.cost.check import Verification
from vggstat.cost.compare import compare_reports
from vggstat.cost.report import Report
from vggstat.render.captions import axes_note, graph_notes, held_note, spec_words
from vggstat.render.page import Page, Table
from vggstat.render.report_page.charts import LAYER_CHARTS, OVERVIEW_CHARTS, chart_figures
from vggstat.render.report_page.drawings import drawing
from vggstat.render.report_page.figures import Network
from vggstat.render.report_page.landscape import landscape_figure
from vggstat.render.report_page.markup import escaped, page_parts, table_html
from vggstat.render.report_page.tables import (
    accounting_table,
    layer_table,
    overview_table,
    published_table,
    rule_table,
)
from vggstat.render.report_page.words import conventions
from vggstat.render.views.compare import comparison_page

__all__ = [
    "bench_section",
    "comparison_section",
    "conventions_section",
    "counting_section",
    "network_section",
    "overview_section",
    "verification_section",
]

FIGURES = ("params", "macs", "output_values")
"""Columns of the comparison that would not follow the switches."""


def overview_section(networks: tuple[Network, ...]) -> str:
    """Totals of all networks, and published accuracies."""
    charts = chart_figures(OVERVIEW_CHARTS, None) if len(networks) > 1 else ""
    accuracy = landscape_figure(tuple(one.report for one in networks)) if len(networks) > 1 else ""
    return _section("overview", "Totals", overview_table(networks), charts, accuracy)


def comparison_section(reports: tuple[Report, ...]) -> str:
    """Layers aligned, where there are several networks."""
    if len(reports) < 2:
        return ""
    table = comparison_page(compare_reports(reports), only_differences=False).tables[0]
    kept = tuple(column for column in table.columns if column.key not in FIGURES)
    rows = tuple(row.replace(cells=row.cells[: len(kept)]) for row in table.rows)
    plain = Table(columns=kept, rows=rows, title="Layers side by side")
    words = "<p>= the same in all, + added, − left out, ~ changed, each against the first network.</p>"
    chains = all(report.graph.is_chain for report in reports)
    return _section(
        "side-by-side",
        "Side by side",
        drawing(reports, "columns", "columns", "The networks as stacked layers, as in the paper's Table 1")
        if chains
        else drawing(reports, "flow", "flow", "The networks as strips, branches side by side"),
        words,
        table_html(plain),
    )


def network_section(number: int, one: Network) -> str:
    """One network: drawing, layers, charts, what is published about it."""
    spec = one.report.graph.spec
    words = (
        f'<p>{escaped(spec_words(spec))}</p><p data-word="workload" data-spec="{number}" class="quiet"></p>'
        f'<p class="reason" data-reason data-spec="{number}" hidden></p>'
    )
    return _section(
        f"net-{number}",
        one.name if one.name == spec.title else f"{one.name} · {spec.title}",
        words,
        drawing(
            (one.report,),
            "blocks",
            f"drawing-{number}",
            f"{one.name}, drawn to scale; the drawing follows no switch",
        ),
        layer_table(number, one),
        _model_notes(one.report),
        chart_figures(LAYER_CHARTS, number),
        published_table(number, one),
    )


def _model_notes(report: Report) -> str:
    """What there is to say of a model: how its parameters are held, and which layers its totals do not hold."""
    if report.graph.head is not None:
        return ""
    totals = ("operations:macs", *(f"memory:{entry.name}" for entry in ACCOUNTINGS))
    notes = (*graph_notes(report, *totals), *held_note(report), *axes_note(report))
    return f'<ul class="note">{"".join(f"<li>{escaped(note)}</li>" for note in notes)}</ul>' if notes else ""


def counting_section(networks: tuple[Network, ...]) -> str:
    """Every accounting of memory and every rule for operations."""
    words = (
        "<p>One network, many totals: each tool counts by its own rule. The figures below follow batch, input size "
        "and MB or MiB, not the switch between MACs and FLOPs.</p>"
    )
    return _section("counting", "Ways of counting", words, accounting_table(networks), rule_table(networks))


def verification_section(found: tuple[Verification, ...]) -> str:
    """What counters and a real model say, where that was given."""
    if not found:
        return ""
    from vggstat.render.views.verify import verification_page

    return _section("verification", "Verification", *(_titled(verification_page((one,))) for one in found))


def bench_section(file: BenchFile | None) -> str:
    """What was measured, where that was given."""
    if file is None:
        return ""
    from vggstat.render.report_page.measured import bench_html

    return _section("bench", "Measurements", bench_html(file))


def conventions_section(networks: tuple[Network, ...]) -> str:
    """All conventions in words."""
    return _section(
        "conventions", "Conventions", conventions(tuple((one.name, one.report) for one in networks))
    )


def _titled(page: Page) -> str:
    return f"<h3>{escaped(page.title)}</h3><p class=quiet>{escaped(page.aside)}</p>{page_parts(page)}"


def _section(ident: str, title: str, *pieces: str) -> str:
    body = "\n".join(piece for piece in pieces if piece)
    return (
        f'<section id="{ident}" aria-labelledby="{ident}-title">\n'
        f'<h2 id="{ident}-title">{escaped(title)}</h2>\n{body}\n</section>'
    )
