"""Somebody's module once more, on another device and in another format; what was given is left as it is."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

from vggstat.errors import UsageError
from vggstat.sources.torch_module.values import STATISTICS, tensors_beside

__all__ = ["copied"]


def copied(model: nn.Module, device: str | torch.device, dtype: torch.dtype) -> nn.Module:
    """The module on a device, floating tensors in ``dtype``: parameters of undefined content, all else with its values.

    What has none, on meta, is 0, and a running variance 1. Raises UsageError where Python cannot copy the module.
    """
    memo: dict[int, Any] = {}
    for parameter in model.parameters():
        empty = torch.empty_like(parameter.detach(), device=device, dtype=_format(parameter, dtype))
        memo[id(parameter)] = nn.Parameter(empty, requires_grad=parameter.requires_grad)
    for name, tensor in tensors_beside(model):
        memo.setdefault(id(tensor), _with_values(name, tensor, device, dtype))
    try:
        twin: nn.Module = copy.deepcopy(model, memo)
    except Exception as error:
        words = str(error).splitlines() or [""]
        raise UsageError(
            f"{type(model).__name__} cannot be copied, and it is not run itself, so that it stays as it is: "
            f"{type(error).__name__}: {words[0]}"
        ) from None
    return twin


def _with_values(name: str, tensor: Tensor, device: str | torch.device, dtype: torch.dtype) -> Tensor:
    kind = _format(tensor, dtype)
    if tensor.is_meta:
        made = torch.full_like(tensor, STATISTICS.get(name, 0), device=device, dtype=kind)
    else:
        made = tensor.detach().clone().to(device=device, dtype=kind)
    return made.requires_grad_(tensor.requires_grad)


def _format(tensor: Tensor, dtype: torch.dtype) -> torch.dtype:
    return dtype if tensor.is_floating_point() else tensor.dtype
