"""Layers as ONNX nodes, under the names of their rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from onnx import NodeProto, helper, numpy_helper

from vggstat.net.graph import Node
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.add import Add
from vggstat.net.ops.avgpool import AvgPool
from vggstat.net.ops.base import Layer, Windows
from vggstat.net.ops.bn import BatchNorm
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.dropout import Dropout
from vggstat.net.ops.elu import ELU
from vggstat.net.ops.fc import Linear
from vggstat.net.ops.flatten import Flatten
from vggstat.net.ops.gelu import GELU
from vggstat.net.ops.group_norm import GroupNorm
from vggstat.net.ops.hard_sigmoid import HardSigmoid
from vggstat.net.ops.hard_swish import HardSwish
from vggstat.net.ops.layer_norm import LayerNorm
from vggstat.net.ops.leaky_relu import LeakyReLU
from vggstat.net.ops.lrn import LRN
from vggstat.net.ops.maxpool import MaxPool
from vggstat.net.ops.multiply import Multiply
from vggstat.net.ops.part import Crop, Part, Split
from vggstat.net.ops.pooling import WindowPool
from vggstat.net.ops.relu import ReLU
from vggstat.net.ops.relu6 import ReLU6
from vggstat.net.ops.shuffle import ChannelShuffle
from vggstat.net.ops.sigmoid import Sigmoid
from vggstat.net.ops.silu import SiLU
from vggstat.net.ops.softmax import Softmax
from vggstat.net.ops.tanh import Tanh
from vggstat.net.ops.upconv import UpConv
from vggstat.net.ops.upsample import Upsample
from vggstat.shapes import Shape

__all__ = ["LEAST_OPSET", "OPSETS", "is_known", "onnx_nodes"]

LEAST_OPSET: Final = 17
"""The first version of ONNX's operators with layer normalization."""
OPSETS: Final[Mapping[type[Layer], int]] = {GELU: 20, GroupNorm: 21}
"""Layers whose operator is younger: GroupNormalization has a scale for each channel from 21 on."""


class _Nodes:
    """The ONNX nodes of one layer. What comes before the last is named after the layer and a slash."""

    def __init__(self, node: Node, names: Mapping[int, str]) -> None:
        self.node = node
        self.name = names[node.output]
        self.reads = [names[value] for value in node.inputs]
        self.made: list[NodeProto] = []

    @property
    def x(self) -> str:
        return self.reads[0]

    @property
    def tensors(self) -> list[str]:
        """The names of its weights and statistics."""
        return [f"{self.node.torch_name}.{one.name}" for one in self.node.params if one.width is None]

    def constant(self, what: str, values: Any, kind: type[np.generic] = np.int64) -> str:
        """A tensor that is no weight."""
        name = f"{self.name}/{what}"
        tensor = numpy_helper.from_array(np.asarray(values, kind), name)
        self.made.append(helper.make_node("Constant", [], [name], name, value=tensor))
        return name

    def step(self, operator: str, what: str, reads: Sequence[str], **attributes: Any) -> str:
        """A node on the way; the name of what it makes."""
        name = f"{self.name}/{what}" if what else self.name
        self.made.append(helper.make_node(operator, list(reads), [name], name, **attributes))
        return name

    def end(self, operator: str, reads: Sequence[str] | None = None, **attributes: Any) -> None:
        """The node whose result is the layer's."""
        self.step(operator, "", self.reads if reads is None else reads, **attributes)


def is_known(node: Node) -> bool:
    """Whether there are ONNX operators for a layer."""
    return type(node.layer) in _WRITERS


def onnx_nodes(node: Node, names: Mapping[int, str]) -> list[NodeProto]:
    """The nodes that compute a layer, the last one under the name of its value. ``names`` are those of all values."""
    nodes = _Nodes(node, names)
    _WRITERS[type(node.layer)](nodes, node.layer)
    return nodes.made


def _window(windows: Windows | None, *, dilated: bool = True) -> dict[str, Any]:
    assert windows is not None
    sides = {
        "kernel_shape": [side.kernel for side in windows],
        "strides": [side.stride for side in windows],
        "pads": [side.padding for side in windows] * 2,
    }
    return {**sides, "dilations": [side.dilation for side in windows]} if dilated else sides


def _conv(nodes: _Nodes, layer: Conv) -> None:
    nodes.end("Conv", [nodes.x, *nodes.tensors], group=layer.groups, **_window(layer.geometry()))


def _upconv(nodes: _Nodes, layer: UpConv) -> None:
    sides = {**_window(layer.geometry()), "output_padding": [layer.output_padding] * 2}
    nodes.end("ConvTranspose", [nodes.x, *nodes.tensors], **sides)


def _fc(nodes: _Nodes, _: Linear) -> None:
    nodes.end("Gemm", [nodes.x, *nodes.tensors], transB=1)


