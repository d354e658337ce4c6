"""``vggstat verify``."""

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
    WidthOption,
    load_reports,
    show,
    variant_of,
)
from vggstat.errors import UsageError


def command(
    specs: Annotated[
        list[str] | None, typer.Argument(metavar="[SPEC ...]", help="Networks, as for `table`.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All networks that ship.")] = False,
    forward: Annotated[
        bool,
        typer.Option(
            "--forward", help="Run one random image too, and the FC layers as convolutions with the same weights."
        ),
    ] = False,
    device: Annotated[
        str | None, typer.Option("--device", metavar="DEVICE", help="Where --forward runs: cpu (default) or cuda.")
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
    """Hold every figure against a real torch model and independent counters, each under its own rule.

    Exit code 0 where all agree, 1 where something differs. Needs torch: pip install 'vggstat[torch]'.

    Examples: vggstat verify D · vggstat verify --all · vggstat verify D --forward
    """
    from vggstat.live.require import require_torch
    from vggstat.present.views.verify import verification_page

    arguments = _arguments(specs, every=every)
    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    reports = load_reports(arguments, options)
    require_torch("verify")
    from vggstat.live.counters.base import Subject
    from vggstat.live.forward import require_device
    from vggstat.live.verify import verify

    place = require_device(device or "cpu") if forward or device else None
    found = tuple(verify(Subject(report), forward=place) for report in reports)
    show(verification_page(found), format_name, output, width)
    if not all(one.agrees for one in found):
        raise typer.Exit(1)


def _arguments(specs: list[str] | None, *, every: bool) -> list[str]:
    from vggstat.spec import names

    if every and specs:
        raise UsageError("give SPECs or --all, not both")
    if not every and not specs:
        raise UsageError("verify needs a SPEC, for instance: vggstat verify D, or --all")
    return list(names()) if every else list(specs or ())
