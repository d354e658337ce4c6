"""The output size of a sliding window, shared by convolutions and pools."""

from __future__ import annotations

from vggstat.errors import ShapeError
from vggstat.net.ops.base import Window, Windows
from vggstat.shapes import Shape, Sides, feature_map, pair

__all__ = ["same_padding", "slid", "slide", "windows_of"]


def same_padding(kernel: int, dilation: int) -> int:
    """The padding that keeps a map's size at stride 1. Raises ShapeError for an even extent."""
    extent = dilation * (kernel - 1) + 1
    if extent % 2 == 0:
        raise ShapeError(
            f"padding: same needs an odd kernel, but the kernel reaches over {extent} pixels: give the "
            "padding as a number"
        )
    return (extent - 1) // 2


def windows_of(kernel: Sides, stride: Sides, padding: Sides | str = 0, dilation: Sides = 1) -> Windows:
    """The windows along height and width, padding in pixels. Raises ShapeError for ``same`` with an even extent."""
    kernels, steps, taps = pair(kernel), pair(stride), pair(dilation)
    pads = map(same_padding, kernels, taps) if isinstance(padding, str) else pair(padding)
    height, width = map(Window, kernels, steps, pads, taps)
    return Windows(height, width)


def slid(shape: Shape, windows: Windows, needed_by: str, *, ceil: bool = False) -> tuple[int, int]:
    """The positions of the windows along height and width of a map. Raises ShapeError where there is none."""
    _, height, width = feature_map(shape, needed_by)
    return (
        slide(height, windows.height, needed_by, ceil=ceil),
        slide(width, windows.width, needed_by, ceil=ceil),
    )


def slide(size: int, window: Window, needed_by: str, *, ceil: bool = False) -> int:
    """The number of positions of ``window`` along an axis of ``size`` pixels (torch's rule for ceil)."""
    room = size + 2 * window.padding - window.extent
    # One that may reach over the edge may be larger than the map.
    if room <= -window.stride if ceil else room < 0:
        padded = f" ({size + 2 * window.padding} with the padding)" if window.padding else ""
        raise ShapeError(
            f"{needed_by} has a kernel that reaches over {window.extent} pixels, but a side of the map it gets "
            f"has {size}{padded}: use a larger input or a smaller kernel"
        )
    if not ceil:
        return room // window.stride + 1
    positions = -(-room // window.stride) + 1
    # The last window has to start inside the map or its left padding.
    if (positions - 1) * window.stride >= size + window.padding:
        positions -= 1
    return positions
