"""The summary that Keras prints, for any network."""

from __future__ import annotations

from typing import Final, NamedTuple

from vggstat.cost.report import Report
from vggstat.net.graph import Node
from vggstat.net.ops.base import CONVOLUTIONS
from vggstat.render.captions import graph_notes
from vggstat.render.page import Alternative, Column, Listing, Page, Table, listing, row, total
from vggstat.render.report_data import report_data
from vggstat.render.styles.base import TableOptions
from vggstat.shapes import Shape
from vggstat.units import grouped, mebi

__all__ = ["render"]

SUMMARY: Final = "the summary that Keras prints (channels last)"
TAKES: Final[tuple[str, ...]] = ()


CLASSES: Final = {"lstm": "LSTM", "gru": "GRU", "concat": "Concatenate"}
"""Keras's classes of operations that no layer kind of ours describes."""


class _Line(NamedTuple):
    name: str
    type: str
    shape: str
    params: int
    reads: tuple[str, ...]
    """The layers that it is connected to."""


def render(report: Report, options: TableOptions) -> Page:
    """The page of this style. As in Keras, a batch norm's statistics count as parameters, not as trainable.

    A layer that is used again, or takes another one's tensors, has those parameters where it is first.
    """
    lines = [_Line("input", "InputLayer", _shape(report.graph.image), 0, ())]
    shown = ["input"]  # for each value the layer that it comes from, which activations are a part of
    for node in report.graph.nodes:
        reads = tuple(shown[value] for value in node.inputs)
        is_line = node.is_row or node.layer.stem == "flatten"
        shown.append(node.name if is_line else reads[0])
        if is_line:
            lines.append(_Line(node.name, _class(node), _shape(node.shape), _params(node), reads))
    lines += [
        _Line(held.name, held.label, "", held.params, ()) for held in report.rows if held.kind == "unused"
    ]
    if report.graph.is_chain:
        lines = [line._replace(reads=()) for line in lines]
    return Page(
        title="",
        parts=(Alternative(listing=_listing(report, lines), table=_table(lines)),),
        notes=(
            "Parameters with biases; sizes at four bytes each, in MiB (Keras prints MiB as MB).",
            *graph_notes(report),
        ),
        data=lambda: report_data(report, options.convention, many=iter),
        bare=True,
    )


def _class(node: Node) -> str:
    """The class of Keras; a convolution with a filter a channel has one of its own."""
    groups = getattr(node.layer, "groups", 1)
    kind = node.layer.row_kind
    if kind == "conv" and 1 < groups == node.in_shapes[0][0] == node.shape[0]:
        return f"DepthwiseConv{_axes(node)}D"
    if node.layer.keras_class:
        return node.layer.keras_class
    if kind in CONVOLUTIONS:
        return f"Conv{_axes(node)}D{'' if kind == 'conv' else 'Transpose'}"
    return CLASSES.get(node.layer.label, node.layer.label.title().replace("_", ""))


def _axes(node: Node) -> int:
    """Along how many axes a convolution slides."""
    kernel: int | tuple[int, ...] = getattr(node.layer, "kernel", 0)
    return len(kernel) if isinstance(kernel, tuple) else 2


def _shape(shape: Shape) -> str:
    axes = (*shape[1:], shape[0]) if len(shape) == 3 else shape
    return f"(None, {', '.join(map(str, axes))})"


def _params(node: Node) -> int:
    return sum(param.elements for param in node.params if param.width is None)


def _listing(report: Report, lines: list[_Line]) -> Listing:
    first = max(len(f"{line.name} ({line.type})") for line in lines) + 3
    second = max(len(line.shape) for line in lines) + 4
    connected = max(len(name) for line in lines for name in (*line.reads, ""))
    width = 1 + first + second + 14 + (connected and connected + 6)
    pieces = [f'Model: "{report.name}"\n', "_" * width + "\n"]
    last = f"{'Param #':14}Connected to" if connected else "Param #"
    pieces.append(f" {'Layer (type)':{first}}{'Output Shape':{second}}{last}\n")
    pieces.append("=" * width + "\n")
    for line in lines:
        text = f" {f'{line.name} ({line.type})':{first}}{line.shape:{second}}{line.params}"
        names = [f"{name}[0][0]" for name in line.reads]
        at = 1 + first + second + 14
        pieces.append(
            "\n".join([f"{text:{at}}{names[0]}" if names else text, *(" " * at + n for n in names[1:])])
            + "\n"
        )
    pieces.append("=" * width + "\n")
    trainable = report.graph.trained_values
    counted = sum(line.params for line in lines)
    for text, count in (
        ("Total params", counted),
        ("Trainable params", trainable),
        ("Non-trainable params", counted - trainable),
    ):
        pieces.append(f"{text}: {grouped(count)} ({mebi(4 * count)} MiB)\n")
    pieces.append("_" * width + "\n")
    return listing(pieces)


def _reads(line: _Line, branches: bool) -> tuple[str, ...]:
    return (", ".join(line.reads),) if branches else ()


def _table(lines: list[_Line]) -> Table:
    branches = any(line.reads for line in lines)
    return Table(
        columns=(
            Column(key="layer", header="Layer (type)"),
            Column(key="output", header="Output Shape"),
            Column(key="params", header="Param #", align="right"),
            *((Column(key="connected", header="Connected to"),) if branches else ()),
        ),
        rows=(
            *(
                row(f"{line.name} ({line.type})", line.shape, line.params, *_reads(line, branches))
                for line in lines
            ),
            total("Total params", "", sum(line.params for line in lines)),
        ),
        name="keras",
        main=True,
    )
