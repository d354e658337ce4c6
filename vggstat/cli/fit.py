"""``vggstat fit``."""

from __future__ import annotations

from typing import Annotated

import typer

from vggstat.cli.common import (
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
    memory: Annotated[
        str, typer.Option("--memory", "-m", metavar="BYTES", help="The device's memory: 24GiB, 80GB, 512MiB.")
    ],
    mode: ModeOption = "inference",
    optimizer: OptimizerOption = None,
    implementation: ImplementationOption = None,
    autocast: AutocastOption = None,
    reserve: Annotated[
        str,
        typer.Option(
            "--reserve", metavar="BYTES", help="Set aside for the CUDA context, workspaces and fragmentation."
        ),
    ] = "1GiB",
    input_size: InputOption = None,
    classes: ClassesOption = None,
    dtype: DtypeOption = None,
    head: HeadOption = None,
    no_top: NoTopOption = False,
    format_name: FormatOption = None,
    output: OutputOption = None,
    width: WidthOption = None,
) -> None:
    """Find the largest batch that fits into a memory, what stops the next image, and what would help.

    Exit code 1 where not even one image fits.

    Examples: vggstat fit D --memory 24GiB · vggstat fit E --memory 80GB --mode training --optimizer adam
    """
    from vggstat.cost.fit import fit, parse_memory
    from vggstat.render.views.fit import fit_page

    memory_bytes, reserve_bytes = parse_memory(memory, "--memory"), parse_memory(reserve, "--reserve")
    options = variant_of(input_size=input_size, classes=classes, dtype=dtype, head=head, no_top=no_top)
    report = load_report(spec, options)
    workload = running(
        report.workload, mode=mode, optimizer=optimizer, implementation=implementation, autocast=autocast
    )
    try:
        found = fit(report.graph, workload, memory_bytes, reserve_bytes)
    except UnknownMemoryError:
        from vggstat.render.views.unknown_memory import no_fit_words

        command = f"vggstat memory {spec}{options.words}"
        raise UnknownMemoryError(no_fit_words(report.replace(workload=workload), command)) from None
    show(fit_page(found), format_name, output, width)
    if not found.batch:
        raise typer.Exit(1)
