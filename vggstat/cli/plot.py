"""``vggstat plot``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vggstat.cli.common import (
    BatchOption,
    ClassesOption,
    DtypeOption,
    HeadOption,
    InputOption,
    NoTopOption,
    WidthOption,
    load_reports,
    show,
    variant_of,
    write,
)
from vggstat.cli.files import write_file
from vggstat.cost.convention import Convention
from vggstat.cost.counting import find_counting_rule
from vggstat.errors import UsageError

if TYPE_CHECKING:
    from vggstat.cost.bench import BenchFile
    from vggstat.cost.report import Report
    from vggstat.render.plot import Plot

EXTENSIONS = {
    ".svg": "svg",
    ".png": "png",
    ".pdf": "pdf",
    ".json": "vega",
    ".csv": "csv",
    ".txt": "text",
    ".md": "markdown",
    ".html": "html",
    ".tex": "latex",
}
"""What a file's extension asks for."""

DATA = ("csv", "json")


def command(
    arguments: Annotated[
        list[str],
        typer.Argument(
            metavar="[SPEC ...] KIND",
            help="Networks as for `table`, then what to draw: memory, params, operations, receptive-field, roofline, "
            "bench, compare or landscape (without a network: all that ship).",
            show_default=False,
        ),
    ],
    ops: Annotated[
        str | None,
        typer.Option(
            "--ops", metavar="RULE", help="operations: count as macs, flops, fvcore, torchinfo, ... do."
        ),
    ] = None,
    mode: Annotated[
        str | None,
        typer.Option(
            "--mode", metavar="inference|training", help="memory: what is alive in which of the two."
        ),
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", metavar="operations|depth", help="landscape: the axis across.")
    ] = None,
    bench: Annotated[
        str | None,
        typer.Option("--bench", metavar="FILE", help="bench, roofline: what `vggstat bench --save` wrote."),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option("--device", metavar="NAME", help="roofline: the device whose ceilings are shown."),
    ] = None,
    input_size: InputOption = None,
    classes: ClassesOption = None,
    batch: BatchOption = None,
    dtype: DtypeOption = None,
    head: HeadOption = None,
    no_top: NoTopOption = False,
    theme: Annotated[
        str, typer.Option("--theme", metavar="light|dark", help="Colours of the picture.")
    ] = "light",
    format_name: Annotated[
        str | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            help="svg, png, pdf; vega (Vega-Lite) or csv for the data behind; or a format of `table`. Default: what "
            "FILE ends in, text without one.",
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Draw to a .svg, .png or .pdf file.")
    ] = None,
    width: WidthOption = None,
) -> None:
    """Draw memory, parameters, operations, receptive fields, rooflines, measurements or comparisons.

    Without -o: the same figures as text. SVG, PNG and PDF need vl-convert: pip install 'vggstat[plot]'.

    Examples: vggstat plot D memory -o memory.svg · vggstat plot A D E compare -o sizes.png · vggstat plot landscape
    """
    from vggstat.render.captions import left_out_note
    from vggstat.render.plot import Request, find_kind
    from vggstat.render.plot.draw import PICTURES, require_plot

    *specs, kind_name = arguments
    kind = find_kind(kind_name)
    wanted = _format(format_name, output)
    if wanted in PICTURES:
        require_plot(wanted)
    given = {"ops": ops, "mode": mode, "against": against, "bench": bench, "device": device}
    for option, value in given.items():
        if value is not None and option not in kind.options:
            raise UsageError(f"--{option} changes nothing in the plot {kind.name}: leave it out")
    if mode not in (None, "inference", "training"):
        raise UsageError(f"--mode takes inference or training, not {mode!r}")
    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    reports = load_reports(specs or _every(kind.name, bench), options)
    request = Request(
        reports=reports,
        bench=None if bench is None else _measured(bench, reports),
        convention=Convention() if ops is None else Convention(ops=find_counting_rule(ops)),
        mode="training" if mode == "training" else "inference",
        against=against or "operations",
        device=device,
    )
    plot = kind.build(request)
    gone = dict.fromkeys(note for report in request.reports for note in left_out_note(report.graph))
    _emit(plot.replace(notes=(*plot.notes, *gone)), wanted, output, theme, width)


def _measured(path: str, reports: tuple[Report, ...]) -> BenchFile:
    from vggstat.cost.bench_json import read_results
    from vggstat.render.plot.measured import matching_results

    file = read_results(path)
    return matching_results(file, reports, path) if reports else file


def _every(kind: str, bench: str | None) -> list[str]:
    """The networks where none is given; what was measured needs none."""
    if kind == "bench" and bench is not None:
        return []
    if kind != "landscape":
        raise UsageError(f"give a network before the kind of plot: vggstat plot D {kind}")
    from vggstat.sources.spec.library import names

    return list(names())


def _format(format_name: str | None, output: str | None) -> str | None:
    """The format asked for, or that of the file's extension; None for text on the screen."""
    if format_name is not None:
        return format_name.lower()
    if output is None:
        return None
    suffix = Path(output).suffix.lower()
    if suffix not in EXTENSIONS:
        known = ", ".join(EXTENSIONS)
        raise UsageError(f"cannot tell what to write to {output}: it should end in {known}; or give --format")
    return EXTENSIONS[suffix]


def _emit(plot: Plot, wanted: str | None, output: str | None, theme: str, width: int | None) -> None:
    from vggstat.render.plot.draw import PICTURES, draw, refuse_large
    from vggstat.render.plot.page import data_page, plot_page
    from vggstat.render.plot.vega import chart, find_theme

    colours = find_theme(theme)
    if wanted == "vega":
        from json import dumps

        from vggstat.render.width import json_escaped

        write(json_escaped(dumps(chart(plot, colours), ensure_ascii=False, indent=1)) + "\n", output)
    elif wanted in PICTURES:
        if output is None:
            raise UsageError(f"say where the {wanted.upper()} goes: -o plot.{wanted}")
        refuse_large(plot)
        write_file(output, draw(chart(plot, colours), wanted))
    else:
        show(data_page(plot) if wanted in DATA else plot_page(plot), wanted, output, width)
