"""Single operators, and what exporters write for one layer: which layer each is, with its shape, tensors and MACs."""

from __future__ import annotations

from math import erf, sqrt
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import helper

from tests.sources.onnx_file.models import (
    NEWEST,
    OPSETS,
    kinds_of,
    layers,
    model,
    node,
    number,
    numbers,
    read,
    report,
    weight,
)


def small_net(opset: int) -> onnx.ModelProto:
    """One network in the forms that its operators have in an opset: settings are attributes at first, inputs later."""
    attributes: dict[str, dict[str, Any]] = {"clip": {}, "mean": {}, "squeeze": {}, "split": {}}
    beside = {"clip": " low high", "mean": "", "squeeze": "", "split": ""}
    if opset >= 18:
        beside["mean"] = " axes"
        attributes["split"] = {"num_outputs": 2}
    else:
        attributes["mean"] = {"axes": [2, 3]}
    if opset >= 13:
        beside["squeeze"] = " axes"
    else:
        attributes["squeeze"] = {"axes": [2, 3]}
    nodes = [
        node("Conv", "x w1 b1", "c1", pads=[1, 1, 1, 1]),
        node("BatchNormalization", "c1 scale shift average variance", "n1"),
        node("Clip", f"n1{beside['clip']}", "a1", min=None, max=None),
        node("Split", "a1", "left right", axis=1, **attributes["split"]),
        node("Concat", "right left", "j", axis=1),
        node("MaxPool", "j", "p", kernel_shape=[2, 2], strides=[2, 2]),
        node("ReduceMean", f"p{beside['mean']}", "m", keepdims=1, **attributes["mean"]),
        node("Dropout", "m", "d"),
        node("Squeeze", f"d{beside['squeeze']}", "f", **attributes["squeeze"]),
        node("Gemm", "f w2 b2", "s", transB=1),
        node("Softmax", "s", "y", axis=1),
    ]
    channels = [weight(name, 8) for name in ("b1", "scale", "shift", "average", "variance")]
    tensors = [weight("w1", 8, 3, 3, 3), *channels, weight("w2", 10, 8), weight("b2", 10)]
    settings = [number("low", 0), number("high", 6), numbers("axes", 2, 3)]
    return model(nodes, *tensors, *settings, opset=opset)


@pytest.mark.parametrize("opset", OPSETS)
def test_every_opset_is_the_same_network(opset: int, tmp_path: Path) -> None:
    """216 + 8 of the convolution, 16 of the norm, 80 + 10 of the FC layer; 32 x 32 x 8 x 27 + 80 MACs."""
    found = report(small_net(opset), tmp_path)

    assert layers(found.graph) == [
        "Conv 8x32x32",
        "BatchNorm 8x32x32",
        "ReLU6 8x32x32",
        "Split 4x32x32",
        "Split 4x32x32",
        "Concat 8x32x32",
        "MaxPool 8x16x16",
        "AdaptiveAvgPool 8x1x1",
        "Flatten 8",
        "Linear 10",
        "Softmax 10",
    ]
    assert found.total.params == 216 + 8 + 16 + 80 + 10
    assert found.total.macs == 32 * 32 * 8 * 27 + 80
    assert [node.layer.start for node in found.graph.nodes if node.layer.stem == "split"] == [  # type: ignore[attr-defined]
        (0, 0, 0),
        (4, 0, 0),
    ]


def conv(tensors: tuple[int, ...] = (8, 3, 3, 3), **settings: Any) -> onnx.ModelProto:
    return model([node("Conv", "x w", "y", **settings)], weight("w", *tensors))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["Conv 8x30x30"]),
        ({"pads": [1, 1, 1, 1]}, ["Conv 8x32x32"]),
        ({"pads": [1, 2, 1, 2]}, ["Conv 8x32x34"]),
        ({"auto_pad": "VALID"}, ["Conv 8x30x30"]),
        ({"auto_pad": "SAME_UPPER"}, ["Conv 8x32x32"]),
        # At stride 2 a row on one side alone: 33 - 3 // 2 + 1. Rows that no window reaches may be left out.
        ({"auto_pad": "SAME_UPPER", "strides": [2, 2]}, ["Rearranged:padding 3x33x33", "Conv 8x16x16"]),
        ({"auto_pad": "SAME_LOWER", "strides": [2, 2]}, ["Conv 8x16x16"]),
        ({"pads": [1, 1, 0, 0], "strides": [2, 2]}, ["Conv 8x16x16"]),
        ({"pads": [0, 0, 1, 1], "strides": [2, 2]}, ["Rearranged:padding 3x33x33", "Conv 8x16x16"]),
        ({"pads": [0, 1, 1, 1]}, ["Rearranged:padding 3x33x34", "Conv 8x31x32"]),
        ({"dilations": [2, 2], "auto_pad": "SAME_UPPER"}, ["Conv 8x32x32"]),
    ],
)
def test_padding_of_four_sides(settings: dict[str, Any], expected: list[str], tmp_path: Path) -> None:
    """What the language's padding cannot say stands in front; the convolution counts the same: 27 MACs a value."""
    found = report(conv(**settings), tmp_path)

    assert layers(found.graph) == expected
    channels, height, width = found.graph.output_shape
    assert found.total.macs == channels * height * width * 27
    assert found.total.params == 8 * 27


