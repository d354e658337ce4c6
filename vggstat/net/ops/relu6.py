"""Rectified linear unit that is cut off at 6."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Kind

__all__ = ["KIND", "ReLU6"]


@final
class ReLU6(Activation):
    """min(max(0, x), 6)."""

    row_kind: ClassVar[str] = "activation"
    stem: ClassVar[str] = "relu6"
    keras_class: ClassVar[str] = "ReLU"
    torch_class: ClassVar[str] = "ReLU6"
    measure: ClassVar[str] = "relu6"
    keeps: ClassVar[Literal["input", "output"]] = "input"
    keeps_in_place: ClassVar[Literal["output", "copy"] | None] = "copy"

    @property
    def label(self) -> str:
        return "ReLU6"


KIND = Kind(name="relu6", layer=ReLU6, doc="rectified linear unit that is cut off at 6")
