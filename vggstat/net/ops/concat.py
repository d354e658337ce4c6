"""Maps behind one another along the channels."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.errors import ShapeError
from vggstat.net.ops.base import Autocast, InputGradients, Layer, TorchModule
from vggstat.shapes import Shape, describe

__all__ = ["Concat"]


@final
class Concat(Layer):
    """The channels of all maps, in their order. autograd keeps nothing of it, and hands out views of its gradient."""

    row_kind: ClassVar[str] = "concat"
    stem: ClassVar[str] = "concat"
    numbered: ClassVar[bool] = False
    keras_class: ClassVar[str] = "Concatenate"
    autocast: ClassVar[Autocast] = "widest"

    @property
    def label(self) -> str:
        return self.stem

    def out_shape(self, *inputs: Shape) -> Shape:
        """The sum of the channels (of the lengths of vectors); the maps are of one size."""
        other = next((shape for shape in inputs if shape[1:] != inputs[0][1:]), None)
        if other is not None:
            raise ShapeError(
                f"concat needs maps of one shape beside their channels, but gets {describe(inputs[0])} and "
                f"{describe(other)}"
            )
        return (sum(shape[0] for shape in inputs), *inputs[0][1:])

    def input_gradients(self) -> InputGradients:
        return "views"

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("Concat")
