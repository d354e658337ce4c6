"""Bytes that autograd keeps for the backward pass, seen by saved_tensors_hooks on fake tensors of a CPU.

Fake tensors, because on ``meta`` a batch norm's statistics are float32 whatever the parameters are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks

from vggstat.cost.accounting import find_accounting
from vggstat.cost.check import Check
from vggstat.cost.items import MemoryItem
from vggstat.measure.module import Network, allocate
from vggstat.measure.step import NativeDropout
from vggstat.measure.verify.counters.base import Subject, compare_bytes, training_refused

__all__ = ["SOURCE", "count"]

SOURCE: Final = "saved_tensors_hooks"
QUANTITY: Final = "saved_bytes"


def count(subject: Subject) -> Iterator[Check]:
    """Each storage once, parameters and buffers left out, without the loss; dropout masks as on CUDA."""
    refused = training_refused(SOURCE, QUANTITY, subject)
    if refused:
        yield refused
        return
    accounting = find_accounting("saved")
    names = {name: node.name for name, node in subject.modules.items()}
    model = subject.model()
    with FakeTensorMode():
        allocate(model, "cpu")
        kept = _kept(model, subject.images("cpu"))
    stated = {names.get(name, name): count for name, count in kept.items()}
    items = _at_modules(accounting.items(subject.report.graph, subject.report.workload), subject)
    yield from compare_bytes(SOURCE, QUANTITY, stated, items, convention=accounting.name)


def _at_modules(items: Iterable[MemoryItem], subject: Subject) -> tuple[MemoryItem, ...]:
    """What a function keeps, under the module that ran before it: hooks see modules only."""
    owners: dict[str, str] = {}
    owner = ""
    for node in subject.report.graph.nodes:
        owner = node.name if node.torch_name else owner
        owners[node.name] = owner or node.name
    return tuple(item._replace(node=owners.get(item.node, item.node)) for item in items)


def _kept(model: Network, images: Tensor) -> dict[str, int]:
    """Bytes kept, by the name of the module that first keeps them."""
    seen = {tensor.untyped_storage()._cdata for tensor in (*model.parameters(), *model.buffers())}
    alive: list[Tensor] = []  # so that no storage's address is used again
    kept: dict[str, int] = {}
    running = [""]

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in seen:
            seen.add(storage._cdata)
            alive.append(tensor.detach())
            kept[running[0]] = kept.get(running[0], 0) + storage.nbytes()
        return tensor

    handles = [
        module.register_forward_pre_hook(_note(name, running)) for name, module in model.named_modules()
    ]
    try:
        with torch.enable_grad(), NativeDropout(), saved_tensors_hooks(pack, lambda tensor: tensor):
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    return kept


def _note(name: str, running: list[str]) -> Any:
    def hook(*_: Any) -> None:
        running[0] = name

    return hook