def _maxpool(nodes: _Nodes, layer: MaxPool) -> None:
    nodes.end("MaxPool", **_slid(nodes.node, layer))


def _avgpool(nodes: _Nodes, layer: AvgPool) -> None:
    """torch's mean takes in the zeros of the padding, and nothing beyond: where a window reaches over both, the zeros are
    put there first."""
    settings = _slid(nodes.node, layer)
    over, padded = _overhang(nodes.node, layer), any(settings["pads"])
    if not (padded and any(over)):
        nodes.end("AveragePool", **settings, count_include_pad=int(padded))
        return
    zeros = nodes.constant("zeros", [0, 0, *settings["pads"][:2]] * 2)
    whole = nodes.step("Pad", "padded", [nodes.x, zeros])
    nodes.end(
        "AveragePool", [whole], **{**settings, "pads": [0, 0, *over], "ceil_mode": 0}, count_include_pad=0
    )


def _slid(node: Node, layer: WindowPool) -> dict[str, Any]:
    """The window of a pool. Rounding up ONNX also takes windows that start behind the end: where there would be such
    ones, the padding at the end is what the others need, and nothing is rounded up."""
    window = _window(layer.geometry(), dilated=False)
    if not layer.ceil or node.shape[1:] == _rounded_up(node.in_shapes[0], layer.windows()):
        return {**window, "ceil_mode": int(layer.ceil)}
    before, behind = window["pads"][:2], window["pads"][2:]
    over = _overhang(node, layer)
    return {**window, "pads": [*before, *map(sum, zip(behind, over, strict=True))], "ceil_mode": 0}


