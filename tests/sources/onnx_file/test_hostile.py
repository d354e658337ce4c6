"""Files that are broken, or made to break: each ends in a sentence, at once, in little memory."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
from onnx import helper

from tests.sources.onnx_file.models import NEWEST, model, node, number, numbers, read, weight
from tests.sources.onnx_file.test_files import encoded
from tests.sources.onnx_file.test_layers import small_net
from tests.sources.onnx_file.test_networks import path_of
from vggstat.cost.report import analyze
from vggstat.errors import InputError, UsageError

LONGEST = 20.0
"""Seconds for the worst of them on a busy machine; each takes some 3 at most on an idle one."""


def relu(**settings: Any) -> onnx.ModelProto:
    return model([node("Relu", "x", "y")], **settings)


def many(count: int) -> bytes:
    """A model with so many nodes, each of a few bytes."""
    whole = relu()
    one = whole.graph.node[0].SerializeToString()
    field = b"\x0a" + encoded(len(one)) + one
    graph = whole.graph.SerializeToString() + field * count
    whole.ClearField("graph")
    head: bytes = whole.SerializeToString()
    return b"".join((head, b"\x3a", encoded(len(graph)), graph))


def nested(depth: int) -> bytes:
    """A graph in an attribute of a node of a graph, and so on: fields 7; 1, 5 and 6 of their messages."""
    body = b"\x0a" + encoded(2000) + bytes(2000)
    for tag in (b"\x32", b"\x2a", b"\x0a") * depth:
        body = tag + encoded(len(body)) + body
    return b"\x3a" + encoded(len(body)) + body


def own(name: str, *calls: str) -> onnx.FunctionProto:
    """A function that calls others one after the other."""
    nodes = [
        node(call, f"v{place}" if place else "a", "b" if place + 1 == len(calls) else f"v{place + 1}",
             domain="own" if call.startswith("F") else "")
        for place, call in enumerate(calls)
    ]  # fmt: skip
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    made: onnx.FunctionProto = helper.make_function("own", name, ["a"], ["b"], nodes, imports)
    return made


def calling(name: str, *functions: onnx.FunctionProto) -> onnx.ModelProto:
    return model([node(name, "x", "y", domain="own")], functions=functions)


BYTES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "zeros": lambda: bytes(1000),
    "ones": lambda: b"\xff" * 1000,
    "text": lambda: b"this is a text, and not a model\n" * 10,
    "a field that never ends": lambda: b"\x3a" + b"\xff" * 9 + b"\x7f",
    "groups": lambda: b"\x3b" * 100_000,
    "a million nodes": lambda: many(1_000_100),
    "60,000 nodes": lambda: many(60_000),
    "graphs in graphs": lambda: nested(300),
    "80 MB of settings": lambda: model([node("Constant", "", "c", value_string="x" * 80_000_000)]).SerializeToString(),
}  # fmt: skip


def stated(whole: onnx.ModelProto, *shape: int | str) -> onnx.ModelProto:
    """The same, with the shape of its output stated."""
    axes = whole.graph.output[0].type.tensor_type.shape
    for side in shape:
        axes.dim.add(**{"dim_param" if isinstance(side, str) else "dim_value": side})
    return whole


def conv(channels: int, *shape: int, op: str = "Conv", **settings: Any) -> onnx.ModelProto:
    """A convolution named c1 of a map of so many channels."""
    nodes = [helper.make_node(op, ["x", "w"], ["y"], name="c1", **settings)]
    return stated(model(nodes, weight("w", *shape), inputs={"x": (1, channels, 8, 8)}), 1, 8, 6, 6)


def vectors(op: str, inputs: str, length: int) -> onnx.ModelProto:
    """A node on a map of three channels whose other inputs have so many values."""
    names = inputs.split()
    return model([node(op, f"x {inputs}", "y")], *(weight(name, length) for name in names))


MODELS: dict[str, tuple[Callable[[], onnx.ModelProto], str]] = {
    "a weight for fewer channels": (lambda: conv(4, 8, 3, 3, 3), r"node c1 \(Conv\): .* 3 channels, .* has 4"),
    "a weight for fewer channels in groups": (lambda: conv(8, 8, 3, 3, 3, group=2), "6 channels in 2 groups, and the map has 8"),
    "a weight for more channels, transposed": (lambda: conv(3, 4, 8, 3, 3, op="ConvTranspose"), "4 channels, and the map has 3"),
    "filters that groups do not divide": (lambda: conv(6, 8, 2, 3, 3, group=3), "8 filters cannot be in 3 groups"),
    "another kernel than the weight's": (lambda: conv(3, 8, 3, 3, 3, kernel_shape=[5, 5]), "states the kernel 5×5, and .* 3×3"),
    "a weight of other axes than the map": (lambda: conv(3, 8, 3, 3), "its weight has 3 axes, and its map 4"),
    "a number for a kernel": (lambda: conv(3, 8, 3, 3, 3, kernel_shape=3), "attribute type"),
    "a bias of other filters": (lambda: model([node("Conv", "x w b", "y")], weight("w", 8, 3, 3, 3), weight("b", 5)), "its bias"),
    "a batch norm of other channels": (lambda: vectors("BatchNormalization", "s b m v", 5), "its scale has the shape"),
    "an instance norm of other channels": (lambda: vectors("InstanceNormalization", "s b", 5), "its scale has the shape"),
    "slopes of other channels": (lambda: vectors("PRelu", "s", 5), "does not spread over a map"),
    "an output of another shape": (lambda: stated(relu(), 1, 3, 99, 32), r"output y .*\[1, 3, 99, 32\].* Relu is"),
    "an output of other axes": (lambda: stated(relu(), 1, 3), r"stated to have the shape \[1, 3\]"),
    "an output of less than nothing": (lambda: stated(relu(), 1, 3, -8, 32), r"stated to have the shape \[1, 3, -8, 32\]"),
    "an image of less than nothing": (lambda: relu(inputs={"x": (1, 3, -8, -8)}), "its input x has a side of -8"),
    "another number of values": (lambda: model([node("Reshape", "x n", "y")], numbers("n", 7, 5)), "another number of values"),
    "a product of other lengths, stated": (lambda: stated(
        model([node("Gemm", "x w", "y")], weight("w", 8, 3), inputs={"x": (1, 7)}), 1, 8), "Gemm"),
    "a convolution without a weight, stated": (lambda: stated(model([node("Conv", "x", "y")]), 1, 8, 6, 6), "input size 1"),
    "no opset": (lambda: relu(opset=0), "which opset"),
    "an opset of 64 bits": (lambda: relu(opset=2**40), "which opset"),
    "a weight of exabytes": (lambda: model([node("Conv", "x w", "y")], weight("w", 2**62, 3, 3, 3)), "makes no sense"),
    "a negative side": (lambda: model([node("Conv", "x w", "y")], weight("w", 8, 3, -3, 3)), "makes no sense"),
    "values that are too few": (lambda: model([node("Add", "x w", "y")], onnx.TensorProto(
        name="w", data_type=1, dims=[4], raw_data=b"1234")), "makes no sense"),
    "an image of petabytes": (lambda: relu(inputs={"x": (1, 3, 2**40, 2**40)}), "no map is as large"),
    "a map of petabytes": (lambda: model([node("Tile", "x n", "y")], numbers("n", 2**40, 2**30, 1, 1)), "no map is as large"),
    "a kernel larger than the map": (lambda: model([node("Conv", "x w", "y")], weight("w", 8, 3, 99, 99)), "a window is larger"),
    "a cycle": (lambda: model([node("Add", "x b", "a"), node("Relu", "a", "b"), node("Relu", "b", "y")]), "made of itself"),
    "its own result": (lambda: model([node("Add", "x y", "y")]), "made of itself"),
    "a name twice": (lambda: model([node("Relu", "x", "y"), node("Tanh", "x", "y")]), "y is made twice"),
    "a name that nobody makes": (lambda: model([node("Add", "x zz", "y")]), "reads zz, which no node before it makes"),
    "an output that nobody makes": (lambda: model([node("Relu", "x", "z")]), "reads y, which no node"),
    "too few inputs": (lambda: model([node("Conv", "x", "y")]), "input size 1 not in range"),
    "settings of another kind": (lambda: model([node("Conv", "x w", "y", strides="abc")], weight("w", 8, 3, 3, 3)), "strides"),
    "strides of 0": (lambda: model([node("Conv", "x w", "y", strides=[0, 0])], weight("w", 8, 3, 3, 3)), "strides"),
    "shapes that do not fit": (lambda: model([node("Add", "x w", "y")], weight("w", 7, 7)), "Incompatible dimensions"),
    "a function that calls itself": (lambda: calling("F", own("F", "F")), "calls itself"),
    "functions that multiply": (lambda: calling("F6", own("F0", "Relu"), *(own(f"F{i}", *[f"F{i - 1}"] * 10) for i in range(1, 7))),
                                "more than 50,000 nodes"),
    "functions in functions": (lambda: calling("F90", own("F0", "Relu"), *(own(f"F{i}", f"F{i - 1}") for i in range(1, 91))),
                               "more than 50 deep"),
    "more outputs than it says": (lambda: model([node("Split", "x", "y z q", num_outputs=1, axis=1)], opset=18), "3 outputs"),
    "a norm over no axis": (lambda: model([node("LayerNormalization", "x w", "y", axis=2**62)], weight("w", 32)), "none of 4"),
    "indices of no axis": (lambda: model([node("GatherND", "x i", "y", batch_dims=-9)], numbers("i", 1)), "more axes"),
    "a billion axes": (lambda: model([node("Expand", "x n", "y")], inputs={"x": (1, 3), "n": (2**31,)}, kinds={"n": 7}),
                       "more than 64 axes"),
}  # fmt: skip


@pytest.mark.parametrize("name", BYTES)
def test_what_is_no_model(name: str, tmp_path: Path) -> None:
    """Bytes of any kind, and models of absurd sizes."""
    content = BYTES[name]()
    start = time.perf_counter()
    with pytest.raises(InputError) as caught:
        read(content, tmp_path)

    assert time.perf_counter() - start < LONGEST
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", MODELS)
def test_what_makes_no_sense(name: str, tmp_path: Path) -> None:
    """Each says what is wrong, and where."""
    make, reason = MODELS[name]
    start = time.perf_counter()
    with pytest.raises(InputError, match=reason):
        read(make(), tmp_path)

    assert time.perf_counter() - start < LONGEST


def test_names_cannot_steer_a_terminal(tmp_path: Path) -> None:
    """Nor fill the screen."""
    name = "\x1b[31m\n" + "long" * 1000
    with pytest.raises(InputError) as caught:
        read(model([node("Add", "x zz", "y", name=name)]), tmp_path)

    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    """Nor can it be printed."""
    content = relu().SerializeToString().replace(b"Relu", b"Re\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        read(content, tmp_path)


def test_many_readers_of_one_map(tmp_path: Path) -> None:
    """Work grows with the file, and not with its square: 8,000 activations that are written out, of one map."""
    nodes = []
    for place in range(8_000):
        nodes += [node("Sigmoid", "x", f"s{place}"), node("Mul", f"x s{place}", f"m{place}")]
    nodes.append(helper.make_node("Sum", [f"m{place}" for place in range(8_000)], ["y"]))
    start = time.perf_counter()
    graph = read(model(nodes), tmp_path)

    assert len(graph.nodes) == 8_001
    assert time.perf_counter() - start < LONGEST


@pytest.mark.parametrize("name", ["squeezenet", "small"])
def test_a_file_cut_off_anywhere(name: str, tmp_path: Path) -> None:
    """Wherever its end is missing: the graph is the last of its fields, and its end is told before it."""
    whole = Path(path_of(name)).read_bytes() if name != "small" else small_net(17).SerializeToString()
    for end in sorted(
        {*range(0, min(400, len(whole)), 7), *range(len(whole) - 60, len(whole), 13), len(whole) // 2}
    ):
        outcome(whole[:end], tmp_path)


def outcome(content: bytes, folder: Path) -> str:
    """What becomes of a file: its figures, or a sentence."""
    try:
        analyze(read(content, folder))
    except (InputError, UsageError) as error:
        return str(error)
    return "read"


SEEDS = range(12)
NUMBERS = (0, 1, -1, 2, 3, 7, 100, 2**31 - 1, 2**31, 2**62, 2**63 - 1, -(2**63))


@pytest.mark.parametrize("seed", SEEDS)
def test_changed_bytes(seed: int, tmp_path: Path) -> None:
    """Bits turned over, bytes lost and put in, anywhere."""
    chance = random.Random(seed)
    whole = small_net(chance.choice((11, 13, 17, 18))).SerializeToString()
    for _ in range(60):
        content = bytearray(whole)
        for _ in range(chance.choice((1, 1, 2, 5))):
            at = chance.randrange(len(content))
            if chance.random() < 0.6:
                content[at] = chance.randrange(256)
            else:
                content[at : at + chance.randrange(1, 9)] = chance.randbytes(chance.randrange(9))
        outcome(bytes(content), tmp_path)


@pytest.mark.parametrize("seed", SEEDS)
def test_changed_models(seed: int, tmp_path: Path) -> None:
    """Settings, edges, operators and tensors of a valid model, each changed into something that it may not be."""
    chance = random.Random(seed)
    for _ in range(60):
        content = small_net(chance.choice((11, 13, 17, 18, NEWEST)))
        for _ in range(chance.choice((1, 1, 2, 3))):
            CHANGES[chance.randrange(len(CHANGES))](content.graph, chance)
        outcome(content.SerializeToString(), tmp_path)


def change_setting(graph: onnx.GraphProto, chance: random.Random) -> None:
    told = [item for one in graph.node for item in one.attribute]
    setting = chance.choice(told)
    if setting.ints:
        setting.ints[chance.randrange(len(setting.ints))] = chance.choice(NUMBERS)
    else:
        setting.i = chance.choice(NUMBERS)


def change_edge(graph: onnx.GraphProto, chance: random.Random) -> None:
    one = chance.choice([one for one in graph.node if one.input])
    values = [value for other in graph.node for value in other.output]
    one.input[chance.randrange(len(one.input))] = chance.choice([*values, "", "w1", "axes"])


def change_operator(graph: onnx.GraphProto, chance: random.Random) -> None:
    names = sorted({schema.name for schema in onnx.defs.get_all_schemas() if schema.domain == ""})
    chance.choice(graph.node).op_type = chance.choice(names)


def change_tensor(graph: onnx.GraphProto, chance: random.Random) -> None:
    tensor = chance.choice([one for one in graph.initializer if one.dims])
    tensor.dims[chance.randrange(len(tensor.dims))] = chance.choice(NUMBERS)
    if chance.random() < 0.3:
        tensor.data_type = chance.randrange(30)


def change_count(graph: onnx.GraphProto, chance: random.Random) -> None:
    one = chance.choice(graph.node)
    if chance.random() < 0.5:
        graph.node.remove(one)
    else:
        graph.node.add().CopyFrom(one)


CHANGES = (change_setting, change_edge, change_operator, change_tensor, change_count)


def test_the_changes_reach_the_reader(tmp_path: Path) -> None:
    """The tests above can fail: without a change the model is read, and with some it is not."""
    chance = random.Random(1)
    seen = {outcome(small_net(17).SerializeToString(), tmp_path)}
    assert seen == {"read"}
    for change in CHANGES:
        for _ in range(20):
            content = small_net(17)
            change(content.graph, chance)
            seen.add(outcome(content.SerializeToString(), tmp_path))

    assert len(seen) > 20


def test_a_single_number_may_be_a_network(tmp_path: Path) -> None:
    """Shapes of no axes and of axes without values."""
    for axes in ((), (1,), (1, 0), (0, 3, 4)):
        content = model([node("Add", "x c", "y")], number("c", 1.0), inputs={"x": axes})
        assert outcome(content.SerializeToString(), tmp_path)


def test_a_map_enlarged_to_nothing_is_a_map_of_nothing(tmp_path: Path) -> None:
    """No division by its sides."""
    sizes = helper.make_tensor("s", onnx.TensorProto.FLOAT, [4], [1, 1, 0, 0])
    graph = read(model([node("Resize", "x - s", "y")], sizes), tmp_path)

    assert graph.nodes[-1].shape == (3, 0, 0)


@pytest.mark.parametrize("shape", [(1, 3, 32, 32), ("n", 3, "h", "w"), (1, 3, -1, -1)])
def test_an_output_as_it_is_stated(shape: tuple[int | str, ...], tmp_path: Path) -> None:
    """Sizes that are left open are any; so is -1, which some files have for them."""
    assert read(stated(relu(), *shape), tmp_path).nodes[-1].shape == (3, 32, 32)


def test_a_file_with_open_sizes_may_state_another_output(tmp_path: Path) -> None:
    """What was exported at one size and left open later states the old one: 224 a side is a choice of ours."""
    assert read(stated(relu(inputs={"x": (1, 3, "h", "w")}), 1, 3, 512, 512), tmp_path).nodes[-1].shape == (
        3,
        224,
        224,
    )
