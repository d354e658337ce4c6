"""``vggstat roofline``."""

from __future__ import annotations

from typing import Annotated

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
from vggstat.cost.workload import find_dtype


def command(
    spec: SpecArgument,
    device: Annotated[
        str,
        typer.Option(
            "--device",
            "-d",
            metavar="NAME|FILE",
            help="h200, h100, a100, l40s, l4, rtx3090, rtx4090, rtx5090 (dense datasheet values), or a file of "
            "`vggstat bench --save` (what was measured there).",
        ),
    ],
    mode: ModeOption = "inference",
    optimizer: OptimizerOption = None,
    implementation: ImplementationOption = None,
    autocast: AutocastOption = None,
    tflops: Annotated[
        float | None, typer.Option("--tflops", metavar="N", help="Another matrix rate, in TFLOP/s.")
    ] = None,
    bandwidth: Annotated[
        float | None, typer.Option("--bandwidth", metavar="N", help="Another memory bandwidth, in TB/s.")
    ] = None,
    calibrate: Annotated[
        list[str] | None,
        typer.Option(
            "--calibrate",
            metavar="FILE",
            help="Predict the time from results of other networks (repeat for several files).",
        ),
    ] = None,
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
    """Show how fast a network could be on a device: each layer's bound, and whether compute or memory binds.

    Nothing is run and torch is not needed. With --calibrate the time is predicted from measured results.

    Examples: vggstat roofline D --device h200 --batch 256 --dtype bf16 · vggstat roofline D --device results.json
    """
    from vggstat.cost.devices import ceilings_named
    from vggstat.cost.roofline import roofline
    from vggstat.render.views.roofline import roofline_page

    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    report = load_report(spec, options)
    workload = running(
        report.workload, mode=mode, optimizer=optimizer, implementation=implementation, autocast=autocast
    )
    multiplied = workload.autocast or workload.dtype or find_dtype("fp32")
    ceilings = ceilings_named(device, multiplied, tflops=tflops, bandwidth=bandwidth)
    line = roofline(report.graph, workload, ceilings)
    if calibrate:
        from vggstat.cost.calibrate import fit_files, predict
        from vggstat.render.views.calibration import calibration_page

        show(calibration_page(predict(line, fit_files(calibrate, line))), format_name, output, width)
        return
    show(roofline_page(line), format_name, output, width)
