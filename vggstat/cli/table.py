"""``vggstat table``."""

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
from vggstat.cost.accounting import find_accounting
from vggstat.cost.convention import Convention
from vggstat.cost.counting import find_counting_rule
from vggstat.errors import UsageError
from vggstat.render.styles.base import TableOptions


def command(
    spec: SpecArgument,
    style: Annotated[
        str,
        typer.Option(
            "--style",
            "-s",
            metavar="STYLE",
            help="layers, blocks, conventions, cs231n, keras, torch or slides.",
        ),
    ] = "layers",
    input_size: InputOption = None,
    classes: ClassesOption = None,
    batch: BatchOption = None,
    dtype: DtypeOption = None,
    head: HeadOption = None,
    no_top: NoTopOption = False,
    columns: Annotated[
        str | None,
        typer.Option(
            "--columns", metavar="KEYS", help="Columns to show, in order: name,output,params,macs ..."
        ),
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="layer|block", help="A row a layer, or a row a block.")
    ] = "layer",
    torch_names: Annotated[
        bool, typer.Option("--torch-names", help="Names as in torchvision (features.0).")
    ] = False,
    ops: Annotated[
        str | None,
        typer.Option(
            "--ops", metavar="RULE", help="Count operations as macs, flops, fvcore, torchinfo, ... do."
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(
            "--memory",
            metavar="NAME",
            help="Show the items of a memory accounting: outputs, saved, torchinfo ...",
        ),
    ] = None,
    format_name: FormatOption = None,
    output: OutputOption = None,
    width: WidthOption = None,
) -> None:
    """Show a network's layers with shapes, parameters, operations and memory, and their totals.

    Examples: vggstat table vgg16 · vggstat table D --style cs231n · vggstat table D --memory saved
    """
    from vggstat.render.styles import find_style, refuse_unused

    if by not in ("layer", "block"):
        raise UsageError(f"--by takes layer or block, not {by!r}")
    name = "blocks" if by == "block" and style == "layers" else style
    render = find_style(name)
    options = _options(columns, torch_names, ops, memory)
    refuse_unused(name, options)
    report = load_report(
        spec,
        variant_of(
            input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
        ),
    )
    show(render(report, options), format_name, output, width)


def _options(columns: str | None, torch_names: bool, ops: str | None, memory: str | None) -> TableOptions:
    convention = Convention()
    if ops is not None:
        convention = convention.replace(ops=find_counting_rule(ops))
    if memory is not None:
        convention = convention.replace(memory=find_accounting(memory))
    keys = tuple(key.strip() for key in columns.split(",")) if columns else ()
    return TableOptions(
        convention=convention,
        columns=keys,
        names="torch" if torch_names else "paper",
        memory_items=memory is not None,
    )
