"""Output shapes, read by forward hooks from a model that runs on shapes alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

from vggstat.cost.check import Check, Verdict, judge, unchecked
from vggstat.measure.verify.counters.base import in_short
from vggstat.measure.verify.subject import Run, Subject
from vggstat.net.graph import Node
from vggstat.shapes import Shape
from vggstat.sources.torch_module.returned import tensors_returned

__all__ = ["QUANTITY", "SOURCE", "count"]

SOURCE = "hooks"
QUANTITY = "output_shape"


class _Call(NamedTuple):
    """One call of a module: the shapes that it made, with the batch, and whether it handed on what it was given."""

    shapes: tuple[Shape, ...]
    hands_on: bool


Calls = Mapping[str, list[_Call]]
"""The calls of each module without others inside."""


def count(subject: Subject) -> Iterator[Check]:
    """One check a row; of the other layers (ReLU, dropout) only those that differ. Then what hooks do not see.

    Every shape is without the batch, which the axis where it is has to be a multiple of. Of a module that is called several
    times each call is looked at.
    """
    with subject.run() as run:
        run.model.eval()
        calls, outputs = _watched(run)
    for path, nodes in subject.layers.items():
        if path in calls:
            yield from _of_module(subject, nodes, calls[path])
        elif subject.models.is_built and path:
            yield judge(
                SOURCE,
                QUANTITY,
                None,
                nodes[0].shape,
                layer=nodes[0].name,
                note="the model has no such layer",
            )
    yield from _strange(subject, calls)
    yield from _outputs(subject, outputs)
    if not subject.models.is_built:
        yield from _functions(subject, calls)


def _watched(run: Run) -> tuple[Calls, list[Shape]]:
    """The calls in the order in which modules ran, and the shapes that leave the model."""
    calls: dict[str, list[_Call]] = {}

    def record(name: str) -> Any:
        def hook(_: nn.Module, given: Any, made: Any) -> None:
            tensors = list(tensors_returned(made))
            known = {id(tensor) for tensor in tensors_returned(given)}
            hands_on = all(id(tensor) in known for tensor in tensors)
            calls[name].append(_Call(tuple(tuple(tensor.shape) for tensor in tensors), hands_on))

        return hook

    for name, module in run.model.named_modules():
        if next(module.children(), None) is None:
            calls[name] = []
            module.register_forward_hook(record(name))
    with torch.no_grad():
        outputs = [tuple(tensor.shape) for tensor in tensors_returned(run.call())]
    return calls, outputs


def _of_module(subject: Subject, nodes: Sequence[Node], calls: list[_Call]) -> Iterator[Check]:
    """A check for each call, with the layers that it is."""
    if not calls:
        note = "it does not run in evaluation mode"
        yield judge(SOURCE, QUANTITY, None, nodes[0].shape, layer=nodes[0].name, note=note)
        return
    each, rest = divmod(len(nodes), len(calls))
    for number, call in enumerate(calls):
        own = nodes if rest or not each else nodes[number * each : (number + 1) * each]
        check = _judge(subject, own, call)
        if any(node.is_row for node in own) or check.verdict is not Verdict.AGREES:
            yield check


def _judge(subject: Subject, nodes: Sequence[Node], call: _Call) -> Check:
    """What a module makes is what its last layer makes, unless it returns more than that."""
    found = {shape for made in call.shapes for shape in _of_one(made, subject.batch)}
    node = next((node for node in reversed(nodes) if node.shape in found), nodes[-1])
    stated = node.shape if node.shape in found else next(map(_plain(subject.batch), call.shapes), None)
    return judge(SOURCE, QUANTITY, stated, node.shape, layer=nodes[0].name)


def _plain(batch: int) -> Any:
    return lambda shape: shape[1:] if shape[:1] == (batch,) else shape


def _of_one(shape: Shape, batch: int) -> Iterator[Shape]:
    """All that a shape may be for one image: the batch is an axis of it, or part of one, or it does not grow with it.

    Or it is two of them, where each image meets each other one.
    """
    yield shape
    yield tuple(size for size in shape if size != batch) or (1,)
    for axis, size in enumerate(shape):
        if size % batch == 0:
            rest = (size // batch,) if size > batch else ()
            yield (*shape[:axis], *rest, *shape[axis + 1 :]) or (1,)


def _strange(subject: Subject, calls: Calls) -> Iterator[Check]:
    """Modules that make something and are no layer of the graph."""
    strange = {
        path: next((call for call in made if not call.hands_on), None)
        for path, made in calls.items()
        if path not in subject.layers
    }
    makers = {path: call for path, call in strange.items() if call is not None}
    if subject.models.is_built:
        for path, call in makers.items():
            stated = next(map(_plain(subject.batch), call.shapes), None)
            yield Check(
                source=SOURCE,
                quantity=QUANTITY,
                layer=path,
                stated=stated,
                verdict=Verdict.DISAGREES,
                note=subject.models.strange,
            )
    elif makers:
        reason = (
            f"not in the graph: {in_short(list(makers))}, made of weights alone, or not needed by any output"
        )
        yield unchecked(SOURCE, QUANTITY, reason)


def _outputs(subject: Subject, found: list[Shape]) -> Iterator[Check]:
    """What leaves the model, where the graph says which values that are."""
    graph = subject.report.graph
    left = [set(_of_one(shape, subject.batch)) for shape in found]
    for number, value in enumerate(graph.outputs, start=1):
        wanted = graph.shape_of(value)
        same = next((shapes for shapes in left if wanted in shapes), None)
        if same is not None:
            left.remove(same)
        name = "output" if len(graph.outputs) == 1 else f"output {number}"
        stated = wanted if same is not None else next(map(_plain(subject.batch), found), None)
        yield judge(SOURCE, QUANTITY, stated, wanted, layer=name)


def _functions(subject: Subject, calls: Calls) -> Iterator[Check]:
    """Rows that no module is, which hooks do not see."""
    rows = [
        node for path, nodes in subject.layers.items() if path not in calls for node in nodes if node.is_row
    ]
    if rows:
        words = "1 layer is a function" if len(rows) == 1 else f"{len(rows):,} layers are functions"
        yield unchecked(SOURCE, QUANTITY, f"{words}, which hooks do not see")
