"""Layer normalization over the channels."""

from __future__ import annotations

from math import prod
from typing import ClassVar, final

from vggstat.errors import UsageError
from vggstat.net.ops.base import Autocast, Backward, Extra, Kind, Layer, Param, Saved, TorchModule
from vggstat.net.work import Work
from vggstat.shapes import Shape, values

__all__ = ["KIND", "LayerNorm"]


@final
class LayerNorm(Layer):
    """The channels of each pixel, or a vector, brought to mean 0 and deviation 1, then a learned scale and shift per channel.

    torch normalizes the last axis: of a map the channels are brought there and back as views. Where they do not lie last in
    memory torch copies the map while it runs, and a layer behind it may copy what it makes: neither is counted.
    """

    row_kind: ClassVar[str] = "norm"
    stem: ClassVar[str] = "ln"
    keras_class: ClassVar[str] = "LayerNormalization"
    autocast: ClassVar[Autocast] = "float32"

    @property
    def label(self) -> str:
        return "LN"

    def out_shape(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def params(self, *inputs: Shape) -> tuple[Param, ...]:
        """A scale and a shift per channel; there are no running statistics."""
        channels = inputs[0][0]
        return (Param("weight", (channels,), "weight"), Param("bias", (channels,), "bias"))

    def ops(self, *inputs: Shape) -> Work:
        return Work(ln_values=values(inputs[0]), ln_params=2 * inputs[0][0])

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The input, and the mean and inverse deviation of each pixel."""
        pixels = prod(inputs[0][1:])
        return (
            Saved("input", "input", values(inputs[0])),
            Saved("own", "mean", pixels),
            Saved("own", "inverse deviation", pixels),
        )

    def alive(self, *inputs: Shape) -> tuple[tuple[Extra, ...], ...]:
        """Output, means and inverse deviations, which torch makes in inference too."""
        pixels = prod(inputs[0][1:])
        return (
            (Extra("output", values(inputs[0])), Extra("mean", pixels), Extra("inverse deviation", pixels)),
        )

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        """The gradient of a vector. Raises UsageError for a map: what torch copies of maps whose channels are not last
        depends on the layers around it, and is not known to the byte.
        """
        if len(inputs[0]) == 3:
            raise UsageError(
                "vggstat does not know what memory the backward pass of a layer norm over the channels of a map needs: "
                "torch copies maps there, depending on the layers around it"
            )
        return super().backward(*inputs)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        # torch 2.13 is the first that prints bias.
        settings = {"eps": 1e-05, "elementwise_affine": True, "bias": True}
        return TorchModule("LayerNorm", ((inputs[0][0],),), settings)


KIND = Kind(
    name="layer-norm",
    layer=LayerNorm,
    doc="layer normalization over the channels of each pixel",
    spellings=("ln", "layernormalization"),
)
