"""Flattening a map into a vector."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.net.ops.base import InputGradients, Kind, Layer, Mode, RowRule, Storage, TorchModule, Windows
from vggstat.shapes import Shape, values

__all__ = ["KIND", "Flatten"]


@final
class Flatten(Layer):
    """The map's values in a row."""

    row_kind: ClassVar[str] = "flatten"
    stem: ClassVar[str] = "flatten"
    numbered: ClassVar[bool] = False
    row: ClassVar[RowRule] = "never"
    keras_class: ClassVar[str] = "Flatten"

    @property
    def label(self) -> str:
        return "flatten"

    def windows(self) -> Windows | None:
        return None

    def out_shape(self, *inputs: Shape) -> Shape:
        """One axis with all values."""
        return (values(inputs[0]),)

    def storage(self, mode: Mode) -> Storage:
        return "view"

    def input_gradients(self) -> InputGradients:
        return "views"

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("Flatten", (), {"start_dim": 1, "end_dim": -1})


KIND = Kind(name="flatten", layer=Flatten, doc="flattening of a map into a vector")
