"""What a network's tensors may begin with, so that values neither vanish nor overflow on their way through it."""

from __future__ import annotations

from math import prod

__all__ = ["initial_range"]


def initial_range(kind: str, shape: tuple[int, ...]) -> tuple[float, float]:
    """The lowest and the highest of a tensor's values, which are spread evenly between; equal where all are the same.

    ``kind`` is the tensor's name in its module. Weights have a deviation of sqrt(2 / fan-in), as He et al. 2015 have
    it for ReLU; biases are small and not 0, so that a lost one shows; norms leave their input as it is.
    """
    if len(shape) > 1:
        bound = float((6 / prod(shape[1:])) ** 0.5)
        return -bound, bound
    if kind in ("weight", "running_var"):
        return 1.0, 1.0
    return (-0.1, 0.1) if kind == "bias" else (0.0, 0.0)
