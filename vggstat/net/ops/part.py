"""A part of a map: some of its channels, or what is left when its borders are cut off."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.net.ops.base import Layer, Mode, RowRule, Storage, TorchModule
from vggstat.shapes import Shape

__all__ = ["Crop", "Part", "Split"]


class Part(Layer):
    """``makes`` of the values of a map, from ``start`` on along channels, height and width. A view in memory."""

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
