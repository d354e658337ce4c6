"""``vggstat identify``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vggstat.cli.common import FormatOption, InputOption, OutputOption, WidthOption, show, variant_of
from vggstat.cost.variant import Variant, parse_variant
from vggstat.errors import InputError, UsageError

if TYPE_CHECKING:
    from vggstat.cost.identify import Identification
    from vggstat.sources.spec import Spec
    from vggstat.sources.wanted import Wanted


def command(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A model: package.module:factory or file.py:factory, with literal arguments if it takes some "
            "(mynets:net(width=2)); importing it runs its code. Or a file of weights (.pth, .pt, .ckpt, .safetensors, .h5, "
            ".weights.h5), of which nothing is run. Of a model its input size may stand after an @ (net.py:make@384).",
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
    input_size: InputOption = None,
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

    variant = _variant(source, variant_of(input_size=input_size))
    source = variant.argument
    if source.lower().endswith(".onnx"):
        found = _of_onnx(source, key, variant.wanted)
    elif _is_file(source):
        if variant.words:
            raise UsageError("--input goes with a model or an .onnx file: a file of weights takes no input")
        found = _of_file(source, key)
    else:
        found = _of_model(source, key, variant.wanted)
    show(identification_page(found), format_name, output, width)
    if not found.agrees or found.subject.untraced:
        raise typer.Exit(1)


def _variant(source: str, options: Variant) -> Variant:
    """The source with the input size that stands after its @, or else is an option. A file's name may have an @, too."""
    if Path(source).is_file():
        return options.replace(argument=source)
    own = parse_variant(source)
    if any(part is not None for part in (own.batch, own.dtype, own.head, own.classes)):
        raise UsageError(f"{source!r}: identify takes an input size after the @ and nothing else, as in @384")
    return own.over(options)


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


def _of_model(reference: str, key: str | None, wanted: Wanted) -> Identification:
    from vggstat.sources.require import require_torch

    if key is not None:
        raise UsageError("--key goes with a file of weights")
    require_torch("identify MODULE:FACTORY")
    from vggstat.measure.verify.models import identify_model
    from vggstat.sources.torch_module.factory import load_model

    return identify_model(load_model(reference), reference, _specs(), wanted)


def _of_onnx(path: str, key: str | None, wanted: Wanted) -> Identification:
    """A file that holds the layers, and not weights alone."""
    from vggstat.cost.identify import identify, subject_of_graph
    from vggstat.sources.source import find_source

    if key is not None:
        raise UsageError("--key goes with a file of weights")
    graph = find_source(path).graph(wanted)
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
