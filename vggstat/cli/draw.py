"""``vggstat draw``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from vggstat.cli.common import (
    BatchOption,
    ClassesOption,
    DtypeOption,
    HeadOption,
    InputOption,
    NoTopOption,
    load_reports,
    variant_of,
    write,
)
from vggstat.cli.files import write_file
from vggstat.errors import UsageError

PAPER = ("A", "A-LRN", "B", "C", "D", "E")
"""What ``--style columns`` shows where no network is given: the paper's Table 1."""


def command(
    specs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SPEC ...",
            help="One or more networks, as for `table`: D, ./mine.yaml, D@384. For --style columns none at all means "
            "the six of the paper.",
            show_default=False,
        ),
    ] = None,
    style: Annotated[
        str,
        typer.Option(
            "--style",
            "-s",
            metavar="STYLE",
            help="blocks: in perspective, to scale. columns: side by side as in the paper's Table 1. flow: a compact "
            "strip.",
        ),
    ] = "blocks",
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write to a .svg file (.png or .pdf with vggstat[plot]), not to stdout.",
        ),
    ] = None,
    theme: Annotated[
        str,
        typer.Option("--theme", metavar="auto|light|dark", help="Colours; auto follows the reader's screen."),
    ] = "auto",
    width: Annotated[
        int,
        typer.Option(
            "--width", metavar="PIXELS", min=400, max=4000, help="Width of the layout; texts keep their size."
        ),
    ] = 960,
    input_size: InputOption = None,
    classes: ClassesOption = None,
    batch: BatchOption = None,
    dtype: DtypeOption = None,
    head: HeadOption = None,
    no_top: NoTopOption = False,
) -> None:
    """Draw networks as an SVG picture: to scale, with maps, parameters and MACs.

    Examples: vggstat draw vgg16 -o vgg16.svg · vggstat draw --style columns -o table1.svg · vggstat draw E -s flow
    """
    from vggstat.render.draw import DrawOptions, draw
    from vggstat.render.draw.convert import converter

    if not specs and style != "columns":
        raise UsageError("draw needs a network, for instance: vggstat draw D -o d.svg")
    convert = converter(output)
    options = variant_of(
        input_size=input_size, classes=classes, batch=batch, dtype=dtype, head=head, no_top=no_top
    )
    reports = load_reports(list(specs or PAPER), options)
    if convert is None:
        svg = draw(reports, DrawOptions(style=style, theme=theme, width=width))
        write(svg if output is not None else _for_stdout(svg), output)
        return
    # A PNG or PDF has no reader's screen to follow.
    chosen = DrawOptions(style=style, theme="light" if theme == "auto" else theme, width=width)
    write_file(str(output), convert(draw(reports, chosen)))


def _for_stdout(svg: str) -> str:
    """SVG without a declaration is read as UTF-8: for a stdout that is not, everything else is spelled out."""
    if (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8":
        return svg
    from vggstat.render.width import character_references

    return character_references(svg, "ascii")
