"""Depthwise convolution: a convolution with one filter a channel, in as many groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vggstat.net.ops.base import Kind
from vggstat.net.ops.conv import KIND as CONV
from vggstat.net.ops.conv import Conv
from vggstat.shapes import Shape

__all__ = ["KIND"]


def _a_filter_a_channel(shape: Shape) -> Mapping[str, Any]:
    return {"filters": shape[0], "groups": shape[0]}


KIND = Kind(
    name="dwconv",
    layer=Conv,
    doc="depthwise convolution, one filter a channel, with what follows it; the defaults of conv hold for it too",
    spellings=("depthwise", "depthwise-conv", "depthwiseconv2d"),
    notation=r"dwconv(?P<kernel>\d+(?:x\d+)?)(?:/(?P<stride>\d+(?:x\d+)?))?",
    example="dwconv3",
    followers=CONV.followers,
    settles=_a_filter_a_channel,
    settled=("filters", "groups"),
    defaults_of="conv",
)
