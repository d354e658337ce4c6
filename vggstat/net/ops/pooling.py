"""What pools with a window have in common: their fields, their window, their output's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from vggstat.errors import ShapeError
from vggstat.fields import boolean, integer, padding
from vggstat.net.ops.base import Layer, Window
from vggstat.net.ops.geometry import same_padding, slide
from vggstat.shapes import Shape, feature_map

__all__ = ["WindowPool", "window_notation", "without_stride"]


class WindowPool(Layer):
    """A pool with a square window; abstract: a subclass says what becomes of the values under it."""

    row_kind: ClassVar[str] = "pool"
    stem: ClassVar[str] = "pool"
    numbered: ClassVar[bool] = False

    kernel: int = integer(default=2, maximum=10_000, doc="side of the square window, in pixels")
    stride: int = integer(default=2, maximum=10_000, doc="step of the window, in pixels")
    padding: int | str = padding(default=0, doc="rows of padding at each side")
    ceil: bool = boolean(default=False, doc="whether a window may reach over the edge")

    def window(self) -> Window:
        """The step of the receptive field, padding in pixels. Raises ShapeError for ``same`` with an even kernel."""
        pixels = same_padding(self.kernel, 1) if self.padding == "same" else self.padding
        assert isinstance(pixels, int)
        return Window(self.kernel, self.stride, pixels)

    def out_shape(self, *inputs: Shape) -> Shape:
        """Positions of the window along each axis, rounded down, or up with ``ceil``."""
        channels, height, width = feature_map(inputs[0], self.label)
        window = self.window()
        if 2 * window.padding > self.kernel:
            raise ShapeError(
                f"{self.label}: padding {window.padding} is more than half of kernel {self.kernel}"
            )
        return (
            channels,
            slide(height, window, self.label, ceil=self.ceil),
            slide(width, window, self.label, ceil=self.ceil),
        )


def window_notation(stem: str) -> str:
    """The short form of a pool: ``maxpool3/2``."""
    return rf"{stem}(?P<kernel>\d+)(?:/(?P<stride>\d+))?"


def without_stride(stem: str, written: Mapping[str, Any]) -> str | None:
    """What is wrong with ``maxpool3``: some read it with a stride of 2, some with one of 3."""
    kernel = written.get("kernel", 2)
    if kernel == 2 or "stride" in written:
        return None
    return f"a pool of {kernel} needs its stride: write {stem}/2, or {stem}/{kernel}"
