"""From specs to graphs: names, shapes, edges, storages, heads, and what is refused."""

from __future__ import annotations

import pytest

from tests.networks import graph_of, report_of
from vggstat.errors import SpecError, UsageError
from vggstat.net.ops import all_kinds
from vggstat.net.ops.following import ACTIVATIONS
from vggstat.sources.spec import load
from vggstat.sources.spec.build import build_graph

SMALL = """
name: small
input: [3, 32, 32]
blocks:
  - [{body}]
classifier: [FC-10]
"""


def small(body: str) -> str:
    return SMALL.replace("{body}", body)


def test_names_of_d() -> None:
    """Layers are named as in Keras, and numbered in features and classifier as in torchvision."""
    names = {node.name: node.torch_name for node in report_of("D").graph.nodes}

    assert names["block1_conv1"] == "features.0"
    assert names["block1_relu1"] == "features.1"
    assert names["block5_pool"] == "features.30"
    assert names["avgpool"] == "avgpool"
    assert names["flatten"] is None
    assert [names[name] for name in ("fc1", "fc2", "predictions")] == [
        "classifier.0",
        "classifier.3",
        "classifier.6",
    ]
    assert names["softmax"] is None


def test_rows_of_d() -> None:
    """ReLU, dropout, the identity pool and the closing soft-max are nodes but no rows."""
    report = report_of("D")
    kinds = [row.kind for row in report.rows]

    assert kinds.count("conv") == 13
    assert set(kinds) == {"input", "conv", "pool", "fc"}
    assert {node.layer.stem for node in report.graph.nodes} >= {"relu", "dropout", "avgpool", "softmax"}


def test_layers_written_on_their_own_are_rows() -> None:
    """ReLU, dropout and softmax are rows where the spec writes them as layers of their own."""
    graph = graph_of(small("{conv: {filters: 4, activation: none}}, relu, dropout, softmax"))

    assert [node.name for node in graph.rows] == [
        "block1_conv1", "block1_relu1", "block1_dropout1", "block1_softmax", "predictions",
    ]  # fmt: skip


def test_second_pool_of_a_block_gets_a_number() -> None:
    """Names stay unique within a block."""
    graph = graph_of(small("conv3-4, maxpool, maxpool"))

    assert [node.name for node in graph.rows][:3] == ["block1_conv1", "block1_pool", "block1_pool2"]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        ("{conv: {filters: 8, kernel: 5, stride: 2, padding: 0}}", (8, 14, 14)),  # (32 - 5) / 2 + 1 = 14.5
        ("{conv: {filters: 8, dilation: 2}}", (8, 32, 32)),  # same: padding 2 for an extent of 5
        ("{conv: {filters: 6, groups: 3, padding: 3}}", (6, 36, 36)),  # 32 + 6 - 3 + 1
        ("{maxpool: {kernel: 3, stride: 2}}", (3, 15, 15)),  # (32 - 3) / 2 + 1 = 15.5
        ("{maxpool: {kernel: 3, stride: 2, ceil: true}}", (3, 16, 16)),
        ("{avgpool: {kernel: 4, stride: 4}}", (3, 8, 8)),
        ("{adaptive-avgpool: {output: 5}}", (3, 5, 5)),
        ("LRN", (3, 32, 32)),
        ("bn", (3, 32, 32)),
    ],
)
def test_shapes(layer: str, shape: tuple[int, ...]) -> None:
    """Each kind's output shape, by hand."""
    assert graph_of(small(layer)).nodes[0].shape == shape


def test_relu_shares_its_inputs_storage() -> None:
    """A ReLU after a conv writes over the conv's output: one storage; a pool has its own."""
    graph = graph_of(small("conv3-4, maxpool"))
    storages = graph.storages("training")

    assert storages[1] == storages[2] == 1
    assert storages[3] == 3


def test_relu_does_not_write_over_what_is_not_its_own() -> None:
    """Neither the caller's image nor a result that another layer keeps for its gradient is written over."""
    first = graph_of(small("relu, conv3-4"))
    twice = graph_of(small("conv3-4, relu"))

    assert not first.nodes[0].in_place
    assert [node.in_place for node in twice.nodes[:3]] == [False, True, False]


