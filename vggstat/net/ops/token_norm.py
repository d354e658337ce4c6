"""Layer normalization over the last axes: of tokens, or of maps whose channels are last."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.net.ops.base import Autocast, Extra
from vggstat.net.ops.seen import Seen, weight_values
from vggstat.net.work import Work
from vggstat.shapes import Shape, values

__all__ = ["TokenNorm"]


@final
class TokenNorm(Seen):
    """Each token brought to mean 0 and deviation 1, then a learned scale and shift."""

    row_kind: ClassVar[str] = "norm"
    stem: ClassVar[str] = "ln"
    keras_class: ClassVar[str] = "LayerNormalization"
    autocast: ClassVar[Autocast] = "float32"

    over: Shape
    """The axes that are normalized together: those of one token."""

    @property
    def label(self) -> str:
        return "LN"

    def ops(self, *inputs: Shape) -> Work:
        return Work(ln_values=values(self.makes), ln_params=weight_values(self.tensors))

    def alive(self, *inputs: Shape) -> tuple[tuple[Extra, ...], ...]:
        """Output, means and inverse deviations, which torch makes in inference too."""
        count = values(self.makes)
        tokens = count // values(self.over)
        return ((Extra("output", count), Extra("mean", tokens), Extra("inverse deviation", tokens)),)
