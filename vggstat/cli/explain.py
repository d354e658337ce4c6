"""``vggstat explain``."""

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
    load_report,
    show,
    variant_of,
)
from vggstat.cost.report import Report
from vggstat.cost.variant import Variant
from vggstat.errors import UsageError

CONTEXT_SETTINGS = {"ignore_unknown_options": True}
"""A number may begin with a minus sign."""


def command(
    first: Annotated[
        str, typer.Argument(metavar="NUMBER|SPEC", help="A number (15.48G, 58MB), or a network.")
    ],
    second: Annotated[
        str,
        typer.Argument(
            metavar="[SPEC|LAYER|UNIT]",
            help="The network, or one of its layers (block5_conv1). Without it, all that ship are looked through.",
        ),
    ] = "",
    show_all: Annotated[
        bool, typer.Option("--all", help="Every figure that the number may be, not the ten likeliest.")
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
    """Say what a number about a network is: which quantity, under which convention, unit and rounding.

    With a layer instead of a number, derive that layer's figures step by step.

    Exit code 1: nothing gives the number at its own precision.

    Examples: vggstat explain 138M · vggstat explain 15.48G D · vggstat explain 96MB D · vggstat explain D block5_conv1
    """
    from vggstat.render.views.explain import everywhere_page, explanation_page

    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    if not _is_number(first):
        if not second:
            raise UsageError(
                f"{first} is not a number: expected vggstat explain NUMBER [SPEC], or SPEC LAYER"
            )
        if _is_number(second):
            raise UsageError(f"the number comes first: vggstat explain {second} {first}")
        if _ships(second) and not _ships(first):
            raise UsageError(
                f"cannot read {first!r} as a number: expected for instance 15.48G, 58MB, 138,357,544 or 89.4%"
            )
        _explain_layer(load_report(first, options), second, format_name, output, width)
        return
    from vggstat.lint.explain import explain_everywhere, explain_number

    if not second:
        from vggstat.sources.spec import names

        found = explain_everywhere(first, (load_report(name, options) for name in names()))
        show(everywhere_page(first, found, show_all=show_all), format_name, output, width)
        if not found:
            raise typer.Exit(1)
        return
    report = load_report(second, options)
    explanation = explain_number(first, report, lambda name: load_report(name, Variant(argument=name)))
    show(explanation_page(explanation, show_all=show_all), format_name, output, width)
    if not explanation.found:
        raise typer.Exit(1)


def _explain_layer(
    report: Report, name: str, format_name: str | None, output: str | None, width: int | None
) -> None:
    """One layer step by step; of a block or a unit its layers and what they add up to."""
    from vggstat.cost.derive import derive_layer, find_part, find_row
    from vggstat.render.views.explain import derivation_page
    from vggstat.render.views.part import part_page

    part = find_part(report, name) if find_row(report, name) is None else None
    page = derivation_page(derive_layer(report, name)) if part is None else part_page(report, part)
    show(page, format_name, output, width)


def _is_number(text: str) -> bool:
    from vggstat.units.stated import parse_stated

    try:
        parse_stated(text)
    except ValueError:
        return False
    return True


def _ships(argument: str) -> bool:
    """Whether it names a network that ships, or a variant of one."""
    from vggstat.sources.spec import find

    try:
        find(argument.partition("@")[0])
    except UsageError:
        return False
    return True
