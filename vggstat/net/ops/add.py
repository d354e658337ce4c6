"""The sum of maps."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.errors import ShapeError
from vggstat.fields import boolean
from vggstat.net.ops.base import InputGradients, Layer, Mode, Storage, TorchModule
from vggstat.net.work import Work
from vggstat.shapes import Shape, describe, values

__all__ = ["Add"]


@final
class Add(Layer):
    """Maps of one shape, value by value: a residual connection. autograd keeps nothing of it."""

    row_kind: ClassVar[str] = "add"
    stem: ClassVar[str] = "add"
    numbered: ClassVar[bool] = False
    keras_class: ClassVar[str] = "Add"

    in_place: bool = boolean(default=True, doc="whether the sum may be written over the first map")

    @property
    def label(self) -> str:
        return self.stem

    def out_shape(self, *inputs: Shape) -> Shape:
        """The shape of each input."""
        other = next((shape for shape in inputs if shape != inputs[0]), None)
        if other is not None:
            raise ShapeError(
                f"add needs maps of one shape, but gets {describe(inputs[0])} and {describe(other)}"
            )
        return inputs[0]

    def ops(self, *inputs: Shape) -> Work:
        """One addition a value for each map after the first."""
        return Work(add_values=(len(inputs) - 1) * values(inputs[0]))

    def storage(self, mode: Mode) -> Storage:
        return "in-place" if self.in_place else "new"

    def input_gradients(self) -> InputGradients:
        return "incoming"

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("Add")
