"""What pools with a window have in common: their fields, their window, their output's shape."""

from __future__ import annotations

from typing import ClassVar

from vggstat.errors import ShapeError
from vggstat.fields import boolean, integer
from vggstat.net.ops.base import Layer, Window
from vggstat.net.ops.geometry import slide
from vggstat.shapes import Shape, feature_map

__all__ = ["WindowPool"]


class WindowPool(Layer):
    """A pool with a square window; abstract: a subclass says what becomes of the values under it."""

    row_kind: ClassVar[str] = "pool"
    stem: ClassVar[str] = "pool"
    numbered: ClassVar[bool] = False

    kernel: int = integer(default=2, maximum=10_000, doc="side of the square window, in pixels")
    stride: int = integer(default=2, maximum=10_000, doc="step of the window, in pixels")
    padding: int = integer(default=0, minimum=0, maximum=10_000, doc="rows of padding at each side")
    ceil: bool = boolean(default=False, doc="whether a window may reach over the edge")

    def window(self) -> Window:
        return Window(self.kernel, self.stride, self.padding)

    def out_shape(self, *inputs: Shape) -> Shape:
        """Positions of the window along each axis, rounded down, or up with ``ceil``."""
        channels, height, width = feature_map(inputs[0], self.label)
        if 2 * self.padding > self.kernel:
            raise ShapeError(
                f"{self.label}: padding {self.padding} is more than half of kernel {self.kernel}"
            )
        window = self.window()
        return (
            channels,
            slide(height, window, self.label, ceil=self.ceil),
            slide(width, window, self.label, ceil=self.ceil),
        )
