"""Adaptive average pooling."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.fields import integer
from vggstat.net.ops.base import Kind, Layer, Saved, TorchModule, Windows
from vggstat.net.work import Work
from vggstat.shapes import Shape, feature_map, values

__all__ = ["KIND", "AdaptiveAvgPool"]


@final
class AdaptiveAvgPool(Layer):
    """Means over as many windows as the output has pixels, whatever the input's size."""

    row_kind: ClassVar[str] = "avgpool"
    stem: ClassVar[str] = "avgpool"
    numbered: ClassVar[bool] = False
    keras_class: ClassVar[str] = "AdaptiveAveragePooling2D"

    output: int = integer(default=7, maximum=10_000, doc="height of the output map, in pixels")
    width: int | None = integer(
        default=None, maximum=10_000, doc="width of the output map, where it is not its height"
    )

    @property
    def label(self) -> str:
        return "avgpool"

    @property
    def target(self) -> tuple[int, int]:
        """``(height, width)`` of the output."""
        return self.output, self.width or self.output

    def windows(self) -> Windows | None:
        return None

    def out_shape(self, *inputs: Shape) -> Shape:
        """The channels of the input, the size of the target."""
        channels, _, _ = feature_map(inputs[0], "adaptive average pool")
        return (channels, *self.target)

    def ops(self, *inputs: Shape) -> Work:
        outputs = values(self.out_shape(*inputs))
        even = all(size % goal == 0 for size, goal in zip(inputs[0][1:], self.target, strict=True))
        return Work(
            avgpool_inputs=values(inputs[0]),
            avgpool_outputs=outputs,
            avgpool_uneven=0 if even else outputs,
        )

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The input; nothing for a 1x1 target, which torch computes as a mean."""
        if self.target == (1, 1):
            return ()
        return (Saved("input", "input", values(inputs[0])),)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("AdaptiveAvgPool2d", (), {"output_size": self.target})


KIND = Kind(
    name="adaptive-avgpool",
    layer=AdaptiveAvgPool,
    doc="adaptive average pooling",
    spellings=("adaptive-average-pooling", "adaptiveavgpool2d"),
)
