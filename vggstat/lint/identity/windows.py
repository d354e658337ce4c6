"""What sizes and parameter counts tell of a convolution: its window, its padding, its stride."""

from __future__ import annotations

from typing import Final

KERNELS: Final = (3, 1, 5, 7, 11, 2, 4, 9)
"""Sides of windows, those in use most first."""
MAX_STRIDE: Final = 4


def is_count(count: int, kernel: int, inputs: int, filters: int) -> bool:
    """Whether a convolution has so many parameters, with its biases or without."""
    weights = kernel * kernel * inputs * filters
    return count in (weights, weights + filters)


def find_kernel(count: int | None, inputs: int, filters: int) -> int:
    """The side of the window that the parameters tell; 3 where they tell none."""
    if count is None:
        return 3
    return next((kernel for kernel in KERNELS if is_count(count, kernel, inputs, filters)), 3)


def find_step(before: int, after: int, kernel: int, strides: int = 2) -> tuple[int | None, int] | None:
    """``(padding, stride)`` of a convolution from the sizes around it, the padding None where it keeps the size;
    None where no stride up to ``strides`` leads from one to the other."""
    if after == before:
        return None, 1
    for stride in range(1, strides + 1):
        for padding in dict.fromkeys((0, (kernel - 1) // 2, *range(1, kernel // 2 + 1))):
            if after > 0 and (before + 2 * padding - kernel) // stride + 1 == after:
                return padding, stride
    return None
