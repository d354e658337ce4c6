"""Layers that run without being computed, for tools that need no values but do need real tensors.

fvcore traces with torch.jit, which takes neither meta nor fake tensors (torch 2.13). All that it reads of a map is
its shape; the shape is asked of ``meta``, and the memory that stands for the map is never written, so that the system
maps none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode, _disable_current_modes
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
    with ThreadPoolExecutor(1) as aside, _Convolutions(), _Skipping(aside):
        yield


class _Convolutions(TorchFunctionMode):
    """Calls ``_convolution`` where a convolution is called.

    Only ``_convolution`` is recorded by torch.jit; within ``conv2d`` a dispatch mode would come before that.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: tuple[type, ...],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = dict(kwargs or {})
        if func not in CONVOLUTIONS:
            return func(*args, **named)
        rank, names = CONVOLUTIONS[func]
        given = {**DEFAULTS, **dict(zip(names, args, strict=False)), **named}
        if isinstance(given["padding"], str):  # another operation, of which no tool knows anything
            with _disable_current_modes():
                return func(*args, **named)
        sides = [_sides(given[name], rank) for name in ("stride", "padding", "dilation", "output_padding")]
        is_benchmark = is_deterministic = False
        flags = (is_benchmark, is_deterministic, True, True)  # cuDNN and TF32 allowed, as by default
        return aten._convolution.default(
            given["input"],
            given["weight"],
            given["bias"],
            *sides[:3],
            "output_padding" in names,
            sides[3],
            given["groups"],
            *flags,
        )


def _sides(value: int | Sequence[int], rank: int) -> list[int]:
    """One number for each axis."""
    return [value] * rank if isinstance(value, int) else list(value) * (rank if len(value) == 1 else 1)


DEFAULTS: Final = {"bias": None, "stride": 1, "padding": 0, "dilation": 1, "output_padding": 0, "groups": 1}
PLAIN: Final = ("input", "weight", "bias", "stride", "padding", "dilation", "groups")
TRANSPOSED: Final = ("input", "weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")
CONVOLUTIONS: Final[Mapping[Callable[..., Any], tuple[int, tuple[str, ...]]]] = {
    torch.conv1d: (1, PLAIN),
    torch.conv2d: (2, PLAIN),
    torch.conv3d: (3, PLAIN),
    torch.conv_transpose1d: (1, TRANSPOSED),
    torch.conv_transpose2d: (2, TRANSPOSED),
    torch.conv_transpose3d: (3, TRANSPOSED),
}
"""The functions that convolve, with the axes that they do it along, and the names of their arguments in order."""


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
