"""``vggstat verify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from vggstat.cost.check import Verification
    from vggstat.cost.report import Report


def command(
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SPEC ...]", help="Networks, as for `table`.", show_default=False),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All networks that ship.")] = False,
    forward: Annotated[
        bool,
        typer.Option(
            "--forward",
            help="Run one random image too, and the FC layers as convolutions with the same weights.",
        ),
    ] = False,
    device: Annotated[
        str | None,
        typer.Option("--device", metavar="DEVICE", help="Where --forward runs: cpu (default) or cuda."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODULE:FACTORY",
            help="Compare a torch model of yours with SPEC: a callable, class or module object. Importing it runs its "
            "code; nothing else in vggstat does.",
        ),
    ] = None,
    model_args: Annotated[
        str | None,
        typer.Option("--model-args", metavar="JSON", help="Arguments for the factory: an object or a list."),
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint",
            metavar="FILE",
            help="Compare a file of weights with SPEC: .pth, .pt, .safetensors, .h5 or .weights.h5.",
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
    """Hold every figure against a real torch model and independent counters, each under its own rule.

    Exit code 0 where all agree, 1 where something differs. Needs torch: pip install 'vggstat[torch]'.

    Examples: vggstat verify D · vggstat verify --all · vggstat verify D --forward
    """
    from vggstat.render.views.verify import verification_page

    _refuse_mixtures(
        model=model, model_args=model_args, checkpoint=checkpoint, runs=forward or device is not None
    )
    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    reports = load_reports(_arguments(specs, every=every), options)
    if model is not None:
        found = _against_model(_only(reports), model, model_args)
    elif checkpoint is not None:
        found = _against_checkpoint(_only(reports), checkpoint)
    else:
        found = _against_torch(reports, forward=forward, device=device)
    show(verification_page(found), format_name, output, width)
    if not all(one.agrees for one in found):
        raise typer.Exit(1)


def _arguments(specs: list[str] | None, *, every: bool) -> list[str]:
    from vggstat.sources.spec import names

    if every and specs:
        raise UsageError("give SPECs or --all, not both")
    if not every and not specs:
        raise UsageError("verify needs a SPEC, for instance: vggstat verify D, or --all")
    return list(names()) if every else list(specs or ())


def _refuse_mixtures(
    *, model: str | None, model_args: str | None, checkpoint: str | None, runs: bool
) -> None:
    if model is not None and checkpoint is not None:
        raise UsageError("give --model or --checkpoint, not both")
    if model_args is not None and model is None:
        raise UsageError("--model-args goes with --model")
    if runs and (model is not None or checkpoint is not None):
        raise UsageError(
            "--forward and --device are for vggstat's own model: --model and --checkpoint run nothing"
        )


def _only(reports: tuple[Report, ...]) -> Report:
    if len(reports) != 1:
        raise UsageError("--model and --checkpoint are compared with one SPEC; `vggstat identify` finds it")
    return reports[0]


def _against_torch(
    reports: tuple[Report, ...], *, forward: bool, device: str | None
) -> tuple[Verification, ...]:
    from vggstat.sources.require import require_torch

    require_torch("verify")
    from vggstat.measure.verify.counters.base import Subject
    from vggstat.measure.verify.forward import require_device
    from vggstat.measure.verify.verify import verify

    place = require_device(device or "cpu") if forward or device else None
    subjects = [Subject(report) for report in reports]
    return tuple(verify(subject, forward=place) for subject in subjects)


def _against_model(report: Report, reference: str, arguments: str | None) -> tuple[Verification, ...]:
    from vggstat.sources.require import require_torch

    require_torch("verify --model")
    from vggstat.measure.verify.models import verify_model
    from vggstat.sources.torch_module.factory import load_model

    return (verify_model(report, load_model(reference, arguments), reference),)


def _against_checkpoint(report: Report, path: str) -> tuple[Verification, ...]:
    from vggstat.cost.weights import verify_weights
    from vggstat.sources.checkpoint import read_state_dict

    return (verify_weights(report, read_state_dict(path)),)
