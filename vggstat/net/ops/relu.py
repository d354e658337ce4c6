"""Rectified linear unit."""

from __future__ import annotations

from typing import ClassVar, Final, Literal, final

from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Kind, Saved
from vggstat.shapes import Shape, values

__all__ = ["KIND", "MASK", "ReLU"]

MASK: Final = "sign mask"


@final
class ReLU(Activation):
    """max(0, x), written over its input where the graph allows it. The sign of the result tells where a gradient passes."""

    row_kind: ClassVar[str] = "relu"
    stem: ClassVar[str] = "relu"
    keras_class: ClassVar[str] = "ReLU"
    torch_class: ClassVar[str] = "ReLU"
    measure: ClassVar[str] = "relu"
    keeps: ClassVar[Literal["input", "output"]] = "output"
    keeps_in_place: ClassVar[Literal["output", "copy"] | None] = "output"

    @property
    def label(self) -> str:
        return "ReLU"

    def saved_compiled(self, *inputs: Shape) -> tuple[Saved, ...]:
        """One byte a value, whether it was positive."""
        return (Saved("own", MASK, values(inputs[0]), width=1),)


KIND = Kind(name="relu", layer=ReLU, doc="rectified linear unit")
