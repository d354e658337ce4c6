"""What is alive during one training step, moment by moment.

The step is the usual one, in its second round, when the optimizer's state is there::

    functional.cross_entropy(model(image), target).backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)

so the logits have no name of their own and go once the loss is made, and the loss goes once ``backward``
returns. autograd (torch 2.13) runs the layers' backward functions last to first and drops what each has kept
as soon as it has run; a parameter's gradient is stored at once, without a copy. Where a layer has written over a view,
its backward function runs inside CopySlices, on two copies of the gradient. A sum hands its gradient to all that it
added, a concatenation views of it. Where gradients of one value meet, the later one is added to the first in place,
unless that is a view or somebody else holds it too: then both are alive beside their sum. Storages are walked through
rather than closed forms added up, so that any graph comes out: each is alive from the operation
that makes it to the last holder's end. Library workspaces (cuDNN, cuBLAS) are not part of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Hashable, Iterator
from itertools import chain

from vggstat.cost.gradients import Accumulation, Gradient, Gradients
from vggstat.cost.inference import forward_phases, let_go
from vggstat.cost.items import (
    IMAGE,
    MemoryItem,
    Part,
    image_item,
    make_item,
    output_item,
    parameter_items,
)
from vggstat.cost.moments import Instant, Ledger, Moment, largest, moments
from vggstat.cost.precision import FLOAT32_WIDTH, Widths, weight_copies, widths
from vggstat.cost.saved import Kept, kept_by_node, weight_copy
from vggstat.cost.workload import Workload
from vggstat.errors import UnknownMemoryError, UsageError
from vggstat.net.graph import Graph, Node
from vggstat.net.ops.base import INPUT_GRADIENT, OUTPUT_GRADIENT, Backward, Param
from vggstat.net.ops.bn import BatchNorm
from vggstat.shapes import describe, values

__all__ = ["has_logits", "least_batch", "refuse_single_values", "training_moments", "training_peak"]

TARGET_WIDTH = 8
"""Class numbers are int64."""


def training_peak(
    graph: Graph, workload: Workload, accumulation: Accumulation = "in place", *, as_written: bool = False
) -> Moment:
    """The moment of a training step when most is alive, parameters and optimizer state included."""
    return largest(training_moments(graph, workload, accumulation, as_written=as_written))


def training_moments(
    graph: Graph, workload: Workload, accumulation: Accumulation = "in place", *, as_written: bool = False
) -> Iterator[Moment]:
    """The moments of a training step that could be the peak, in order of time.

    A map that nothing keeps lives until its last reader has run, or ``as_written`` until Python lets go of it. Without
    a parameter in the graph there is no backward pass, and the step ends with the loss. Raises UsageError where torch
    refuses the step: no batch norm is trained on a single value per channel.
    """
    refuse_single_values(graph, workload.batch)
    _refuse_unknown(graph)
    return moments(lambda tells: _step(_Step(graph, workload, accumulation, tells, as_written)))


def has_logits(graph: Graph) -> bool:
    """Whether it has one output that cross entropy takes: logits ``(classes,)``, or a map of them ``(classes, H, W)``."""
    return len(graph.outputs) <= 1 and len(graph.output_shape) in (1, 3)


def least_batch(graph: Graph) -> int:
    """The smallest batch that the network can be trained with: 2 where a batch norm sees one value of each image."""
    return 2 if any(_is_single(node) for node in graph.nodes) else 1


def refuse_single_values(graph: Graph, batch: int) -> None:
    """Raises UsageError, naming the layer and its place, where a batch norm had one value a channel to normalize."""
    node = next((node for node in graph.nodes if _is_single(node)), None) if batch == 1 else None
    if node is not None:
        place = node.place
        at = f" ({place.source}:{place.line}:{place.column})" if place.line else ""
        raise UsageError(
            f"{node.name}{at} has one value a channel to normalize (a map of {describe(node.shape)}, batch 1), whose "
            "deviation is 0: torch refuses to train on it; take a batch of 2, or a larger input"
        )


def _refuse_unknown(graph: Graph) -> None:
    """Raises UnknownMemoryError for a model of somebody's whose step is not known to the byte."""
    tensors = (*(param for node in graph.nodes for param in node.tensors), *graph.unused)
    reasons = {
        "parameters that layers share": any(node.shared for node in graph.nodes),
        "frozen parameters": any(param.frozen for param in tensors),
        "parameters that it does not use": bool(graph.unused),
        "more than one input": bool(graph.further_inputs),
        "more than one output": len(graph.outputs) > 1,
        "an output that cross entropy does not take": len(graph.outputs) <= 1 and not has_logits(graph),
        "layers whose result leads nowhere": bool(graph.leads_nowhere),
        "memory that comes from no input": bool(graph.beside),
    }
    found = [reason for reason, is_so in reasons.items() if is_so]
    if found:
        raise UnknownMemoryError(
            f"vggstat does not know what memory a training step of {graph.spec.name} needs: it has "
            + " and ".join(found)
        )