@pytest.mark.parametrize(
    ("nodes", "tensors", "inputs", "expected", "macs", "params"),
    [
        # Over one axis and over three: 15 positions of 3 x 4 x 5, and 2 x 2 x 2 of 3 x 27.
        ([node("Conv", "x w b", "y")], [(5, 4, 3), (5,)], (1, 4, 17), "SeenConv:conv1d 5x15", 15 * 60, 65),
        ([node("Conv", "x w", "y")], [(6, 3, 3, 3, 3)], (1, 3, 4, 4, 4), "SeenConv:conv3d 6x2x2x2", 8 * 6 * 81, 486),
        # A filter a channel.
        ([node("Conv", "x w", "y", group=4)], [(4, 1, 3, 3)], (1, 4, 6, 6), "Conv 4x4x4", 16 * 36, 36),
        ([node("ConvTranspose", "x w b", "y", strides=[2, 2])], [(4, 6, 2, 2), (6,)], (1, 4, 5, 5), "UpConv 6x10x10",
         25 * 96, 102),
        ([node("ConvTranspose", "x w", "y", strides=[3, 2])], [(4, 6, 2, 3)], (1, 4, 5, 5),
         "SeenTransposedConv:conv_transpose2d 6x14x11", 25 * 144, 144),
        ([node("Gemm", "x w b", "y", transB=1)], [(7, 5), (7,)], (1, 5), "Linear 7", 35, 42),
        ([node("Gemm", "x w", "y", alpha=0.5)], [(5, 7)], (1, 5), "Linear 7", 35, 35),
        ([node("MatMul", "x w", "y")], [(5, 7)], (1, 9, 5), "SeenLinear:fc 9x7", 9 * 35, 35),
        ([node("MatMul", "x w", "m"), node("Add", "m b", "y")], [(5, 7), (7,)], (1, 9, 5), "SeenLinear:fc 9x7",
         9 * 35, 42),
        ([node("MatMul", "x w", "m"), node("Add", "b m", "y")], [(5, 7), (7,)], (1, 5), "Linear 7", 35, 42),
        ([node("Conv", "x w", "c"), node("Add", "c b", "y")], [(8, 3, 1, 1), (1, 8, 1, 1)], (1, 3, 4, 4), "Conv 8x4x4",
         16 * 24, 32),
        ([node("MatMul", "w x", "y")], [(7, 9)], (1, 9, 5), "SeenLinear:matmul 7x5", 35 * 9, 63),
        ([node("Einsum", "x w", "y", equation="btd,dhk->bthk")], [(6, 2, 3)], (1, 9, 6), "SeenLinear:einsum 9x2x3",
         9 * 36, 36),
        ([node("Einsum", "x x", "y", equation="bqd,bkd->bqk")], [], (1, 9, 6), "MatMul:einsum 9x9", 81 * 6, 0),
        ([node("Transpose", "x", "t", perm=[0, 2, 1]), node("MatMul", "x t", "y")], [], (1, 9, 6), "MatMul:matmul 9x9",
         81 * 6, 0),
        ([node("PRelu", "x w", "y")], [(1, 1)], (1, 8, 4), "Pointwise:PRelu 8x4", 0, 1),
        ([node("Gather", "w i", "y")], [(50, 16)], (1, 7), "Rearranged:embedding 7x16", 0, 800),
        ([node("Add", "x w", "y")], [(1, 7, 6)], (1, 7, 6), "Pointwise:add 7x6", 0, 42),
        ([node("Mul", "x w", "y")], [()], (1, 7, 6), "Pointwise:multiply 7x6", 0, 0),
    ],
)  # fmt: skip
def test_products_and_tensors(
    nodes: list[onnx.NodeProto],
    tensors: list[tuple[int, ...]],
    inputs: tuple[int, ...],
    expected: str,
    macs: int,
    params: int,
    tmp_path: Path,
) -> None:
    """Convolutions of any rank, FC layers and products: MACs by their formula, and the tensors that they hold."""
    stored = [weight(name, *shape) for name, shape in zip("wb", tensors, strict=False)]
    name = "i" if any("i" in one.input for one in nodes) else "x"
    kinds = {"i": onnx.TensorProto.INT64}
    found = report(model(nodes, *stored, inputs={name: inputs}, kinds=kinds), tmp_path)

    assert layers(found.graph)[-1] == expected
    assert (found.total.macs, found.total.params) == (macs, params)


