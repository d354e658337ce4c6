"""The table of lecture slides: filters, sizes, strides, padding, feature maps, activations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from vggstat.cost.report import Report
from vggstat.net.graph import Node
from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import CONVOLUTIONS, Slide, Windows
from vggstat.net.ops.softmax import Softmax
from vggstat.render.captions import axes_note, graph_notes, spec_words, workload_words
from vggstat.render.figures import map_text, sides_text
from vggstat.render.page import Column, Page, Table, row
from vggstat.render.report_data import report_data
from vggstat.render.styles.base import TableOptions
from vggstat.render.styles.layers import chosen_columns
from vggstat.shapes import Extents, Shape, along_axes, describe

__all__ = ["render"]

SUMMARY: Final = "layer, filters, sizes, strides, padding, feature map and activation, as on slides"
TAKES: Final = ("--columns",)

WORDS: Final = {
    "conv": "Conv",
    "upconv": "Transposed conv",
    "maxpool": "Max Pool",
    "avgpool": "Avg Pool",
    "fc": "FC",
    "lrn": "LRN",
    "bn": "Batch Norm",
    "norm": "Group Norm",
    "ln": "Layer Norm",
    "input": "Input",
    "matmul": "Matrix product",
    "attention": "Attention",
    "flatten": "Flatten",
    "dropout": "Dropout",
    "softmax": "Soft-max",
    "add": "Add",
    "concat": "Concat",
    "multiply": "Multiply",
    "upsample": "Upsample",
    "crop": "Crop",
    "split": "Split",
}

UNITS: Final = "Size of feature map: height × width × channels. Filter size, stride and padding in pixels."


def render(report: Report, options: TableOptions) -> Page:
    """The page of this style."""
    graph = report.graph
    columns: dict[str, tuple[Column, Callable[[Node], Any]]] = {
        "layer": (Column(key="layer", header="layer"), _word),
        # Where layers read others by name, the names stay.
        "name": (
            Column(key="name", header="name", priority=20 if graph.is_chain else 0),
            lambda node: node.name,
        ),
        "filters": (Column(key="filters", header="# filters", align="right"), _filters),
        "size": (Column(key="size", header="filter size", align="right"), _filter_size),
        "stride": (
            Column(key="stride", header="stride", align="right"),
            lambda node: _of(node, lambda window: window.stride),
        ),
        "padding": (
            Column(key="padding", header="padding", align="right", priority=10),
            lambda node: _of(node, lambda window: window.padding),
        ),
        "output": (
            Column(key="output", header=("size of", "feature map"), align="right", text=map_text),
            lambda node: node.shape,
        ),
        "activation": (
            Column(key="activation", header="activation", priority=15),
            lambda node: _activation(report, node),
        ),
    }
    if not graph.is_chain:
        reads = {line.name: ", ".join(line.inputs) for line in report.rows}
        columns["reads"] = (
            Column(key="reads", header="reads"),
            lambda node: reads.get(node.name, ""),
        )
    keys = chosen_columns(options, columns)
    shown = [node for node in graph.nodes if node.is_row or node.layer.stem == "flatten"]
    image = row(*(_image_cell(key, graph.image) for key in keys))
    return Page(
        title=spec_words(graph.spec),
        aside=workload_words(graph, report.workload),
        parts=(
            Table(
                columns=tuple(columns[key][0] for key in keys),
                rows=(image, *(row(*(columns[key][1](node) for key in keys)) for node in shown)),
                name="slides",
                main=True,
            ),
        ),
        notes=(UNITS, *graph_notes(report), *axes_note(report)),
        data=lambda: report_data(report, options.convention, many=iter),
    )


def _image_cell(key: str, image: Shape) -> Any:
    return {"layer": "Input", "name": "input", "output": image}.get(key, "")


def _word(node: Node) -> str:
    kind, label = node.layer.row_kind, node.layer.label
    if kind == "norm" and node.layer.stem in WORDS:
        return WORDS[node.layer.stem]
    return WORDS.get(label if kind == "pool" else kind, WORDS.get(label, label))


def _filters(node: Node) -> Any:
    if node.layer.row_kind not in CONVOLUTIONS:
        return ""
    return getattr(node.layer, "filters", node.shape[0])


def _filter_size(node: Node) -> str:
    window = node.layer.geometry()
    if window is None and node.layer.row_kind in CONVOLUTIONS:
        return describe(getattr(node.layer, "kernel", ()))
    return describe(along_axes(window.kernel, node.shape)) if window else ""


def _of(node: Node, figure: Callable[[Windows | Slide], Extents]) -> Any:
    window = node.layer.geometry()
    return sides_text(figure(window)) if window else ""


def _activation(report: Report, node: Node) -> str:
    """What follows the layer before the next row."""
    words = []
    nodes = report.graph.nodes
    value = node.output
    for at in range(node.index + 1, len(nodes)):
        follower = nodes[at]
        if follower.is_row or follower.layer.row == "never":
            break
        if value in follower.inputs and isinstance(follower.layer, Activation | Softmax):
            words.append(follower.layer.label)
        value = follower.output if value in follower.inputs else value
    return ", ".join(words)
