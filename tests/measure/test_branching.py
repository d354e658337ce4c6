"""Modules of graphs that branch: every figure equals torch's own, and they compute what the graph means."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, given, settings

from tests.branching import HERE, Builder, branching
from tests.memory.torch_step import Flat
from vggstat.cost.check import Verdict
from vggstat.cost.report import analyze
from vggstat.cost.workload import Workload
from vggstat.errors import UsageError
from vggstat.measure.module import build_module, fill
from vggstat.measure.verify.counters import flop_counter_mode, hooks, mem_tracker, parameters, saved_tensors
from vggstat.measure.verify.subject import Subject
from vggstat.net.graph import Graph
from vggstat.net.ops.add import Add
from vggstat.net.ops.base import Layer, TorchModule
from vggstat.net.ops.bn import BatchNorm
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.fc import Linear
from vggstat.net.ops.flatten import Flatten
from vggstat.net.ops.relu import ReLU
from vggstat.shapes import Shape

random_graphs = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@random_graphs
@given(graph=branching())
def test_every_figure_equals_torchs_own(graph: Graph) -> None:
    """Shapes, parameters, FLOPs forward and in training, kept bytes and both peaks."""
    subject = Subject(analyze(graph, Workload(batch=2)))
    checks = [
        check
        for counter in (hooks, parameters, flop_counter_mode, saved_tensors, mem_tracker)
        for check in counter.count(subject)
    ]

    assert [check for check in checks if check.verdict is not Verdict.AGREES] == []


@random_graphs
@given(graph=branching())
def test_it_computes_what_its_layers_do(graph: Graph) -> None:
    """As the same layers called by a forward pass that is written another way, and writes over nothing."""
    model = build_module(graph, device="cpu").eval()
    fill(model)
    other = Flat(graph.replace(nodes=tuple(node.replace(in_place=False) for node in graph.nodes))).eval()
    by_number = {
        f"{at}": node.torch_name for at, node in enumerate(other.nodes) if node.torch_name is not None
    }
    other.load_state_dict(
        {
            f"calls.{number}.{tensor}": value
            for number, name in by_number.items()
            for tensor, value in model.get_submodule(name).state_dict().items()
        }
    )
    image = torch.linspace(-1, 1, 2 * 4 * 8 * 8).reshape(2, 4, 8, 8)
    with torch.no_grad():
        assert torch.equal(model(image), other(image.clone()))


def residual_block() -> Graph:
    """A residual unit with names in three levels: body and shortcut side by side."""
    builder = Builder((4, 8, 8))

    def put(layer: Layer, name: str, *inputs: int) -> int:
        return builder.add(layer, name, scope=("block1",), place=HERE, inputs=inputs, torch_name=name)

    first = put(Conv(filters=8), "stem.conv", 0)
    body = put(BatchNorm(), "unit1.body.bn", put(Conv(filters=8), "unit1.body.conv", first))
    short = put(Conv(filters=8, kernel=1), "unit1.shortcut", first)
    total = builder.put(Add(), body, short)
    put(ReLU(), "unit1.relu", total)
    return builder.graph()


def test_containers_say_where_maps_part() -> None:
    """What runs in a row is a Sequential; what branches is a Block, since calling it as a row would be wrong."""
    text = repr(build_module(residual_block()))

    assert [line.strip() for line in text.splitlines() if line.rstrip().endswith("(")] == [
        "branching(",
        "(stem): Sequential(",
        "(unit1): Block(",
        "(body): Sequential(",
    ]


def test_what_has_no_torch_function_is_said() -> None:
    """A layer that is neither a module nor a known join."""

    class Strange(Layer):
        stem = "strange"
        label = "strange"

        def out_shape(self, *inputs: Shape) -> Shape:
            return inputs[0]

        def torch_module(self, *inputs: Shape) -> TorchModule:
            return TorchModule("Strange")

    builder = Builder((4, 8, 8))
    builder.add(Strange(), "strange1", scope=("block1",), place=HERE)
    with pytest.raises(UsageError, match="strange1: vggstat knows no torch function for strange"):
        build_module(builder.graph())


@pytest.mark.parametrize("differs", [True, False])
def test_the_rule_says_where_copies_make_a_difference(differs: bool) -> None:
    """MemTracker sees gradients copied that a real run adds in place; where the peak is the same nothing is said."""
    builder = Builder((16, 2, 2))
    first = builder.put(Linear(features=32), builder.put(Flatten(), 0))
    wide = builder.put(Concat(), first, first)
    if differs:
        wide = builder.put(Add(in_place=False), wide, builder.put(Add(in_place=False), wide, wide))
    builder.put(Linear(features=10), wide)
    check = mem_tracker.check_training(
        Subject(analyze(builder.graph(), Workload(batch=256, mode="training")))
    )

    assert check.verdict is Verdict.AGREES
    assert ("gradients copied" in check.convention) is differs
