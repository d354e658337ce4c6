"""A further input of a network: an image or another tensor that the caller gives beside the first."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.net.ops.base import Backward, Extra, Layer, TorchModule
from vggstat.shapes import Shape

__all__ = ["Given"]


@final
class Given(Layer):
    """Values that are there before anything runs. It reads nothing, does nothing, and the caller holds its memory."""

    row_kind: ClassVar[str] = "input"
    stem: ClassVar[str] = "input"
    keras_class: ClassVar[str] = "InputLayer"

    makes: Shape

    @property
    def label(self) -> str:
        return ""

    def out_shape(self, *inputs: Shape) -> Shape:
        """Its own shape."""
        return self.makes

    def alive(self, *inputs: Shape) -> tuple[tuple[Extra, ...], ...]:
        """Nothing beside what the caller holds."""
        return ((),)

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        """Nothing: no gradient is asked for."""
        return ()

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("Identity")
