"""Global average pooling: an adaptive average pool to one value a channel."""

from __future__ import annotations

from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.base import Kind

__all__ = ["KIND"]

KIND = Kind(
    name="gap",
    layer=AdaptiveAvgPool,
    doc="global average pooling: one value a channel",
    spellings=("global-avgpool", "global-average-pooling"),
    settles=lambda _: {"output": 1, "width": None},
    settled=("output", "width"),
)
