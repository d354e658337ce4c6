"""Operators whose result is their input, for all that a network is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from vggstat.sources.onnx_file.steps import Step
from vggstat.sources.onnx_file.values import FLOATING, Value

__all__ = ["is_nothing"]


def is_nothing(step: Step) -> bool:
    """Whether what it makes is what enters first: in another format perhaps, never in another shape."""
    rule = RULES.get(step.op)
    if rule is None or not step.outputs or not isinstance(step.outputs[0], Value):
        return False
    first = step.entering(0)
    return isinstance(first, Value) and first.shape == step.after and rule(step)


def _always(_: Step) -> bool:
    return True


def _in_inference(step: Step) -> bool:
    """A dropout does nothing, unless it is told to run as in training (from opset 12 on)."""
    return not step.scalar("training_mode", 2) if step.version >= 12 else True


def _between_numbers(step: Step) -> bool:
    """A cast between formats of floating point, or of what is read by none."""
    first = step.outputs[0]
    return isinstance(first, Value) and (first.type in FLOATING) == (step.values[0].type in FLOATING)


def _keeps_order(step: Step) -> bool:
    order = step.settings.get("perm")
    return order is not None and list(order) == sorted(order)


def _alone(step: Step) -> bool:
    return len(step.inputs) == 1


def _pads_nothing(step: Step) -> bool:
    pads = step.integers("pads", 1)
    return pads is not None and not any(pads)


def _steps_forward(step: Step) -> bool:
    steps = step.integers("steps", 4)
    return all(one == 1 for one in steps or ()) if step.entering(4) is not None else True


RULES: Final[Mapping[str, Callable[[Step], bool]]] = {
    "Identity": _always,
    "Dropout": _in_inference,
    "Cast": _between_numbers,
    "CastLike": _between_numbers,
    "QuantizeLinear": _always,
    "DequantizeLinear": _always,
    "Reshape": _always,
    "Flatten": _always,
    "Squeeze": _always,
    "Unsqueeze": _always,
    "Expand": _always,
    "Transpose": _keeps_order,
    "Concat": _alone,
    "Sum": _alone,
    "Max": _alone,
    "Min": _alone,
    "Mean": _alone,
    "Pad": _pads_nothing,
    "Slice": _steps_forward,
}
"""By operator, of those whose result has the shape of the input: whether it is the input."""
