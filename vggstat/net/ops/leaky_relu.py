"""Rectified linear unit with a slope below 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, final

from vggstat.fields import number
from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Kind

__all__ = ["KIND", "LeakyReLU"]


@final
class LeakyReLU(Activation):
    """x above 0, and x times a small slope below."""

    row_kind: ClassVar[str] = "activation"
    stem: ClassVar[str] = "leakyrelu"
    keras_class: ClassVar[str] = "LeakyReLU"
    torch_class: ClassVar[str] = "LeakyReLU"
    measure: ClassVar[str] = "leaky_relu"
    keeps: ClassVar[Literal["input", "output"]] = "input"
    keeps_in_place: ClassVar[Literal["output", "copy"] | None] = "output"

    slope: float = number(default=0.01, doc="factor of values below 0")

    @property
    def label(self) -> str:
        return "leaky ReLU"

    @property
    def torch_settings(self) -> Mapping[str, Any]:
        return {"negative_slope": self.slope}


KIND = Kind(name="leaky-relu", layer=LeakyReLU, doc="rectified linear unit with a slope below 0")
