"""``vggstat identify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vggstat.cli.common import FormatOption, OutputOption, WidthOption, show
from vggstat.errors import InputError, UsageError

if TYPE_CHECKING:
    from vggstat.cost.identify import Identification
    from vggstat.sources.spec import Spec


def command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A model: package.module:factory or file.py:factory, with literal arguments if it takes some "
            "(mynets:net(width=2)); importing it runs its code. Or a file of weights (.pth, .pt, .ckpt, .safetensors, .h5, "
            ".weights.h5), of which nothing is run.",
            show_default=False,
        ),
    ],
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="NAME",
            help="Of a file with several parts the one to take, as a path with points: model_ema, state_dict.encoder.",
        ),
    ] = None,
    format_name: FormatOption = None,
    output: OutputOption = None,
    width: WidthOption = None,
) -> None:
    """Name the network that a model or a file of weights is, or the nearest one and what differs.

    Exit code 0 where it is one of the networks that ship, or a file of weights of just their shapes; 1 where it is only
    near to one, or is a model that cannot be traced.

    Examples: vggstat identify vgg.pth · vggstat identify mynets.vgg:VGG16
    """
    from vggstat.render.views.identify import identification_page

    if source.lower().endswith(".onnx"):
        found = _of_onnx(source, key)
    else:
        found = _of_file(source, key) if _is_file(source) else _of_model(source, key)
    show(identification_page(found), format_name, output, width)
    if not found.agrees or found.subject.untraced:
        raise typer.Exit(1)


def _is_file(source: str) -> bool:
    """Whether it names a file of weights: what is there, or looks like no model. A path may have a colon, too."""
    from vggstat.sources.checkpoint import is_checkpoint

    there = Path(source).is_file()
    if there and source.endswith(".py"):
        raise UsageError(f"{source} is a file of code: name the factory in it, {source}:NAME")
    if there or is_checkpoint(source):
        return True
    if ":" in source:
        return False
    raise InputError(
        f"{source}: there is no such file, and it does not name a model: expected package.module:factory, "
        "file.py:factory or a file of weights"
    )


def _specs() -> tuple[Spec, ...]:
    from vggstat.sources.spec import load, names

    return tuple(load(name) for name in names())


def _of_model(reference: str, key: str | None) -> Identification:
    from vggstat.sources.require import require_torch

    if key is not None:
        raise UsageError("--key goes with a file of weights")
    require_torch("identify MODULE:FACTORY")
    from vggstat.measure.verify.models import identify_model
    from vggstat.sources.torch_module.factory import load_model

    return identify_model(load_model(reference), reference, _specs())


def _of_onnx(path: str, key: str | None) -> Identification:
    """A file that holds the layers, and not weights alone."""
    from vggstat.cost.identify import identify, subject_of_graph
    from vggstat.sources.source import find_source
    from vggstat.sources.wanted import Wanted

    if key is not None:
        raise UsageError("--key goes with a file of weights")
    graph = find_source(path).graph(Wanted())
    subject = subject_of_graph(graph, path)
    told = "What it drops in training does not show in an ONNX file."
    return identify(graph, _specs(), subject.replace(remarks=(*subject.remarks, told)), unseen=("dropout",))


def _of_file(path: str, key: str | None) -> Identification:
    from vggstat.cost.identify import identify_weights, subject_of_file
    from vggstat.sources.checkpoint import read_state_dict
    from vggstat.sources.stored_layers import stored_layers

    state = read_state_dict(path, key)
    stored = stored_layers(state)
    return identify_weights(stored, _specs(), subject_of_file(state, stored))
