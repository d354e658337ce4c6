"""Which kernels a pass consists of: their operations and the bytes they have to move.

A kernel's bytes are ideal: every tensor that it reads or writes crosses the memory once. Which kernels there are
depends on how a pass is run, its style: see ``Style``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, Literal, NamedTuple

from vggstat.cost.precision import FLOAT32_WIDTH
from vggstat.cost.workload import Workload
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.activation import Activation
from vggstat.net.ops.base import Layer
from vggstat.net.ops.bn import BatchNorm
from vggstat.net.ops.conv import Conv
from vggstat.net.ops.dropout import Dropout
from vggstat.net.ops.fc import Linear
from vggstat.net.ops.group_norm import GroupNorm
from vggstat.net.ops.layer_norm import LayerNorm
from vggstat.net.ops.lrn import LRN
from vggstat.net.ops.maxpool import MaxPool
from vggstat.net.ops.relu import ReLU
from vggstat.net.ops.upconv import UpConv
from vggstat.shapes import values

__all__ = ["STYLES", "Group", "Kernel", "Pass", "Style", "groups_of", "kernels_of", "step_kernels"]

INDEX_WIDTH: Final = 8
"""A max-pool's indices are int64."""

Pass = Literal["forward", "backward", "optimizer"]

Style = Literal["fused", "cudnn-relu", "compiled", "eager"]
"""How much of a pass is one kernel, the most first:

- ``fused``: a kernel a group of layers, which moves weights, input and output: the least there is.
- ``cudnn-relu``: the same, but the kernel reads the map that it writes: cuDNN's convolution with bias and ReLU adds
  alpha times a map z, and ``torch.cudnn_convolution_relu`` has the output stand for z, with alpha 0 (aten's
  cudnn/ConvShared.cpp, torch 2.13).
- ``compiled``: a convolution's bias, ReLU and what else follows are one kernel beside it, and so is an FC layer's ReLU
  (Inductor, torch 2.13); pools write no indices. Of the backward pass the fused one is taken, which is a lower bound.
- ``eager``: a convolution's bias and every ReLU are kernels of their own, a max-pool writes int64 indices in inference
  too (torch 2.13).
"""

STYLES: Final[tuple[Style, ...]] = ("fused", "cudnn-relu", "compiled", "eager")
APART: Final[tuple[Style, ...]] = ("eager",)


class Kernel(NamedTuple):
    """One kernel for the whole batch: FLOPs (two per multiply-accumulate), bytes, and the styles that have it."""

    what: str
    flops: int
    bytes: int
    direction: Pass = "forward"
    styles: tuple[Style, ...] = STYLES


class Group(NamedTuple):
    """A row of the tables with what follows it and is no row: a convolution with its ReLU."""

    name: str
    kind: str
    nodes: tuple[Node, ...]
    sums: int = 0
    """Values of each image's gradients that are added to earlier ones, where other groups read its maps too."""
    lost: frozenset[int] = frozenset()
    """Indices of nodes that no output depends on: no gradient comes to them."""

    @property
    def entering(self) -> int:
        """Values that enter the group, per image."""
        return sum(values(shape) for shape in self.nodes[0].in_shapes)

    @property
    def leaving(self) -> int:
        """Values that leave it, per image."""
        return values(self.nodes[-1].shape)


def groups_of(graph: Graph) -> tuple[Group, ...]:
    """The graph's nodes that a torch model has, in groups; together they are the whole forward pass."""
    found: list[tuple[Node, list[Node]]] = []
    readers = Counter(
        value
        for node in graph.nodes
        if node.in_model
        for value, wanted in zip(node.inputs, node.input_grads, strict=True)
        if wanted
    )
    given = graph.further_inputs
    for node in graph.nodes:
        if not node.in_model or node in given:
            continue
        if node.is_row or not found:
            found.append((node, [node]))
        else:
            found[-1][1].append(node)
    lost = frozenset(node.index for node in graph.leads_nowhere)
    return tuple(
        Group(
            head.name,
            head.layer.row_kind,
            tuple(nodes),
            sum(values(node.shape) * max(0, readers[node.output] - 1) for node in nodes),
            lost,
        )
        for head, nodes in found
    )


def kernels_of(group: Group, workload: Workload) -> tuple[Kernel, ...]:
    """The kernels of a group's forward pass, and in training of its backward pass."""
    kernels: list[Kernel] = []
    for at, node in enumerate(group.nodes):
        made = _Node(node, workload, alone=at == 0)
        has_gradient = made.gets_gradient and node.index not in group.lost
        kernels += [k for k in _kernels(made) if has_gradient or k.direction == "forward"]
    kernels += _epilogue(group, workload)
    if group.sums:  # what is added, what it is added to, and the sum
        moved = 3 * workload.bytes(group.sums, (workload.autocast or workload.dtype).width)
        kernels.append(Kernel("gradients added", 0, moved, "backward"))
    if workload.mode == "inference":
        return tuple(kernel for kernel in kernels if kernel.direction == "forward")
    return tuple(kernels)


