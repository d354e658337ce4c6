"""Random graphs whose values several layers read, and whose layers read several values; built by hand."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.networks import graph_of
from vggstat.net.building import GraphBuilder
from vggstat.net.graph import Graph
from vggstat.net.ops import find_kind
from vggstat.net.ops.adaptive_avgpool import AdaptiveAvgPool
from vggstat.net.ops.add import Add
from vggstat.net.ops.avgpool import AvgPool
from vggstat.net.ops.base import Layer
from vggstat.net.ops.bn import BatchNorm
from vggstat.net.ops.concat import Concat
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.dropout import Dropout
from vggstat.net.ops.fc import Linear
from vggstat.net.ops.flatten import Flatten
from vggstat.net.ops.following import ACTIVATIONS
from vggstat.net.ops.group_norm import GroupNorm
from vggstat.net.ops.maxpool import MaxPool
from vggstat.net.ops.multiply import Multiply
from vggstat.net.ops.part import Crop, Part, Split
from vggstat.net.ops.relu import ReLU
from vggstat.net.ops.shuffle import ChannelShuffle
from vggstat.net.ops.upconv import UpConv
from vggstat.net.spec import Place
from vggstat.shapes import Shape

__all__ = ["Builder", "branching", "branching_vectors"]

HERE = Place("here", 1, 1, "")
SPEC = "name: branching\ninput: [4, 8, 8]\nblocks: [[conv3-4]]\nhead: none"


class Builder(GraphBuilder):
    """A builder that names nodes by their kind and number, each in one module of that name if it is one."""

    def put(self, layer: Layer, *inputs: int) -> int:
        """A node on ``inputs``; the number of its value."""
        name = f"{layer.stem}{self.last + 1}"
        function = isinstance(layer, Add | Concat | Multiply | Flatten | Part)
        return self.add(
            layer, name, scope=("block1",), place=HERE, inputs=inputs, torch_name=None if function else name
        )

    def graph(self) -> Graph:
        """The finished graph."""
        spec = graph_of(SPEC).spec
        return Graph(spec=spec, image=self.image, head="none", classes=None, nodes=self.nodes())


SAME = [
    ReLU(),
    ReLU(),
    *(find_kind(word).layer() for word in ACTIVATIONS),  # type: ignore[union-attr]
    BatchNorm(),
    GroupNorm(groups=2),
    ChannelShuffle(groups=2),
    Dropout(p=0.5),
    Dropout(p=0),
    Conv(filters=4),
    Conv(filters=8, kernel=1),
    Conv(filters=4, bias=False),
    Conv(filters=4, groups=4),
    Conv(filters=8, kernel=(1, 3)),
    Conv(filters=4, kernel=(3, 1), dilation=(2, 1)),
]
LARGEST = 32
"""Pixels of a side beyond which nothing is enlarged."""
SMALLER = [
    MaxPool(),
    AvgPool(kernel=3, stride=2, padding=1),
    MaxPool(kernel=3, stride=1, padding=1),
    AdaptiveAvgPool(output=1),
]


@st.composite
def parts(draw: st.DrawFn, shape: Shape) -> Part:
    """Four of the channels, or the map without some of its border."""
    channels, height, width = shape
    if channels > 4 or height < 3 or width < 3:
        start = draw(st.integers(0, channels - 4))
        return Split(start=(start, 0, 0), makes=(4, height, width))
    top, left = draw(st.integers(0, 1)), draw(st.integers(0, 1))
    return Crop(
        start=(0, top, left), makes=(channels, height - top - 1, width - left - draw(st.integers(0, 1)))
    )


@st.composite
def branching(draw: st.DrawFn, *, joins_image: bool = True) -> Graph:
    """Four to sixteen layers on any earlier maps, then all that nobody has read joined to one FC layer's input.

    ``joins_image``: whether anything but the first convolution reads the image. Under autocast that would make joins
    of maps in two formats, whose sums of three vggstat does not follow to the byte.
    """
    first = 0 if joins_image else 1
    builder = Builder((4, 8, 8))
    builder.put(Conv(filters=draw(st.sampled_from([4, 8]))), 0)
    unread = {1}
    cut: set[int] = set()

    def put(layer: Layer, *inputs: int) -> int:
        unread.difference_update(inputs)
        made = builder.put(layer, *inputs)
        unread.add(made)
        if isinstance(layer, Part) or (isinstance(layer, Dropout) and inputs[0] in cut):
            cut.add(made)
        return made

    for _ in range(draw(st.integers(4, 16))):
        # The last few maps more often than the image, which seldom is read twice.
        one = draw(st.integers(max(first, builder.last - 4), builder.last))
        ways = ["layer", "layer", "smaller", "larger", "part", "add", "add", "concat", "multiply"]
        way = draw(st.sampled_from(ways))
        shape = builder.shape_of(one)
        alike = [value for value in range(first, builder.last + 1) if builder.shape_of(value) == shape]
        if way == "layer" or (way == "smaller" and min(shape[1:]) < 2):
            put(draw(st.sampled_from(SAME)), one)
        elif way == "smaller":
            put(draw(st.sampled_from(SMALLER)), one)
        elif way == "larger" and shape[1] <= LARGEST // 2:
            put(UpConv(filters=4, kernel=draw(st.integers(2, 4)), stride=2, bias=draw(st.booleans())), one)
        elif way in ("larger", "part"):
            put(draw(parts(shape)), one)
        elif way == "concat":
            flat = [
                value for value in range(first, builder.last + 1) if builder.shape_of(value)[1:] == shape[1:]
            ]
            count = draw(st.integers(2, 3))
            put(Concat(), *(draw(st.sampled_from(flat)) for _ in range(count)))
        elif way == "multiply":
            gates = [v for v in range(first, builder.last + 1) if builder.shape_of(v) == (shape[0], 1, 1)]
            others = [value for value in gates or alike if value != one]
            put(Multiply(), one, draw(st.sampled_from(others))) if others else put(ReLU(), one)
        else:
            others = draw(st.permutations([value for value in alike if value != one]))[:2]
            others = others if draw(st.booleans()) else [draw(st.sampled_from(alike))]
            put(Add(in_place=draw(st.booleans())), one, *(others or [one]))
    # A flatten right behind a part would copy it.
    ends = [put(Flatten(), value if value not in cut else put(ReLU(), value)) for value in sorted(unread)]
    joined = put(Concat(), *ends) if len(ends) > 1 else ends[0]
    put(Linear(features=draw(st.integers(1, 12))), joined)
    return builder.graph()


@st.composite
def branching_vectors(draw: st.DrawFn) -> Graph:
    """FC layers, ReLUs and joins of vectors: what a CPU runs without memory of its own beside the tensors."""
    builder = Builder((16, 2, 2))
    builder.put(Linear(features=32), builder.put(Flatten(), 0))
    unread = {builder.last}

    def put(layer: Layer, *inputs: int) -> None:
        unread.difference_update(inputs)
        unread.add(builder.put(layer, *inputs))

    for _ in range(draw(st.integers(4, 12))):
        one = draw(st.integers(max(2, builder.last - 4), builder.last))
        alike = [
            value for value in range(2, builder.last + 1) if builder.shape_of(value) == builder.shape_of(one)
        ]
        way = draw(st.sampled_from(["fc", "relu", "add", "add", "concat", "multiply"]))
        others = [value for value in alike if value != one]
        if way == "add":
            put(Add(in_place=draw(st.booleans())), one, draw(st.sampled_from(alike)))
        elif way == "concat":
            put(Concat(), one, draw(st.integers(2, builder.last)))
        elif way == "multiply" and others:
            put(Multiply(), one, draw(st.sampled_from(others)))
        else:
            put(ReLU() if way == "relu" else Linear(features=draw(st.sampled_from([32, 64]))), one)
    ends = sorted(unread)
    if len(ends) > 1:
        put(Concat(), *ends)
    put(Linear(features=10), builder.last)
    return builder.graph()
