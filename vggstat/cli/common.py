"""What the commands share: options, the way from arguments to reports, and the way out of a page."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import Annotated, Final

import typer

from vggstat.cli.files import write_file
from vggstat.cli.streams import put
from vggstat.cost.report import Report
from vggstat.cost.variant import (
    Variant,
    parse_batch,
    parse_classes,
    parse_head,
    parse_inputs,
    parse_variant,
)
from vggstat.cost.workload import find_dtype
from vggstat.errors import UsageError
from vggstat.render.page import Page, Target
from vggstat.sources.source import find_source

__all__ = [
    "BatchOption",
    "ClassesOption",
    "DtypeOption",
    "FormatOption",
    "HeadOption",
    "InputOption",
    "NoTopOption",
    "OutputOption",
    "SpecArgument",
    "WidthOption",
    "check_standard_input",
    "load_report",
    "load_reports",
    "show",
    "variant_of",
    "write",
    "write_pieces",
]

BATCH: Final = 1 << 16
"""Characters that are written at once."""

PIPED_WIDTH: Final = 110
"""Columns of text where there is no terminal to ask."""

SPEC_HELP: Final = (
    "A shipped network (vgg16, D, VGG-16; `vggstat list` shows all), a path to a .yaml or .onnx file, - for standard "
    "input, or a torch model as package.module:factory or file.py:factory(width=2), whose code this runs, its forward "
    "pass on shapes of several images; with what is changed about it after an @ (D@384, D@head=gap,bf16)."
)

SpecArgument = Annotated[str, typer.Argument(metavar="SPEC", help=SPEC_HELP, show_default=False)]
InputOption = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="SIZE",
        help="Input size: 256, 384x512 (height x width) or 3x384x384; of a model with several inputs each by name: "
        "--input image=3x224x224 --input mask=1x224x224.",
    ),
]
ClassesOption = Annotated[
    str | None,
    typer.Option("--classes", metavar="N", help="Number of classes: outputs of the last FC layer."),
]
BatchOption = Annotated[str | None, typer.Option("--batch", metavar="N", help="Images at once (default 1).")]
DtypeOption = Annotated[
    str | None,
    typer.Option("--dtype", metavar="DTYPE", help="fp32 (default), tf32, fp16, bf16, fp8 or int8."),
]
HeadOption = Annotated[
    str | None,
    typer.Option(
        "--head",
        metavar="HEAD",
        help="What joins the maps to the FC layers: adaptive, flatten, conv, gap or none.",
    ),
]
NoTopOption = Annotated[
    bool, typer.Option("--no-top", help="Leave the FC layers out: the same as --head none.")
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        "-f",
        metavar="FORMAT",
        help="rich (default on a terminal), text (default otherwise), markdown, csv, json, latex or html.",
    ),
]
OutputOption = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write to a file instead of the screen.")
]
WidthOption = Annotated[
    int | None,
    typer.Option(
        "--width", metavar="COLUMNS", min=20, max=1000, help="Width of the text; default the terminal's."
    ),
]


def variant_of(
    *,
    input_size: list[str] | None = None,
    classes: str | None = None,
    batch: str | None = None,
    dtype: str | None = None,
    head: str | None = None,
    no_top: bool = False,
) -> Variant:
    """The options that change a network as one value, its argument still open."""
    if no_top and head not in (None, "none"):
        raise UsageError(f"--no-top and --head {head} contradict each other: give one of them")
    image, inputs = parse_inputs(input_size) if input_size else (None, None)
    return Variant(
        argument="",
        image=image,
        inputs=inputs,
        batch=None if batch is None else parse_batch(batch),
        dtype=None if dtype is None else find_dtype(dtype),
        head="none" if no_top else None if head is None else parse_head(head),
        classes=None if classes is None else parse_classes(classes),
    )


def load_report(argument: str, options: Variant) -> Report:
    """The report of one SPEC argument; what stands after its @ counts before the options."""
    variant = parse_variant(argument).over(options)
    return variant.report(find_source(variant.argument))


def load_reports(arguments: list[str], options: Variant) -> tuple[Report, ...]:
    """The reports of several SPEC arguments."""
    check_standard_input(arguments)
    return tuple(load_report(argument, options) for argument in arguments)


def check_standard_input(arguments: list[str]) -> None:
    """Raises UsageError where more than one argument is standard input."""
    if sum(argument.partition("@")[0] == "-" for argument in arguments) > 1:
        raise UsageError("standard input (-) can be read only once: save it to a file to use it twice")


def show(page: Page, format_name: str | None, output: str | None = None, width: int | None = None) -> None:
    """Write a page to stdout or to a file, in the format asked for or the one that fits the place."""
    from vggstat.render import pieces

    to_terminal = output is None and sys.stdout.isatty()
    encoding = "utf-8" if output is not None else (sys.stdout.encoding or "utf-8")
    target = Target(
        width=width or (_terminal_width() if to_terminal else PIPED_WIDTH),
        encoding=encoding,
        color=to_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
        terminal=to_terminal,
    )
    write_pieces(pieces(page, format_name or ("rich" if to_terminal else "text"), target), output)


def _terminal_width() -> int:
    from shutil import get_terminal_size

    return get_terminal_size().columns


def write(text: str, output: str | None = None) -> None:
    """Write text to stdout, or to a file at once: it is complete or it is not there."""
    write_pieces(iter((text,)), output)


def write_pieces(texts: Iterator[str], output: str | None = None) -> None:
    """The same bit by bit. Nothing is written where not even the first comes to be."""
    if output is None:
        for text in _batches(texts):
            if not put(text):
                return
        return
    write_file(output, (text.encode("utf-8", "replace") for text in _batches(texts)))


def _batches(texts: Iterable[str]) -> Iterator[str]:
    """The texts put together to some size: a write for each number of a table would take longer than the table."""
    held: list[str] = []
    size = 0
    for text in texts:
        held.append(text)
        size += len(text)
        if size >= BATCH:
            yield "".join(held)
            held, size = [], 0
    yield "".join(held)
