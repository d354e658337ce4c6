"""``vggstat memory``."""

from __future__ import annotations

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

    Examples: vggstat memory D · vggstat memory D --mode training --batch 32 --optimizer adam
    """
    from vggstat.cost.footprint import measure
    from vggstat.render.views.memory import memory_page

    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    report = load_report(spec, options)
    workload = running(
        report.workload, mode=mode, optimizer=optimizer, implementation=implementation, autocast=autocast
    )
    show(memory_page(measure(report.graph, workload)), format_name, output, width)
