"""Whole graphs: functions, branches, loops, shared and unused tensors, names and order, what nothing is known of."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
from onnx import helper

from tests.saved import saved, saved_text
from tests.sources.onnx_file.models import (
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
from vggstat.cost.accounting import find_accounting
from vggstat.cost.compare import compare_snapshots
from vggstat.cost.report import analyze
from vggstat.cost.snapshot import snapshot_of
from vggstat.errors import InputError
from vggstat.net.ops.base import Param
from vggstat.render import render
from vggstat.render.page import Target
from vggstat.render.styles import find_style
from vggstat.render.styles.base import TableOptions


def function(name: str, *nodes: onnx.NodeProto) -> onnx.FunctionProto:
    """A function of a model's own, of ``a`` into ``b``."""
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    made: onnx.FunctionProto = helper.make_function("own", name, ["a"], ["b"], list(nodes), imports)
    return made


def test_functions_are_written_out(tmp_path: Path) -> None:
    """A function that calls another twice is two layers."""
    twice = function("Twice", node("One", "a", "m", domain="own"), node("One", "m", "b", domain="own"))
    one = function("One", node("Sigmoid", "a", "s"), node("Mul", "a s", "b"))
    graph = read(model([node("Twice", "x", "y", domain="own")], functions=[one, twice]), tmp_path)

    assert kinds_of(graph) == ["SiLU", "SiLU"]


def branches(condition: onnx.NodeProto) -> onnx.ModelProto:
    """Two convolutions of which a condition takes one."""

    def branch(name: str, filters: int) -> onnx.GraphProto:
        made = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)]
        stored = [weight(f"{name}_w", filters, 3, 3, 3)]
        graph: onnx.GraphProto = helper.make_graph(
            [node("Conv", f"x {name}_w", name)], name, [], made, stored
        )
        return graph

    nodes = [condition, node("If", "c", "z", then_branch=branch("then", 4), else_branch=branch("else", 6)),
             node("Relu", "z", "y")]  # fmt: skip
    return model(nodes)


@pytest.mark.parametrize(("value", "filters"), [(True, 4), (False, 6)])
def test_a_branch_that_is_known_is_followed(value: bool, filters: int, tmp_path: Path) -> None:
    """As if it stood there: 30 x 30 x 27 MACs a filter."""
    condition = node("Constant", "", "c", value=helper.make_tensor("c", onnx.TensorProto.BOOL, [], [value]))
    found = report(branches(condition), tmp_path)

    assert layers(found.graph) == [f"Conv {filters}x30x30", f"ReLU {filters}x30x30"]
    assert found.total.macs == filters * 30 * 30 * 27


def test_a_branch_that_values_choose_is_not_counted(tmp_path: Path) -> None:
    """Nobody knows which of them runs; the tensors of both are there: 10 x 27."""
    nodes = [node("ReduceMax", "x", "m", keepdims=0), node("Cast", "m", "c", to=onnx.TensorProto.BOOL)]
    content = branches(nodes[0])
    content.graph.node.insert(1, nodes[1])
    found = report(content, tmp_path)

    assert kinds_of(found.graph) == ["Pointwise", "Rearranged", "Other", "Other"]
    assert (found.total.macs, found.total.macs_known) == (None, 0)
    assert found.total.macs_not_counted == ("If", "Relu")
    assert "2 maps are not known" in found.graph.notes[-1]


def test_a_shape_that_values_settle_is_unknown(tmp_path: Path) -> None:
    """What stands before it is counted: 8 x 30 x 30 x 27. What comes after it is listed, with its tensors."""
    nodes = [
        node("Conv", "x w", "c"),
        node("NonZero", "c", "n"),
        node("Cast", "n", "f", to=1),
        node("MatMul", "v f", "y"),
    ]
    found = report(model(nodes, weight("w", 8, 3, 3, 3), weight("v", 5, 4)), tmp_path)

    assert (found.total.macs, found.total.macs_known) == (None, 8 * 30 * 30 * 27)
    assert found.total.params == 216 + 20
    assert found.graph.notes[-1].startswith("The shapes of 3 maps are not known")
    assert "node NonZero" in found.graph.notes[-1]


def test_the_files_own_statement_of_a_shape_is_taken(tmp_path: Path) -> None:
    """Of an operator that there is no rule for; its work is unknown all the same, that behind it is not."""
    nodes = [node("Strange", "x", "s", domain="some.where"), node("Conv", "s w", "y")]
    content = model(nodes, weight("w", 8, 4, 1, 1))
    content.opset_import.append(helper.make_opsetid("some.where", 1))
    content.graph.value_info.append(helper.make_tensor_value_info("s", onnx.TensorProto.FLOAT, (1, 4, 5, 5)))
    found = report(content, tmp_path)

    assert layers(found.graph) == ["Other:some.where.Strange 4x5x5", "Conv 8x5x5"]
    assert found.total.macs_known == 25 * 32