def quantized(form: str) -> onnx.ModelProto:
    """A convolution with weights of 8 bits, in the two forms that quantizers write."""
    int8, uint8 = onnx.TensorProto.INT8, onnx.TensorProto.UINT8
    scale, zero = number("s", 0.1), weight("z", kind=uint8)
    stored = [scale, zero, weight("w", 8, 3, 3, 3, kind=int8), weight("wz", kind=int8)]
    if form == "operators":
        nodes = [
            node("QuantizeLinear", "x s z", "q"),
            node("QLinearConv", "q s z w s wz s z b", "c"),
            node("DequantizeLinear", "c s z", "y"),
        ]
        return model(nodes, *stored, weight("b", 8, kind=onnx.TensorProto.INT32))
    nodes = [
        node("QuantizeLinear", "x s z", "q"),
        node("DequantizeLinear", "q s z", "d"),
        node("DequantizeLinear", "w s wz", "dw"),
        node("Conv", "d dw b", "y"),
    ]
    return model(nodes, *stored, weight("b", 8))


@pytest.mark.parametrize("form", ["operators", "pairs"])
def test_quantized_convolutions(form: str, tmp_path: Path) -> None:
    """What brings values into 8 bits and back is no layer; the convolution is the one that it was."""
    found = report(quantized(form), tmp_path)

    assert layers(found.graph) == ["Conv 8x30x30"]
    assert (found.total.macs, found.total.params) == (30 * 30 * 8 * 27, 8 * 27 + 8)
    assert any("quantized" in note for note in found.graph.notes)


@pytest.mark.parametrize("kind", ["FLOAT16", "FLOAT"])
def test_the_format_of_weights_is_told(kind: str, tmp_path: Path) -> None:
    """Where it is not float32, which bytes are of unless another format is asked for."""
    number_kind = onnx.TensorProto.DataType.Value(kind)
    stored = model(
        [node("Conv", "x w", "y")], weight("w", 8, 3, 3, 3, kind=number_kind), kinds={"x": number_kind}
    )
    told = [note for note in report(stored, tmp_path).graph.notes if "weights are in" in note]

    assert told == (
        []
        if kind == "FLOAT"
        else [
            f"The file's weights are in {kind.lower()}; bytes here are those of --dtype, which is float32 unless given."
        ]
    )


def of_numbers(*nodes: onnx.NodeProto, **constants: float) -> onnx.ModelProto:
    return model(list(nodes), *(number(name, value) for name, value in constants.items()))