def _is_single(node: Node) -> bool:
    return isinstance(node.layer, BatchNorm) and values(node.shape[1:]) == 1


def _step(step: _Step) -> Iterator[Instant]:
    yield from step.forward()
    if any(node.params for node in step.nodes):
        yield from step.backward()
        yield step.optimize()


class _Step:
    """The storages that are alive, by key: a value's number for a map, a tuple of names for anything else."""

    def __init__(
        self, graph: Graph, workload: Workload, accumulation: Accumulation, tells: bool, as_written: bool
    ) -> None:
        graph = graph.of_batch(workload.batch)
        self.workload = workload
        self.nodes = [node for node in graph.nodes if node.in_model]
        self.storages = graph.storages("training")
        self.widths = widths(graph, workload)
        self.graph = graph
        self.kept: dict[int, tuple[Hashable, ...]] = {}
        """For each layer that has run the storages that it keeps."""
        self.holders: Counter[Hashable] = Counter()
        """How many saved tensors hold each storage."""
        self.let_go = let_go(graph, "training", as_written=as_written)
        self.live = live = Ledger(
            chain(parameter_items(graph, workload), _states(graph, workload)), tells=tells
        )
        self.gradients = Gradients(graph, workload, self.widths, live, accumulation)
        self.live[0] = image_item(graph, workload)
        self.logits = self.nodes[-1].shape if self.nodes else graph.image
        positions = values(self.logits[1:])
        targets = make_item(IMAGE, "targets", positions, workload, TARGET_WIDTH, part="input")
        self.live[IMAGE, "targets"] = targets

    def drop(self, key: Hashable) -> None:
        """Forget a map that no saved tensor holds, and that the caller does not."""
        if key != 0 and not self.holders.get(key):
            self.live.drop(key)

    # forward ---------------------------------------------------------------------------------------------

    def forward(self) -> Iterator[Instant]:
        """The layers, then the loss."""
        copies: list[Kept] = []
        for node, kept in kept_by_node(self.graph, self.workload):
            if not node.in_model:
                continue
            width = self.widths[node.index]
            for param in weight_copies(node, self.workload):
                copies.append(weight_copy(node, param, self.workload))
                self.live[copies[-1].key] = copies[-1].item
            entering = {self.storages[value] for value in node.inputs}
            leaving = self.storages[node.output]
            for phase in self._phases(node, width, kept):
                yield self.live.instant(node.name, "forward", phase)
            self.kept[node.index] = tuple(key for key, _ in kept)
            for key, item in kept:
                self.holders[key] += 1
                if key not in (0, leaving, *entering):
                    self.live[key] = item
            if leaving == node.output:
                self.live[leaving] = output_item(node, self.workload, width.writes)
            for storage in self.let_go.get(node.index, ()):
                self.drop(storage)
        yield from self._loss(copies)

    def _phases(
        self, node: Node, width: Widths, keeps: tuple[Kept, ...]
    ) -> tuple[tuple[MemoryItem, ...], ...]:
        """What the layer allocates at each moment that could be the peak; in the last all it will keep."""
        is_new = self.storages[node.output] == node.output
        *phases, last = forward_phases(node, width, self.workload) if is_new else ((),)
        named = {item.what for item in last}
        kept = (
            item
            for key, item in keeps
            if isinstance(key, tuple)
            and key not in self.live
            and item.what not in named
            and not (width.copies and item.what == "input")  # the input copy, which is there already
        )
        return (*phases, (*last, *kept))

    def _loss(self, copies: list[Kept]) -> Iterator[Instant]:
        last = self.nodes[-1].name if self.nodes else IMAGE
        width = self._loss_width()
        if self.workload.autocast and width != self._logits_width():
            self.live["logits"] = self._values(last, "logits in float32", width)
        self.live["log"] = self._values(last, "log-softmax", width, part="activations")
        self.live["loss"] = self._scalar(last, "loss", width)
        self.live["weight"] = self._scalar(last, "total weight of the loss", width)
        yield self.live.instant(last, "loss")
        self.live.drop("logits")
        for key, _ in copies:
            self.drop(key)
        if self.nodes:
            self.drop(self.storages[self.nodes[-1].output])

    def _logits_width(self) -> int:
        return self.widths[self.nodes[-1].index].writes if self.nodes else self.workload.dtype.width

    def _loss_width(self) -> int:
        return FLOAT32_WIDTH if self.workload.autocast else self._logits_width()

    def _values(self, node: str, what: str, width: int, *, part: Part = "transients") -> MemoryItem:
        """A tensor of the logits' shape."""
        return make_item(node, what, values(self.logits), self.workload, width, part=part)

    def _scalar(self, node: str, what: str, width: int) -> MemoryItem:
        return MemoryItem(node, what, 1, width, "transients")

    # backward --------------------------------------------------------------------------------------------

    def backward(self) -> Iterator[Instant]:
        """The loss, then each layer that a gradient comes to, from the last on."""
        gradient = yield from self._backward_of_loss()
        self.live.drop(OUTPUT_GRADIENT)
        if self.nodes[-1].needs_input_grad or self.nodes[-1].params:
            self.gradients.begin(self.nodes[-1], gradient)
        for node in reversed(self.nodes):
            incoming = self.gradients.take(node)
            if incoming is None:
                if self.gradients.returns_its_input(node):
                    yield self.live.instant(node.name, "backward")
            elif node.layer.input_gradients() == "new":
                yield from self._backward_of(node, incoming)
            else:
                yield self.live.instant(node.name, "backward")
                yield from self.gradients.hand_on(node, incoming)
        for key in ("root", "loss"):
            self.live.drop(key)

    def _backward_of(self, node: Node, incoming: Gradient) -> Iterator[Instant]:
        """A layer that makes the gradients that it passes on."""
        width = self.widths[node.index]
        learned = self._parameter_gradients(node)
        gone = incoming.key if self.gradients.is_sole(incoming) else None
        for phase in node.layer.backward(*node.in_shapes):
            released = (gone if what == OUTPUT_GRADIENT else (node.index, what) for what in phase.released)
            parameters = [
                item
                for param, item in zip(_learned(node), learned, strict=True)
                if phase.learned is None or param.name in phase.learned
            ]
            copies = (*self._slices(node, width), *self._contiguous(node, incoming, width))
            extras = (*parameters, *copies, *self._extras(node, phase, width))
            yield self.live.instant(node.name, "backward", extras, without=released)
        passed = yield from self.gradients.settled(node, learned)
        self._release(node)
        self.gradients.let_go(incoming)
        for param, item in zip(_learned(node), learned, strict=True):
            self.live[node.name, "gradient", param.name] = item
        yield from self.gradients.pass_on(node, passed)
        if weight_copies(node, self.workload):
            yield from self._raise_parameter_gradients(node)

    def _backward_of_loss(self) -> Generator[Instant, None, MemoryItem]:
        """The loss's own steps; returns the gradient of the logits."""
        last, width = self.nodes[-1].name, self._loss_width()
        self.live["root"] = self._scalar(last, "gradient of the loss", width)
        self.live[OUTPUT_GRADIENT] = self._values(last, "gradient of the log-softmax", width)
        yield self.live.instant(last, "loss")
        self.live.drop("weight")
        gradient = self._values(last, "gradient of the logits", width)
        yield self.live.instant(last, "loss", (gradient,))
        self.live.drop("log")
        if width == self._logits_width():
            return gradient
        self.live[OUTPUT_GRADIENT] = gradient
        lowered = self._values(last, "gradient of the logits, lowered", self._logits_width())
        yield self.live.instant(last, "loss", (lowered,))
        return lowered

    def _extras(self, node: Node, phase: Backward, width: Widths) -> tuple[MemoryItem, ...]:
        return tuple(
            make_item(
                node.name,
                extra.what,
                extra.elements,
                self.workload,
                width.writes if extra.as_output else extra.width or width.reads,
                part="transients",
            )
            for extra in phase.extras
            if extra.what != INPUT_GRADIENT or node.input_grads[extra.position]
        )

    def _slices(self, node: Node, width: Widths) -> tuple[MemoryItem, ...]:
        """CopySlices' copies of the gradient: the one that it passes on, and what the layer's own function gets."""
        if not node.on_view:
            return ()
        count = values(node.in_shapes[0])
        return tuple(
            make_item(node.name, what, count, self.workload, width.writes, part="transients")
            for what in ("gradient of the map behind the view", "copy of the gradient")
        )

    def _contiguous(self, node: Node, incoming: Gradient, width: Widths) -> tuple[MemoryItem, ...]:
        """The copy of a gradient that is a slice, which for a single image lies in one piece."""
        if not (node.layer.copies_slices and incoming.is_view and self.workload.batch > 1):
            return ()
        count = values(node.shape)
        return (
            make_item(
                node.name, "gradient in one piece", count, self.workload, width.writes, part="transients"
            ),
        )

    def _parameter_gradients(self, node: Node) -> tuple[MemoryItem, ...]:
        """The gradients of a layer's parameters as its backward function makes them."""
        low = self.workload.autocast if weight_copies(node, self.workload) else None
        width = low.width if low else self.workload.dtype.width
        part: Part = "transients" if low else "gradients"
        lowered = ", lowered" if low else ""
        made = []
        for param in _learned(node):
            what = f"gradient of {param.name}{lowered}"
            made.append(MemoryItem(node.name, what, param.elements, param.elements * width, part))
        return tuple(made)

    def _raise_parameter_gradients(self, node: Node) -> Iterator[Instant]:
        """Those that came in a lower format become the parameters', one after the other."""
        width = self.workload.dtype.width
        for param in _learned(node):
            what = f"gradient of {param.name}"
            stored = MemoryItem(node.name, what, param.elements, param.elements * width, "gradients")
            yield self.live.instant(node.name, "backward", (stored,))
            self.live[node.name, "gradient", param.name] = stored

    def _release(self, node: Node) -> None:
        """Drop what the layer has kept, where no layer before it keeps it too."""
        for key in self.kept[node.index]:
            self.holders[key] -= 1
            self.drop(key)

    # optimizer -------------------------------------------------------------------------------------------

    def optimize(self) -> Instant:
        """The optimizer's step, with its temporaries; it stands at the layer with the most parameters."""
        owners = [(node, param) for node in self.nodes for param in _learned(node)]
        copies = self.workload.optimizer.temporaries([param.elements for _, param in owners])
        width = self.workload.dtype.width
        extras = []
        for number, held in copies:
            node, param = owners[number]
            elements = held * param.elements
            what = f"optimizer's copy of {param.name}"
            extras.append(MemoryItem(node.name, what, elements, elements * width, "transients"))
        sizes: dict[str, int] = {}
        for node, param in owners:
            sizes[node.name] = sizes.get(node.name, 0) + param.elements
        place = max(sizes, key=lambda name: sizes[name])
        return self.live.instant(place, "optimizer", tuple(extras))


def _learned(node: Node) -> tuple[Param, ...]:
    return tuple(param for param in node.params if param.role != "buffer")


def _states(graph: Graph, workload: Workload) -> Iterator[MemoryItem]:
    """What the optimizer keeps for each layer's parameters."""
    width = workload.dtype.width
    for node in graph.nodes:
        count = sum(param.elements for param in _learned(node))
        if count:
            for state in workload.optimizer.states:
                yield MemoryItem(node.name, state, count, count * width, "optimizer state")
