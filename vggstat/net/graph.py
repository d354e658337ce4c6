"""The layer graph: what a specification means for one image, with every shape settled.

Values are numbered: 0 is the image, and node ``i`` makes value ``i + 1``. A chain is the usual case; a node
that joins several maps has several inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from vggstat.net.ops.base import Layer, Mode, Param, Saved
from vggstat.net.scopes import SHORTCUT
from vggstat.net.spec import Head, Place, Spec
from vggstat.net.work import Work
from vggstat.records import Record
from vggstat.shapes import Shape, Sides

__all__ = ["Graph", "Node", "Sight"]


class Sight(NamedTuple):
    """What one value of a map sees of the image: its receptive field and the step to the next, in pixels.

    There is no step where paths with different ones meet, and no field behind a window over such values.
    """

    field: Sides | None
    jump: Sides | None


class Node(Record):
    """One layer in its place."""

    index: int
    name: str
    """As people name it: ``block1_conv1``, ``block1_pool``, ``fc1``, ``predictions``."""
    torch_name: str | None
    """As torchvision's module names it (``features.0``); None where it has no module of its own."""
    scope: tuple[str, ...]
    """The path of blocks and branches that it stands in: ``("block3", "branch2")``."""
    layer: Layer
    inputs: tuple[int, ...]
    """Numbers of the values that enter."""
    in_shapes: tuple[Shape, ...]
    shape: Shape
    """The shape that leaves."""
    params: tuple[Param, ...]
    """Its learned tensors and buffers."""
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
    def is_shortcut(self) -> bool:
        """Whether it stands beside the layers that a residual is about: a network's depth does not count it."""
        return SHORTCUT in self.scope

    @property
    def output(self) -> int:
        """The number of the value that it makes."""
        return self.index + 1

    @property
    def needs_input_grad(self) -> bool:
        """Whether the backward pass goes on beyond it."""
        return any(self.input_grads)

    @property
    def saved(self) -> tuple[Saved, ...]:
        """What autograd keeps of it; nothing where no gradient comes by."""
        return self._of_use(self.layer.saved_in_place if self.in_place else self.layer.saved)

    @property
    def saved_compiled(self) -> tuple[Saved, ...]:
        """The same where torch.compile has rewritten the network."""
        return self._of_use(self.layer.saved_compiled)

    def _of_use(self, saved: Callable[..., tuple[Saved, ...]]) -> tuple[Saved, ...]:
        if not self.in_model or not (self.needs_input_grad or self.params):
            return ()
        kept = saved(*self.in_shapes)
        return tuple(one for one in kept if one.needed_by is None or self.input_grads[one.needed_by])


class Graph(Record):
    """A network on an image of shape ``image``: nodes in topological order."""

    spec: Spec
    image: Shape
    head: Head
    left_out: tuple[str, ...] = ()
    """Layers of the spec's classifier that another head than its own leaves out, as Table 1 writes them."""
    classes: int | None
    """Outputs of the last FC layer; None where there is none."""
    nodes: tuple[Node, ...]
    overwritten: tuple[str, ...] = ()
    """Of somebody's model: where a call writes over what an earlier layer has kept for its gradient, in words."""

    @property
    def rows(self) -> tuple[Node, ...]:
        """The nodes that tables show."""
        return tuple(node for node in self.nodes if node.is_row)

    @property
    def is_chain(self) -> bool:
        """Whether each layer reads what the one before it makes, and nothing else."""
        return all(node.inputs == (node.index,) for node in self.nodes)

    @property
    def output_shape(self) -> Shape:
        return self.nodes[-1].shape if self.nodes else self.image

    def in_pieces(self, mode: Mode, batch: int) -> frozenset[int]:
        """The values that are parts of maps and do not lie in one piece: of a single image some channels do."""
        found: set[int] = set()
        for node in self.nodes:
            layer = node.layer
            if layer.is_part:
                if batch > 1 or node.shape[1:] != node.in_shapes[0][1:]:
                    found.add(node.output)
            elif (
                node.inputs[0] in found and layer.storage(mode) == "view" and node.shape == node.in_shapes[0]
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
