"""Group normalization."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.errors import ShapeError
from vggstat.fields import integer
from vggstat.net.ops.base import Autocast, Extra, Kind, Layer, Param, Saved, TorchModule
from vggstat.net.work import Work
from vggstat.shapes import Shape, values

__all__ = ["KIND", "GroupNorm"]


@final
class GroupNorm(Layer):
    """Each image's groups of channels brought to mean 0 and deviation 1, then a learned scale and shift per channel."""

    row_kind: ClassVar[str] = "norm"
    stem: ClassVar[str] = "gn"
    keras_class: ClassVar[str] = "GroupNormalization"
    autocast: ClassVar[Autocast] = "float32"
    copies_slices: ClassVar[bool] = True  # derivatives.yaml, torch 2.13: grad.contiguous()

    groups: int = integer(default=32, doc="number of groups that the channels are divided into")

    @property
    def label(self) -> str:
        return "GN"

    def out_shape(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        if inputs[0][0] % self.groups:
            raise ShapeError(
                f"group norm with groups: {self.groups} needs channels ({inputs[0][0]}) that are a multiple of "
                f"{self.groups}"
            )
        return inputs[0]

    def params(self, *inputs: Shape) -> tuple[Param, ...]:
        """A scale and a shift per channel; there are no running statistics."""
        channels = inputs[0][0]
        return (Param("weight", (channels,), "weight"), Param("bias", (channels,), "bias"))

    def ops(self, *inputs: Shape) -> Work:
        return Work(gn_values=values(inputs[0]), gn_params=2 * inputs[0][0])

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The input, and the mean and inverse deviation of each group of each image."""
        return (
            Saved("input", "input", values(inputs[0])),
            Saved("own", "mean", self.groups),
            Saved("own", "inverse deviation", self.groups),
        )

    def alive(self, *inputs: Shape) -> tuple[tuple[Extra, ...], ...]:
        """Output, means and inverse deviations, which torch makes in inference too."""
        statistics = (Extra("mean", self.groups), Extra("inverse deviation", self.groups))
        return ((Extra("output", values(inputs[0])), *statistics),)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        # torch 2.13 is the first that takes, and prints, bias.
        settings = {"eps": 1e-05, "affine": True, "bias": True}
        return TorchModule("GroupNorm", (self.groups, inputs[0][0]), settings)


KIND = Kind(
    name="group-norm", layer=GroupNorm, doc="group normalization", spellings=("gn", "groupnormalization")
)
