"""``vggstat compare``."""

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
        list[str],
        typer.Argument(metavar="SPEC SPEC ...", help="Two or more networks, as for `table`: D E D@384."),
    ],
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

    Examples: vggstat compare D E · vggstat compare D@384 D · vggstat compare A B D E --format markdown
    """
    if len(specs) < 2:
        raise UsageError(f"compare needs two networks or more, for instance: vggstat compare {specs[0]} E")
    from vggstat.cost.compare import compare_reports
    from vggstat.render.views.compare import comparison_page

    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    comparison = compare_reports(load_reports(specs, options))
    show(comparison_page(comparison, only_differences=only_differences), format_name, output, width)
    if exit_code and not comparison.same:
        raise typer.Exit(1)
