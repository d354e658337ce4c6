"""Gaussian error linear unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, final

from vggstat.fields import choice
from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Kind

__all__ = ["GELU", "KIND"]


@final
class GELU(Activation):
    """x times the normal distribution's share below x."""

    row_kind: ClassVar[str] = "activation"
    stem: ClassVar[str] = "gelu"
    keras_class: ClassVar[str] = "Activation"
    torch_class: ClassVar[str] = "GELU"
    measure: ClassVar[str] = "gelu"
    keeps: ClassVar[Literal["input", "output"]] = "input"

    approximate: str = choice("none", "tanh", default="none", doc="whether by a formula with tanh")

    @property
    def label(self) -> str:
        return "GELU"

    @property
    def torch_settings(self) -> Mapping[str, Any]:
        return {"approximate": self.approximate}


KIND = Kind(name="gelu", layer=GELU, doc="Gaussian error linear unit")
