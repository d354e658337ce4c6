"""Weights, biases and buffers, counted from the tensors that a torch module holds."""

from __future__ import annotations

from collections.abc import Iterator

from vggstat.cost.check import Check, Verdict, judge
from vggstat.measure.module import Network
from vggstat.measure.verify.counters.base import Subject
from vggstat.net.graph import Node
from vggstat.shapes import values

__all__ = ["SOURCE", "count"]

SOURCE = "torch"


def count(subject: Subject) -> Iterator[Check]:
    """Totals of weights and biases (and buffers, where there are any), then one check a layer that has some.

    A layer's tensors are compared by name and shape.
    """
    model = subject.model()
    totals = {"weights": 0, "biases": 0, "buffers": 0}
    for name, parameter in model.named_parameters():
        totals["biases" if name.endswith("bias") else "weights"] += parameter.numel()
    totals["buffers"] = sum(buffer.numel() for buffer in model.buffers())
    layers = list(_layers(model, subject))
    differing = [check.layer for check in layers if check.verdict is Verdict.DISAGREES]
    for quantity, stated in totals.items():
        computed = _total(subject, quantity)
        if stated or computed:
            check = judge(SOURCE, quantity, stated, computed)
            if check.verdict is Verdict.DISAGREES and differing:
                check = check.replace(note=f"{check.note}: differs in {differing[0]}")
            yield check
    yield from layers


def _total(subject: Subject, quantity: str) -> int:
    role = {"weights": "weight", "biases": "bias", "buffers": "buffer"}[quantity]
    nodes = subject.report.graph.nodes
    return sum(param.elements for node in nodes for param in node.params if param.role == role)


def _layers(model: Network, subject: Subject) -> Iterator[Check]:
    held: dict[str, dict[str, tuple[int, ...]]] = {}
    for name, tensor in (*model.named_parameters(), *model.named_buffers()):
        layer, _, tensor_name = name.rpartition(".")
        held.setdefault(layer, {})[tensor_name] = tuple(tensor.shape)
    for name, node in subject.modules.items():
        stated, computed = held.pop(name, {}), _specified(node)
        if stated or computed:
            yield judge(
                SOURCE,
                "params",
                _learned(stated, node),
                _learned(computed, node),
                layer=node.name,
                note=_difference(stated, computed),
            ).replace(**_verdict(stated, computed))
    for name, tensors in held.items():
        yield Check(
            source=SOURCE,
            quantity="params",
            layer=name,
            stated=sum(values(shape) for shape in tensors.values()),
            verdict=Verdict.DISAGREES,
            note="a layer that the specification does not have",
        )


def _specified(node: Node) -> dict[str, tuple[int, ...]]:
    return {param.name: param.shape for param in node.params}


def _learned(tensors: dict[str, tuple[int, ...]], node: Node) -> int:
    buffers = {param.name for param in node.params if param.role == "buffer"}
    return sum(values(shape) for name, shape in tensors.items() if name not in buffers)


def _verdict(stated: dict[str, tuple[int, ...]], computed: dict[str, tuple[int, ...]]) -> dict[str, object]:
    """Equal counts of unlike tensors differ all the same."""
    if stated == computed:
        return {"verdict": Verdict.AGREES, "note": ""}
    return {"verdict": Verdict.DISAGREES, "note": _difference(stated, computed)}


def _difference(stated: dict[str, tuple[int, ...]], computed: dict[str, tuple[int, ...]]) -> str:
    for name in dict.fromkeys((*computed, *stated)):
        if name not in stated:
            return f"no {name}"
        if name not in computed:
            return f"a {name} that the specification does not have"
        if stated[name] != computed[name]:
            return f"{name} is {_text(stated[name])} where {_text(computed[name])} is specified"
    return ""


def _text(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single value"
