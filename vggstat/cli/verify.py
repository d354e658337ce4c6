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
    from vggstat.cost.variant import Variant
    from vggstat.measure.verify.subject import Subject


def command(
    specs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SPEC ...]",
            help="Networks, as for `table`; of a torch model (package.module:factory, file.py:factory(width=2)), whose code "
            "this runs, the counters run the model itself.",
            show_default=False,
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All networks that ship.")] = False,
    forward: Annotated[
        bool,
        typer.Option(
            "--forward",
            help="Run one random image too, and the FC layers as convolutions with the same weights: of a spec.",
        ),
    ] = False,
    device: Annotated[
        str | None,
        typer.Option("--device", metavar="DEVICE", help="Where --forward runs: cpu (default) or cuda."),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="SOURCE",
            help="Compare the layers of SPEC with a torch model (package.module:factory or file.py:factory; this runs its "
            "code), an .onnx file, or a file of weights (.pth, .pt, .ckpt, .safetensors, .h5, .weights.h5).",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key", metavar="NAME", help="Of a file of weights with several parts the one to take."
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

    Exit code 0 where something was compared and all agrees, 1 where something differs. What a counter does not see, and what
    vggstat does not know, is unchecked, with the reason. Needs torch: pip install 'vggstat[torch]'.

    Examples: vggstat verify D · vggstat verify my.models:net · vggstat verify D --against vgg16.pth
    """
    from vggstat.render.views.verify import verification_page

    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    arguments = _arguments(specs, every=every)
    if against is None:
        if key is not None:
            raise UsageError("--key goes with --against and a file of weights")
        found = _by_counters(arguments, options, forward=forward, device=device)
    else:
        if forward or device is not None:
            raise UsageError("--forward and --device run vggstat's own model: --against runs nothing")
        found = (_against(_only(arguments, options), against, key),)
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


def _only(arguments: list[str], options: Variant) -> Report:
    if len(arguments) != 1:
        raise UsageError("--against is compared with one SPEC; `vggstat identify` finds it")
    return load_reports(arguments, options)[0]


def _by_counters(
    arguments: list[str], options: Variant, *, forward: bool, device: str | None
) -> tuple[Verification, ...]:
    from vggstat.sources.require import require_torch

    require_torch("verify")
    from vggstat.measure.verify.forward import require_device
    from vggstat.measure.verify.verify import verify

    runs = forward or device is not None
    place = require_device(device or "cpu") if runs else None
    subjects = [_subject(argument, options) for argument in arguments]
    given = next((subject for subject in subjects if runs and not subject.models.is_built), None)
    if given is not None:
        raise UsageError(
            f"{given.report.name} is a model: --forward and --device run what is built from a spec"
        )
    return tuple(verify(subject, forward=place) for subject in subjects)


def _subject(argument: str, options: Variant) -> Subject:
    from vggstat.cost.variant import parse_variant
    from vggstat.measure.verify.subject import subject_of
    from vggstat.sources.source import find_source

    variant = parse_variant(argument).over(options)
    source = find_source(variant.argument)
    return subject_of(variant.report(source), source, variant.wanted)


def _against(report: Report, argument: str, key: str | None) -> Verification:
    from vggstat.sources.checkpoint import is_checkpoint
    from vggstat.sources.source import is_model

    if is_checkpoint(argument):
        return _against_weights(report, argument, key)
    if key is not None:
        raise UsageError("--key goes with a file of weights")
    if argument.lower().endswith(".onnx"):
        return _against_graph(report, argument)
    if is_model(argument):
        return _against_model(report, argument)
    raise UsageError(
        f"cannot compare with {argument!r}: expected a model (package.module:factory, file.py:factory), an .onnx file, or "
        "a file of weights (.pth, .safetensors, .h5)"
    )


def _against_weights(report: Report, path: str, key: str | None) -> Verification:
    from vggstat.cost.weights import verify_weights
    from vggstat.sources.checkpoint import read_state_dict

    return verify_weights(report, read_state_dict(path, key))


def _against_graph(report: Report, argument: str) -> Verification:
    from vggstat.cost.structure import verify_source
    from vggstat.sources.source import find_source

    return verify_source(report, find_source(argument))


def _against_model(report: Report, reference: str) -> Verification:
    from vggstat.sources.require import require_torch

    require_torch("verify --against MODULE:FACTORY")
    from vggstat.measure.verify.models import verify_model
    from vggstat.sources.torch_module.factory import load_model

    return verify_model(report, load_model(reference), reference)
