"""Logistic sigmoid."""

from __future__ import annotations

from typing import ClassVar, Literal, final

from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Kind

__all__ = ["KIND", "Sigmoid"]


@final
class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    row_kind: ClassVar[str] = "activation"
    stem: ClassVar[str] = "sigmoid"
    keras_class: ClassVar[str] = "Activation"
    torch_class: ClassVar[str] = "Sigmoid"
    measure: ClassVar[str] = "sigmoid"
    keeps: ClassVar[Literal["input", "output"]] = "output"

    @property
    def label(self) -> str:
        return "sigmoid"


KIND = Kind(name="sigmoid", layer=Sigmoid, doc="logistic sigmoid")
