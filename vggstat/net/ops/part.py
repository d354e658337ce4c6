"""A part of a map: some of its channels, or what is left when its borders are cut off."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.net.ops.base import (
    INPUT_GRADIENT,
    OUTPUT_GRADIENT,
    Backward,
    Extra,
    InputGradients,
    Layer,
    Mode,
    RowRule,
    Storage,
    TorchModule,
)
from vggstat.shapes import Shape, describe, values

__all__ = ["Crop", "Part", "Split"]


class Part(Layer):
    """``makes`` of the values of a map, from ``start`` on along channels, height and width. A view in memory.

    What needs it in one piece copies it: a group norm, which is counted, and a flatten right behind it, which is not.
    """

    is_part: ClassVar[bool] = True
    row: ClassVar[RowRule] = "always"
    numbered: ClassVar[bool] = False
    keras_class: ClassVar[str] = "Lambda"

    start: Shape
    makes: Shape

    @property
    def label(self) -> str:
        return self.stem

    def out_shape(self, *inputs: Shape) -> Shape:
        """The shape of the part."""
        return self.makes

    def storage(self, mode: Mode) -> Storage:
        return "view"

    def input_gradients(self) -> InputGradients:
        return "new"

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        """Zeros as large as each map that was cut, along one axis after the other, the last one first (slice_backward)."""
        shapes = [inputs[0]]
        for axis, size in enumerate(self.makes):
            if size != inputs[0][axis]:
                shapes.append((*shapes[-1][:axis], size, *shapes[-1][axis + 1 :]))
        moments: list[Backward] = []
        before: tuple[Extra, ...] = ()
        for shape in reversed(shapes[:-1]):
            what = INPUT_GRADIENT if shape == inputs[0] else f"gradient of {describe(shape)}"
            made = Extra(what, values(shape))
            moments.append(Backward((*before, made), released=(OUTPUT_GRADIENT,) if before else ()))
            before = (made,)
        return tuple(moments)

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("Part")


@final
class Crop(Part):
    """The middle of a map."""

    row_kind: ClassVar[str] = "crop"
    stem: ClassVar[str] = "crop"


@final
class Split(Part):
    """Some of a map's channels."""

    row_kind: ClassVar[str] = "split"
    stem: ClassVar[str] = "split"
