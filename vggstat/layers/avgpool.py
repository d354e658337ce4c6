"""Average pooling with a window."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.errors import ShapeError
from vggstat.fields import boolean, integer
from vggstat.layers.base import Kind, Layer, Ops, Saved, TorchModule, Window
from vggstat.layers.geometry import slide
from vggstat.shapes import Shape, feature_map, values

__all__ = ["KIND", "AvgPool"]


@final
class AvgPool(Layer):
    """The mean of each window."""

    row_kind: ClassVar[str] = "pool"
    stem: ClassVar[str] = "pool"
    numbered: ClassVar[bool] = False
    keras_class: ClassVar[str] = "AveragePooling2D"

    kernel: int = integer(default=2, maximum=10_000, doc="side of the square window, in pixels")
    stride: int = integer(default=2, maximum=10_000, doc="step of the window, in pixels")
    padding: int = integer(default=0, minimum=0, maximum=10_000, doc="rows of zeros at each side")
    ceil: bool = boolean(default=False, doc="whether a window may reach over the edge")

    @property
    def label(self) -> str:
        return "avgpool"

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

    def ops(self, *inputs: Shape) -> Ops:
        outputs = values(self.out_shape(*inputs))
        return Ops(
            window_avgpool_inputs=values(inputs[0]),
            window_avgpool_outputs=outputs,
            window_avgpool_kernel=self.kernel**2 * outputs,
        )

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The input, though only its size is needed."""
        return (Saved("input", "input", values(inputs[0])),)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        kwargs: dict[str, object] = {
            "kernel_size": self.kernel,
            "stride": self.stride,
            "padding": self.padding,
        }
        if self.ceil:
            kwargs["ceil_mode"] = True
        return TorchModule("AvgPool2d", (), kwargs)


KIND = Kind(name="avgpool", layer=AvgPool, doc="average pooling", spellings=("average-pooling", "avgpool2d"))
