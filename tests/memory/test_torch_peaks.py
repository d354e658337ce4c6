"""Peaks against torch itself: random chains, and the paper's networks."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.memory.chains import chains, chains_over_a_view
from tests.memory.torch_step import inference_bytes, training_bytes
from tests.networks import PAPER, graph_of, report_of
from vggstat.cost.fit import largest_batch
from vggstat.cost.footprint import measure
from vggstat.cost.optimizer import IMPLEMENTATIONS, OPTIMIZERS, Optimizer
from vggstat.cost.training import least_batch
from vggstat.cost.workload import DType, Workload, find_dtype
from vggstat.net import Graph

BF16 = find_dtype("bf16")

optimizers = st.builds(
    lambda optimizer, implementation: optimizer.replace(implementation=implementation),
    st.sampled_from(OPTIMIZERS),
    st.sampled_from(IMPLEMENTATIONS),
)

random_chains = settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def assume_trainable(graph: Graph, batch: int) -> None:
    """Leaves out what torch refuses: to normalize a single value."""
    assume(batch >= least_batch(graph))


@random_chains
@given(graph=chains(), batch=st.integers(1, 7), optimizer=optimizers)
def test_random_chains_in_float32(graph: Graph, batch: int, optimizer: Optimizer) -> None:
    """A training step with any optimizer, and a forward pass, peak at exactly the bytes that are predicted."""
    assume_trainable(graph, batch)
    workload = Workload(batch=batch, optimizer=optimizer)

    assert measure(graph, workload).peak.bytes == inference_bytes(graph, workload)
    training = workload.replace(mode="training")
    assert measure(graph, training).peak.bytes == training_bytes(graph, training)


@random_chains
@given(graph=chains(), batch=st.integers(1, 7), optimizer=optimizers)
def test_random_chains_in_bfloat16(graph: Graph, batch: int, optimizer: Optimizer) -> None:
    """As in float32, where indices, masks and targets do not shrink."""
    assume_trainable(graph, batch)
    workload = Workload(batch=batch, dtype=BF16, optimizer=optimizer)

    assert measure(graph, workload).peak.bytes == inference_bytes(graph, workload)
    training = workload.replace(mode="training")
    assert measure(graph, training).peak.bytes == training_bytes(graph, training)


@random_chains
@given(graph=chains(), batch=st.integers(1, 7), optimizer=optimizers)
def test_random_chains_under_autocast(graph: Graph, batch: int, optimizer: Optimizer) -> None:
    """As in float32; LRN and softmax in the formats that CUDA's autocast gives them."""
    assume_trainable(graph, batch)
    workload = Workload(batch=batch, autocast=BF16, optimizer=optimizer)

    assert measure(graph, workload).peak.bytes == inference_bytes(graph, workload)
    training = workload.replace(mode="training")
    assert measure(graph, training).peak.bytes == training_bytes(graph, training)


CONV: Final = "{conv: {filters: 16, activation: none}}"

VIEWS = {
    # blocks, and the classifier: a ReLU writes over a view in all but the last three
    "a ReLU after the flatten": (f"[{CONV}]", "[relu, FC-10]"),
    "something that does nothing between": (f"[{CONV}]", "[{dropout: {p: 0}}, relu, FC-10]"),
    "a flatten of its own": (f"[{CONV}, flatten, relu]", "[FC-10]"),
    "a flatten after a pool": (f"[{CONV}, maxpool, flatten, {{dropout: {{p: 0}}}}, relu]", "[FC-10]"),
    "a flatten of a map of one value": (
        "[{conv: {filters: 16, kernel: 8, padding: 0, activation: none}}]",
        "[relu, FC-9]",
    ),
    "a ReLU that has no FC layer after it": (f"[{CONV}]", "[relu]"),
    "a flatten of a vector is no view": (f"[{CONV}]", "[FC-40, flatten, relu, FC-10]"),
    "a dropout makes a map of its own": (f"[{CONV}]", "[dropout, relu, FC-10]"),
    "what a ReLU has kept is not written over": ("[conv3-16]", "[relu, FC-10]"),
}


@pytest.mark.parametrize("case", VIEWS)
@pytest.mark.parametrize("autocast", [None, BF16])
def test_layers_that_write_over_a_view(case: str, autocast: DType | None) -> None:
    """autograd copies the gradient of the whole map twice more; and where there is no view, it does not."""
    blocks, classifier = VIEWS[case]
    graph = graph_of(
        f"{{name: v, input: [3, 8, 8], blocks: [{blocks}], head: flatten, classifier: {classifier}}}"
    )
    workload = Workload(batch=32, mode="training", autocast=autocast)

    assert measure(graph, workload).peak.bytes == training_bytes(graph, workload)


