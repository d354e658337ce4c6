"""ONNX models read back: onnx finds nothing wrong, infers our shapes, and computes what torch computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from hypothesis import assume, given
from onnx import ModelProto, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

from tests.branching import Builder, branching
from tests.export.samples import EVERY_KIND, chain_graphs, few, nested_graphs, small_graph
from tests.networks import SHIPPED, graph_of, report_of
from vggstat.errors import UnwritableError
from vggstat.measure.module import build_module
from vggstat.net.graph import Graph
from vggstat.net.ops.base import Param
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.following import ACTIVATIONS
from vggstat.net.ops.other import Other
from vggstat.sources.export.onnx_model import onnx_bytes, onnx_files
from vggstat.sources.export.weights import PIECE, random_bytes


def written(graph: Graph, seed: int = 0) -> ModelProto:
    return onnx.load_model_from_string(onnx_bytes(graph, seed=seed))


def inferred_shapes(model: ModelProto) -> dict[str, tuple[int, ...]]:
    """What onnx infers of each value of one image, strictly, from the image alone.

    onnx infers nothing of a group normalization, which is a function of other operators: its shape stays as it is said.
    """
    bare = ModelProto()
    bare.CopyFrom(model)
    said = {node.output[0] for node in model.graph.node if node.op_type == "GroupNormalization"}
    for value in (*bare.graph.value_info, *bare.graph.output):
        if value.name not in said:
            value.type.tensor_type.ClearField("shape")
    found = shape_inference.infer_shapes(bare, check_type=True, strict_mode=True)
    return {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)[1:]
        for value in (*found.graph.value_info, *found.graph.output)
    }


def assert_valid(graph: Graph, model: ModelProto) -> None:
    """Names, shapes and sizes are those of the graph."""
    nodes = [node for node in graph.nodes if node.in_model]
    shapes = inferred_shapes(model)

    assert {node.name: shapes.get(node.name) for node in nodes} == {node.name: node.shape for node in nodes}
    assert {node.name for node in nodes} <= {node.name for node in model.graph.node}
    assert {one.name: tuple(one.dims) for one in model.graph.initializer} == {
        f"{node.torch_name}.{param.name}": param.shape
        for node in nodes
        for param in node.params
        if param.name != "num_batches_tracked"
    }


def assert_same_values(graph: Graph, batch: int = 2) -> None:
    """With the file's weights torch computes the same, but for rounding."""
    model = written(graph, seed=1)
    onnx.checker.check_model(model, full_check=True)
    assert_valid(graph, model)
    images = np.random.default_rng(0).standard_normal((batch, *graph.image)).astype(np.float32)
    ours = build_module(graph, device="cpu").eval()
    state = {one.name: torch.from_numpy(numpy_helper.to_array(one).copy()) for one in model.graph.initializer}
    counters = {name: torch.tensor(0) for name in ours.state_dict() if name.endswith("num_batches_tracked")}
    ours.load_state_dict({**state, **counters})
    with torch.no_grad():
        expected = ours(torch.from_numpy(images)).numpy()
    with np.errstate(all="ignore"):  # the evaluator's sigmoid overflows on the way to what is right
        results: Any = ReferenceEvaluator(model).run(None, {"input": images})
    [found] = results

    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= 1e-5 * max(1.0, np.abs(expected).max())


@pytest.mark.parametrize("name", [*SHIPPED, "D@head=gap", "D@head=conv", "D@head=none", "D@384"])
def test_shipped_networks_are_valid(name: str, tmp_path: Path) -> None:
    """onnx checks the file, and infers the shape of every row; weights lie beside it, since only their places matter."""
    graph = report_of(name).graph
    model, weights, weights_bytes = onnx_files(graph, "net.data", largest=0)
    assert weights is not None
    path = tmp_path / "net.onnx"
    path.write_bytes(b"".join(model))
    with open(tmp_path / "net.data", "wb") as file:
        file.truncate(weights_bytes)
    onnx.checker.check_model(str(path), full_check=True)
    read = onnx.load(str(path), load_external_data=False)

    assert_valid(graph, read)
    assert weights_bytes == 4 * sum(int(np.prod(one.dims)) for one in read.graph.initializer)


