"""What a compiled model keeps, against AOT autograd itself."""

from __future__ import annotations

import warnings

import pytest
import torch

from tests.memory.torch_step import sequential
from tests.networks import graph_of
from vggstat.cost.accounting import find_accounting
from vggstat.cost.workload import Workload
from vggstat.graph import Graph

BATCH = 3


def kept_bytes(graph: Graph) -> int:
    """Bytes that the compiled forward pass keeps for the backward pass, parameters and buffers left out."""
    torch._dynamo.reset()
    model = sequential(graph)
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


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_built_as_vgg(name: str) -> None:
    """Exact for what VGGs are made of; for other orders of layers the partitioner may find more to drop."""
    graph = graph_of(NETWORKS[name])

    assert find_accounting("saved-compiled").total_bytes(graph, Workload(batch=BATCH)) == kept_bytes(graph)
