"""The tensors that a model holds beside its parameters, and whether they have values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from torch import Tensor, nn

from vggstat.sources.torch_module.recorder import tensors_of

__all__ = ["STATISTICS", "needs_values", "tensors_beside"]

STATISTICS: Final = {"running_mean": 0, "running_var": 1, "num_batches_tracked": 0}
"""Buffers whose values are known before anything has run."""

REGISTERED: Final = ("_parameters", "_buffers", "_modules")


def tensors_beside(model: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Buffers, and tensors that a module holds without having told torch of them, each by its own name."""
    for module in model.modules():
        yield from module.named_buffers(recurse=False)
        for name, value in vars(module).items():
            if name not in REGISTERED:
                yield from ((name, tensor) for tensor in tensors_of(value))


def needs_values(model: nn.Module) -> bool:
    """Whether something lies on meta whose values matter to what runs: an index, a mask, a table of positions."""
    return any(tensor.is_meta and name not in STATISTICS for name, tensor in tensors_beside(model))
