"""What a model holds: its parameters and buffers as the graph has them, and the formats that they are stored in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from torch import Tensor

from vggstat.net.ops.base import Param

__all__ = ["formats", "is_bias", "params_of"]


def params_of(tensors: Mapping[str, Tensor], learned: Mapping[str, Tensor]) -> dict[int, Param]:
    """The tensors by their ``id``, from those by their paths in the model; ``learned`` are its parameters."""
    found = {}
    for path, tensor in tensors.items():
        name = path.rpartition(".")[2]
        is_learned = path in learned
        role: Literal["weight", "bias"] = "bias" if is_bias(name) else "weight"
        found[id(tensor)] = Param(
            name,
            tuple(tensor.shape),
            role if is_learned else "buffer",
            width=None if tensor.is_floating_point() else tensor.element_size(),
            path=path,
            frozen=is_learned and not learned[path].requires_grad,
        )
    return found


def is_bias(path: str) -> bool:
    """Whether a parameter is one by what torch and others call it: ``bias``, ``bias_hh_l0_reverse``, ``in_proj_bias``, ``bias_k``.

    A ``relative_position_bias_table`` is a weight: a table that values are taken from, as from an embedding.
    """
    words = path.rpartition(".")[2].split("_")
    return "bias" in (words[0], words[-1])


def formats(parameters: Iterable[Tensor]) -> Iterator[tuple[str, int]]:
    """The format of each, by torch's name, with its values."""
    return ((str(tensor.dtype).removeprefix("torch."), tensor.numel()) for tensor in parameters)
