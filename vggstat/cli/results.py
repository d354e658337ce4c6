"""``vggstat results``."""

from __future__ import annotations

import re
from os.path import isfile
from typing import TYPE_CHECKING, Annotated

import typer

from vggstat.cli.common import FormatOption, OutputOption, WidthOption, show
from vggstat.cli.running import running
from vggstat.cli.streams import say
from vggstat.cost.variant import parse_head
from vggstat.errors import UsageError
from vggstat.sources.spec.access import access

if TYPE_CHECKING:
    from vggstat.cost.bench import BenchFile, BenchResult
    from vggstat.cost.calibrate import Prediction
    from vggstat.cost.report import Report


def command(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE [FILE]", help="One or two files of `vggstat bench --save`.", show_default=False
        ),
    ],
    fail_over: Annotated[
        str | None,
        typer.Option(
            "--fail-over",
            metavar="PERCENT",
            help="Exit code 1 where the second file is slower by more than this, as 5%.",
        ),
    ] = None,
    layers: Annotated[
        str, typer.Option("--layers", metavar="last|all|none", help="Whose layers to show, of one file.")
    ] = "last",
    calibrate: Annotated[
        list[str] | None,
        typer.Option(
            "--calibrate", metavar="FILE", help="Hold it against a prediction from other networks' results."
        ),
    ] = None,
    format_name: FormatOption = None,
    output: OutputOption = None,
    width: WidthOption = None,
) -> None:
    """Show saved benchmark results again, or compare two files; torch is not needed.

    Exit code 1 with --fail-over where something is slower by more than that, beyond the noise.

    Examples: vggstat results now.json · vggstat results before.json after.json --fail-over 5%
    """
    from vggstat.cost.bench_compare import compare_results
    from vggstat.cost.bench_json import read_results
    from vggstat.render.views.bench import bench_page
    from vggstat.render.views.results import results_page

    limit = None if fail_over is None else parse_percent(fail_over)
    check_layers(layers)
    for path in (*files, *(calibrate or ())):
        _admit(path)
    if len(files) > 2:
        raise UsageError("give one file to show it, or two to compare them")
    if len(files) == 1:
        if limit is not None:
            raise UsageError("--fail-over compares two files: give the earlier one first")
        file = read_results(files[0])
        if file.scaling and not file.results:
            from vggstat.render.views.scaling import scaling_page

            show(scaling_page(file), format_name, output, width)
            return
        predictions = predictions_for(file, reports_of(file), calibrate) if calibrate else []
        for name in _unpredicted(file, [result for result, _ in predictions]) if calibrate else ():
            say(
                f"vggstat: no prediction for {name}: of a file's results only those of shipped networks are predicted, for "
                "no other network is read, nor any model's code run, because a file names it"
            )
        show(bench_page(file, layers=layers, predictions=predictions), format_name, output, width)
        return
    if calibrate:
        raise UsageError("--calibrate takes one file of results to hold against the prediction")
    found = compare_results(read_results(files[0]), read_results(files[1]))
    show(results_page(found, (files[0], files[1]), limit), format_name, output, width)
    if limit is not None and any(pair.is_over(limit) for pair in found.pairs):
        raise typer.Exit(1)


def _unpredicted(file: BenchFile, predicted: list[BenchResult]) -> list[str]:
    """The networks that have layers in the file, and no prediction."""
    known = {result.spec for result in predicted}
    return [name for name in dict.fromkeys(r.spec for r in file.results if r.layers) if name not in known]


def reports_of(file: BenchFile) -> list[Report]:
    """The reports of a file's configurations, as far as the networks ship and are still the same."""
    from vggstat.cost.report import analyze
    from vggstat.cost.variant import Variant
    from vggstat.cost.workload import find_dtype
    from vggstat.sources.spec import load, names

    found = []
    for result in file.results:
        if result.spec not in names() or len(result.image) != 3:
            continue
        spec = load(result.spec)
        if spec.digest != result.digest or not result.layers:
            continue
        channels, height, width = result.image
        variant = Variant(
            argument=result.spec,
            image=(channels, height, width),
            batch=result.batch,
            dtype=find_dtype(result.dtype),
            head=parse_head(result.head),
            classes=result.classes,
        )
        report = variant.report(spec)
        lowered = find_dtype(result.autocast).short if result.autocast else None
        workload = running(
            report.workload,
            mode=result.mode,
            optimizer=result.optimizer,
            implementation=result.implementation,
            autocast=lowered,
        )
        found.append(analyze(report.graph, workload))
    return found


def predictions_for(
    file: BenchFile, reports: list[Report], paths: list[str]
) -> list[tuple[BenchResult, Prediction]]:
    """A prediction for each result with layers, from layers of other networks that were timed as its own were.

    Raises UsageError where the files have none for one of them.
    """
    from vggstat.cost.calibrate import fit_files, predict
    from vggstat.cost.roofline import roofline

    found = []
    for report in reports:
        workload = report.workload
        known = file.ceilings_for((workload.autocast or workload.dtype).short)
        result = next((entry for entry in file.results if entry.layers and _is_of(entry, report)), None)
        if known is not None and result is not None:
            line = roofline(report.graph, workload, known.ceilings)
            found.append((result, predict(line, fit_files(paths, line, result.layers_method))))
    return found


def _is_of(result: BenchResult, report: Report) -> bool:
    """Whether the result is of the report's configuration."""
    workload = report.workload
    return (result.digest, result.batch, result.dtype, result.autocast, result.mode, result.image) == (
        report.graph.spec.digest,
        workload.batch,
        workload.dtype.name,
        workload.autocast.name if workload.autocast else None,
        workload.mode,
        report.graph.image,
    )


def parse_percent(text: str) -> float:
    """``5%`` (or ``5``) as 0.05. Raises UsageError for anything else."""
    match = re.fullmatch(r"\s*([0-9]{1,4}(?:\.[0-9]{1,6})?)\s*%?\s*", text)
    if match is None:
        raise UsageError(f"cannot read --fail-over {text!r}: expected a percentage, as 5%")
    return float(match[1]) / 100


def _admit(path: str) -> None:
    """Raises UsageError for a file that may not be read here: a document's block reads regular files of its tree."""
    access().check(path)
    if not access().pipes and not isfile(path):
        raise UsageError(f"{path}: there is no such file")


def check_layers(word: str) -> None:
    """Raises UsageError where the word is not one that the views know."""
    if word not in ("last", "all", "none"):
        raise UsageError(f"--layers takes last, all or none, not {word!r}")
