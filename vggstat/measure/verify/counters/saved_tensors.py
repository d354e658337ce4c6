"""Bytes that autograd keeps for the backward pass, seen by saved_tensors_hooks on fake tensors of a CPU.

Fake tensors, because on ``meta`` a batch norm's statistics are float32 whatever the parameters are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from weakref import ref

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from vggstat.cost.accounting import find_accounting
from vggstat.cost.check import Check, unchecked
from vggstat.errors import UnknownMemoryError
from vggstat.measure.step import NativeDropout
from vggstat.measure.verify.counters.base import compare_bytes, in_short, training_refused
from vggstat.measure.verify.subject import Run, Subject

__all__ = ["QUANTITY", "SOURCE", "count"]

SOURCE: Final = "saved_tensors_hooks"
QUANTITY: Final = "saved_bytes"


def count(subject: Subject) -> Iterator[Check]:
    """Each storage once, parameters and buffers left out, without the loss; dropout masks as on CUDA."""
    refused = training_refused(SOURCE, QUANTITY, subject)
    if refused:
        yield refused
        return
    accounting = find_accounting("saved")
    with subject.run("fake") as run:
        kept = _kept(run)
    try:
        computed = _computed(subject)
    except UnknownMemoryError:
        left = accounting.counted(subject.report.graph, subject.report.workload).not_counted
        reason = f"vggstat does not know what is kept by {in_short([one.name for one in left])}"
        total = sum(kept.values())
        yield unchecked(SOURCE, QUANTITY, reason, convention=accounting.name, stated=total)
        return
    yield from compare_bytes(SOURCE, QUANTITY, subject, kept, computed, convention=accounting.name)


def _computed(subject: Subject) -> dict[str, int]:
    """Bytes kept by vggstat's count, by the path of the module that keeps them; a function's where it is called."""
    report = subject.report
    paths = {node.name: path for path, nodes in subject.layers.items() for node in nodes}
    computed: dict[str, int] = {}
    for item in find_accounting("saved").items(report.graph, report.workload):
        path = paths[item.node]
        computed[path] = computed.get(path, 0) + item.bytes
    return computed


class _Kept:
    """What autograd holds in place of a tensor, as long as it needs that."""

    def __init__(self, tensor: Tensor, path: str) -> None:
        self.tensor, self.path = tensor, path


def _kept(run: Run) -> dict[str, int]:
    """Bytes that are kept once the forward pass is over, by the path of the module that first keeps them.

    What leads nowhere is kept no longer than the call that made it.
    """
    model = run.model
    own = {tensor.untyped_storage()._cdata for tensor in (*model.parameters(), *model.buffers())}
    packed: list[ref[_Kept]] = []
    running = [""]

    def pack(tensor: Tensor) -> _Kept:
        kept = _Kept(tensor.detach(), running[-1])
        packed.append(ref(kept))
        return kept

    def enter(path: str) -> Any:
        return lambda *_: running.append(path)

    for path, module in model.named_modules():
        module.register_forward_pre_hook(enter(path), prepend=True)
        module.register_forward_hook(lambda *_: _leave(running), always_call=True)
    with torch.enable_grad(), NativeDropout(), saved_tensors_hooks(pack, lambda kept: kept.tensor):
        outputs = run.call()
    storages: dict[int, tuple[str, int]] = {}
    for kept in filter(None, (one() for one in packed)):
        storage = kept.tensor.untyped_storage()
        if storage._cdata not in own:
            storages.setdefault(storage._cdata, (kept.path, storage.nbytes()))
    del outputs
    total: dict[str, int] = {}
    for path, size in storages.values():
        total[path] = total.get(path, 0) + size
    return total


def _leave(running: list[str]) -> None:
    running.pop()