def test_a_loop_is_named(tmp_path: Path) -> None:
    """Its body runs as often as values say."""
    body = helper.make_graph(
        [node("Identity", "go", "on"), node("Relu", "v", "w")],
        "body",
        [helper.make_tensor_value_info("i", 7, ()), helper.make_tensor_value_info("go", 9, ()),
         helper.make_tensor_value_info("v", 1, None)],
        [helper.make_tensor_value_info("on", 9, ()), helper.make_tensor_value_info("w", 1, None)],
    )  # fmt: skip
    nodes = [node("Loop", "times - x", "z", body=body), node("Relu", "z", "y")]
    found = report(model(nodes, helper.make_tensor("times", 7, [], [4])), tmp_path)

    assert "Loop" in found.total.macs_not_counted


def test_a_tensor_that_two_layers_use_counts_once(tmp_path: Path) -> None:
    """Straight, under another name, and turned round for an FC layer."""
    nodes = [
        node("Identity", "w", "again"),
        node("Conv", "x w", "a"),
        node("Conv", "a again", "b"),
        node("Flatten", "b", "f"),
        node("Transpose", "v", "t", perm=[1, 0]),
        node("MatMul", "f v", "g"),
        node("MatMul", "g t", "y"),
    ]
    found = report(model(nodes, weight("w", 3, 3, 1, 1), weight("v", 3 * 32 * 32, 2)), tmp_path)

    assert kinds_of(found.graph) == ["Conv", "Conv", "Flatten", "Linear", "Linear"]
    assert found.total.params == 9 + 3 * 32 * 32 * 2
    assert [one.owner for layer in found.graph.nodes for one in layer.shared] == ["conv", "fc"]


def test_a_tensor_that_is_computed_of_others_counts_as_those(tmp_path: Path) -> None:
    """A weight norm: 8 lengths and 216 directions, and the MACs of a convolution all the same."""
    nodes = [
        node("ReduceL2", "v", "n", axes=[1, 2, 3]),
        node("Div", "v n", "d"),
        node("Mul", "d g", "w"),
        node("Conv", "x w", "y"),
    ]
    found = report(model(nodes, weight("v", 8, 3, 3, 3), weight("g", 8, 1, 1, 1)), tmp_path)

    assert layers(found.graph) == ["SeenConv:conv 8x30x30"]
    assert (found.total.params, found.total.macs) == (224, 30 * 30 * 8 * 27)


@pytest.mark.parametrize("scales", [(), (8, 1, 1, 1)])
def test_weights_of_8_bits_are_those_tensors(scales: tuple[int, ...], tmp_path: Path) -> None:
    """Multiplied by one scale, or by one for each filter: 216 weights, and no more."""
    nodes = [node("Cast", "q", "c", to=1), node("Mul", "c s", "w"), node("Conv", "x w", "y")]
    content = model(nodes, weight("q", 8, 3, 3, 3, kind=onnx.TensorProto.INT8), weight("s", *scales))
    found = report(content, tmp_path)

    assert layers(found.graph) == ["Conv 8x30x30"]
    assert found.total.params == 216


def test_sizes_that_are_computed(tmp_path: Path) -> None:
    """By a range from and to vectors of one number, as runtimes take them."""
    one = [helper.make_tensor(name, 7, [1], [value]) for name, value in (("from", 0), ("to", 3), ("by", 1))]
    nodes = [node("Range", "from to by", "r"), node("Gather", "x r", "y", axis=1)]

    assert layers(read(model(nodes, *one, inputs={"x": (1, 8, 5)}), tmp_path)) == ["Rearranged:Gather 3x5"]


def test_a_tensor_that_nobody_reads_is_told(tmp_path: Path) -> None:
    """It is in the file."""
    graph = read(model([node("Relu", "x", "y")], weight("lost", 5, 4), numbers("axes", 1, 2)), tmp_path)

    assert graph.unused == (Param("weight", (5, 4), "weight", path="lost"),)
    assert analyze(graph).total.params == 20


def test_settings_are_no_parameters(tmp_path: Path) -> None:
    """Scales of a resize, bounds, and single numbers."""
    scales = helper.make_tensor("scales", 1, [4], [1.0, 1.0, 2.0, 2.0])
    nodes = [node("Resize", "x - scales", "r"), node("Clip", "r low", "c"), node("Div", "c many", "y")]

    assert report(model(nodes, scales, number("low", 0), number("many", 255)), tmp_path).total.params == 0


def test_what_leads_nowhere_is_left_out_and_told(tmp_path: Path) -> None:
    """A runtime leaves it out too."""
    nodes = [node("Conv", "x w", "lost"), node("Relu", "lost", "gone"), node("Relu", "x", "y")]
    graph = read(model(nodes, weight("w", 8, 3, 3, 3)), tmp_path)

    assert kinds_of(graph) == ["ReLU"]
    assert graph.notes == ("Left out because no output depends on them: 2 nodes.",)