ACTIVATIONS: dict[str, tuple[str, onnx.ModelProto]] = {
    "clip to 6": ("ReLU6", of_numbers(node("Clip", "x a b", "y"), a=0, b=6)),
    "clip from 0": ("ReLU", of_numbers(node("Clip", "x a", "y"), a=0)),
    "max and min": ("ReLU6", of_numbers(node("Max", "x a", "m"), node("Min", "m b", "y"), a=0, b=6)),
    "silu": ("SiLU", of_numbers(node("Sigmoid", "x", "s"), node("Mul", "x s", "y"))),
    "silu, the other way round": ("SiLU", of_numbers(node("Sigmoid", "x", "s"), node("Mul", "s x", "y"))),
    "sigmoid": ("Sigmoid", of_numbers(node("Neg", "x", "n"), node("Exp", "n", "e"), node("Add", "e a", "p"),
                                      node("Div", "a p", "y"), a=1)),
    "hard-sigmoid": ("HardSigmoid", of_numbers(node("Add", "x a", "p"), node("Clip", "p b c", "q"), node("Div", "q c", "y"),
                                               a=3, b=0, c=6)),
    "hard-swish of a division": ("HardSwish", of_numbers(node("Add", "x a", "p"), node("Clip", "p b c", "q"),
                                                         node("Mul", "x q", "m"), node("Div", "m c", "y"), a=3, b=0, c=6)),
    "hard-swish of a hard-sigmoid": ("HardSwish", of_numbers(node("HardSigmoid", "x", "h", alpha=1 / 6),
                                                             node("Mul", "x h", "y"))),
    "hard-swish": ("HardSwish", model([node("HardSwish", "x", "y")])),
    "gelu": ("GELU", of_numbers(node("Div", "x a", "d"), node("Erf", "d", "e"), node("Add", "e b", "p"),
                                node("Mul", "x p", "m"), node("Mul", "m c", "y"), a=sqrt(2), b=1, c=0.5)),
    "gelu, half first": ("GELU", of_numbers(node("Mul", "x c", "h"), node("Mul", "x a", "d"), node("Erf", "d", "e"),
                                            node("Add", "e b", "p"), node("Mul", "h p", "y"), a=0.70710677, b=1, c=0.5)),
    "gelu of tanh": ("GELU", of_numbers(node("Pow", "x a", "q"), node("Mul", "q b", "r"), node("Add", "x r", "s"),
                                        node("Mul", "s c", "t"), node("Tanh", "t", "u"), node("Add", "u d", "v"),
                                        node("Mul", "x v", "w"), node("Mul", "w e", "y"),
                                        a=3, b=0.044715, c=0.7978846, d=1, e=0.5)),
    "the operator gelu": ("GELU", model([node("Gelu", "x", "y")], opset=20)),
    "leaky": ("LeakyReLU", model([node("LeakyRelu", "x", "y", alpha=0.2)])),
    "elu": ("ELU", model([node("Elu", "x", "y")])),
    "swish": ("SiLU", model([node("Swish", "x", "y")], opset=NEWEST)),
}  # fmt: skip


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str, tmp_path: Path) -> None:
    """One layer, whether it is an operator or written out."""
    expected, content = ACTIVATIONS[name]

    assert kinds_of(read(content, tmp_path)) == [expected]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        # x * sigmoid(1.702 x) is near GELU, and is not GELU: at 2 it is 1.936, GELU 1.954.
        (of_numbers(node("Mul", "x a", "m"), node("Sigmoid", "m", "s"), node("Mul", "x s", "y"), a=1.702),
         ["Pointwise", "Sigmoid", "Multiply"]),
        (of_numbers(node("Relu", "x", "r"), node("Relu", "r", "y")), ["ReLU", "ReLU"]),
        (of_numbers(node("Clip", "x a b", "y"), a=-1, b=1), ["Pointwise"]),
        (model([node("HardSigmoid", "x", "y")]), ["Pointwise"]),
        (of_numbers(node("Add", "x a", "y"), a=1), ["Pointwise"]),
        (model([node("MaxPool", "x", "y indices", kernel_shape=[2, 2])], outputs="y indices"), ["Pointwise", "Rearranged"]),
    ],
)  # fmt: skip
def test_what_is_like_an_activation_and_is_none(
    content: onnx.ModelProto, expected: list[str], tmp_path: Path
) -> None:
    """Two layers stay two, and another function stays what it is."""
    assert erf(2 / sqrt(2)) + 1 == pytest.approx(1.9545, abs=1e-4)
    assert kinds_of(read(content, tmp_path)) == expected


def test_what_somebody_reads_between_is_kept(tmp_path: Path) -> None:
    """A sigmoid that is an output as well is a layer of its own."""
    nodes = [node("Sigmoid", "x", "s"), node("Mul", "x s", "y")]

    assert kinds_of(read(model(nodes, outputs="y s"), tmp_path)) == ["Sigmoid", "Multiply"]


def norm_written_out(first: str = "x") -> list[onnx.NodeProto]:
    """A layer norm over the last axis as exporters wrote it before opset 17."""
    return [
        node("ReduceMean", first, "mean", axes=[-1]),
        node("Sub", f"{first} mean", "away"),
        node("Pow", "away two", "square"),
        node("ReduceMean", "square", "variance", axes=[-1]),
        node("Add", "variance eps", "more"),
        node("Sqrt", "more", "root"),
        node("Div", "away root", "normal"),
        node("Mul", "normal w", "scaled"),
        node("Add", "scaled b", "n"),
    ]


