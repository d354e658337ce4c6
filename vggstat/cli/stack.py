"""``vggstat stack``."""

from __future__ import annotations

from typing import Annotated

import typer

from vggstat.cli.common import FormatOption, OutputOption, WidthOption, show


def command(
    kernels: Annotated[
        list[str], typer.Argument(metavar="KERNEL ...", help="Kernels in order: 3x3 3x3 3x3.")
    ],
    versus: Annotated[
        str | None,
        typer.Option(
            "--vs", metavar="KERNELS", help='What to hold it against: 7x7, or several in quotes: "5x5 3x3".'
        ),
    ] = None,
    channels: Annotated[
        int, typer.Option("--channels", metavar="N", min=1, max=1_000_000, help="Channels in and out.")
    ] = 256,
    side: Annotated[
        int | None,
        typer.Option(
            "--side", metavar="PIXELS", min=1, max=100_000, help="Side of the map, for MACs of all of it."
        ),
    ] = None,
    format_name: FormatOption = None,
    output: OutputOption = None,
    width: WidthOption = None,
) -> None:
    """Hold stacks of small filters against a large one: receptive field, weights, MACs, non-linearities.

    Example: vggstat stack 3x3 3x3 3x3 --vs 7x7 --channels 256
    """
    from vggstat.cost.stack import parse_stack
    from vggstat.present.views.stack import stack_page

    stack = parse_stack(kernels, channels)
    other = parse_stack(versus.split(), channels) if versus is not None else None
    show(stack_page(stack, other, side), format_name, output, width)
