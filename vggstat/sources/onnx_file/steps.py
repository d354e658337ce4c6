"""A node of an ONNX graph on values that come from the input: what the readers of layers see of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from vggstat.shapes import Shape
from vggstat.sources.onnx_file.model import printable
from vggstat.sources.onnx_file.values import Constant, Unknown, Value

__all__ = ["Entering", "Step", "spoken"]

Entering = Value | Constant | Unknown | None


class Step(NamedTuple):
    """An operator with its settings, what enters and what leaves, all with the batch."""

    op: str
    name: str
    """The node's own; empty where it has none."""
    version: int
    """The opset's."""
    settings: Mapping[str, Any]
    """The node's attributes."""
    inputs: tuple[Entering, ...]
    """By position; None where one is left out."""
    outputs: tuple[Value | Unknown | None, ...]
    is_checked: bool = True
    """Whether it keeps its operator's rule."""

    @property
    def values(self) -> tuple[Value, ...]:
        """What enters and comes from the input."""
        return tuple(item for item in self.inputs if isinstance(item, Value))

    @property
    def is_known(self) -> bool:
        """Whether the shapes of all that enters and leaves are known, and are those of its operator."""
        return self.is_checked and not any(
            isinstance(item, Unknown) for item in (*self.inputs, *self.outputs)
        )

    @property
    def before(self) -> Shape:
        """Of what enters first."""
        first = self.entering(0)
        return first.shape if isinstance(first, Value | Constant) else ()

    @property
    def after(self) -> Shape:
        """Of the first value that leaves."""
        first = self.outputs[0]
        return first.shape if isinstance(first, Value) else ()

    @property
    def number(self) -> int:
        """Of the first value that leaves."""
        first = self.outputs[0]
        return first.number if first is not None else -1

    def entering(self, position: int) -> Entering:
        return self.inputs[position] if position < len(self.inputs) else None

    def constant(self, position: int) -> Constant | None:
        """What enters there, where it does not come from the input."""
        item = self.entering(position)
        return item if isinstance(item, Constant) else None

    def integers(self, name: str, position: int) -> tuple[int, ...] | None:
        """A setting that is an attribute in some opsets and a constant that enters in others; None where it is neither."""
        if name in self.settings:
            value = self.settings[name]
            return tuple(value) if isinstance(value, list | tuple) else (int(value),)
        constant = self.constant(position)
        return constant.integers if constant is not None else None

    def scalar(self, name: str, position: int) -> float | None:
        """The same of one number."""
        if name in self.settings:
            return float(self.settings[name])
        constant = self.constant(position)
        return constant.scalar if constant is not None else None


def spoken(step: Step) -> str:
    """A step as it is told."""
    return (
        f"node {printable(step.name)} ({printable(step.op)})" if step.name else f"a node {printable(step.op)}"
    )
