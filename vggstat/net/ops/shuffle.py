"""Channel shuffle."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.errors import ShapeError
from vggstat.fields import integer
from vggstat.net.ops.base import Kind, Layer, TorchModule
from vggstat.net.work import Work
from vggstat.shapes import Shape, feature_map, values

__all__ = ["KIND", "ChannelShuffle"]


@final
class ChannelShuffle(Layer):
    """The first channel of each group, then the second of each, and so on (ShuffleNet). autograd keeps nothing of it."""

    row_kind: ClassVar[str] = "shuffle"
    stem: ClassVar[str] = "shuffle"
    numbered: ClassVar[bool] = False
    keras_class: ClassVar[str] = "Permute"

    groups: int = integer(minimum=2, doc="number of groups that the channels are divided into")

    @property
    def label(self) -> str:
        return f"shuffle{self.groups}"

    def out_shape(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        channels, _, _ = feature_map(inputs[0], self.label)
        if channels % self.groups:
            raise ShapeError(f"{self.label} needs channels ({channels}) that are a multiple of {self.groups}")
        if channels == self.groups:
            raise ShapeError(f"{self.label} of {channels} channels changes nothing: use fewer groups")
        return inputs[0]

    def ops(self, *inputs: Shape) -> Work:
        return Work(shuffled_values=values(inputs[0]))

    def torch_module(self, *inputs: Shape) -> TorchModule:
        return TorchModule("ChannelShuffle", (), {"groups": self.groups})


KIND = Kind(
    name="shuffle",
    layer=ChannelShuffle,
    doc="channels of the groups dealt out in turn",
    spellings=("channelshuffle",),
    notation=r"shuffle(?P<groups>\d+)",
    example="shuffle3",
)
