"""``vggstat report``."""

from __future__ import annotations

from typing import Annotated

import typer

from vggstat.cli.common import (
    BatchOption,
    ClassesOption,
    DtypeOption,
    HeadOption,
    InputOption,
    NoTopOption,
    load_reports,
    variant_of,
    write,
)
from vggstat.errors import UsageError


def command(
    specs: Annotated[
        list[str], typer.Argument(metavar="SPEC ...", help="Networks, as for `table`.", show_default=False)
    ],
    bench: Annotated[
        str | None,
        typer.Option("--bench", metavar="FILE", help="Measurements that `vggstat bench --save` wrote."),
    ] = None,
    verification: Annotated[
        str | None,
        typer.Option(
            "--verification", metavar="FILE", help="What `vggstat verify ... --format json -o FILE` wrote."
        ),
    ] = None,
    input_size: InputOption = None,
    classes: ClassesOption = None,
    batch: BatchOption = None,
    dtype: DtypeOption = None,
    head: HeadOption = None,
    no_top: NoTopOption = False,
    output: Annotated[
        str | None,
        typer.Option("--output", "-o", metavar="FILE", help="The HTML file to write; - for standard output."),
    ] = None,
) -> None:
    """Write one HTML page about networks: drawings, tables, charts and conventions, complete in itself.

    The page loads nothing from anywhere. It switches between MACs and FLOPs, MB and MiB, biases, batches and inputs.

    Examples: vggstat report D -o vgg16.html · vggstat report A B D E -o vgg.html --bench results.json
    """
    if output is None:
        raise UsageError("say where the page goes: -o report.html (or -o - for standard output)")
    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    reports = load_reports(specs, options)
    from vggstat.cost.bench_json import read_results
    from vggstat.render.plot.measured import matching_results
    from vggstat.render.report_page import ReportContent, report_page
    from vggstat.render.report_page.attached import read_verification
    from vggstat.version import __version__

    content = ReportContent(
        reports=reports,
        verifications=() if verification is None else read_verification(verification, reports),
        bench=None if bench is None else matching_results(read_results(bench), reports, bench),
        version=__version__,
    )
    write(report_page(content), None if output == "-" else output)