LAYERS = (
    *ACTIVATIONS,
    *("{leaky-relu: {slope: 0.3}}", "{elu: {alpha: 0.5}}", "{gelu: {approximate: tanh}}"),
    *("conv3-4", "conv3-4/2", "conv1x3-6 g2", "dwconv3", "conv1-3, softmax"),
    "{conv: {filters: 4, kernel: [3, 1], dilation: [2, 1], padding: [1, 2], stride: [2, 1], bias: false}}",
    *("upconv2-4/2", "upconv3-4/2", "upconv4-4/2", "upconv3-4/1", "{upconv: {filters: 3, kernel: 5, stride: 3, bias: false}}"),
    *("bn", "{group-norm: {groups: 2}}", "layer-norm", "shuffle2", "dropout0.3"),
    *("{lrn: {size: 4, alpha: 0.9}}", "{lrn: {size: 2, k: 1, beta: 0.6}}", "{lrn: {size: 20, alpha: 0.9}}"),
    *("upsample2", "{upsample: {scale: 3, mode: bilinear}}", "{upsample: {scale: 1, mode: bilinear}}"),
    *("maxpool", "maxpool3/2 ceil", "maxpool3/2 same", "{maxpool: {kernel: 2, stride: 3, padding: 1, ceil: true}}"),
    "{maxpool: {kernel: [3, 2], stride: [2, 3], padding: 1, ceil: true}}",
    "{maxpool: {kernel: 4, stride: 3, padding: 2, ceil: true}}",
    *("avgpool", "avgpool3/2 ceil", "avgpool3/2 same", "{avgpool: {kernel: 2, stride: 3, padding: 1, ceil: true}}"),
    "{avgpool: {kernel: [3, 2], stride: [2, 3], padding: 1, ceil: true}}",
    "{avgpool: {kernel: 4, stride: 3, padding: 2, ceil: true}}",
    *("gap", "{adaptive-avgpool: {output: 3, width: 7}}", "{adaptive-avgpool: {output: 12, width: 3}}"),
    *("flatten, bn", "flatten, layer-norm", "flatten, {group-norm: {groups: 4}}", "flatten, {fc: {features: 5, bias: false}}"),
    *("{residual: [conv3-4]}", "{branches: [[conv3-4], [conv1-2], []]}", "{branches: [[conv3-4], [conv1-4], []], join: add}"),
    *("{branches: [[], [gap, conv1-4 sigmoid]], join: multiply}", "{branches: [[conv3-4], []], join: multiply}"),
    *("{branches: [[relu], [conv1-3]], split: true}", "{branches: [[relu], [conv1-3]], split: [1, 3]}"),
    "conv3-4 as a, {conv: {filters: 4, padding: 0}}, {concat: {with: [a, .], crop: true}}",
)  # fmt: skip
"""Maps of 9x7: no window of a pool reaches two pixels over the end, where onnx's evaluator moves it."""


@pytest.mark.parametrize("blocks", LAYERS)
def test_each_layer_computes_what_torch_does(blocks: str) -> None:
    """Every kind with settings of its own, and every join."""
    assert_same_values(small_graph(blocks))


def test_lrn_over_an_odd_number_of_channels() -> None:
    """onnx's evaluator takes the batch for the channels, so that both are 4 here."""
    assert_same_values(small_graph("{lrn: {size: 3, k: 1, alpha: 0.5, beta: 0.6}}"), batch=4)


@pytest.mark.parametrize("head", ["adaptive", "conv", "gap", "flatten"])
def test_heads_compute_what_torch_does(head: str) -> None:
    """On an image of another size than the network's own."""
    text = "name: n\ninput: [2, 12, 12]\nblocks: [[conv3-4, maxpool]]\nhead: adaptive\nclassifier: [FC-5, FC-3, soft-max]"
    spec = graph_of(text).spec
    from vggstat.sources.spec.build import build_graph

    assert_same_values(build_graph(spec, image=(2, 16, 20), head=head))  # type: ignore[arg-type]


def test_every_kind_together() -> None:
    """One network of all of them."""
    assert_same_values(graph_of(EVERY_KIND))


@few
@given(graph=branching())
def test_random_branching_graphs_compute_what_torch_does(graph: Graph) -> None:
    """Values that several layers read."""
    assert_same_values(graph)


@few
@given(graph=nested_graphs())
def test_random_nested_networks_compute_what_torch_does(graph: Graph) -> None:
    """Units, residuals, gates and shares of channels."""
    assert_same_values(graph)


@few
@given(graph=chain_graphs())
def test_random_chains_compute_what_torch_does(graph: Graph) -> None:
    """Whatever is set about the layers of a chain."""
    assume(not any(node.layer.stem == "lrn" for node in graph.nodes))  # see above
    assert_same_values(graph)


@pytest.mark.parametrize(
    ("blocks", "opset", "ir"),
    [("conv3-4, layer-norm", 17, 8), ("conv3-4 gelu", 20, 9), ("{group-norm: {groups: 2}}, gelu", 21, 10)],
)
def test_the_oldest_version_that_has_all_operators(blocks: str, opset: int, ir: int) -> None:
    """LayerNormalization came with 17, Gelu with 20, GroupNormalization as torch has it with 21 (ONNX's Operators.md)."""
    model = written(small_graph(blocks))

    assert ([one.version for one in model.opset_import], model.ir_version) == ([opset], ir)


