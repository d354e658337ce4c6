"""The product of two maps, or of a map and a value for each channel."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.errors import ShapeError
from vggstat.net.ops.base import INPUT_GRADIENT, Backward, Extra, Layer, Saved, TorchModule
from vggstat.net.work import Work
from vggstat.shapes import Shape, describe, values

__all__ = ["Multiply"]


@final
class Multiply(Layer):
    """Two maps value by value; one of them may hold one value a channel (a gate). Never in place."""

    row_kind: ClassVar[str] = "multiply"
    stem: ClassVar[str] = "multiply"
    numbered: ClassVar[bool] = False
    keras_class: ClassVar[str] = "Multiply"

    @property
    def label(self) -> str:
        return self.stem

    def out_shape(self, *inputs: Shape) -> Shape:
        """The larger map's shape."""
        if len(inputs) != 2:
            raise ShapeError(f"multiply takes two maps, but gets {len(inputs)}")
        small, large = sorted(inputs, key=values)
        if small != large and (len(large) != 3 or small != (large[0], 1, 1)):
            raise ShapeError(
                "multiply needs two maps of one shape, or one with a value a channel, but gets "
                f"{describe(inputs[0])} and {describe(inputs[1])}"
            )
        return large

    def ops(self, *inputs: Shape) -> Work:
        return Work(multiply_values=values(self.out_shape(*inputs)))

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """Both maps: each is the other's gradient's factor."""
        return tuple(
            Saved("input", "input", values(shape), position=position, needed_by=1 - position)
            for position, shape in enumerate(inputs)
        )

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        """Both products, that of a gate as large as the map."""
        count = values(self.out_shape(*inputs))
        return (
            Backward(
                tuple(Extra(INPUT_GRADIENT, count, position=position) for position in range(len(inputs)))
            ),
        )

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("Multiply")
