"""Graphs built by hand: values that several nodes read, and nodes that read several values."""

from __future__ import annotations

import pytest

from tests.networks import graph_of, report_of
from vggstat.cost.inference import inference_peak
from vggstat.cost.saved import saved_items
from vggstat.cost.workload import Workload
from vggstat.net.building import GraphBuilder, joined, seen_through
from vggstat.net.graph import Graph, Sight
from vggstat.net.ops.add import Add
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.dropout import Dropout
from vggstat.net.ops.geometry import windows_of
from vggstat.net.ops.maxpool import MaxPool
from vggstat.net.ops.relu import ReLU
from vggstat.net.spec import Place
from vggstat.sources.spec import names

HERE = Place("here", 1, 1, "")
CONV = Conv(filters=4, kernel=3)


def finished(builder: GraphBuilder) -> Graph:
    spec = graph_of("name: x\ninput: [4, 8, 8]\nblocks: [[conv3-4]]\nhead: none").spec
    return Graph(spec=spec, image=builder.image, head="none", classes=None, nodes=builder.nodes())


def residual(*, relu_reads: str = "sum") -> Graph:
    """conv1, conv2 on it, and their sum; a ReLU on the sum, or on conv1's map, which the sum reads too."""
    builder = GraphBuilder((4, 8, 8))
    one = builder.add(CONV, "conv1", scope=("block1",), place=HERE)
    two = builder.add(CONV, "conv2", scope=("block1",), place=HERE)
    if relu_reads == "conv1":
        two = builder.add(ReLU(), "relu", scope=("block1",), place=HERE, inputs=(one,))
    total = builder.add(Add(in_place=False), "sum", scope=("block1",), place=HERE, inputs=(two, one))
    if relu_reads == "sum":
        builder.add(ReLU(), "relu", scope=("block1",), place=HERE, inputs=(total,))
    return finished(builder)


@pytest.mark.parametrize("name", [*names(), "D@head=conv", "D@384"])
def test_a_chain_is_what_its_spec_says(name: str) -> None:
    """Every shipped network built anew node by node is the same graph."""
    graph = report_of(name).graph
    builder = GraphBuilder(graph.image)
    for node in graph.nodes:
        builder.add(
            node.layer,
            node.name,
            scope=node.scope,
            place=node.place,
            inputs=node.inputs,
            torch_name=node.torch_name,
            is_row=node.is_row,
            in_model=node.in_model,
        )

    assert builder.nodes() == graph.nodes


def test_what_another_node_reads_is_not_written_over() -> None:
    """A ReLU on the sum writes over it; one on a map that the sum reads too makes a map of its own."""
    alone, shared = residual().nodes[-1], residual(relu_reads="conv1").nodes[2]

    assert (alone.layer, alone.in_place) == (ReLU(), True)
    assert (shared.layer, shared.in_place) == (ReLU(), False)


def test_what_a_dropout_hands_on_is_its_input_in_inference() -> None:
    """A ReLU behind a dropout writes over conv1's map there: not where a sum reads that too, and never over the image."""
    builder = GraphBuilder((4, 8, 8))
    dropped = builder.add(Dropout(p=0.5), "dropout0", scope=(), place=HERE)
    builder.add(ReLU(), "on the image", scope=(), place=HERE, inputs=(dropped,))
    for shared in (True, False):
        one = builder.add(CONV, "conv", scope=(), place=HERE)
        two = builder.add(Dropout(p=0.5), "dropout", scope=(), place=HERE, inputs=(one,))
        three = builder.add(ReLU(), "shared" if shared else "alone", scope=(), place=HERE, inputs=(two,))
        builder.add(Add(), "sum", scope=(), place=HERE, inputs=(three, one if shared else three))
    in_place = {node.name: node.in_place for node in builder.nodes() if isinstance(node.layer, ReLU)}

    assert in_place == {"on the image": False, "shared": False, "alone": True}


@pytest.mark.parametrize(
    ("word", "in_place", "kept"),
    [
        ("relu6", True, "copy of the input"),  # hardtanh_ clones what it writes over
        ("leaky-relu", True, "output"),
        ("silu", True, "copy of the input"),
        ("sigmoid", False, "output"),
        ("gelu", False, "input"),
    ],
)
def test_what_an_activation_keeps(word: str, in_place: bool, kept: str) -> None:
    """torch 2.13, read off saved_tensors_hooks: what is written over cannot be kept, so torch copies it first."""
    node = graph_of(f"name: x\ninput: [4, 8, 8]\nblocks: [[conv3-4 {word}]]\n").nodes[1]

    assert node.in_place == in_place
    assert [saved.what for saved in node.saved] == [kept]


