"""The public Python API: the same figures as the commands, as records."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from vggstat.cost.compare import Comparison, compare_snapshots
from vggstat.cost.report import Report
from vggstat.cost.snapshot import Snapshot, is_saved, snapshot_of
from vggstat.cost.variant import (
    Variant,
    parse_batch,
    parse_classes,
    parse_head,
    parse_image,
    parse_shape,
    parse_variant,
)
from vggstat.cost.workload import find_dtype
from vggstat.errors import UsageError
from vggstat.lint.config import Settings
from vggstat.lint.engine import FileResult, check_files, find_files
from vggstat.lint.explain import Explanation, explain_number
from vggstat.render.report_data import report_data
from vggstat.render.views.compare import comparison_data
from vggstat.shapes import Shape
from vggstat.sources.source import SpecSource, find_source
from vggstat.sources.spec import Spec
from vggstat.sources.spec.access import access, granted
from vggstat.sources.wanted import Source

__all__ = ["analyze", "check", "compare", "explain", "load", "to_dict"]


Network = Any
"""What a network may be given as: an argument as on the command line, a Spec, a Source, or a torch.nn.Module."""


def load(network: str, *, allow_outside: bool = False) -> Spec | Source:
    """What a shipped name (``vgg16``), a path to a .yaml or .onnx file, ``-`` for standard input, or a model's
    ``package.module:factory`` names: a Spec of YAML, else a Source. A model's code runs here.

    ``allow_outside`` lets a spec extend files that do not lie in or below its own folder. Raises a VggstatError
    (UsageError, SpecError, InputError) that says what is wrong and where.
    """
    with granted(access().replace(outside=allow_outside or access().outside)):
        source = find_source(network)
    return source.spec if isinstance(source, SpecSource) else source


def analyze(
    network: Network,
    *,
    image: int | str | tuple[int, int, int] | None = None,
    inputs: Mapping[str, Sequence[int] | str] | None = None,
    batch: int | None = None,
    dtype: str | None = None,
    head: str | None = None,
    classes: int | None = None,
) -> Report:
    """The report of a network: rows, totals, memory, operations.

    ``network`` is a ``torch.nn.Module``, which is traced on shapes and left as it was; a Spec; what ``load`` gives; or an
    argument as on the command line, with its variant (``"D@384,head=gap"``), which counts before the other arguments.
    ``image`` is a side, ``"3x384x512"`` or ``(3, 384, 512)`` (channels, height, width); ``inputs`` are the shapes of
    several inputs by name, or of one that is no image, without the batch. Raises a VggstatError.
    """
    if inputs is not None and not isinstance(inputs, Mapping):
        raise UsageError('inputs are shapes by name, as in {"image": (3, 224, 224)}')
    options = Variant(
        argument="",
        image=None if image is None else parse_image(_image_text(image)),
        inputs=None
        if inputs is None
        else tuple((name, _shape(name, shape)) for name, shape in inputs.items()),
        batch=None if batch is None else parse_batch(str(batch)),
        dtype=None if dtype is None else find_dtype(dtype),
        head=None if head is None else parse_head(head),
        classes=None if classes is None else parse_classes(str(classes)),
    )
    if isinstance(network, str):
        variant = parse_variant(network).over(options)
        return variant.report(find_source(variant.argument))
    return options.report(network if isinstance(network, Spec) else _source(network))


def _shape(name: str, shape: Sequence[int] | str) -> Shape:
    """The shape of an input. Raises UsageError for what is none."""
    try:
        return parse_shape(shape if isinstance(shape, str) else "x".join(map(str, shape)))
    except (UsageError, TypeError):
        raise UsageError(
            f"the shape of {name} is {shape!r}: expected whole numbers from 1 on, without the batch, as in (3, 224, 224)"
        ) from None


def _image_text(image: int | str | tuple[int, int, int]) -> str:
    if isinstance(image, tuple) and len(image) != 3:
        raise UsageError(
            f"an image is (channels, height, width), not {image}: give other shapes as inputs, by name"
        )
    return "x".join(map(str, image)) if isinstance(image, tuple) else str(image)


def _source(network: Network) -> Source:
    """A module as a source; a Source as it is. Raises UsageError for anything else."""
    torch = sys.modules.get("torch")  # who has a module has imported it
    if torch is not None and isinstance(network, torch.nn.Module):
        from vggstat.sources.torch_module.factory import unwrap
        from vggstat.sources.torch_module.source import TorchSource

        model = unwrap(network)
        return TorchSource(model=model, name=type(model).__name__)
    if callable(getattr(network, "graph", None)):
        source: Source = network
        return source
    kind = type(network).__name__
    raise UsageError(
        f"cannot read a network from a {kind}: expected a name, a Spec, a Source or a torch.nn.Module"
    )


def check(*paths: str, spec: str = "") -> tuple[FileResult, ...]:
    """What is wrong in documents: a result for each file, folders read as on the command line.

    ``spec`` settles which network they mean; else each says it itself. ``findings`` of a result are empty where
    nothing is wrong. Raises InputError for a path that cannot be read.
    """
    settings = Settings(spec=spec)
    return tuple(check_files(find_files(paths, settings), settings))


def compare(*networks: Network) -> Comparison:
    """Two or more networks with their layers aligned; the first is what the others are held against.

    Each is what ``analyze`` takes, or a report. A text that ends in .json names one that ``vggstat table --format json``
    saved.
    """
    if len(networks) < 2:
        raise UsageError("compare needs two networks or more")
    return compare_snapshots(tuple(map(_snapshot, networks)))


def _snapshot(network: Network) -> Snapshot:
    if isinstance(network, str) and is_saved(network):
        from vggstat.cost.snapshot_json import read_snapshot

        return read_snapshot(network)
    return snapshot_of(network if isinstance(network, Report) else analyze(network))


def explain(number: str, network: Network) -> Explanation:
    """What a number (``"15.48G"``) may stand for in a network: ``matches``, each with its ``fact``."""
    report = network if isinstance(network, Report) else analyze(network)
    return explain_number(number, report, analyze)


def to_dict(record: Report | Comparison) -> dict[str, Any]:
    """The record as plain data: what ``--format json`` prints."""
    return report_data(record) if isinstance(record, Report) else comparison_data(record)
