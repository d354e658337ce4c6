"""Peaks against torch itself: random chains, and the paper's networks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.memory.chains import chains
from tests.memory.torch_step import inference_bytes, training_bytes
from tests.networks import PAPER, report_of
from vggstat.cost.footprint import measure
from vggstat.cost.optimizer import IMPLEMENTATIONS, OPTIMIZERS, Optimizer
from vggstat.cost.workload import Workload, find_dtype
from vggstat.graph import Graph

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


def kinds(graph: Graph) -> set[str]:
    return {node.layer.stem for node in graph.nodes if node.in_model}


def assume_trainable(graph: Graph, batch: int) -> None:
    """Leaves out what torch refuses, and what its fake CPU does otherwise than any device."""
    for node in graph.nodes:
        if node.layer.stem == "bn":
            # torch refuses to normalize a single value.
            assume(batch * node.shape[1] * node.shape[2] > 1)
            # The fake kernel makes the input's gradient even where it is not asked for.
            assume(node.needs_input_grad)


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
    """As in float32. LRN is not predicted; softmax runs in float32 on CUDA, and not on a CPU."""
    assume_trainable(graph, batch)
    assume(not kinds(graph) & {"lrn", "softmax"})
    workload = Workload(batch=batch, autocast=BF16, optimizer=optimizer)

    assert measure(graph, workload).peak.bytes == inference_bytes(graph, workload)
    training = workload.replace(mode="training")
    assert measure(graph, training).peak.bytes == training_bytes(graph, training)


@pytest.mark.parametrize("name", [*PAPER, "D-BN", "AlexNet"])
@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("dtype", ["fp32", "bf16"])
def test_shipped_networks(name: str, batch: int, dtype: str) -> None:
    """Both peaks of the shipped networks, for one image and for eight."""
    graph = report_of(name).graph
    workload = Workload(batch=batch, dtype=find_dtype(dtype))

    assert measure(graph, workload).peak.bytes == inference_bytes(graph, workload)
    training = workload.replace(mode="training")
    assert measure(graph, training).peak.bytes == training_bytes(graph, training)
