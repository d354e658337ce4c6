"""Local response normalization."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.fields import integer, number
from vggstat.net.ops.base import (
    OUTPUT_GRADIENT,
    Autocast,
    Backward,
    Extra,
    Kind,
    Layer,
    Saved,
    TorchModule,
)
from vggstat.net.work import Work
from vggstat.shapes import Shape, feature_map, values

__all__ = ["KIND", "LRN"]


@final
class LRN(Layer):
    """Each value over a power of the squares around it, across channels (Krizhevsky et al. 2012, 3.3)."""

    row_kind: ClassVar[str] = "lrn"
    stem: ClassVar[str] = "lrn"
    numbered: ClassVar[bool] = False
    keras_class: ClassVar[str] = "LocalResponseNormalization"
    autocast: ClassVar[Autocast] = "raise"
    """CUDA's lists run ``pow`` in float32 and the other steps in the format of what they get; the quotient of a map
    in a lower format and a float32 denominator is float32. A CPU's lists raise the mean before it instead."""

    size: int = integer(default=5, maximum=10_000, doc="channels that are summed over")
    alpha: float = number(default=1e-4, maximum=1e6, doc="factor of the sum of squares")
    beta: float = number(default=0.75, maximum=1e6, doc="exponent")
    k: float = number(default=2.0, maximum=1e6, doc="constant that is added to the sum")

    @property
    def label(self) -> str:
        return "LRN"

    def out_shape(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        feature_map(inputs[0], self.label)
        return inputs[0]

    def ops(self, *inputs: Shape) -> Work:
        count = values(inputs[0])
        return Work(lrn_values=count, lrn_window=self.size * count, lrn_padded=self._padded(inputs[0]))

    def _padded(self, shape: Shape) -> int:
        """Values of the squared map with the channels that torch pads it by."""
        channels, height, width = shape
        return (channels + self.size - 1) * height * width

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """torch computes it in seven steps, of which these keep a tensor."""
        count = values(inputs[0])
        return (
            Saved("input", "input", count),
            Saved("own", "padded squares", self._padded(inputs[0])),
            Saved("own", "base of the power", count, as_output=True),
            Saved("own", "denominator", count, as_output=True),
        )

    def alive(self, *inputs: Shape) -> tuple[tuple[Extra, ...], ...]:
        """Squares beside their padded copy, or later three maps on the way to the quotient.

        In inference the base is gone by then; but the power before it has as many bytes alive, the mean and the base
        in the input's format beside both in float32 where autocast made them two.
        """
        count = values(inputs[0])
        return (
            (Extra("squares", count), Extra("padded squares", self._padded(inputs[0]))),
            (
                Extra("output", count),
                Extra("base of the power", count, as_output=True),
                Extra("denominator", count, as_output=True),
            ),
        )

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        """Four maps for the quotient's gradient, or later, where the padding is wide, the pool's gradient.

        The gradient of ``x / d`` towards ``d`` is ``-g · (x / d) / d``: a tensor for each step.
        """
        count = values(inputs[0])
        steps = ("quotient", "second quotient", "negated gradient", "gradient of the denominator")
        return (
            Backward(tuple(Extra(step, count, as_output=True) for step in steps)),
            Backward(
                (
                    Extra("gradient past the quotient", count),
                    Extra("gradient of the mean", count),
                    Extra("gradient of the padded squares", self._padded(inputs[0])),
                ),
                released=("base of the power", "denominator", OUTPUT_GRADIENT),
            ),
        )

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule(
            "LocalResponseNorm", (self.size,), {"alpha": self.alpha, "beta": self.beta, "k": self.k}
        )


KIND = Kind(
    name="lrn",
    layer=LRN,
    doc="local response normalization",
    spellings=("local-response-norm", "local-response-normalization"),
)
