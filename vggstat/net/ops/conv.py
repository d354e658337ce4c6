"""2-D convolution."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.errors import ShapeError
from vggstat.fields import boolean, integer, padding, sides
from vggstat.net.ops.base import (
    INPUT_GRADIENT,
    Autocast,
    Backward,
    Extra,
    Kind,
    Layer,
    Param,
    Saved,
    TorchModule,
    Windows,
)
from vggstat.net.ops.following import after_convolution
from vggstat.net.ops.geometry import slid, windows_of
from vggstat.net.work import Work
from vggstat.shapes import Shape, Sides, area, feature_map, pair, spell, values

__all__ = ["KIND", "Conv", "gradients_of_product"]


@final
class Conv(Layer):
    """A convolution; the paper's are 3x3, stride 1, padding same, with bias."""

    row_kind: ClassVar[str] = "conv"
    stem: ClassVar[str] = "conv"
    keras_class: ClassVar[str] = "Conv2D"
    autocast: ClassVar[Autocast] = "low"

    filters: int = integer(doc="number of filters: channels of the output")
    kernel: Sides = sides(default=3, doc="side of the kernel, in pixels")
    stride: Sides = sides(default=1, doc="step of the kernel, in pixels")
    padding: Sides | str = padding(default="same", doc="rows of zeros at each side, or same")
    dilation: Sides = sides(default=1, doc="distance of the kernel's taps, in pixels")
    groups: int = integer(default=1, doc="groups of channels that do not see each other")
    bias: bool = boolean(default=True, doc="whether a bias is added to each filter's output")

    @property
    def label(self) -> str:
        groups = f" g{self.groups}" if self.groups > 1 else ""
        return f"conv{spell(self.kernel, 'x')}-{self.filters}{groups}"

    def windows(self) -> Windows:
        return windows_of(self.kernel, self.stride, self.padding, self.dilation)

    def geometry(self) -> Windows:
        return self.windows()

    def out_shape(self, *inputs: Shape) -> Shape:
        """Floor((size + 2·padding − extent) / stride) + 1 along each axis; a channel per filter."""
        channels = feature_map(inputs[0], self.label)[0]
        if channels % self.groups or self.filters % self.groups:
            raise ShapeError(
                f"{self.label} needs input channels ({channels}) and filters "
                f"({self.filters}) that are multiples of {self.groups}"
            )
        return (self.filters, *slid(inputs[0], self.windows(), self.label))

    def params(self, *inputs: Shape) -> tuple[Param, ...]:
        """A filter sees the channels of its group: kernel height × width × channels / groups weights, and one bias."""
        channels = inputs[0][0]
        shape = (self.filters, channels // self.groups, *pair(self.kernel))
        weight = Param("weight", shape, "weight")
        return (weight, Param("bias", (self.filters,), "bias")) if self.bias else (weight,)

    def ops(self, *inputs: Shape) -> Work:
        """One multiply-accumulate per weight of a filter, for each output value (borders included)."""
        channels = inputs[0][0]
        outputs = values(self.out_shape(*inputs))
        return Work(
            conv_macs=outputs * (channels // self.groups) * area(self.kernel),
            conv_bias=outputs if self.bias else 0,
        )

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The input, for the weight's gradient; the output is not kept."""
        return (Saved("input", "input", values(inputs[0])),)

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        """The gradients of the input, then of the weight, then of the bias (aten's cudnn/ConvShared.cpp and
        Convolution.cpp, torch 2.13): the last is the fullest, but each may have a workspace of a library's beside it.
        """
        return gradients_of_product(inputs[0], bias=self.bias)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        pixels = self.windows().padding
        kwargs: dict[str, object] = {"kernel_size": pair(self.kernel), "stride": pair(self.stride)}
        if pixels:
            kwargs["padding"] = pair(pixels)
        if self.dilation != 1:
            kwargs["dilation"] = pair(self.dilation)
        if self.groups != 1:
            kwargs["groups"] = self.groups
        if not self.bias:
            kwargs["bias"] = False
        return TorchModule("Conv2d", (inputs[0][0], self.filters), kwargs)


def gradients_of_product(entering: Shape, *, bias: bool) -> tuple[Backward, ...]:
    """The gradients of a map, then of a weight, then of a bias, of which the last moment is the fullest."""
    gradient = (Extra(INPUT_GRADIENT, values(entering)),)
    steps = (Backward(gradient, learned=()), Backward(gradient, learned=("weight",)), Backward(gradient))
    return steps if bias else steps[::2]


KIND = Kind(
    name="conv",
    layer=Conv,
    doc="convolution, with what follows it",
    spellings=("convolution", "conv2d"),
    notation=r"conv(?P<kernel>\d+(?:x\d+)?)-(?P<filters>\d+)(?:/(?P<stride>\d+(?:x\d+)?))?",
    example="conv3-64",
    followers=after_convolution("relu"),
)
