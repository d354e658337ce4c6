"""Weights, biases and buffers, counted from the tensors that a torch module holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from torch import nn

from vggstat.cost.check import Check, Verdict, judge
from vggstat.measure.verify.subject import Subject
from vggstat.net.ops.base import Param
from vggstat.shapes import Shape, values
from vggstat.sources.torch_module.tensors import is_bias

__all__ = ["QUANTITY", "SOURCE", "count"]

SOURCE = "torch"
QUANTITY = "params"

Tensors = Mapping[str, Mapping[str, Shape]]
"""The shapes of tensors by name, for each module by its path."""


def count(subject: Subject) -> Iterator[Check]:
    """Totals of weights and biases (and buffers and frozen parameters, where there are any), then one check a layer that
    has some.

    A layer's tensors are compared by name and shape. What several layers share counts once.
    """
    with subject.run() as run:
        totals, held = _totals(run.model), _by_module(_shapes(run.model))
    specified = _by_module({path: param.shape for path, param in _params(subject)})
    layers = list(_layers(subject, held, specified))
    differing = [check.layer for check in layers if check.verdict is Verdict.DISAGREES]
    for quantity, stated in totals.items():
        computed = _total(subject, quantity)
        if stated or computed:
            check = judge(SOURCE, quantity, stated, computed)
            if check.verdict is Verdict.DISAGREES and differing:
                check = check.replace(note=f"{check.note}: differs in {differing[0]}")
            yield check
    yield from layers


def _totals(model: nn.Module) -> dict[str, int]:
    totals = {
        "weights": 0,
        "biases": 0,
        "frozen": 0,
        "buffers": sum(buffer.numel() for buffer in model.buffers()),
    }
    for name, parameter in model.named_parameters():
        totals["biases" if is_bias(name) else "weights"] += parameter.numel()
        totals["frozen"] += 0 if parameter.requires_grad else parameter.numel()
    return totals


def _total(subject: Subject, quantity: str) -> int:
    report = subject.report
    if quantity == "frozen":
        return report.frozen_params
    role = {"weights": "weight", "biases": "bias", "buffers": "buffer"}[quantity]
    return sum(param.elements for _, param in _params(subject) if param.role == role)


def _params(subject: Subject) -> Iterator[tuple[str, Param]]:
    """Every tensor of the graph once, with its path in the model; those that nothing takes too."""
    graph = subject.report.graph
    for node in graph.nodes:
        for param in node.params:
            yield param.path or f"{node.torch_name}.{param.name}", param
    for param in (*graph.unused, *graph.unused_buffers):
        yield param.path, param


def _shapes(model: nn.Module) -> dict[str, Shape]:
    named = chain(model.named_parameters(), model.named_buffers())
    return {path: tuple(tensor.shape) for path, tensor in named}


def _by_module(shapes: Mapping[str, Shape]) -> Tensors:
    modules: dict[str, dict[str, Shape]] = {}
    for path, shape in shapes.items():
        module, _, name = path.rpartition(".")
        modules.setdefault(module, {})[name] = shape
    return modules


def _layers(subject: Subject, held: Tensors, specified: Tensors) -> Iterator[Check]:
    buffers = {path for path, param in _params(subject) if param.role == "buffer"}
    for path in dict.fromkeys((*specified, *held)):
        stated, computed = held.get(path, {}), specified.get(path, {})
        counted = [
            sum(values(shape) for name, shape in tensors.items() if _joined(path, name) not in buffers)
            for tensors in (stated, computed)
        ]
        check = judge(
            SOURCE, QUANTITY, counted[0], counted[1] if computed else None, layer=subject.label(path)
        )
        if not computed:
            yield check.replace(verdict=Verdict.DISAGREES, note=subject.models.strange)
        else:
            yield check.replace(**_verdict(stated, computed))


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _verdict(stated: Mapping[str, Shape], computed: Mapping[str, Shape]) -> dict[str, object]:
    """Equal counts of unlike tensors differ all the same."""
    if stated == computed:
        return {"verdict": Verdict.AGREES, "note": ""}
    return {"verdict": Verdict.DISAGREES, "note": _difference(stated, computed)}


def _difference(stated: Mapping[str, Shape], computed: Mapping[str, Shape]) -> str:
    for name in dict.fromkeys((*computed, *stated)):
        if name not in stated:
            return f"no {name}"
        if name not in computed:
            return f"a {name} that the specification does not have"
        if stated[name] != computed[name]:
            return f"{name} is {_text(stated[name])} where {_text(computed[name])} is specified"
    return ""


def _text(shape: Shape) -> str:
    return "×".join(map(str, shape)) or "a single value"
