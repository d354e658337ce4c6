"""Exponential linear unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, final

from vggstat.fields import number
from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Kind

__all__ = ["ELU", "KIND"]


@final
class ELU(Activation):
    """x above 0, and alpha * (exp(x) - 1) below."""

    row_kind: ClassVar[str] = "activation"
    stem: ClassVar[str] = "elu"
    keras_class: ClassVar[str] = "ELU"
    torch_class: ClassVar[str] = "ELU"
    measure: ClassVar[str] = "elu"
    keeps: ClassVar[Literal["input", "output"]] = "input"
    keeps_in_place: ClassVar[Literal["output", "copy"] | None] = "output"

    alpha: float = number(default=1.0, maximum=100, doc="what it tends to far below 0, with a minus")

    @property
    def label(self) -> str:
        return "ELU"

    @property
    def torch_settings(self) -> Mapping[str, Any]:
        return {"alpha": self.alpha}


KIND = Kind(name="elu", layer=ELU, doc="exponential linear unit")
