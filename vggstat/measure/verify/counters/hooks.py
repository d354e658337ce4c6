"""Output shapes, read by forward hooks from a model that runs on ``meta``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from vggstat.cost.check import Check, Verdict, judge
from vggstat.measure.module import Network
from vggstat.measure.verify.counters.base import Subject

__all__ = ["SOURCE", "count"]

SOURCE = "hooks"
QUANTITY = "output_shape"


def count(subject: Subject) -> Iterator[Check]:
    """One check a row; of the other layers (ReLU, dropout) only those that differ.

    Every shape is without the batch axis, whose length has to be the batch size.
    """
    model = subject.model().eval()
    seen = _shapes(model, subject.images())
    for name, node in subject.modules.items():
        shape = seen.pop(name, None)
        stated = shape[1:] if shape and shape[0] == subject.batch else shape
        note = "" if shape else "the model has no such layer"
        check = judge(SOURCE, QUANTITY, stated, node.shape, layer=node.name, note=note)
        if node.is_row or check.verdict is not Verdict.AGREES:
            yield check
    for name, shape in seen.items():
        yield Check(
            source=SOURCE,
            quantity=QUANTITY,
            layer=name,
            stated=shape[1:],
            verdict=Verdict.DISAGREES,
            note="a layer that the specification does not have",
        )


def _shapes(model: Network, images: Tensor) -> dict[str, tuple[int, ...]]:
    """The output shape of every module without children, by its name, in the order in which they ran."""
    shapes: dict[str, tuple[int, ...]] = {}

    def record(name: str) -> Any:
        def hook(*arguments: Any) -> None:
            shapes[name] = tuple(arguments[-1].shape)

        return hook

    handles = [
        module.register_forward_hook(record(name))
        for name, module in model.named_modules()
        if next(module.children(), None) is None
    ]
    try:
        with torch.inference_mode():
            model(images)
    finally:
        for handle in handles:
            handle.remove()
    return shapes
