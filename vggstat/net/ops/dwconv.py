"""Depthwise convolution: a convolution with one filter a channel, in as many groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vggstat.net.ops.base import Kind
from vggstat.net.ops.conv import KIND as CONV
from vggstat.net.ops.conv import Conv
from vggstat.shapes import Shape, feature_map

__all__ = ["KIND"]


def _from_input(shape: Shape) -> Mapping[str, Any]:
    """As many filters and groups as channels. Raises ShapeError for a vector."""
    channels, _, _ = feature_map(shape, "dwconv")
    return {"filters": channels, "groups": channels}


KIND = Kind(
    name="dwconv",
    layer=Conv,
    doc="depthwise convolution, one filter a channel, with what follows it; the defaults of conv hold for it too",
    spellings=("depthwise", "depthwise-conv", "depthwiseconv2d"),
    notation=r"dwconv(?P<kernel>\d+)(?:/(?P<stride>\d+))?",
    example="dwconv3",
    followers=CONV.followers,
    from_input=_from_input,
    derived=("filters", "groups"),
    defaults_of="conv",
)