def test_what_the_file_says_of_itself() -> None:
    """Who wrote it, what it is, and any batch; the softmax that closes the classifier is left out, as in torch."""
    model = written(report_of("LeNet-5").graph)
    [image], [result] = model.graph.input, model.graph.output
    sides = [
        [dim.dim_param or dim.dim_value for dim in one.type.tensor_type.shape.dim] for one in (image, result)
    ]

    assert model.producer_name == "vggstat"
    assert "61,706 parameters" in model.doc_string
    assert sides == [["batch", 1, 32, 32], ["batch", 10]]
    assert (image.name, result.name) == ("input", "predictions")
    assert "Softmax" not in {node.op_type for node in model.graph.node}


def test_weights_are_random_for_a_seed() -> None:
    """The same file for the same seed; within sqrt(6 / fan-in), as large as He et al. 2015 have it, and never twice alike."""
    graph = small_graph("conv3-256 relu, conv3-64 relu, bn")
    model = written(graph, seed=7)
    tensors = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    weight = tensors["features.2.weight"]

    assert onnx_bytes(graph, seed=7) == onnx_bytes(graph, seed=7)
    assert onnx_bytes(graph, seed=7) != onnx_bytes(graph, seed=8)
    assert weight.std() == pytest.approx((2 / (256 * 9)) ** 0.5, rel=0.01)
    assert np.abs(weight).max() <= (6 / (256 * 9)) ** 0.5
    assert len(np.unique(tensors["features.0.weight"].ravel()[:100])) > 90
    assert 0 < np.abs(tensors["features.2.bias"]).max() <= 0.1
    assert set(tensors["features.4.running_var"]) == {1.0}
    assert set(tensors["features.4.running_mean"]) == {0.0}


def test_weights_are_made_piece_by_piece() -> None:
    """No piece is longer than 4 MiB, and all together are the tensor."""
    param = Param("weight", (3, PIECE - 1), "weight")
    pieces = list(random_bytes(param, 0))

    assert [len(piece) for piece in pieces] == [4 * PIECE, 4 * PIECE, 4 * (PIECE - 3)]
    assert len({piece[:64] for piece in pieces}) == 3


def test_weights_beside_the_model_are_the_same(tmp_path: Path) -> None:
    """A model whose weights lie in a file of their own computes with the ones that it would hold itself."""
    graph = report_of("LeNet-5").graph
    model, weights, _ = onnx_files(graph, "net.data", seed=3, largest=100_000)
    assert weights is not None
    (tmp_path / "net.onnx").write_bytes(b"".join(model))
    (tmp_path / "net.data").write_bytes(b"".join(weights))
    onnx.checker.check_model(str(tmp_path / "net.onnx"), full_check=True)
    loaded, whole = onnx.load(str(tmp_path / "net.onnx")), written(graph, seed=3)

    assert (tmp_path / "net.onnx").stat().st_size < 10_000
    assert [numpy_helper.to_array(one).tobytes() for one in loaded.graph.initializer] == [
        numpy_helper.to_array(one).tobytes() for one in whole.graph.initializer
    ]


def test_the_limit_is_that_of_the_whole_file() -> None:
    """A file of exactly the limit is one file."""
    graph = report_of("LeNet-5").graph
    size = len(onnx_bytes(graph))

    assert onnx_files(graph, "", largest=size).weights is None
    assert onnx_files(graph, "", largest=size - 1).weights is not None


def test_a_network_of_no_layers_is_its_image() -> None:
    """A softmax alone that closes nothing is a layer; what is left of nothing is the identity."""
    graph = small_graph("relu")
    model = written(graph.replace(nodes=()))
    onnx.checker.check_model(model, full_check=True)

    assert [node.op_type for node in model.graph.node] == ["Identity"]


def test_what_cannot_be_written_is_listed() -> None:
    """Layers that ONNX has no operator for, and weights that two layers share."""
    builder = Builder((4, 8, 8))
    builder.put(Conv(filters=4), 0)
    builder.put(Other(operation="einsum", makes=(4, 8, 8)), 1)
    graph = builder.graph()
    shared = graph.replace(
        nodes=(*graph.nodes[:1], graph.nodes[0].replace(index=1, name="conv2", inputs=(1,)))
    )
    for wrong, said in (
        (graph, r"other2 \(einsum\): vggstat knows no ONNX operator"),
        (shared, r"conv2 \(conv3-4\): its weights"),
    ):
        with pytest.raises(UnwritableError, match=said):
            onnx_bytes(wrong)
