"""What activations have in common: a function of each value by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from vggstat.net.ops.base import Layer, Mode, RowRule, Saved, Storage, TorchModule
from vggstat.net.work import Work
from vggstat.shapes import Shape, values

__all__ = ["Activation"]


class Activation(Layer):
    """One value in, one value out; abstract: a subclass names torch's module and what its gradient is computed from."""

    row: ClassVar[RowRule] = "own"
    torch_class: ClassVar[str]
    tells_in_place: ClassVar[bool] = True
    """Whether the module's repr says that it works in place."""
    measure: ClassVar[str]
    """What its work is called in ``Work``."""
    keeps: ClassVar[Literal["input", "output"]]
    """What autograd keeps where it makes a map of its own."""
    keeps_in_place: ClassVar[Literal["output", "copy"] | None] = None
    """What it keeps where it writes over its input: the result, or a copy of the input that torch makes first. None
    where torch.nn has no such module."""

    @property
    def torch_settings(self) -> Mapping[str, Any]:
        """The module's arguments beside ``inplace``."""
        return {}

    def out_shape(self, *inputs: Shape) -> Shape:
        """The input's shape."""
        return inputs[0]

    def ops(self, *inputs: Shape) -> Work:
        """Values that it looks at."""
        return Work(**{self.measure: values(inputs[0])})

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        return (Saved(self.keeps, self.keeps, values(inputs[0])),)

    def saved_in_place(self, *inputs: Shape) -> tuple[Saved, ...]:
        if self.keeps_in_place is None:  # it never is
            return self.saved(*inputs)
        if self.keeps_in_place == "copy":
            return (Saved("own", "copy of the input", values(inputs[0])),)
        return (Saved("output", "output", values(inputs[0])),)

    def storage(self, mode: Mode) -> Storage:
        return "in-place" if self.keeps_in_place else "new"

    def torch_module(self, *inputs: Shape) -> TorchModule:
        in_place = {"inplace": True} if self.keeps_in_place else {}
        unprinted = () if self.tells_in_place else ("inplace",)
        return TorchModule(self.torch_class, (), {**self.torch_settings, **in_place}, unprinted)
