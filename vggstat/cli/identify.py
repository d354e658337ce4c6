"""``vggstat identify``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vggstat.cli.common import FormatOption, OutputOption, WidthOption, show
from vggstat.errors import UsageError

if TYPE_CHECKING:
    from vggstat.cost.identify import Identification
    from vggstat.sources.spec import Spec


def command(
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            metavar="MODULE:FACTORY",
            help="A torch model: a callable, class or module object. Importing it runs its code.",
        ),
    ] = None,
    model_args: Annotated[
        str | None, typer.Option("--model-args", metavar="JSON", help="Arguments for the factory, as JSON.")
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            "--checkpoint", metavar="FILE", help="Weights: .pth, .pt, .safetensors, .h5 or .weights.h5."
        ),
    ] = None,
    format_name: FormatOption = None,
    output: OutputOption = None,
    width: WidthOption = None,
) -> None:
    """Name the network that a model or a file of weights is, or the nearest one and what differs.

    Exit code 0 where it is one of the networks that ship, 1 where it is only near to one.

    Examples: vggstat identify --checkpoint vgg.pth · vggstat identify --model mynets.vgg:VGG16
    """
    from vggstat.render.views.identify import identification_page

    if (model is None) == (checkpoint is None):
        raise UsageError("identify takes a --model or a --checkpoint")
    if model_args is not None and model is None:
        raise UsageError("--model-args goes with --model")
    found = _of_model(model, model_args) if model is not None else _of_checkpoint(checkpoint or "")
    page = identification_page(found, model or checkpoint or "", weights=checkpoint is not None)
    show(page, format_name, output, width)
    if not found.exact:
        raise typer.Exit(1)


def _specs() -> tuple[Spec, ...]:
    from vggstat.sources.spec import load, names

    return tuple(load(name) for name in names())


def _of_model(reference: str, arguments: str | None) -> Identification:
    from vggstat.sources.require import require_torch

    require_torch("identify --model")
    from vggstat.measure.verify.models import identify_model
    from vggstat.sources.torch_module.factory import load_model

    return identify_model(load_model(reference, arguments), reference, _specs())


def _of_checkpoint(path: str) -> Identification:
    from vggstat.cost.identify import identify_weights
    from vggstat.sources.checkpoint import read_state_dict
    from vggstat.sources.state_dict import readings

    return identify_weights(tuple(readings(read_state_dict(path))), _specs())
