"""The layer graph: what a specification means for one image, with every shape settled.

Values are numbered: 0 is the image, and node ``i`` makes value ``i + 1``. A chain is the usual case; a node
that joins several maps has several inputs, and a further input of the network is a node that has none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vggstat.net.ops.base import Layer, Mode, Param, Saved
from vggstat.net.ops.given import Given
from vggstat.net.spec import Head, Place, Spec
from vggstat.net.work import Work
from vggstat.records import Record
from vggstat.shapes import Shape, Sides

__all__ = ["Beside", "Graph", "Node", "Shared", "Sight"]


class Sight(NamedTuple):
    """What one value of a map sees of the image: its receptive field and the step to the next, in pixels.

    There is no step where paths with different ones meet, and no field behind a window over such values.
    """

    field: Sides | None
    jump: Sides | None


class Shared(NamedTuple):
    """A tensor that a layer uses and an earlier one holds, where it is counted."""

    param: Param
    owner: str


class Beside(NamedTuple):
    """Memory that somebody's model makes of its weights alone, or of nothing: a table of positions, a mask."""

    elements: int
    width: int | None
    """Bytes a value; None where they follow the dtype."""
    once: bool
    """Whether it is one for the whole batch."""
    start: int
    """The index of the first node that runs while it is there."""
    end: int
    """That of the first one that runs when it is gone."""


class Node(Record):
    """One layer in its place."""

    index: int
    name: str
    """As people name it: ``block1_conv1``, ``block1_pool``, ``fc1``, ``predictions``."""
    torch_name: str | None
    """As torchvision's module names it (``features.0``); None where it has no module of its own."""
    scope: tuple[str, ...]
    """The path of blocks and branches that it stands in: ``("block3", "branch2")``; of somebody's model the paths of the
    modules: ``("layer1", "layer1.0")``."""
    layer: Layer
    inputs: tuple[int, ...]
    """Numbers of the values that enter."""
    in_shapes: tuple[Shape, ...]
    shape: Shape
    """The shape that leaves."""
    params: tuple[Param, ...]
    """Its learned tensors and buffers, but for those that an earlier layer holds."""
    shared: tuple[Shared, ...] = ()
    """Those."""
    ops: Work
    """Its work for one image; none for what is not in the model."""
    is_row: bool
    """Whether tables show it: conv, pool, FC and norms always, the rest where a spec writes it on its own."""
    in_model: bool
    """False for a softmax that closes the classifier: torch models end in logits."""
    in_place: bool
    """Whether it writes over its input's memory."""
    on_view: bool
    """Whether what it writes over is a view of another shape (after a flatten): autograd then copies the whole back."""
    input_grads: tuple[bool, ...]
    """For each input whether a learned tensor stands before it, so that the backward pass goes on there."""
    sight: Sight | None
    """None where every value sees the whole image."""
    place: Place

    @property
    def block(self) -> str:
        """The outermost of its scope."""
        return self.scope[0] if self.scope else ""

    @property
    def output(self) -> int:
        """The number of the value that it makes."""
        return self.index + 1

    @property
    def needs_input_grad(self) -> bool:
        """Whether the backward pass goes on beyond it."""
        return any(self.input_grads)

    @property
    def tensors(self) -> tuple[Param, ...]:
        """All that it uses, whoever holds them."""
        return (*self.params, *(shared.param for shared in self.shared))

    @property
    def trained(self) -> tuple[Param, ...]:
        """Those of its tensors that get a gradient."""
        return tuple(param for param in self.tensors if param.is_trained)

    @property
    def backward_macs(self) -> int:
        """Multiply-accumulates of its backward pass for one image: its own again for each gradient that it makes."""
        weights = sum(param.role == "weight" for param in self.trained)
        return self.ops.macs * self.layer.gradient_products(
            inputs=sum(self.input_grads), weights=min(weights, 1)
        )

    @property
    def saved(self) -> tuple[Saved, ...]:
        """What autograd keeps of it; nothing where no gradient comes by."""
        return self._of_use(self.layer.saved_in_place if self.in_place else self.layer.saved)

    @property
    def saved_compiled(self) -> tuple[Saved, ...]:
        """The same where torch.compile has rewritten the network."""
        return self._of_use(self.layer.saved_compiled)

    def _of_use(self, saved: Callable[..., tuple[Saved, ...]]) -> tuple[Saved, ...]:
        if not self.in_model or not (self.needs_input_grad or self.trained):
            return ()
        return tuple(one for one in saved(*self.in_shapes) if self._is_needed(one))

    def _is_needed(self, saved: Saved) -> bool:
        if saved.needed_by == "weight":
            return any(param.role == "weight" for param in self.trained)
        return saved.needed_by is None or self.input_grads[saved.needed_by]


