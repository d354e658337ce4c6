"""Sigmoid linear unit, also called swish."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Kind

__all__ = ["KIND", "SiLU"]


@final
class SiLU(Activation):
    """x * sigmoid(x)."""

    row_kind: ClassVar[str] = "activation"
    stem: ClassVar[str] = "silu"
    keras_class: ClassVar[str] = "Activation"
    torch_class: ClassVar[str] = "SiLU"
    measure: ClassVar[str] = "silu"
    keeps: ClassVar[Literal["input", "output"]] = "input"
    keeps_in_place: ClassVar[Literal["output", "copy"] | None] = "copy"

    @property
    def label(self) -> str:
        return "SiLU"


KIND = Kind(name="silu", layer=SiLU, doc="sigmoid linear unit, also called swish", spellings=("swish",))