def test_edges_are_explicit() -> None:
    """Each node names the values that enter it; in a chain that is the one before."""
    graph = report_of("D").graph

    assert [node.inputs for node in graph.nodes] == [(index,) for index in range(len(graph.nodes))]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "{conv: {filters: 4, kernel: 33, padding: 0}}",
            "kernel that reaches over 33 pixels, but a side of the map it gets has 32:",
        ),
        (
            "{conv: {filters: 4, kernel: 41, padding: 3}}",
            r"a side of the map it gets has 32 \(38 with the padding\):",
        ),
        ("maxpool, maxpool, maxpool, maxpool, maxpool, maxpool", "block1_pool6: maxpool has a kernel"),
        ("FC-10", "put a flatten before it"),
        ("flatten, conv3-4", "needs a feature map"),
        ("{conv: {filters: 4, groups: 2}}", "multiples of 2"),
        ("{conv: {filters: 4, kernel: 2}}", "padding: same needs an odd kernel"),
        ("{maxpool: {kernel: 2, padding: 2}}", "more than half of kernel 2"),
    ],
)
def test_what_no_map_can_pass(body: str, message: str) -> None:
    """A layer that cannot take its map is refused with its place, its name, and what it needs."""
    with pytest.raises(SpecError, match=message) as refused:
        graph_of(small(body))

    (problem,) = refused.value.problems
    assert (problem.source, problem.line) == ("test.yaml", 5)


def test_non_square_images() -> None:
    """Height and width are counted apart."""
    report = report_of("D@256x320")

    assert report.graph.output_shape == (1000,)
    assert next(row for row in report.rows if row.name == "block5_pool").output_shape == (512, 8, 10)
    assert next(row for row in report.rows if row.kind == "avgpool").output_shape == (512, 7, 7)


def test_conv_head_refuses_a_map_that_is_too_small() -> None:
    """Dense evaluation needs at least the 7x7 map that the FC layers were made for."""
    with pytest.raises(UsageError, match=r"image of 160×160×3.*fc1 .*conv7-4096 has a kernel"):
        build_graph(load("D"), image=(3, 160, 160), head="conv")


def test_an_image_that_was_asked_for_is_what_is_wrong() -> None:
    """A network is right on its own image: the message is about the other one, and names layer and line too."""
    with pytest.raises(UsageError) as caught:
        report_of("D@16")

    text = str(caught.value)
    assert text.startswith("D cannot take an image of 16×16×3, made for one of 224×224×3: block5_pool (")
    assert "D.yaml:11:39): maxpool has a kernel" in text


def test_a_specs_own_map_decides_the_adaptive_pool() -> None:
    """The adaptive head pools to the map that the blocks make of the spec's own input."""
    graph = build_graph(load("D"), image=(3, 448, 448))
    pool = next(node for node in graph.nodes if node.name == "avgpool")

    assert (pool.in_shapes, pool.shape) == (((512, 14, 14),), (512, 7, 7))


def test_every_kind_is_found_by_its_file() -> None:
    """Each file of the layers folder is a kind, under the name of the file."""
    names = {kind.name for kind in all_kinds()}

    assert names == {
        "adaptive-avgpool", "avgpool", "bn", "conv", "dropout", "fc", "flatten", "lrn", "maxpool", "softmax", *ACTIVATIONS,
        "dwconv", "gap", "group-norm", "layer-norm", "shuffle", "upconv", "upsample",
    }  # fmt: skip


def test_defaults_do_not_reach_what_follows_the_predictions() -> None:
    """A spec's default dropout holds for all FC layers but the last, unless that one says so itself."""
    text = """
name: x
input: [3, 8, 8]
defaults: {fc: {dropout: 0.25}}
blocks: [[conv3-4]]
classifier: [FC-8, FC-4]
"""
    names = [node.name for node in graph_of(text).nodes]
    own = [node.name for node in graph_of(text.replace("FC-4]", "{fc: {features: 4, dropout: 0.1}}]")).nodes]

    assert "fc1_dropout" in names
    assert "predictions_dropout" not in names
    assert "predictions_dropout" in own
