"""``vggstat memory``."""

from __future__ import annotations

import typer

from vggstat.cli.common import (
    BatchOption,
    ClassesOption,
    DtypeOption,
    FormatOption,
    HeadOption,
    InputOption,
    NoTopOption,
    OutputOption,
    SpecArgument,
    WidthOption,
    load_report,
    show,
    variant_of,
)
from vggstat.cli.running import AutocastOption, ImplementationOption, ModeOption, OptimizerOption, running
from vggstat.errors import UnknownMemoryError


def command(
    spec: SpecArgument,
    mode: ModeOption = "inference",
    optimizer: OptimizerOption = None,
    implementation: ImplementationOption = None,
    autocast: AutocastOption = None,
    input_size: InputOption = None,
    classes: ClassesOption = None,
    batch: BatchOption = None,
    dtype: DtypeOption = None,
    head: HeadOption = None,
    no_top: NoTopOption = False,
    format_name: FormatOption = None,
    output: OutputOption = None,
    width: WidthOption = None,
) -> None:
    """Show how many bytes a network needs at its peak, what for, and at which layer the peak stands.

    Computed, not measured: every tensor of torch's eager mode, to the byte, without library workspaces.

    Exit code 1 where the peak is not known, as a layer's memory is not: then what is known is shown.

    Examples: vggstat memory D · vggstat memory D --mode training --batch 32 --optimizer adam
    """
    from vggstat.cost.footprint import footprints
    from vggstat.render.views.memory import memory_page

    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    report = load_report(spec, options)
    workload = running(
        report.workload, mode=mode, optimizer=optimizer, implementation=implementation, autocast=autocast
    )
    try:
        page = memory_page(*footprints(report.graph, workload))
    except UnknownMemoryError:
        from vggstat.render.views.unknown_memory import unknown_memory_page

        show(unknown_memory_page(report.replace(workload=workload)), format_name, output, width)
        raise typer.Exit(1) from None
    show(page, format_name, output, width)
