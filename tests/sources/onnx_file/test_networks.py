"""The networks that ship with onnx, as files without weights: against a count by hand, and against the same networks as specs."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import helper

from vggstat.api import analyze as analyze_spec
from vggstat.cost.report import analyze
from vggstat.net.known import known_layers
from vggstat.net.match import match_layers
from vggstat.sources.onnx_file import read_onnx
from vggstat.sources.wanted import Wanted

FOLDER = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"

FIGURES = {
    "bvlc_alexnet": (60_965_224, 654_560_384),  # Caffe's AlexNet, groups of two in conv2, conv4 and conv5
    "densenet121": (
        8_062_504,
        2_834_161_664,
    ),  # torchvision's 7,978,856, and 2 x 41,824 channels of Caffe's scales
    "inception_v1": (6_998_552, 1_431_556_352),
    "inception_v2": (11_214_888, 2_018_851_840),
    "resnet50": (25_557_032, 4_089_184_256),  # torchvision's
    "shufflenet": (1_393_320, 124_664_528),
    "squeezenet": (1_235_496, 349_151_936),  # torchvision's SqueezeNet 1.1
    "vgg19": (143_667_240, 19_632_062_464),  # torchvision's
    "zfnet512": (87_250_536, 1_481_727_008),
}
"""Parameters and MACs."""


def path_of(name: str) -> str:
    return str(FOLDER / f"light_{name}.onnx")


def test_the_files_are_these() -> None:
    """One more with a later onnx is one more to count."""
    assert {path.stem.removeprefix("light_") for path in FOLDER.glob("*.onnx")} == set(FIGURES)


@pytest.mark.parametrize("name", FIGURES)
def test_parameters_and_macs(name: str) -> None:
    """As published for the networks that others state, and as counted by hand below."""
    report = analyze(read_onnx(path_of(name)).graph(Wanted()))

    assert (report.total.params, report.total.macs) == FIGURES[name] == counted_by_hand(name)


def counted_by_hand(name: str) -> tuple[int, int]:
    """Parameters and MACs by one loop over the nodes: shapes follow from the attributes, weights from the shapes they have.

    These files make their weights by ConstantOfShape from tensors of sizes, with a view or two after it.
    """
    graph = onnx.load(path_of(name)).graph
    sizes = {item.name: onnx.numpy_helper.to_array(item).tolist() for item in graph.initializer}
    shapes = {item.name: [dim.dim_value for dim in item.type.tensor_type.shape.dim] for item in graph.input}
    learned = macs = 0
    for node in graph.node:
        told: dict[str, Any] = {item.name: helper.get_attribute_value(item) for item in node.attribute}
        entering = [shapes.get(one, []) for one in node.input]
        first = entering[0] if entering else []
        if node.op_type == "Constant":
            sizes[node.output[0]] = onnx.numpy_helper.to_array(told["value"]).tolist()
            made = list(told["value"].dims)
        elif node.op_type == "ConstantOfShape":
            made = sizes[node.input[0]]
        elif node.op_type in ("Unsqueeze", "Squeeze"):
            made = list(first)
            for axis in told["axes"]:
                made.insert(axis, 1)
        elif node.op_type == "Reshape":
            target = sizes[node.input[1]]
            made = [first[place] if size == 0 else size for place, size in enumerate(target)]
            made = [prod(first) // -prod(made) if size == -1 else size for size in made]
        elif node.op_type == "Transpose":
            made = [first[axis] for axis in told["perm"]]
        elif node.op_type == "Concat":
            made = [first[0], sum(one[1] for one in entering), *first[2:]]
        elif node.op_type in ("Conv", "MaxPool", "AveragePool"):
            kernel, steps, pads = told["kernel_shape"], told["strides"], told.get("pads", [0] * 4)
            sides = [(first[2 + i] + pads[i] + pads[2 + i] - kernel[i]) // steps[i] + 1 for i in (0, 1)]
            made = [first[0], entering[1][0] if node.op_type == "Conv" else first[1], *sides]
        elif node.op_type == "GlobalAveragePool":
            made = [*first[:2], 1, 1]
        elif node.op_type == "Gemm":
            made = [first[0], entering[1][0] if told.get("transB") else entering[1][1]]
        else:
            made = list(first)
        shapes[node.output[0]] = made
        if node.op_type in ("Conv", "Gemm"):
            learned += sum(map(prod, entering[1:]))
            macs += prod(made) * (prod(entering[1][1:]) if node.op_type == "Conv" else first[1])
        elif node.op_type == "BatchNormalization":
            learned += sum(map(prod, entering[1:3]))
        elif node.op_type in ("Mul", "Add"):  # Caffe's scales and shifts of a channel each
            learned += prod(entering[1])
    return learned, macs


@pytest.mark.parametrize(
    ("spec", "name", "without"),
    [
        ("resnet50", "resnet50", []),
        ("E", "vgg19", ["no dropout after fc1", "no dropout after fc2"]),  # which does nothing in inference
    ],
)
def test_a_file_is_the_network_that_a_spec_is(spec: str, name: str, without: list[str]) -> None:
    """Layer by layer, with every edge, setting and tensor."""
    expected = analyze_spec(spec)
    graph = read_onnx(path_of(name)).graph(Wanted())
    match = match_layers(known_layers(expected.graph), known_layers(graph))

    assert [difference.text for difference in match.differences] == without
    assert [node.shape for node in graph.nodes if node.params] == [
        node.shape for node in expected.graph.nodes if node.params
    ]
    assert analyze(graph).total.params == expected.total.params
