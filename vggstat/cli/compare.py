"""``vggstat compare``."""

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
    check_standard_input,
    load_report,
    load_reports,
    show,
    variant_of,
)
from vggstat.cost.variant import Variant, parse_variant
from vggstat.errors import UsageError
from vggstat.sources.source import is_model
from vggstat.sources.spec.access import access

if TYPE_CHECKING:
    from vggstat.cost.budget import Budget, Limit
    from vggstat.cost.report import Report
    from vggstat.cost.snapshot import Snapshot
    from vggstat.render.page import Page


def command(
    specs: Annotated[
        list[str],
        typer.Argument(
            metavar="SPEC SPEC ...",
            help="Two or more networks, as for `table` (D E D@384), or reports that `table --format json -o FILE.json` "
            "saved.",
        ),
    ],
    fail_over: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-over",
            metavar="LIMITS",
            help="Exit with 1 where the second network grew by more than this over the first, the baseline: "
            "params=0,macs=1%,training-peak=50MB. What is not known fails too.",
        ),
    ] = None,
    only_differences: Annotated[
        bool, typer.Option("--only-differences", help="Leave out the layers that are the same.")
    ] = False,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit with 1 where the networks differ, as git diff does.")
    ] = False,
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
    """Show networks side by side: which layers were added, removed or changed, and what it costs.

    With --fail-over: what grew over a baseline, by which layers, and whether that is within limits.

    Examples: vggstat compare D E · vggstat compare D@384 D · vggstat compare A B D E --format markdown ·
    vggstat compare baseline.json D --fail-over params=0,macs=1%
    """
    if len(specs) < 2:
        raise UsageError(f"compare needs two networks or more, for instance: vggstat compare {specs[0]} E")
    from vggstat.cost.compare import compare_snapshots

    limits = _limits(fail_over, specs, only_differences=only_differences)
    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    comparison = compare_snapshots(_networks(specs, options))
    failed = exit_code and not comparison.same
    if limits:
        from vggstat.cost.budget import check_budget

        budget = check_budget(comparison, limits)
        failed = failed or bool(budget.failing)
        page = _budget_page(budget, specs, options)
    else:
        from vggstat.render.views.compare import comparison_page

        page = comparison_page(comparison, only_differences=only_differences)
    show(page, format_name, output, width)
    if failed:
        raise typer.Exit(1)


def _limits(texts: list[str] | None, specs: list[str], *, only_differences: bool) -> tuple[Limit, ...]:
    """The limits of --fail-over; none where it is not given. Raises UsageError where it cannot be heeded."""
    if texts is None:
        return ()
    if len(specs) != 2:
        raise UsageError(
            f"--fail-over compares two: the baseline, and what there is now; {len(specs)} were given"
        )
    if only_differences:
        raise UsageError("--only-differences changes nothing beside --fail-over, which shows nothing else")
    from vggstat.cost.budget import parse_limits

    return parse_limits(texts)


def _networks(specs: list[str], options: Variant) -> tuple[Snapshot, ...]:
    """The networks as comparisons read them: those of saved reports, and those that are analyzed now."""
    from vggstat.cost.snapshot import is_saved, snapshot_of

    for spec in specs:
        name, at, _ = spec.rpartition("@")
        if at and is_saved(name) and not is_saved(spec):
            raise UsageError(
                f"{spec}: {name} is a saved report, which stays as it was saved: leave out the @"
            )
    analyzed = [spec for spec in specs if not is_saved(spec)]
    if not analyzed and options != Variant(argument=""):
        raise UsageError(
            "saved reports stay as they were saved: --input, --batch and the like change nothing about them"
        )
    reports = iter(_reports(analyzed, options))
    return tuple(_saved(spec) if is_saved(spec) else snapshot_of(next(reports)) for spec in specs)


def _reports(arguments: list[str], options: Variant) -> tuple[Report, ...]:
    """The reports of those that are analyzed now. Beside a model whose inputs have names a spec takes the first as its image."""
    sources = [parse_variant(argument).argument for argument in arguments]
    models = [is_model(source) or source.lower().endswith(".onnx") for source in sources]
    shapes = [shape for _, shape in options.inputs or ()]
    if not any(models) or all(models) or not shapes or len(shapes[0]) != 3:
        return load_reports(arguments, options)
    check_standard_input(arguments)
    channels, height, width = shapes[0]
    of_specs = options.replace(inputs=None, image=(channels, height, width))
    return tuple(
        load_report(argument, options if named else of_specs)
        for argument, named in zip(arguments, models, strict=True)
    )


def _saved(path: str) -> Snapshot:
    """A saved report. A document's block reads regular files of its tree."""
    from vggstat.cost.snapshot_json import read_snapshot

    access().check(path)
    return read_snapshot(path, pipes=access().pipes)


def _budget_page(budget: Budget, specs: list[str], options: Variant) -> Page:
    """The page of a budget, which goes into a pull request's summary too."""
    from vggstat.cli.summary import write_summary
    from vggstat.render import render
    from vggstat.render.page import Target
    from vggstat.render.views.budget import budget_page

    page = budget_page(budget, (specs[0], specs[1]), renewal=_renewal(specs, options))
    if access().below is None:  # a document's block prints, and does nothing else
        write_summary(
            lambda: f"### vggstat compare\n\n{render(page, 'markdown', Target())}\n",
            {"quantities": len(budget.lines), "failed": len(budget.failing)},
        )
    return page


def _renewal(specs: list[str], options: Variant) -> str:
    """The command that makes what there is now the baseline; nothing where the baseline is no file."""
    from shlex import quote

    from vggstat.cost.snapshot import is_saved

    old, new = (quote(spec) for spec in specs)
    if not is_saved(specs[0]):
        return ""
    if is_saved(specs[1]):
        return f"cp {new} {old}"
    return f"vggstat table {new}{options.words} --format json -o {old}"
