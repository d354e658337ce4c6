"""Layers that run without being computed, for tools that need no values but do need real tensors.

fvcore traces with torch.jit, which takes neither meta nor fake tensors (torch 2.13). All that it reads of a map is
its shape; the shape is asked of ``meta``, and the memory that stands for the map is never written, so that the system
maps none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

__all__ = ["arithmetic_skipped"]

aten = torch.ops.aten

SKIPPED: Final = (
    aten.addmm.default,
    aten.max_pool2d_with_indices.default,
    aten.native_batch_norm.default,
)
"""Beside convolutions and ReLU in place, what takes time in a VGG; everything else is computed."""


@contextmanager
def arithmetic_skipped() -> Iterator[None]:
    """Within it the layers that take time give memory of the right shape, on the CPU, and of undefined content."""
    with ThreadPoolExecutor(1) as aside, _Conv2d(), _Skipping(aside):
        yield


class _Conv2d(TorchFunctionMode):
    """Calls ``_convolution`` where ``conv2d`` is called.

    Only ``_convolution`` is recorded by torch.jit; within ``conv2d`` a dispatch mode would come before that.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is not torch.conv2d or kwargs:
            return func(*args, **dict(kwargs or {}))
        *given, groups = (
            args  # as torch.nn.Conv2d calls it: input, weight, bias, stride, padding, dilation, groups
        )
        is_transposed = is_benchmark = is_deterministic = False
        flags = (is_benchmark, is_deterministic, True, True)  # cuDNN and TF32 allowed, as by default
        return aten._convolution.default(*given, is_transposed, [0, 0], groups, *flags)


class _Skipping(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Leaves the arithmetic out."""

    def __init__(self, aside: ThreadPoolExecutor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.aside = aside

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is aten._convolution.default:
            func, args = aten.convolution.default, args[:9]
        elif func is aten.relu_.default:
            return args[0]
        elif func not in SKIPPED:
            return func(*args, **dict(kwargs or {}))
        # In a thread of its own, where nothing is traced: torch.jit would record that shapes are read.
        return self.aside.submit(_result_of, func, args, dict(kwargs or {})).result()


def _result_of(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Memory like that of the result, which is a tensor or several."""
    given, named = tree_map_only(Tensor, lambda tensor: tensor.to("meta"), (args, kwargs))
    with torch.no_grad():
        result = func(*given, **named)
    return tree_map_only(Tensor, lambda tensor: torch.empty_like(tensor, device="cpu"), result)
