"""Average pooling with a window."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.net.ops.base import Kind, Saved, TorchModule
from vggstat.net.ops.pooling import WindowPool, window_notation, without_stride
from vggstat.net.work import Work
from vggstat.shapes import Shape, area, values

__all__ = ["KIND", "AvgPool"]


@final
class AvgPool(WindowPool):
    """The mean of each window."""

    keras_class: ClassVar[str] = "AveragePooling2D"

    @property
    def label(self) -> str:
        return "avgpool"

    def ops(self, *inputs: Shape) -> Work:
        outputs = values(self.out_shape(*inputs))
        return Work(
            window_avgpool_inputs=values(inputs[0]),
            window_avgpool_outputs=outputs,
            window_avgpool_kernel=area(self.kernel) * outputs,
        )

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The input, though only its size is needed."""
        return (Saved("input", "input", values(inputs[0])),)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        kwargs: dict[str, object] = {
            "kernel_size": self.kernel,
            "stride": self.stride,
            "padding": self.windows().padding,
        }
        if self.ceil:
            kwargs["ceil_mode"] = True
        return TorchModule("AvgPool2d", (), kwargs)


KIND = Kind(
    name="avgpool",
    layer=AvgPool,
    doc="average pooling",
    spellings=("average-pooling", "avgpool2d"),
    notation=window_notation("avgpool"),
    example="avgpool3/2",
    short_problem=without_stride,
)