@pytest.mark.parametrize(
    "run",
    [Workload(), Workload(dtype=BF16), Workload(autocast=BF16)],
    ids=["float32", "bfloat16", "autocast"],
)
@random_chains
@given(graph=chains_over_a_view(), batch=st.integers(1, 7))
def test_random_chains_that_write_over_a_view(run: Workload, graph: Graph, batch: int) -> None:
    """Whatever stands before the flatten, between it and the ReLU, and after both."""
    assume_trainable(graph, batch)
    training = run.replace(batch=batch, mode="training")

    assert measure(graph, training).peak.bytes == training_bytes(graph, training)


def test_the_copies_behind_a_view_are_what_is_counted() -> None:
    """806,784 B: without them 2 · 32 · 16·8·8 · 4 B = 262,144 B less, which a batch that "fits" would lack."""
    graph = graph_of(
        f"{{name: v, input: [3, 8, 8], blocks: [[{CONV}]], head: flatten, classifier: [relu, FC-10]}}"
    )
    workload = Workload(batch=32, mode="training")

    assert measure(graph, workload).peak.bytes == 806_784 == 544_640 + 262_144
    assert largest_batch(graph, workload, 806_784) == 32
    assert largest_batch(graph, workload, 806_783) == 31


@pytest.mark.parametrize("p", [0, 0.5, 1])
@pytest.mark.parametrize("workload", [Workload(), Workload(dtype=BF16), Workload(autocast=BF16)])
@pytest.mark.parametrize(
    "before", ["avgpool: {kernel: 1, stride: 1}", "dropout: {p: 1}", "conv: {filters: 9}"]
)
def test_dropout_of_nothing_some_and_all(p: float, workload: Workload, before: str) -> None:
    """Where all goes, the zero that it is multiplied by is there too, before anything learned as well.

    The map before the dropout is alive beside its output, so that before anything learned the peak stands there.
    """
    small = "{conv: {filters: 2, kernel: 1}}"
    graph = graph_of(
        f"{{name: d, input: [9, 12, 12], blocks: [[{{{before}}}, {{dropout: {{p: {p}}}}}, {small}]]}}"
    )
    training = workload.replace(batch=3, mode="training")
    peak = measure(graph, training).peak

    assert peak.bytes == training_bytes(graph, training)
    if p and not before.startswith("conv"):
        assert (peak.node[:14], peak.phase) == ("block1_dropout", "forward")


@pytest.mark.parametrize("image", [[1, 1, 2], [1, 2, 2], [3, 8, 8]])
def test_batch_norm_before_anything_that_learns(image: list[int]) -> None:
    """The image's gradient is made and dropped at once: one map more than a layer that leaves it out."""
    graph = graph_of(f"{{name: first, input: {image}, blocks: [[bn]]}}")
    workload = Workload(batch=2, mode="training")

    assert measure(graph, workload).peak.bytes == training_bytes(graph, workload)


@pytest.mark.parametrize("image", [[4, 6, 6], [64, 8, 8]])
@pytest.mark.parametrize("size", [1, 5, 64, 400])
@pytest.mark.parametrize("before", ["conv1-4", "lrn, conv1-4", "conv1-4, softmax"])
def test_lrn_under_autocast(image: list[int], size: int, before: str) -> None:
    """With the peak at the LRN, at its quotient or, where the padding is wide, at its mean; behind each format."""
    text = f"{{name: n, input: {image}, blocks: [[{before}, {{lrn: {{size: {size}}}}}, maxpool, conv1-2]]}}"
    workload = Workload(batch=3, autocast=BF16)

    assert measure(graph_of(text), workload).peak.bytes == inference_bytes(graph_of(text), workload)
    training = workload.replace(mode="training")
    assert measure(graph_of(text), training).peak.bytes == training_bytes(graph_of(text), training)
    assert measure(graph_of(text), training).peak.node.startswith("block1_lrn")


@pytest.mark.parametrize("batch", [1, 8])
def test_a_lrn_under_autocast(batch: int) -> None:
    """The paper's network with LRN."""
    graph = report_of("A-LRN").graph
    workload = Workload(batch=batch, autocast=BF16)

    assert measure(graph, workload).peak.bytes == inference_bytes(graph, workload)
    training = workload.replace(mode="training")
    assert measure(graph, training).peak.bytes == training_bytes(graph, training)


@pytest.mark.parametrize("name", [*PAPER, "D-BN", "AlexNet"])
@pytest.mark.parametrize(("batch", "dtype"), [(1, "fp32"), (8, "bf16")])
def test_shipped_networks(name: str, batch: int, dtype: str) -> None:
    """Both peaks of the shipped networks, for one image in float32 and for eight in bfloat16.

    What a batch does in one format it does in the other: random chains have every pair, and so has D in test_counters.
    """
    graph = report_of(name).graph
    workload = Workload(batch=batch, dtype=find_dtype(dtype))

    assert measure(graph, workload).peak.bytes == inference_bytes(graph, workload)
    training = workload.replace(mode="training")
    assert measure(graph, training).peak.bytes == training_bytes(graph, training)