class Graph(Record):
    """A network on an image of shape ``image``: nodes in topological order."""

    spec: Spec
    image: Shape
    head: Head | None
    """What joins the maps to the FC layers; None of a model, which has it in its code."""
    left_out: tuple[str, ...] = ()
    """Layers of the spec's classifier that another head than its own leaves out, as Table 1 writes them."""
    classes: int | None
    """Outputs of the last FC layer; None where there is none."""
    nodes: tuple[Node, ...]
    input_width: int | None = None
    """Bytes a value of its inputs, where they do not follow the dtype (numbers of words in int64)."""
    outputs: tuple[int, ...] = ()
    """The values that leave; the last one alone where none is named."""
    unused: tuple[Param, ...] = ()
    """Of somebody's model: parameters that nothing in its forward pass takes."""
    unused_buffers: tuple[Param, ...] = ()
    """The same of buffers: they lie in memory and in a file of weights all the same."""
    held_until: tuple[int, ...] | None = None
    """Of somebody's model: for each value the index of the node before which Python lets go of it. None where every
    map goes with its last reader."""
    single: Graph | None = None
    """Of somebody's model: the same of a batch of one image, where memory holds something otherwise then."""
    beside: tuple[Beside, ...] = ()
    """Of somebody's model: memory that comes from no input, and is there for some time."""
    set_aside: tuple[str, ...] = ()
    """Of somebody's model: what it does about gradients itself (no_grad, checkpoint, autocast). What a step keeps and takes
    is then not known."""
    notes: tuple[str, ...] = ()
    """What is to be said of how it was read."""
    overwritten: tuple[str, ...] = ()
    """Of somebody's model: where a call writes over what an earlier layer has kept for its gradient, in words."""

    @property
    def own_name(self) -> str:
        """What its network is called where it is written down: of a model its class, not where that was found."""
        return self.spec.name if self.head is not None else self.spec.title

    def of_batch(self, batch: int) -> Graph:
        """The graph as memory holds what it makes of so many images."""
        return self.single if batch == 1 and self.single is not None else self

    @property
    def rows(self) -> tuple[Node, ...]:
        """The nodes that tables show."""
        return tuple(node for node in self.nodes if node.is_row)

    @property
    def is_chain(self) -> bool:
        """Whether each layer reads what the one before it makes, and nothing else."""
        return len(self.outputs) < 2 and all(node.inputs == (node.index,) for node in self.nodes)

    @property
    def output_shape(self) -> Shape:
        """Of the first of its outputs."""
        return self.shape_of(self.outputs[0] if self.outputs else len(self.nodes))

    def shape_of(self, value: int) -> Shape:
        """Of a value by its number."""
        return self.nodes[value - 1].shape if value else self.image

    @property
    def further_inputs(self) -> tuple[Node, ...]:
        """What the caller gives beside the image."""
        return tuple(node for node in self.nodes if isinstance(node.layer, Given))

    def width_of(self, node: Node) -> int | None:
        """Bytes a value of what the caller gives; None of what a layer makes."""
        return self.input_width if isinstance(node.layer, Given) else None

    @property
    def leads_nowhere(self) -> tuple[Node, ...]:
        """Nodes that no output depends on. They run all the same."""
        needed = set(self.outputs or (len(self.nodes),))
        for node in reversed(self.nodes):
            if node.output in needed:
                needed.update(node.inputs)
        return tuple(node for node in self.nodes if node.output not in needed)

    @property
    def trained_values(self) -> int:
        """Values of all parameters that training changes, unused ones too, which their optimizer would leave."""
        held = (*(param for node in self.nodes for param in node.params), *self.unused)
        return sum(param.elements for param in held if param.is_trained)

    def in_pieces(self, mode: Mode, batch: int) -> frozenset[int]:
        """The values that are parts of maps and do not lie in one piece: of a single image some channels do."""
        found: set[int] = set()
        for node in self.nodes:
            layer = node.layer
            if layer.is_part:
                if batch > 1 or node.shape[1:] != node.in_shapes[0][1:]:
                    found.add(node.output)
            elif (
                layer.storage(mode) == "view" and node.inputs[0] in found and node.shape == node.in_shapes[0]
            ):
                found.add(node.output)
        return frozenset(found)

    def storages(self, mode: Mode) -> tuple[int, ...]:
        """For each value the number of the value whose memory it lies in: its own, or an earlier one's.

        A view and an in-place layer share their input's; memory counts a storage once.
        """
        storages = [0]
        for node in self.nodes:
            kind = node.layer.storage(mode)
            shared = kind == "view" or node.in_place
            storages.append(storages[node.inputs[0]] if shared else node.output)
        return tuple(storages)
