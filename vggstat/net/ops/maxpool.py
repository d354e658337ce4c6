"""Max pooling."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.net.ops.base import Extra, Kind, Saved, TorchModule
from vggstat.net.ops.pooling import WindowPool, window_notation, without_stride
from vggstat.net.work import Work
from vggstat.shapes import Shape, area, values

__all__ = ["KIND", "MaxPool"]


@final
class MaxPool(WindowPool):
    """The largest value of each window; the paper's are 2x2 with stride 2."""

    keras_class: ClassVar[str] = "MaxPooling2D"

    @property
    def label(self) -> str:
        return "maxpool"

    def ops(self, *inputs: Shape) -> Work:
        outputs = values(self.out_shape(*inputs))
        return Work(
            pool_inputs=values(inputs[0]),
            pool_window=area(self.stride) * outputs,
            pool_kernel=area(self.kernel) * outputs,
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
        if area(self.kernel) > 25:
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
                "padding": self.windows().padding,
                "dilation": 1,
                "ceil_mode": self.ceil,
            },
        )


KIND = Kind(
    name="maxpool",
    layer=MaxPool,
    doc="max pooling",
    spellings=("max-pooling", "maxpool2d"),
    notation=window_notation("maxpool"),
    example="maxpool3/2",
    short_problem=without_stride,
)
