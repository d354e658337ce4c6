"""What a compiled model keeps, against AOT autograd itself."""

from __future__ import annotations

import warnings

import pytest
import torch

from tests.memory.torch_step import Flat
from tests.networks import graph_of
from vggstat.cost.accounting import find_accounting
from vggstat.cost.workload import Workload
from vggstat.net import Graph
from vggstat.sources.spec import load
from vggstat.sources.spec.build import build_graph

pytestmark = pytest.mark.skipif(
    tuple(map(int, torch.__version__.split(".")[:2])) < (2, 13),
    reason="what a compiled model keeps is stated for torch 2.13: older partitioners keep other tensors",
)

BATCH = 3


def kept_bytes(graph: Graph) -> int:
    """Bytes that the compiled forward pass keeps for the backward pass, parameters and buffers left out."""
    torch._dynamo.reset()
    model = Flat(graph)
    known = {tensor.untyped_storage()._cdata for tensor in (*model.parameters(), *model.buffers())}
    kept: dict[int, torch.UntypedStorage] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in known:
            kept[storage._cdata] = storage
        return tensor

    compiled = torch.compile(model, backend="aot_eager_decomp_partition")
    with (
        warnings.catch_warnings(action="ignore"),
        torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor),
    ):
        output = compiled(torch.randn(BATCH, *graph.image))
    assert output.requires_grad
    return sum(storage.nbytes() for storage in kept.values())


FC = "input: [3, 32, 32], classifier: [FC-20, FC-20, FC-10, soft-max]"
BN4, BN8 = (f"{{conv: {{filters: {filters}, norm: batch}}}}" for filters in (4, 8))

NETWORKS = {
    "D": f"{{name: d, {FC}, head: adaptive, blocks: [[conv3-4, conv3-4, maxpool], [conv3-8, conv3-8, maxpool]]}}",
    "A-LRN": f"{{name: alrn, {FC}, head: flatten, blocks: [[conv3-4, lrn, maxpool], [conv3-8, maxpool]]}}",
    "D-BN": f"{{name: dbn, {FC}, head: gap, blocks: [[{BN4}, {BN4}, maxpool], [{BN8}, maxpool]]}}",
}


@pytest.mark.parametrize(
    ("batch", "side"),
    # values a channel: 4, 8; from here on kept: 9, 12, 16, 18, 32, 36, 81
    [(1, 2), (2, 2), (1, 3), (3, 2), (1, 4), (2, 3), (8, 2), (9, 2), (9, 3)],
)
def test_statistics_of_a_few_values_are_computed_anew(
    batch: int, side: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two results of up to eight values a channel are not worth keeping: batch times the map's size decides."""
    monkeypatch.setattr("tests.memory.test_torch_compiled.BATCH", batch)
    fields = f"input: [3, {2 * side}, {2 * side}], classifier: [FC-10], head: gap"
    graph = graph_of(
        f"{{name: x, {fields}, blocks: [[conv3-4, maxpool], [{BN8}, {BN8}, {{maxpool: {{ceil: true}}}}]]}}"
    )

    assert find_accounting("saved-compiled").total_bytes(graph, Workload(batch=batch)) == kept_bytes(graph)


def test_d_bn_on_small_images(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three batch norms over maps of 2x2: 3,794,944 B with their statistics, 3 · 512 · 2 · 4 B less without."""
    monkeypatch.setattr("tests.memory.test_torch_compiled.BATCH", 2)
    graph = build_graph(load("D-BN"), image=(3, 32, 32), head="gap", classes=10)

    assert (
        find_accounting("saved-compiled").total_bytes(graph, Workload(batch=2))
        == 3_782_656
        == kept_bytes(graph)
    )


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_built_as_vgg(name: str) -> None:
    """Exact for what VGGs are made of; for other orders of layers the partitioner may find more to drop."""
    graph = graph_of(NETWORKS[name])

    assert find_accounting("saved-compiled").total_bytes(graph, Workload(batch=BATCH)) == kept_bytes(graph)
