"""Rectified linear unit."""

from __future__ import annotations

from typing import ClassVar, Final, final

from vggstat.net.ops.base import Kind, Layer, Mode, RowRule, Saved, Storage, TorchModule
from vggstat.net.work import Work
from vggstat.shapes import Shape, values

__all__ = ["KIND", "MASK", "ReLU"]

MASK: Final = "sign mask"


@final
class ReLU(Layer):
    """max(0, x), written over its input where the graph allows it."""

    row_kind: ClassVar[str] = "relu"
    stem: ClassVar[str] = "relu"
    row: ClassVar[RowRule] = "own"
    keras_class: ClassVar[str] = "ReLU"

    @property
    def label(self) -> str:
        return "ReLU"

    def out_shape(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def ops(self, *inputs: Shape) -> Work:
        return Work(relu=values(inputs[0]))

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """Its result: the sign tells where the gradient passes."""
        return (Saved("output", "output", values(inputs[0])),)

    def saved_compiled(self, *inputs: Shape) -> tuple[Saved, ...]:
        """One byte a value, whether it was positive."""
        return (Saved("own", MASK, values(inputs[0]), width=1),)

    def storage(self, mode: Mode) -> Storage:
        return "in-place"

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("ReLU", (), {"inplace": True})


KIND = Kind(name="relu", layer=ReLU, doc="rectified linear unit")
