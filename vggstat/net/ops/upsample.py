"""Upsampling without weights."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.fields import choice, integer
from vggstat.net.ops.base import Kind, Layer, TorchModule, Window, Windows
from vggstat.net.work import Work
from vggstat.shapes import Shape, feature_map, values

__all__ = ["KIND", "Upsample"]


@final
class Upsample(Layer):
    """A larger map: each value repeated, or means of its neighbours between them. autograd keeps nothing of it."""

    row_kind: ClassVar[str] = "upsample"
    stem: ClassVar[str] = "upsample"
    numbered: ClassVar[bool] = False
    keras_class: ClassVar[str] = "UpSampling2D"

    scale: int = integer(default=2, maximum=1_000, doc="how many times as high and wide the map gets")
    mode: str = choice("nearest", "bilinear", default="nearest", doc="how the values between are made")

    @property
    def label(self) -> str:
        return f"{'bilinear ' if self.mode == 'bilinear' else ''}upsample{self.scale}"

    def windows(self) -> Windows:
        """One value, or two in each direction, of which the farther only counts for some of the output."""
        kernel = 2 if self.mode == "bilinear" and self.scale > 1 else 1
        window = Window(kernel, 1, 0, enlarged=self.scale)
        return Windows(window, window)

    def out_shape(self, *inputs: Shape) -> Shape:
        """The channels of the input, ``scale`` times its height and width."""
        channels, height, width = feature_map(inputs[0], self.label)
        return (channels, self.scale * height, self.scale * width)

    def ops(self, *inputs: Shape) -> Work:
        return Work(**{f"{self.mode}_outputs": values(self.out_shape(*inputs))})

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("Upsample", (), {"scale_factor": float(self.scale), "mode": self.mode})


KIND = Kind(
    name="upsample",
    layer=Upsample,
    doc="upsampling",
    spellings=("upsampling2d",),
    notation=r"upsample(?P<scale>\d+)",
    example="upsample2",
)
