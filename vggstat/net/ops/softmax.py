"""Softmax."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.net.ops.base import Autocast, Kind, Layer, RowRule, Saved, TorchModule
from vggstat.net.work import Work
from vggstat.shapes import Shape, values

__all__ = ["KIND", "Softmax"]


@final
class Softmax(Layer):
    """Probabilities over the channels or features."""

    row_kind: ClassVar[str] = "softmax"
    stem: ClassVar[str] = "softmax"
    numbered: ClassVar[bool] = False
    row: ClassVar[RowRule] = "own"
    keras_class: ClassVar[str] = "Softmax"
    autocast: ClassVar[Autocast] = "float32"

    @property
    def label(self) -> str:
        return "soft-max"

    def out_shape(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def ops(self, *inputs: Shape) -> Work:
        return Work(softmax_values=values(inputs[0]))

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """Its result."""
        return (Saved("output", "output", values(inputs[0])),)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("Softmax", (), {"dim": 1})


KIND = Kind(name="softmax", layer=Softmax, doc="softmax")
