"""``vggstat stack``."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from vggstat.cli.common import FormatOption, OutputOption, WidthOption, show


class CommandClass(TyperCommand):
    """``--vs`` takes all the kernels behind it: without that, 3x3 3x3 would leave one to the first stack."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, gathered(args))


def gathered(arguments: list[str]) -> list[str]:
    """The arguments with the words behind ``--vs``, up to the next option, as one: ``"3x3 3x3"``."""
    found: list[str] = []
    for argument in arguments:
        follows = len(found) > 1 and found[-2] == "--vs" and not found[-1].startswith("-")
        if follows and not argument.startswith("-"):
            found[-1] += f" {argument}"
        else:
            found.append(argument)
    return found


def command(
    kernels: Annotated[
        list[str], typer.Argument(metavar="KERNEL ...", help="Kernels in order: 3x3 3x3 3x3.")
    ],
    versus: Annotated[
        str | None,
        typer.Option(
            "--vs", metavar="KERNEL ...", help="What to hold it against, last: --vs 7x7, or --vs 5x5 3x3."
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
    from vggstat.render.views.stack import stack_page

    stack = parse_stack(kernels, channels)
    other = parse_stack(versus.split(), channels) if versus is not None else None
    show(stack_page(stack, other, side), format_name, output, width)
