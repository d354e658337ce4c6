"""The format in which a GPU multiplies float32 values, and cuDNN's freedom to search for algorithms."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

__all__ = ["multiplied"]


@contextmanager
def multiplied(*, tf32: bool, search: bool, plans: int | None = None) -> Iterator[None]:
    """Convolutions and matrix products of float32 in TF32 or in float32; ``search`` is cudnn.benchmark.

    ``plans`` is how many of cuDNN's plans a search tries, 0 for all of them; as it is set where None. torch's default
    is TF32 in convolutions and float32 in FC layers: neither fp32 nor tf32. What was set comes back after.
    """
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    allowed = matmul.allow_tf32
    precision = getattr(matmul, "fp32_precision", None)  # torch 2.9's name for the same, with a third value
    wanted: dict[str, Any] = {
        "enabled": True,
        "benchmark": search,
        "allow_tf32": tf32,
        "fp32_precision": "tf32" if tf32 else "ieee",
    }
    if plans is not None:
        wanted["benchmark_limit"] = plans
    with cudnn.flags(**_all_flags(wanted)):
        matmul.allow_tf32 = tf32
        try:
            yield
        finally:
            matmul.allow_tf32 = allowed
            if precision is not None:
                matmul.fp32_precision = precision


def _all_flags(wanted: dict[str, Any]) -> dict[str, Any]:
    """Every flag that this torch has, as wanted or else as it is set.

    ``cudnn.flags`` resets what it is not given: it turns cuDNN off, takes a limit of 10 plans, and drops the precision
    by which Inductor chooses between float32 and TF32 for Triton's convolutions (torch 2.11 and 2.13).
    """
    names = inspect.signature(torch.backends.cudnn.flags).parameters
    return {name: wanted[name] if name in wanted else getattr(torch.backends.cudnn, name) for name in names}
