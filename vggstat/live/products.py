"""The format in which a GPU multiplies float32 values, and cuDNN's freedom to search for algorithms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

__all__ = ["multiplied"]


@contextmanager
def multiplied(*, tf32: bool, search: bool) -> Iterator[None]:
    """Convolutions and matrix products of float32 in TF32 or in float32; ``search`` is cudnn.benchmark.

    torch's default is TF32 in convolutions and float32 in FC layers: neither fp32 nor tf32. What was set comes back
    after. cuDNN is on within it: ``torch.backends.cudnn.flags`` turns it off unless told otherwise (torch 2.13).
    """
    cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
    allowed = matmul.allow_tf32
    precision = getattr(matmul, "fp32_precision", None)  # torch 2.9's name for the same, with a third value
    with cudnn.flags(enabled=True, benchmark=search, deterministic=cudnn.deterministic, allow_tf32=tf32):
        matmul.allow_tf32 = tf32
        try:
            yield
        finally:
            matmul.allow_tf32 = allowed
            if precision is not None:
                matmul.fp32_precision = precision