def _rounded_up(shape: Shape, windows: Windows) -> Shape:
    sizes = zip(shape[1:], windows, strict=True)
    return tuple(-(-(size + 2 * one.padding - one.kernel) // one.stride) + 1 for size, one in sizes)


def _overhang(node: Node, layer: WindowPool) -> list[int]:
    """How far the last windows reach over the padding, along height and width."""
    sides = zip(node.in_shapes[0][1:], node.shape[1:], layer.windows(), strict=True)
    return [
        max(0, (made - 1) * one.stride + one.kernel - size - 2 * one.padding) for size, made, one in sides
    ]


def _adaptive(nodes: _Nodes, layer: AdaptiveAvgPool) -> None:
    """One value a channel, or windows of one size, or where these differ the products with two matrices of shares."""
    _, *sizes = nodes.node.in_shapes[0]
    if layer.target == (1, 1):
        nodes.end("GlobalAveragePool")
    elif all(size % goal == 0 for size, goal in zip(sizes, layer.target, strict=True)):
        sides = [size // goal for size, goal in zip(sizes, layer.target, strict=True)]
        nodes.end("AveragePool", kernel_shape=sides, strides=sides)
    else:
        rows, columns = map(_shares, sizes, layer.target)
        high = nodes.step("MatMul", "rows", [nodes.constant("of_rows", rows, np.float32), nodes.x])
        nodes.end("MatMul", [high, nodes.constant("of_columns", columns.T, np.float32)])


def _shares(size: int, goal: int) -> np.ndarray[Any, Any]:
    """For each output what each input has in it: torch's windows, from the rounded down to the rounded up share."""
    shares = np.zeros((goal, size))
    for at in range(goal):
        start, stop = at * size // goal, -(-(at + 1) * size // goal)
        shares[at, start:stop] = 1 / (stop - start)
    return shares


def _bn(nodes: _Nodes, _: BatchNorm) -> None:
    nodes.end("BatchNormalization", [nodes.x, *nodes.tensors], epsilon=1e-5)


def _gn(nodes: _Nodes, layer: GroupNorm) -> None:
    nodes.end("GroupNormalization", [nodes.x, *nodes.tensors], epsilon=1e-5, num_groups=layer.groups)


def _ln(nodes: _Nodes, _: LayerNorm) -> None:
    """Over the last axis, where the channels of a map are brought and from where they are brought back."""
    if len(nodes.node.shape) == 1:
        nodes.end("LayerNormalization", [nodes.x, *nodes.tensors], epsilon=1e-5)
        return
    last = nodes.step("Transpose", "channels_last", [nodes.x], perm=[0, 2, 3, 1])
    normed = nodes.step("LayerNormalization", "norm", [last, *nodes.tensors], epsilon=1e-5)
    nodes.end("Transpose", [normed], perm=[0, 3, 1, 2])


def _lrn(nodes: _Nodes, layer: LRN) -> None:
    """An even number of channels reaches one farther down in torch than in ONNX, where runtimes refuse it besides: that
    is written out as the mean of squares over channels, as torch computes it."""
    if layer.size % 2:
        nodes.end("LRN", alpha=layer.alpha, beta=layer.beta, bias=layer.k, size=layer.size)
        return
    axis = nodes.constant("axis", [1])
    squares = nodes.step("Mul", "squares", [nodes.x, nodes.x])
    column = nodes.step("Unsqueeze", "column", [squares, axis])
    below, above = layer.size // 2, (layer.size - 1) // 2
    pads = [below, 0, 0, above, 0, 0]
    mean = nodes.step(
        "AveragePool", "mean", [column], kernel_shape=[layer.size, 1, 1], pads=pads, count_include_pad=1
    )
    value = nodes.step("Squeeze", "means", [mean, axis])
    for operator, what, number in (
        ("Mul", "alpha", layer.alpha),
        ("Add", "k", layer.k),
        ("Pow", "beta", layer.beta),
    ):
        value = nodes.step(operator, f"with_{what}", [value, nodes.constant(what, number, np.float32)])
    nodes.end("Div", [nodes.x, value])


def _dropout(nodes: _Nodes, layer: Dropout) -> None:
    nodes.end("Dropout", [nodes.x, nodes.constant("ratio", layer.p, np.float32)])


def _relu6(nodes: _Nodes, _: ReLU6) -> None:
    bounds = [nodes.constant(name, value, np.float32) for name, value in (("least", 0), ("most", 6))]
    nodes.end("Clip", [nodes.x, *bounds])


def _silu(nodes: _Nodes, _: SiLU) -> None:
    nodes.end("Mul", [nodes.x, nodes.step("Sigmoid", "sigmoid", [nodes.x])])


def _part(nodes: _Nodes, layer: Part) -> None:
    bounds = zip(layer.start, layer.makes, nodes.node.in_shapes[0], strict=True)
    cut = [
        (axis, start, start + size) for axis, (start, size, whole) in enumerate(bounds, 1) if size != whole
    ]
    if not cut:
        nodes.end("Identity")
        return
    axes, starts, ends = zip(*cut, strict=True)
    named = (("starts", starts), ("ends", ends), ("axes", axes))
    nodes.end("Slice", [nodes.x, *(nodes.constant(name, numbers) for name, numbers in named)])


def _shuffle(nodes: _Nodes, layer: ChannelShuffle) -> None:
    """Channels as a table of groups, turned, and back in a row; 0 stands for the batch."""
    channels, height, width = nodes.node.shape
    table = [0, layer.groups, channels // layer.groups, height, width]
    groups = nodes.step("Reshape", "groups", [nodes.x, nodes.constant("table", table)])
    turned = nodes.step("Transpose", "turned", [groups], perm=[0, 2, 1, 3, 4])
    nodes.end("Reshape", [turned, nodes.constant("row", [0, channels, height, width])])


def _upsample(nodes: _Nodes, layer: Upsample) -> None:
    settings = {
        "nearest": {
            "coordinate_transformation_mode": "asymmetric",
            "mode": "nearest",
            "nearest_mode": "floor",
        },
        "bilinear": {"coordinate_transformation_mode": "half_pixel", "mode": "linear"},
    }
    scales = nodes.constant("scales", [1, 1, layer.scale, layer.scale], np.float32)
    nodes.end("Resize", [nodes.x, "", scales], **settings[layer.mode])


Writer = Callable[[_Nodes, Any], None]


def _plain(operator: str, **attributes: Any) -> Writer:
    """A layer that is one operator, which reads what the layer reads."""
    return lambda nodes, _: nodes.end(operator, **attributes)


_WRITERS: Final[Mapping[type[Layer], Writer]] = {
    Conv: _conv,
    UpConv: _upconv,
    Linear: _fc,
    MaxPool: _maxpool,
    AvgPool: _avgpool,
    AdaptiveAvgPool: _adaptive,
    BatchNorm: _bn,
    GroupNorm: _gn,
    LayerNorm: _ln,
    LRN: _lrn,
    Dropout: _dropout,
    ReLU: _plain("Relu"),
    ReLU6: _relu6,
    LeakyReLU: lambda nodes, layer: nodes.end("LeakyRelu", alpha=layer.slope),
    ELU: lambda nodes, layer: nodes.end("Elu", alpha=layer.alpha),
    GELU: lambda nodes, layer: nodes.end("Gelu", approximate=layer.approximate),
    SiLU: _silu,
    Sigmoid: _plain("Sigmoid"),
    Tanh: _plain("Tanh"),
    HardSwish: _plain("HardSwish"),
    HardSigmoid: _plain("HardSigmoid", alpha=1 / 6, beta=0.5),
    Softmax: _plain("Softmax", axis=1),
    Flatten: _plain("Flatten", axis=1),
    Add: lambda nodes, _: nodes.end("Add" if len(nodes.reads) == 2 else "Sum"),
    Multiply: _plain("Mul"),
    Concat: _plain("Concat", axis=1),
    Split: _part,
    Crop: _part,
    ChannelShuffle: _shuffle,
    Upsample: _upsample,
}
