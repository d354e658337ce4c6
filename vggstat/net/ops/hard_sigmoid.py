"""Piecewise form of the sigmoid."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Kind

__all__ = ["KIND", "HardSigmoid"]


@final
class HardSigmoid(Activation):
    """min(max(0, x + 3), 6) / 6."""

    row_kind: ClassVar[str] = "activation"
    stem: ClassVar[str] = "hardsigmoid"
    keras_class: ClassVar[str] = "Activation"
    torch_class: ClassVar[str] = "Hardsigmoid"
    tells_in_place: ClassVar[bool] = False
    measure: ClassVar[str] = "hard_sigmoid"
    keeps: ClassVar[Literal["input", "output"]] = "input"
    keeps_in_place: ClassVar[Literal["output", "copy"] | None] = "copy"

    @property
    def label(self) -> str:
        return "hard-sigmoid"


KIND = Kind(name="hard-sigmoid", layer=HardSigmoid, doc="piecewise form of the sigmoid")
