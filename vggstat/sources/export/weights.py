"""Random values for a network's tensors, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from vggstat.net.initial import initial_range
from vggstat.net.ops.base import Param

__all__ = ["WIDTH", "random_bytes"]

WIDTH: Final = 4
"""Bytes of a value in float32."""

PIECE: Final = 1 << 20
"""Values that are made at once."""


def random_bytes(param: Param, seed: int) -> Iterator[bytes]:
    """The values of a tensor in its ``initial_range``, in float32 with the lowest byte first; the same for a seed."""
    lowest, highest = initial_range(param.name, param.shape)
    generator = np.random.Generator(np.random.PCG64(seed))
    left = param.elements
    while left:
        count = min(left, PIECE)
        values = np.full(count, lowest, "<f4")
        if lowest != highest:
            values += generator.random(count, np.float32) * np.float32(highest - lowest)
        yield values.astype("<f4", copy=False).tobytes()
        left -= count
