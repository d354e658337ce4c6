"""What pools with a window have in common: their fields, their window, their output's shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from vggstat.errors import ShapeError
from vggstat.fields import boolean, padding, sides
from vggstat.net.ops.base import Layer, Windows
from vggstat.net.ops.geometry import slid, windows_of
from vggstat.shapes import Shape, Sides, spell

__all__ = ["WindowPool", "window_notation", "without_stride"]


class WindowPool(Layer):
    """A pool with a window; abstract: a subclass says what becomes of the values under it."""

    row_kind: ClassVar[str] = "pool"
    stem: ClassVar[str] = "pool"
    numbered: ClassVar[bool] = False

    kernel: Sides = sides(default=2, doc="side of the window, in pixels")
    stride: Sides = sides(default=2, doc="step of the window, in pixels")
    padding: Sides | str = padding(default=0, doc="rows of padding at each side")
    ceil: bool = boolean(default=False, doc="whether a window may reach over the edge")

    def windows(self) -> Windows:
        """The step of the receptive field, padding in pixels. Raises ShapeError for ``same`` with an even kernel."""
        return windows_of(self.kernel, self.stride, self.padding)

    def geometry(self) -> Windows:
        return self.windows()

    def out_shape(self, *inputs: Shape) -> Shape:
        """Positions of the window along each axis, rounded down, or up with ``ceil``."""
        windows = self.windows()
        for window in windows:
            if 2 * window.padding > window.kernel:
                raise ShapeError(
                    f"{self.label}: padding {window.padding} is more than half of kernel {window.kernel}"
                )
        return (inputs[0][0], *slid(inputs[0], windows, self.label, ceil=self.ceil))


def window_notation(stem: str) -> str:
    """The short form of a pool: ``maxpool3/2``."""
    return rf"{stem}(?P<kernel>\d+(?:x\d+)?)(?:/(?P<stride>\d+(?:x\d+)?))?"


def without_stride(stem: str, written: Mapping[str, Any]) -> str | None:
    """What is wrong with ``maxpool3``: some read it with a stride of 2, some with one of 3."""
    kernel = written.get("kernel", 2)
    if kernel == 2 or "stride" in written:
        return None
    return f"a pool of {spell(kernel)} needs its stride: write {stem}/2, or {stem}/{spell(kernel, 'x')}"
