"""Batch normalization."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.net.ops.base import Backward, Extra, Kind, Layer, Param, Saved, TorchModule
from vggstat.net.work import Work
from vggstat.shapes import Shape, values

__all__ = ["KIND", "BatchNorm"]


@final
class BatchNorm(Layer):
    """Batch normalization with a learned scale and shift per channel (torch's BatchNorm2d, of vectors BatchNorm1d)."""

    row_kind: ClassVar[str] = "bn"
    stem: ClassVar[str] = "bn"
    keras_class: ClassVar[str] = "BatchNormalization"

    @property
    def label(self) -> str:
        return "BN"

    def out_shape(self, *inputs: Shape) -> Shape:
        """The input's shape: a map, or a vector, each of whose features is a channel of its own."""
        return inputs[0]

    def params(self, *inputs: Shape) -> tuple[Param, ...]:
        """A scale (gamma) and a shift (beta) per channel; running statistics are buffers, not learned."""
        channels = inputs[0][0]
        return (
            Param("weight", (channels,), "weight"),
            Param("bias", (channels,), "bias"),
            Param("running_mean", (channels,), "buffer"),
            Param("running_var", (channels,), "buffer"),
            Param("num_batches_tracked", (), "buffer", width=8),
        )

    def ops(self, *inputs: Shape) -> Work:
        return Work(bn_values=values(inputs[0]), bn_params=2 * inputs[0][0])

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The input, and the mean and inverse deviation of each channel, once for the batch.

        The statistics have the parameters' dtype, as measured on a CPU. torch's kernel for CUDA keeps float32 of
        lower formats too, and cuDNN's a reserve of its own: not counted, and not measured on a GPU.
        """
        return (
            Saved("input", "input", values(inputs[0])),
            Saved("own", "mean", inputs[0][0], once=True),
            Saved("own", "inverse deviation", inputs[0][0], once=True),
        )

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        """The input's gradient, which is made also where nothing before the layer learns.

        So do cuDNN's kernel (float32 on CUDA) and torch's kernel for fake tensors; torch's own for a CPU, and for
        bfloat16 on CUDA, leave it out there.
        """
        return (Backward((Extra("gradient of the normalized input", values(inputs[0])),)),)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule(
            "BatchNorm2d" if len(inputs[0]) == 3 else "BatchNorm1d",
            (inputs[0][0],),
            # torch 2.13 is the first that takes, and prints, bias.
            {"eps": 1e-05, "momentum": 0.1, "affine": True, "bias": True, "track_running_stats": True},
        )


KIND = Kind(
    name="bn", layer=BatchNorm, doc="batch normalization", spellings=("batchnorm", "batchnormalization")
)
