"""Dropout."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.fields import number
from vggstat.net.ops.base import Extra, Kind, Layer, Mode, RowRule, Saved, Storage, TorchModule
from vggstat.shapes import Shape, values

__all__ = ["KIND", "Dropout"]


@final
class Dropout(Layer):
    """Zeroes values at random in training; does nothing in inference."""

    row_kind: ClassVar[str] = "dropout"
    stem: ClassVar[str] = "dropout"
    row: ClassVar[RowRule] = "own"
    keras_class: ClassVar[str] = "Dropout"

    p: float = number(default=0.5, doc="probability of a value to be zeroed")

    @property
    def label(self) -> str:
        return "dropout"

    def out_shape(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """The mask, one byte a value (CUDA's; a CPU keeps noise in the dtype).

        Where all is dropped torch multiplies by a zero and keeps that; where nothing is, it does nothing.
        """
        if self.p == 1:
            return (Saved("own", "zero", 1, once=True),)
        return (Saved("own", "dropout mask", values(inputs[0]), width=1),) if self.p else ()

    def alive(self, *inputs: Shape) -> tuple[tuple[Extra, ...], ...]:
        """Output and mask, or the zero by which all is multiplied; torch makes both also where no gradient comes by.

        Where nothing is dropped there is no output of its own, and nobody asks.
        """
        count = values(inputs[0])
        beside = Extra("zero", 1, once=True) if self.p == 1 else Extra("dropout mask", count, width=1)
        return ((Extra("output", count), beside),)

    def storage(self, mode: Mode) -> Storage:
        return "new" if mode == "training" and self.p else "view"

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("Dropout", (), {"p": self.p, "inplace": False})


KIND = Kind(
    name="dropout",
    layer=Dropout,
    doc="dropout",
    spellings=("drop-out",),
    notation=r"dropout(?P<p>[0-9](?:\.[0-9]+)?)",
    example="dropout0.2",
)
