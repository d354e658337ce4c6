"""Peaks and kept bytes of graphs that branch, against torch itself."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.branching import Builder, branching, branching_vectors
from tests.memory.torch_step import inference_bytes, real_training_bytes, training_bytes
from vggstat.cost.inference import inference_peak
from vggstat.cost.items import parameter_items
from vggstat.cost.training import training_peak
from vggstat.cost.workload import Workload, find_dtype
from vggstat.net.graph import Graph
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.add import Add
from vggstat.net.ops.bn import BatchNorm
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.fc import Linear
from vggstat.net.ops.flatten import Flatten
from vggstat.net.ops.multiply import Multiply

BF16 = find_dtype("bf16")

random_graphs = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
formats = pytest.mark.parametrize(
    "workload",
    [Workload(), Workload(dtype=BF16), Workload(autocast=BF16)],
    ids=["float32", "bfloat16", "autocast"],
)


def drawn(data: st.DataObject, workload: Workload) -> Graph:
    """A random graph, under autocast with maps of one format."""
    return data.draw(branching(joins_image=workload.autocast is None))


@formats
@random_graphs
@given(data=st.data(), batch=st.integers(2, 5))
def test_the_peak_in_inference(workload: Workload, data: st.DataObject, batch: int) -> None:
    """Each map lives until its last reader has run."""
    graph, workload = drawn(data, workload), workload.replace(batch=batch)
    held = sum(item.bytes for item in parameter_items(graph, workload))

    assert held + inference_peak(graph, workload).bytes == inference_bytes(graph, workload)


@formats
@random_graphs
@given(data=st.data(), batch=st.integers(2, 5))
def test_the_peak_of_a_training_step(workload: Workload, data: st.DataObject, batch: int) -> None:
    """Where gradients meet they are added out of place: MemTracker's tensors are not written over."""
    graph, training = drawn(data, workload), workload.replace(batch=batch, mode="training")

    assert training_peak(graph, training, "copied").bytes == training_bytes(graph, training)


@settings(random_graphs, max_examples=40)
@given(graph=branching_vectors())
def test_the_peak_of_a_real_step(graph: Graph) -> None:
    """The stated figure: a CPU's own allocations, where autograd adds gradients in place."""
    training = Workload(batch=256, mode="training")

    assert training_peak(graph, training).bytes == real_training_bytes(graph, training)


def test_gradients_added_in_place_and_copied() -> None:
    """A network whose peak is where two gradients of one map meet, of which a real run copies neither."""
    builder = Builder((16, 2, 2))
    first = builder.put(Linear(features=32), builder.put(Flatten(), 0))
    wide = builder.put(Concat(), first, first)
    twice = builder.put(Add(in_place=False), wide, wide)
    builder.put(Linear(features=10), builder.put(Add(in_place=False), wide, twice))
    graph, training = builder.graph(), Workload(batch=256, mode="training")
    in_place, copied = training_peak(graph, training), training_peak(graph, training, "copied")

    assert in_place.bytes == real_training_bytes(graph, training) == 286_032
    assert copied.bytes == training_bytes(graph, training) == 288_640


@pytest.mark.parametrize("join", ["add", "add in place", "concat", "multiply", "gate"])
@pytest.mark.parametrize("image_first", [True, False])
def test_joins_of_two_formats(join: str, image_first: bool) -> None:
    """Under autocast a convolution's map is in the lower format, and the image is not."""
    builder = Builder((4, 8, 8))
    made = builder.put(Conv(filters=4), 0)
    if join == "gate":
        made = builder.put(AdaptiveAvgPool(output=1), made)
    maps = (0, made) if image_first else (made, 0)
    layers = {"add": Add(in_place=False), "add in place": Add(), "concat": Concat()}
    joined = builder.put(layers.get(join, Multiply()), *maps)
    builder.put(Conv(filters=2), builder.put(BatchNorm(), joined))
    builder.put(Linear(features=3), builder.put(Flatten(), builder.last))
    graph, workload = builder.graph(), Workload(batch=3, autocast=BF16)
    held = sum(item.bytes for item in parameter_items(graph, workload))

    assert held + inference_peak(graph, workload).bytes == inference_bytes(graph, workload)
    training = workload.replace(mode="training")
    assert training_peak(graph, training, "copied").bytes == training_bytes(graph, training)