def _kernels(made: _Node) -> Iterator[Kernel]:
    """Of one node, by its kind; of a kind without formulas of its own, as a product if it multiplies."""
    usual = _activation if isinstance(made.node.layer, Activation) else _pointwise
    return _KERNELS.get(type(made.node.layer), _product if made.flops else usual)(made)


def _epilogue(group: Group, workload: Workload) -> Iterator[Kernel]:
    """What follows a product where it is neither fused into it nor apart: one kernel for all of it, or z."""
    head, *followers = group.nodes
    if not isinstance(head.layer, Conv | UpConv | Linear):
        return
    product = _Node(head, workload, alone=True)
    activations = [node.layer.label for node in followers if isinstance(node.layer, Activation)]
    pointwise = bool(activations)
    if isinstance(head.layer, Conv):
        if any(isinstance(node.layer, ReLU) for node in followers):
            yield Kernel("z of cudnn_convolution_relu", 0, product.outputs, styles=("cudnn-relu",))
        pointwise = pointwise or product.has_bias
    if pointwise:
        what = " and ".join(["bias", *activations])
        yield Kernel(what, 0, 2 * product.outputs, styles=("compiled",))


def step_kernels(graph: Graph, workload: Workload) -> tuple[Kernel, ...]:
    """What belongs to no layer: autocast's copies of the weights, and the optimizer's step.

    The optimizer reads gradient, parameter and its states, and writes parameter and states: 3 tensors for SGD, 5
    with momentum, 7 for Adam. Copies for weight decay and the like are left out: it is a lower bound.
    """
    trained = sum(param.elements for node in graph.nodes for param in node.params if param.is_trained)
    kernels = []
    if workload.autocast is not None:
        cast = sum(
            param.elements
            for node in graph.nodes
            if node.layer.autocast == "low"
            for param in node.params
            if param.role != "buffer"
        )
        kernels.append(
            Kernel("weights cast by autocast", 0, cast * (FLOAT32_WIDTH + workload.autocast.width))
        )
    if workload.mode == "training" and trained:
        tensors = 3 + 2 * len(workload.optimizer.states)
        moved = tensors * trained * workload.dtype.width
        kernels.append(Kernel("optimizer", 0, moved, "optimizer"))
    return tuple(kernels)


class _Node:
    """A node with the byte counts that the formulas below are written in, for the whole batch."""

    def __init__(self, node: Node, workload: Workload, *, alone: bool) -> None:
        self.node = node
        self.alone = alone
        """Whether it heads its group, so that nothing stands before it that it could be fused into."""
        self.training = workload.mode == "training"
        self.batch = batch = workload.batch
        # NB: under autocast the maps between low layers are low too, which is where all of the traffic is.
        self.width = (workload.autocast or workload.dtype).width
        self.inputs = batch * self.width * sum(values(shape) for shape in node.in_shapes)
        self.outputs = batch * self.width * values(node.shape)
        self.values_out = batch * values(node.shape)
        learned = [param for param in node.tensors if param.role != "buffer"]
        self.weights = sum(param.elements for param in learned if param.role == "weight") * self.width
        self.params = sum(param.elements for param in learned) * self.width
        self.has_bias = any(param.role == "bias" for param in learned)
        self.flops = 2 * batch * node.ops.macs

    @property
    def beside(self) -> tuple[Style, ...]:
        """The styles in which a pointwise layer is a kernel: all, where nothing stands before it in its group."""
        return STYLES if self.alone else APART

    @property
    def passes_gradient(self) -> bool:
        return self.node.needs_input_grad

    @property
    def gets_gradient(self) -> bool:
        return self.node.needs_input_grad or bool(self.node.trained)

    def trains(self, role: str) -> bool:
        """Whether one of its tensors of that role gets a gradient."""
        return any(param.role == role for param in self.node.trained)


def _weighted(n: _Node) -> Iterator[Kernel]:
    """A convolution or FC layer: dW reads x and dy, dx reads dy and W; db reads dy."""
    yield Kernel(n.node.layer.stem, n.flops, n.inputs + n.params + n.outputs)
    if n.trains("weight"):
        yield Kernel("weight gradient", n.flops, n.inputs + n.outputs + n.weights, "backward")
    if n.passes_gradient:
        yield Kernel("input gradient", n.flops, n.outputs + n.weights + n.inputs, "backward")
    if n.trains("bias"):
        yield Kernel("bias gradient", 0, n.outputs, "backward", styles=APART)


def _product(n: _Node) -> Iterator[Kernel]:
    """Any other product, of a map with weights or of maps. Backward, all gradients as one kernel: a lower bound."""
    yield Kernel(n.node.layer.stem, n.flops, n.inputs + n.params + n.outputs)
    again = 2 * n.batch * n.node.backward_macs
    moved = n.outputs + 2 * (n.inputs + n.weights)  # factors are read, and their gradients written
    yield Kernel(f"{n.node.layer.stem} gradients", again, moved, "backward")


