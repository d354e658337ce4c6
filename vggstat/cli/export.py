"""``vggstat export``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from vggstat.cli.common import (
    ClassesOption,
    HeadOption,
    InputOption,
    OutputOption,
    SpecArgument,
    load_report,
    variant_of,
    write,
)
from vggstat.errors import OutputError, UsageError

if TYPE_CHECKING:
    from vggstat.net.graph import Graph

FORMS: Final = {".py": "torch", ".onnx": "onnx"}
"""What is written, by the ending of the file."""


def command(
    spec: SpecArgument,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="torch|onnx",
            help="torch: Python source that needs torch alone. onnx: a model with random weights. By default what "
            "FILE ends in (.py, .onnx), else torch.",
        ),
    ] = None,
    output: OutputOption = None,
    input_size: InputOption = None,
    classes: ClassesOption = None,
    head: HeadOption = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", min=0, help="Of the random weights of --to onnx (default 0)."),
    ] = None,
) -> None:
    """Write a file that builds the network: readable torch code, or an ONNX model with random weights.

    The code's state dict has the names of `table --torch-names`. Exit code 1 where a layer cannot be written. ONNX needs
    pip install 'vggstat[onnx]'.

    Examples: vggstat export resnet-50 -o resnet50.py · vggstat export D@head=gap -o d.onnx
    """
    form = to or FORMS.get(Path(output or "").suffix, "torch")
    if form not in FORMS.values():
        raise UsageError(f"unknown form {form!r}: expected torch or onnx")
    if seed is not None and form != "onnx":
        raise UsageError("--seed goes with --to onnx: torch code draws its weights when it runs")
    report = load_report(spec, variant_of(input_size=input_size, classes=classes, head=head))
    if report.workload.batch != 1 or report.workload.dtype.name != "float32":
        raise UsageError("what export writes takes any batch, in float32: leave batch and dtype away")
    if form == "onnx":
        _write_onnx(report.graph, output, seed or 0)
    else:
        from vggstat.sources.export.torch_code import torch_code

        text = torch_code(report.graph)
        write(text if output is not None else _for_stdout(text), output)


def _for_stdout(text: str) -> str:
    """Python reads source as UTF-8: for a stdout that is not, the signs of its docstrings are spelled out."""
    if (sys.stdout.encoding or "utf-8").lower().replace("-", "") == "utf8":
        return text
    return text.encode("ascii", "backslashreplace").decode("ascii")


def _write_onnx(graph: Graph, output: str | None, seed: int) -> None:
    """The model, and its weights beside it where they are more than one file can hold."""
    from vggstat.sources.require import require_onnx

    require_onnx("export --to onnx")
    from vggstat.cli.files import write_file
    from vggstat.cli.streams import put_bytes
    from vggstat.sources.export.onnx_model import onnx_files

    if output is None and sys.stdout.isatty():
        raise UsageError("an ONNX model is not text for a terminal: say where it goes with -o net.onnx")
    beside = f"{output or 'model.onnx'}.data"
    files = onnx_files(graph, Path(beside).name, seed=seed)
    if output is None:
        if files.weights is not None:
            raise UsageError(
                "the weights are more than 2 GB and need a file beside the model: give -o net.onnx"
            )
        put_bytes(files.model)
        return
    if files.weights is not None:
        _require_space(beside, files.weights_bytes)
        write_file(beside, files.weights)
    write_file(output, files.model)


def _require_space(path: str, needed: int) -> None:
    """Raises OutputError where a file would fill the disk, which is better known before than after."""
    from shutil import disk_usage

    try:
        free = disk_usage(Path(path).resolve().parent).free
    except OSError:  # whoever writes there says what is wrong
        return
    if needed > free:
        raise OutputError(
            f"cannot write {path}: its weights take {needed:,} bytes, and {free:,} are free there"
        )