@pytest.mark.parametrize(
    ("biased", "normed", "told"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_folded_norms_are_suspected(biased: bool, normed: bool, told: bool, tmp_path: Path) -> None:
    """Where convolutions have biases and no norm stands in the file; who wrote it knows whether there was one."""
    nodes = [node("Conv", "x w b" if biased else "x w", "c"), node("BatchNormalization" if normed else "Identity",
             "c b b b b" if normed else "c", "y")]  # fmt: skip
    graph = read(model(nodes, weight("w", 8, 3, 3, 3), weight("b", 8)), tmp_path)

    assert any("no batch norms" in note for note in graph.notes) is told


def test_nodes_in_any_order(tmp_path: Path) -> None:
    """Some tools write constants last."""
    nodes = [
        node("Relu", "r", "y"),
        node("Conv", "x w", "r"),
        node("Constant", "", "w", value=weight("w", 8, 3, 1, 1)),
    ]

    assert kinds_of(read(model(nodes), tmp_path)) == ["Conv", "ReLU"]


def test_names_and_scopes(tmp_path: Path) -> None:
    """torch's names of nodes are the paths of its modules; a name stands once, and the file's own with its place."""
    names = ["/layer1/layer1.0/conv1/Conv", "/layer1/layer1.0/Relu", "/Relu", "", "", "plain_7"]
    nodes = [
        helper.make_node("Relu", [f"v{i}" if i else "x"], [f"v{i + 1}"], name=name)
        for i, name in enumerate(names)
    ]
    nodes[0] = helper.make_node("Conv", ["x", "w"], ["v1"], name=names[0])
    graph = read(model(nodes, weight("w", 3, 3, 1, 1), outputs="v6"), tmp_path)

    assert [(node.name, node.scope, node.place.path) for node in graph.nodes] == [
        ("layer1.0.conv1", ("layer1", "layer1.0"), names[0]),
        ("layer1.0", ("layer1",), names[1]),
        ("Relu", ("Relu",), names[2]),
        ("relu", ("relu",), ""),
        ("relu_2", ("relu_2",), ""),
        ("plain_7", ("plain_7",), names[5]),
    ]


def test_several_outputs(tmp_path: Path) -> None:
    """All of them, in the file's order."""
    nodes = [node("Relu", "x", "a"), node("Sigmoid", "a", "b")]
    graph = read(model(nodes, outputs="b a"), tmp_path)

    assert graph.outputs == (2, 1)


def test_further_values_of_one_node(tmp_path: Path) -> None:
    """An LSTM makes three; its tensors count once, its work is unknown once."""
    nodes = [node("LSTM", "x w r", "all last cell", hidden_size=6), node("Concat", "last cell", "y", axis=0)]
    found = report(
        model(nodes, weight("w", 1, 24, 5), weight("r", 1, 24, 6), inputs={"x": (7, 1, 5)}, outputs="y all"),
        tmp_path,
    )

    assert found.total.params == 24 * 5 + 24 * 6
    assert found.total.macs_not_counted == ("LSTM",)


def test_a_graph_without_an_input_is_refused(tmp_path: Path) -> None:
    """What it computes is no network's."""
    with pytest.raises(InputError, match="it has no input"):
        read(model([node("Constant", "", "y", value_float=1.0)], inputs={}), tmp_path)


def of_numbers_that_are_not_nothing() -> onnx.ModelProto:
    """A convolution, and how many values it makes that are not 0: no shape tells that before it runs."""
    nodes = [
        node("Conv", "x w", "c"),
        node("NonZero", "c", "z"),
        node("Cast", "z", "f", to=onnx.TensorProto.FLOAT),
        node("Relu", "f", "y"),
    ]
    return model(nodes, weight("w", 8, 3, 3, 3), inputs={"x": (1, 3, 8, 8)})


def test_maps_of_unknown_shape_are_in_no_total(tmp_path: Path) -> None:
    """The image has 3 x 8 x 8 values and the convolution's map 8 x 6 x 6; what else there is nobody knows."""
    found = report(of_numbers_that_are_not_nothing(), tmp_path)
    outputs = found.memory_counted(find_accounting("outputs"))
    data = json.loads(saved_text(found))

    assert (outputs.known, outputs.status) == (4 * (192 + 288), "partial")
    assert [one.name for one in outputs.not_counted] == ["NonZero", "Cast", "Relu"]
    assert outputs.not_counted[0].why == ("vggstat does not know what NonZero makes",)
    assert [row["output_values"] for row in data["rows"]] == [192, 288, None, None, None]
    assert (data["totals"]["output_values"], data["totals"]["output_bytes"]) == (None, None)
    assert data["memory_not_counted"]["outputs"]["known"] == 4 * (192 + 288)
    assert "480 + ?" in render(find_style("layers")(found, TableOptions()), "text", Target())
    assert compare_snapshots((saved(found), snapshot_of(found))).same