def _conv(n: _Node) -> Iterator[Kernel]:
    """cudnn_convolution takes no bias: it is added by a kernel of its own that reads and writes the map."""
    yield from _weighted(n)
    if n.has_bias:
        yield Kernel("bias", 0, 2 * n.outputs, styles=APART)


def _max_pool(n: _Node) -> Iterator[Kernel]:
    """The backward pass fills the gradient with zeros before it adds to it: 2 dx."""
    indices = INDEX_WIDTH * n.values_out
    yield Kernel("pool", 0, n.inputs + n.outputs)
    yield Kernel("pool indices", 0, indices, styles=APART)
    if n.passes_gradient:
        yield Kernel("pool gradient", 0, n.outputs + n.inputs, "backward")
        yield Kernel("indices and zeros", 0, indices + n.inputs, "backward", styles=APART)


def _activation(n: _Node) -> Iterator[Kernel]:
    """Reads a map and writes one. Its gradient reads what is kept of it and dy, and writes dx."""
    yield Kernel(n.node.layer.label, 0, n.inputs + n.outputs, styles=n.beside)
    if n.gets_gradient:
        yield Kernel(f"{n.node.layer.label} gradient", 0, 3 * n.outputs, "backward", styles=n.beside)


def _dropout(n: _Node) -> Iterator[Kernel]:
    """Nothing in inference; in training a mask of one byte a value beside the map."""
    if not n.training or not getattr(n.node.layer, "p", 0):
        return
    yield Kernel("dropout", 0, n.inputs + n.outputs + n.values_out, styles=n.beside)
    yield Kernel("dropout gradient", 0, n.inputs + n.outputs + n.values_out, "backward", styles=n.beside)


def _batch_norm(n: _Node) -> Iterator[Kernel]:
    """In training the map is read once for its statistics; the backward pass reads x and dy twice."""
    yield Kernel("batch norm", 0, n.inputs + n.outputs + n.params)
    if n.training:
        yield Kernel("statistics", 0, n.inputs, styles=APART)
        yield Kernel("batch norm gradient", 0, 3 * n.outputs, "backward")
        yield Kernel("sums of the gradient", 0, 2 * n.outputs, "backward", styles=APART)


def _group_norm(n: _Node) -> Iterator[Kernel]:
    """The map is read once for its statistics, in inference too; the backward pass reads x and dy twice."""
    label = n.node.layer.label
    yield Kernel(label, 0, n.inputs + n.outputs + n.params)
    yield Kernel("statistics", 0, n.inputs, styles=APART)
    if n.training:
        yield Kernel(f"{label} gradient", 0, 3 * n.outputs, "backward")
        yield Kernel("sums of the gradient", 0, 2 * n.outputs, "backward", styles=APART)


def _lrn(n: _Node) -> Iterator[Kernel]:
    """Seven ATen ops: square, pad, average, scale, add, power, divide. Fused, one reads x and writes y.

    NB: of the backward pass only the ideal traffic is counted (x, dy, dx).
    """
    padded = n.inputs // max(1, values(n.node.in_shapes[0])) * n.node.ops["lrn_padded"]
    yield Kernel("LRN", 0, n.inputs + n.outputs)
    # square 2, pad 1 + padded, average padded + 1, scale 2, add 2, power 2, divide 3; two of them are above
    yield Kernel("LRN in steps", 0, 11 * n.inputs + 2 * padded, styles=APART)
    if n.passes_gradient:
        yield Kernel("LRN gradient", 0, 3 * n.outputs, "backward")


def _pointwise(n: _Node) -> Iterator[Kernel]:
    """Any other layer reads its inputs and writes its output; the gradient goes the other way, if it is not handed on."""
    if n.node.layer.storage("inference") == "view":
        return
    if n.node.layer.input_gradients() != "new":
        yield Kernel(n.node.layer.stem, 0, n.inputs + n.outputs)
        return
    read_again = n.inputs if len(n.node.inputs) > 1 else 0  # the factors of a product
    # An average pool that changes nothing is a copy, which a compiler leaves out.
    idle = not n.alone and n.node.shape == n.node.in_shapes[0]
    yield Kernel(n.node.layer.stem, 0, n.inputs + n.outputs, styles=APART if idle else STYLES)
    if n.passes_gradient:
        yield Kernel(
            f"{n.node.layer.stem} gradient",
            0,
            n.outputs + n.inputs + read_again,
            "backward",
            styles=APART if idle else STYLES,
        )


_KERNELS: Final[dict[type[Layer], Callable[[_Node], Iterator[Kernel]]]] = {
    Conv: _conv,
    UpConv: _conv,
    Linear: _weighted,
    MaxPool: _max_pool,
    Dropout: _dropout,
    BatchNorm: _batch_norm,
    GroupNorm: _group_norm,
    LayerNorm: _group_norm,
    LRN: _lrn,
}
"""The kernels of a layer by its kind; those of every other one are ``_pointwise``, of average pools for instance."""