NORM = [number("two", 2), number("eps", 1e-5), weight("w", 8), weight("b", 8)]


@pytest.mark.parametrize(
    ("nodes", "inputs", "expected"),
    [
        ([*norm_written_out(), node("Identity", "n", "y")], (1, 5, 8), ["TokenNorm:layer_norm 5x8"]),
        ([*norm_written_out(), node("Identity", "n", "y")], (1, 8), ["LayerNorm 8"]),
        ([node("Transpose", "x", "t", perm=[0, 2, 3, 1]), *norm_written_out("t"),
          node("Transpose", "n", "y", perm=[0, 3, 1, 2])], (1, 8, 5, 5), ["LayerNorm 8x5x5"]),
        ([node("LayerNormalization", "x w b", "y")], (1, 5, 8), ["TokenNorm:layer_norm 5x8"]),
    ],
)  # fmt: skip
def test_layer_norms(
    nodes: list[onnx.NodeProto], inputs: tuple[int, ...], expected: list[str], tmp_path: Path
) -> None:
    """Of vectors, of tokens, and of the channels of a map: a scale and a shift for each of 8."""
    found = report(model(nodes, *NORM, inputs={"x": inputs}), tmp_path)

    assert layers(found.graph) == expected
    assert found.total.params == 16


def group_norm() -> onnx.ModelProto:
    """As torch exports it: an instance norm of each group in a row, then a scale and a shift for each channel."""
    nodes = [
        node("Reshape", "x apart", "r"),
        node("InstanceNormalization", "r ones zeros", "i"),
        node("Reshape", "i together", "s"),
        node("Mul", "s w", "m"),
        node("Add", "m b", "y"),
    ]
    plain = [
        helper.make_tensor(name, onnx.TensorProto.FLOAT, [4], [value] * 4)
        for name, value in (("ones", 1.0), ("zeros", 0.0))
    ]
    scales = [weight("w", 8, 1, 1), weight("b", 8, 1, 1)]
    sizes = [numbers("apart", 0, 4, -1), numbers("together", 1, 8, 6, 6)]
    return model(nodes, *plain, *scales, *sizes, inputs={"x": (1, 8, 6, 6)})


@pytest.mark.parametrize(
    ("content", "groups"),
    [
        (group_norm(), 4),
        (model([node("GroupNormalization", "x w b", "y", num_groups=2)], weight("w", 8), weight("b", 8),
               inputs={"x": (1, 8, 6, 6)}, opset=21), 2),
        (model([node("InstanceNormalization", "x w b", "y")], weight("w", 8), weight("b", 8),
               inputs={"x": (1, 8, 6, 6)}), 8),
    ],
)  # fmt: skip
def test_group_norms(content: onnx.ModelProto, groups: int, tmp_path: Path) -> None:
    """A scale and a shift for each channel. An instance norm has a group for each of them."""
    found = report(content, tmp_path)

    assert layers(found.graph) == ["GroupNorm 8x6x6"]
    assert found.graph.nodes[0].layer.groups == groups  # type: ignore[attr-defined]
    assert found.total.params == 16


