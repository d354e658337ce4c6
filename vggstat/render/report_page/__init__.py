"""One HTML page about some networks, complete in itself: drawings, tables, charts, conventions, results.

    report_page(reports)    the page as text

``page.html``, ``page.css`` and ``page.js`` lie beside this file. The page asks the network for nothing, and its
content security policy would not let it.
"""

from __future__ import annotations

from importlib import resources
from typing import Any, Final

from vggstat.cost.bench import BenchFile
from vggstat.cost.check import Verification
from vggstat.cost.report import Report
from vggstat.errors import UsageError
from vggstat.records import Record
from vggstat.render.plot.model import unique_names
from vggstat.render.report_page.drawings import drawing_styles
from vggstat.render.report_page.figures import AS_GIVEN, FIELDS, SIZES, Network, batches_of, network
from vggstat.render.report_page.markup import embedded, escaped, script_hash
from vggstat.render.report_page.sections import (
    bench_section,
    comparison_section,
    conventions_section,
    counting_section,
    network_section,
    overview_section,
    verification_section,
)

__all__ = ["ReportContent", "report_page"]

SCHEMA: Final = 1
"""The version of the data in the page."""


MOST_LAYERS: Final = 5_000
"""Of all networks together: with so many a page has 10 MB, and no browser is quick with more."""


class ReportContent(Record):
    """What a page is made of."""

    reports: tuple[Report, ...]
    verifications: tuple[Verification, ...] = ()
    bench: BenchFile | None = None
    version: str = ""
    """The version of vggstat, for the last line."""


def report_page(content: ReportContent) -> str:
    """The page, as a complete HTML document. Raises UsageError for more layers than a page can show."""
    reports = content.reports
    layers = sum(len(report.rows) - 1 for report in reports)
    if layers > MOST_LAYERS:
        raise UsageError(
            f"a page can show {MOST_LAYERS:,} layers, with each input and batch to choose, not {layers:,}: "
            "use table or memory with --format html"
        )
    batches = batches_of(reports)
    networks = tuple(
        network(name, report, batches) for name, report in zip(unique_names(reports), reports, strict=True)
    )
    script = _resource("page.js")
    sections = [
        overview_section(networks),
        comparison_section(reports),
        *(network_section(number, one) for number, one in enumerate(networks)),
        counting_section(networks),
        verification_section(content.verifications),
        bench_section(content.bench),
        conventions_section(networks),
    ]
    title = ", ".join(one.name for one in networks)
    pieces = {
        "title": escaped(f"{title} · vggstat"),
        "heading": escaped(_heading(networks)),
        "lead": escaped(_lead(networks)),
        "policy": f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {script_hash(script)}",
        "style": _resource("page.css") + "\n" + drawing_styles(),
        "batches": _batch_options(reports, batches),
        "sizes": _size_options(reports),
        "links": _links(networks, content),
        "sections": "\n".join(section for section in sections if section),
        "data": embedded(_data(networks, batches)),
        "script": script,
        "version": escaped(content.version),
    }
    return _filled(_resource("page.html"), pieces)


def _filled(template: str, pieces: dict[str, str]) -> str:
    """The template with each ``{{name}}`` replaced; what is put in is not looked through again."""
    parts = template.split("{{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, _, rest = part.partition("}}")
        filled += [pieces[name], rest]
    return "".join(filled)


def _resource(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _heading(networks: tuple[Network, ...]) -> str:
    if len(networks) == 1:
        return networks[0].report.graph.spec.title
    return ", ".join(one.name for one in networks)


def _lead(networks: tuple[Network, ...]) -> str:
    if len(networks) == 1:
        graph = networks[0].report.graph
        spec = graph.spec
        name = f"Configuration {spec.name}" if graph.head is not None else spec.name
        return " · ".join(filter(None, (name if spec.name != spec.title else "", spec.source)))
    return f"{len(networks)} networks: shapes, parameters, operations and memory, each exact under its convention"


def _batch_options(reports: tuple[Report, ...], batches: tuple[int, ...]) -> str:
    given = {report.workload.batch for report in reports}
    options = [] if len(given) == 1 else [f'<option value="{AS_GIVEN}" selected>as given</option>']
    for batch in batches:
        selected = " selected" if given == {batch} else ""
        options.append(f'<option value="{batch}"{selected}>{batch:,}</option>')
    return "".join(options)


def _size_options(reports: tuple[Report, ...]) -> str:
    """The inputs that can be chosen: other sizes where there is a spec, which can be built at them."""
    sides = {image[1:] if len(image) == 3 else image for image in (report.graph.image for report in reports)}
    own = "each network's own" if len(sides) > 1 else "×".join(map(str, *sides))
    options = [f'<option value="{AS_GIVEN}" selected>{own}</option>']
    if any(report.graph.head is not None for report in reports):
        options += [
            f'<option value="{side}">{side}×{side}</option>' for side in SIZES if sides != {(side, side)}
        ]
    return "".join(options)


def _links(networks: tuple[Network, ...], content: ReportContent) -> str:
    links = [("overview", "Totals")]
    if len(networks) > 1:
        links.append(("side-by-side", "Side by side"))
    links += [(f"net-{number}", one.name) for number, one in enumerate(networks)]
    links.append(("counting", "Ways of counting"))
    if content.verifications:
        links.append(("verification", "Verification"))
    if content.bench:
        links.append(("bench", "Measurements"))
    links.append(("conventions", "Conventions"))
    return "".join(f'<li><a href="#{ident}">{escaped(words)}</a></li>' for ident, words in links)


def _data(networks: tuple[Network, ...], batches: tuple[int, ...]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "fields": FIELDS,
        "batches": batches,
        "specs": [
            {
                "name": one.name,
                "batch": one.report.workload.batch,
                "dtype": one.report.workload.dtype.name,
                "layers": one.layers,
                "sizes": one.sizes,
            }
            for one in networks
        ],
    }
