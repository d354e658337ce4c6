"""Hyperbolic tangent."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Kind

__all__ = ["KIND", "Tanh"]


@final
class Tanh(Activation):
    """The hyperbolic tangent."""

    row_kind: ClassVar[str] = "activation"
    stem: ClassVar[str] = "tanh"
    keras_class: ClassVar[str] = "Activation"
    torch_class: ClassVar[str] = "Tanh"
    measure: ClassVar[str] = "tanh"
    keeps: ClassVar[Literal["input", "output"]] = "output"

    @property
    def label(self) -> str:
        return "tanh"


KIND = Kind(name="tanh", layer=Tanh, doc="hyperbolic tangent")
