"""Piecewise form of SiLU."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Kind

__all__ = ["KIND", "HardSwish"]


@final
class HardSwish(Activation):
    """x * min(max(0, x + 3), 6) / 6."""

    row_kind: ClassVar[str] = "activation"
    stem: ClassVar[str] = "hardswish"
    keras_class: ClassVar[str] = "Activation"
    torch_class: ClassVar[str] = "Hardswish"
    tells_in_place: ClassVar[bool] = False
    measure: ClassVar[str] = "hard_swish"
    keeps: ClassVar[Literal["input", "output"]] = "input"
    keeps_in_place: ClassVar[Literal["output", "copy"] | None] = "copy"

    @property
    def label(self) -> str:
        return "hard-swish"


KIND = Kind(name="hard-swish", layer=HardSwish, doc="piecewise form of SiLU")