def test_a_map_lives_until_its_last_reader() -> None:
    """4 x 8 x 8 float32 values are 1,024 B: at conv2 the image, conv1 and conv2; at the sum conv1, conv2 and the sum beside
    the image, which the caller holds."""
    peak = inference_peak(residual(), Workload())

    assert peak.bytes == 4 * 1024
    assert peak.node == "sum"


def test_what_several_nodes_save_counts_once() -> None:
    """conv1's map is kept by conv2 and by a pool beside it: once."""
    builder = GraphBuilder((4, 8, 8))
    one = builder.add(CONV, "conv1", scope=("block1",), place=HERE)
    builder.add(CONV, "conv2", scope=("block1",), place=HERE, inputs=(one,))
    builder.add(CONV, "conv3", scope=("block1",), place=HERE, inputs=(one,))
    kept = saved_items(finished(builder), Workload(mode="training"))

    assert sum(item.bytes for item in kept) == 2 * 1024  # the image and conv1's map


def test_a_gradient_goes_wherever_something_is_learned() -> None:
    """Through the one input that has a parameter before it."""
    builder = GraphBuilder((4, 8, 8))
    one = builder.add(CONV, "conv", scope=("block1",), place=HERE)
    pooled = builder.add(
        MaxPool(kernel=3, stride=1, padding=1), "pool", scope=("block1",), place=HERE, inputs=(0,)
    )
    total = builder.add(Add(in_place=False), "sum", scope=("block1",), place=HERE, inputs=(pooled, one))
    nodes = finished(builder).nodes

    assert [node.needs_input_grad for node in nodes] == [False, False, True]
    assert total == 3


def test_the_largest_field_and_the_step_where_paths_agree() -> None:
    """As in a residual block: 5 pixels through two convolutions of 3, 1 through the shortcut; both of step 1."""
    assert residual().nodes[2].sight == Sight(5, 1)
    assert joined([Sight(7, 2), Sight(11, 2)]) == Sight(11, 2)
    assert joined([Sight(7, 2), None]) is None  # one path sees all
    assert joined([Sight(7, 2), Sight(3, 4)]) == Sight(7, None)


def test_no_step_and_no_field_are_made_up() -> None:
    """Behind paths of different steps a 1x1 window keeps what is known; a wider one leaves the field unknown."""
    met = Sight(7, None)

    assert seen_through(met, windows_of(1, 1)) == met
    assert seen_through(met, windows_of(3, 1, 1)) == Sight(None, None)
    assert joined([Sight(None, None), Sight(3, 1)]) == Sight(None, None)


def test_a_field_may_be_wider_than_high() -> None:
    """By a kernel of 1x7 at a step of 2: 5 + 0·2 and 5 + 6·2; a stride of 1x2 makes two steps."""
    assert seen_through(Sight(5, 2), windows_of((1, 7), 1, "same")) == Sight((5, 17), 2)
    assert seen_through(Sight((5, 17), 2), windows_of((7, 1), (1, 2), (3, 0))) == Sight(17, (2, 4))
    assert joined([Sight((5, 17), 2), Sight((17, 5), 2)]) == Sight(17, 2)


@pytest.mark.parametrize("inputs", [(1,), (0, 5), (-1,)])
def test_a_value_has_to_be_there(inputs: tuple[int, ...]) -> None:
    """Nothing is read before it is made."""
    builder = GraphBuilder((4, 8, 8))
    with pytest.raises(ValueError, match="the last value is 0"):
        builder.add(CONV, "conv", scope=("block1",), place=HERE, inputs=inputs)


def test_a_map_that_is_read_twice_by_one_layer_is_not_written_over() -> None:
    """x += x; x += x would be 4x where x + x + x is meant."""
    builder = GraphBuilder((4, 8, 8))
    one = builder.add(CONV, "conv", scope=("block1",), place=HERE)
    builder.add(Add(), "sum", scope=("block1",), place=HERE, inputs=(one, one, one))

    assert not builder.nodes()[-1].in_place
