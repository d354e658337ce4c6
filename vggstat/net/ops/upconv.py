"""Transposed 2-D convolution."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.errors import ShapeError
from vggstat.fields import boolean, integer
from vggstat.net.ops.base import (
    Autocast,
    Backward,
    Kind,
    Layer,
    Param,
    Saved,
    TorchModule,
    Window,
    Windows,
)
from vggstat.net.ops.conv import gradients_of_product
from vggstat.net.ops.following import after_convolution
from vggstat.net.ops.geometry import windows_of
from vggstat.net.work import Work
from vggstat.shapes import Shape, feature_map, values

__all__ = ["KIND", "UpConv"]


@final
class UpConv(Layer):
    """A convolution turned round: each value is spread over a window, and the map gets ``stride`` times as large."""

    row_kind: ClassVar[str] = "upconv"
    stem: ClassVar[str] = "upconv"
    keras_class: ClassVar[str] = "Conv2DTranspose"
    autocast: ClassVar[Autocast] = "low"

    filters: int = integer(doc="number of filters: channels of the output")
    kernel: int = integer(
        default=2, maximum=10_000, doc="side of the window that a value is spread over, in pixels"
    )
    stride: int = integer(default=2, maximum=10_000, doc="how many times as high and wide the map gets")
    bias: bool = boolean(default=True, doc="whether a bias is added to each filter's output")

    @property
    def label(self) -> str:
        return f"upconv{self.kernel}-{self.filters}"

    @property
    def padding(self) -> int:
        """Rows that are cut off at each side."""
        return max(0, -(-(self.kernel - self.stride) // 2))

    @property
    def output_padding(self) -> int:
        """Rows that are put back at the end, so that the map is ``stride`` times the input."""
        return 2 * self.padding - (self.kernel - self.stride)

    def windows(self) -> Windows:
        """Of the receptive field: a value depends on kernel / stride of those that enter, rounded up."""
        window = Window(-(-self.kernel // self.stride), 1, 0, enlarged=self.stride)
        return Windows(window, window)

    def geometry(self) -> Windows:
        return windows_of(self.kernel, self.stride, self.padding)

    def out_shape(self, *inputs: Shape) -> Shape:
        """A channel per filter; (size − 1) · stride − 2 · padding + kernel + output padding = size · stride."""
        _, height, width = feature_map(inputs[0], self.label)
        if self.output_padding >= self.stride:
            raise ShapeError(
                f"{self.label} cannot make a map of {self.stride} times the size: torch has no such padding for a "
                f"kernel of {self.kernel}; use an odd kernel at stride 1"
            )
        return (self.filters, self.stride * height, self.stride * width)

    def params(self, *inputs: Shape) -> tuple[Param, ...]:
        """Channels × filters × kernel² weights, in this order, and a bias per filter."""
        weight = Param("weight", (inputs[0][0], self.filters, self.kernel, self.kernel), "weight")
        return (weight, Param("bias", (self.filters,), "bias")) if self.bias else (weight,)

    def ops(self, *inputs: Shape) -> Work:
        """One multiply-accumulate per weight for each pixel that enters; some tools take those that leave."""
        weights = inputs[0][0] * self.filters * self.kernel**2
        return Work(
            upconv_macs=weights * values(inputs[0][1:]),
            upconv_output_macs=weights * values(self.out_shape(*inputs)[1:]),
            conv_bias=values(self.out_shape(*inputs)) if self.bias else 0,
        )

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The input, for the weight's gradient; the output is not kept."""
        return (Saved("input", "input", values(inputs[0])),)

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        """The gradients of the input, then of the weight, then of the bias, as a convolution's."""
        return gradients_of_product(inputs[0], bias=self.bias)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        kwargs: dict[str, object] = {
            "kernel_size": (self.kernel, self.kernel),
            "stride": (self.stride, self.stride),
        }
        if self.padding:
            kwargs["padding"] = (self.padding, self.padding)
        if self.output_padding:
            kwargs["output_padding"] = (self.output_padding, self.output_padding)
        if not self.bias:
            kwargs["bias"] = False
        return TorchModule("ConvTranspose2d", (inputs[0][0], self.filters), kwargs)


KIND = Kind(
    name="upconv",
    layer=UpConv,
    doc="transposed convolution, with what follows it: the map gets stride times as high and wide",
    spellings=("transposed-convolution", "conv-transpose", "conv2d-transpose", "convtranspose2d", "deconv"),
    notation=r"upconv(?P<kernel>\d+)-(?P<filters>\d+)(?:/(?P<stride>\d+))?",
    example="upconv2-64/2",
    followers=after_convolution("none"),
)
