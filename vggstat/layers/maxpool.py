"""Max pooling."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.errors import ShapeError
from vggstat.fields import boolean, integer
from vggstat.layers.base import Extra, Kind, Layer, Ops, Saved, TorchModule, Window
from vggstat.layers.geometry import slide
from vggstat.shapes import Shape, feature_map, values

__all__ = ["KIND", "MaxPool"]


@final
class MaxPool(Layer):
    """The largest value of each window; the paper's are 2x2 with stride 2."""

    row_kind: ClassVar[str] = "pool"
    stem: ClassVar[str] = "pool"
    numbered: ClassVar[bool] = False
    keras_class: ClassVar[str] = "MaxPooling2D"

    kernel: int = integer(default=2, maximum=10_000, doc="side of the square window, in pixels")
    stride: int = integer(default=2, maximum=10_000, doc="step of the window, in pixels")
    padding: int = integer(default=0, minimum=0, maximum=10_000, doc="rows at each side that never win")
    ceil: bool = boolean(default=False, doc="whether a window may reach over the edge")

    @property
    def label(self) -> str:
        return "maxpool"

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
            pool_inputs=values(inputs[0]),
            pool_window=self.stride**2 * outputs,
            pool_kernel=self.kernel**2 * outputs,
        )

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The input, and where each maximum was: an int64 index per output value."""
        outputs = values(self.out_shape(*inputs))
        return (
            Saved("input", "input", values(inputs[0])),
            Saved("own", "pool indices", outputs, width=8),
        )

    def saved_compiled(self, *inputs: Shape) -> tuple[Saved, ...]:
        """Where in its window each maximum was, in one byte, and no input; over 25 pixels as in eager."""
        if self.kernel**2 > 25:
            return self.saved(*inputs)
        return (Saved("own", "pool offsets", values(self.out_shape(*inputs)), width=1),)

    def alive(self, *inputs: Shape) -> tuple[tuple[Extra, ...], ...]:
        """Output and indices: torch computes the int64 indices in inference too."""
        outputs = values(self.out_shape(*inputs))
        return ((Extra("output", outputs), Extra("pool indices", outputs, width=8)),)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule(
            "MaxPool2d",
            (),
            {
                "kernel_size": self.kernel,
                "stride": self.stride,
                "padding": self.padding,
                "dilation": 1,
                "ceil_mode": self.ceil,
            },
        )


KIND = Kind(name="maxpool", layer=MaxPool, doc="max pooling", spellings=("max-pooling", "maxpool2d"))