def test_local_response_norm_written_out(tmp_path: Path) -> None:
    """As torch exports it: a pool over the channels, which are an axis of their own for as long."""
    nodes = [
        node("Mul", "x x", "q"),
        node("Unsqueeze", "q one", "u"),
        node("Pad", "u pads", "p"),
        node("AveragePool", "p", "a", kernel_shape=[5, 1, 1], strides=[1, 1, 1]),
        node("Squeeze", "a one", "s"),
        node("Mul", "s alpha", "m"),
        node("Add", "m k", "k2"),
        node("Pow", "k2 beta", "d"),
        node("Div", "x d", "y"),
    ]
    told = [number("alpha", 1e-4), number("k", 2.0), number("beta", 0.75)]
    axes = [numbers("one", 1), numbers("pads", 0, 0, 2, 0, 0, 0, 0, 2, 0, 0)]
    graph = read(model(nodes, *told, *axes, inputs={"x": (1, 8, 6, 6)}), tmp_path)

    assert layers(graph) == ["LRN 8x6x6"]
    layer: Any = graph.nodes[0].layer
    assert (layer.size, layer.alpha, layer.beta, layer.k) == (5, 1e-4, 0.75, 2.0)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ([node("Reshape", "x five", "r"), node("Transpose", "r", "t", perm=[0, 2, 1, 3, 4]), node("Reshape", "t four", "y")],
         ["ChannelShuffle 8x6x6"]),
        ([node("Pad", "x pads", "p"), node("Conv", "p w", "y")], ["Conv 4x6x6"]),
        ([node("Pad", "x less", "p"), node("Conv", "p w", "y")], ["Rearranged:padding 8x7x7", "Conv 4x5x5"]),
        ([node("Slice", "x n0 n2 n2", "a"), node("Slice", "a n1 n5 n3", "y")], ["Crop 8x2x4"]),
        ([node("Slice", "x n2 n5 n1", "y")], ["Split 3x6x6"]),
        ([node("GlobalAveragePool", "x", "y")], ["AdaptiveAvgPool 8x1x1"]),
        ([node("GlobalMaxPool", "x", "y")], ["MaxPool 8x1x1"]),
        ([node("ReduceMean", "x", "m", axes=[2, 3], keepdims=0), node("Relu", "m", "y")],
         ["AdaptiveAvgPool 8x1x1", "Flatten 8", "ReLU 8"]),
        ([node("Resize", "x - scales", "y", coordinate_transformation_mode="asymmetric", nearest_mode="floor")],
         ["Upsample 8x12x12"]),
        ([node("Resize", "x - scales", "y", mode="linear")], ["Upsample 8x12x12"]),
        ([node("Resize", "x - scales", "y", mode="linear", coordinate_transformation_mode="align_corners")],
         ["Pointwise:Resize 8x12x12"]),
        ([node("AveragePool", "x", "y", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1)], ["AvgPool 8x3x3"]),
        ([node("MaxPool", "x", "y", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1])], ["MaxPool 8x3x3"]),
        ([node("MaxPool", "x", "y", kernel_shape=[3, 3], dilations=[2, 2])], ["Pointwise:maxpool 8x2x2"]),
        ([node("Shape", "x", "s"), node("Gather", "s zero", "n"), node("Unsqueeze", "n n0", "u"),
          node("Concat", "u rest", "c", axis=0), node("Reshape", "x c", "y")], ["Flatten 288"]),
        ([node("Add", "x x", "y")], ["Add 8x6x6"]),
        ([node("Identity", "x", "i"), node("Cast", "i", "c", to=10), node("Cast", "c", "d", to=1), node("Relu", "d", "y")],
         ["ReLU 8x6x6"]),
        ([node("Dropout", "x ratio train", "y")], ["Dropout 8x6x6"]),
    ],
)  # fmt: skip
def test_maps(nodes: list[onnx.NodeProto], expected: list[str], tmp_path: Path) -> None:
    """What moves, cuts, pads and pools maps."""
    constants = [numbers(f"n{value}", value) for value in (0, 1, 2, 3, 5)]
    constants += [numbers("five", 0, 2, 4, 6, 6), numbers("four", 0, 8, 6, 6), numbers("rest", -1)]
    constants += [numbers("pads", 0, 0, 1, 1, 0, 0, 1, 1), numbers("less", 0, 0, 1, 1, 0, 0, 0, 0)]
    constants += [helper.make_tensor("scales", 1, [4], [1.0, 1.0, 2.0, 2.0]), weight("w", 4, 8, 3, 3)]
    constants += [
        helper.make_tensor("zero", 7, [], [0]),
        helper.make_tensor("train", 9, [], [True]),
        number("ratio", 0.3),
    ]
    found = read(model(nodes, *constants, inputs={"x": (1, 8, 6, 6)}), tmp_path)

    assert layers(found) == expected


@pytest.mark.parametrize(("grouped", "keys"), [(False, 9), (True, 9)])
def test_attention(grouped: bool, keys: int, tmp_path: Path) -> None:
    """7 queries of 4 heads by 9 keys of 16, and what they weigh of 9 values of 16."""
    heads = 2 if grouped else 4
    nodes = [node("Attention", "x k v", "y")]
    inputs = {"x": (1, 4, 7, 16), "k": (1, heads, keys, 16), "v": (1, heads, keys, 16)}
    found = report(model(nodes, inputs=inputs, opset=23), tmp_path)

    assert layers(found.graph)[-1] == "Attention:attention 4x7x16"
    assert found.total.macs == 4 * 7 * keys * 16 + 4 * 7 * keys * 16
