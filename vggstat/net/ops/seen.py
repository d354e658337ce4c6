"""The base of layers that were seen in somebody's model and that no spec can write: what was seen of them, kept."""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable
from typing import Any, ClassVar, Literal, NoReturn

from vggstat.errors import UnknownMemoryError
from vggstat.net.ops.base import Backward, Extra, Layer, Mode, Param, Saved, Storage, TorchModule
from vggstat.shapes import Shape, values

__all__ = ["Seen"]


class Seen(Layer, ABC):
    """An operation with the shape that it made, the tensors that it took and, where that was seen, what autograd kept."""

    knows_windows: ClassVar[bool] = False
    unwritten: ClassVar[frozenset[str]] = frozenset(
        (
            "makes",
            "tensors",
            "keeps",
            "lies_in",
            "width",
            "is_plain",
            "terms",
            "spread",
            "keys",
            "depth",
            "over",
        )
    )

    operation: str
    """The name of torch's function or ONNX's operator, or a kind of the language set as the language does not write it."""
    settings: tuple[tuple[str, Any], ...] = ()
    makes: Shape
    """For one image: a batch that was folded into another axis is divided out."""
    tensors: tuple[Param, ...] = ()
    keeps: tuple[Saved, ...] | None = None
    """What autograd kept of it when it ran; None where nobody looked."""
    lies_in: Storage = "new"
    width: int | Literal["read", "dtype"] = "read"
    """Bytes a value of what it makes: as many as it reads, those of the parameters, or a number of its own."""
    is_plain: bool = False
    """Whether it allocates its output, ``copies`` and nothing else: one kernel."""
    copies: int = 0
    """Values of what it reads that it copies first, so that they lie in one piece."""

    @property
    def label(self) -> str:
        return self.operation

    def out_shape(self, *inputs: Shape) -> Shape:
        """The shape that was seen."""
        return self.makes

    def params(self, *inputs: Shape) -> tuple[Param, ...]:
        return self.tensors

    def windows(self) -> None:
        return None

    def storage(self, mode: Mode) -> Storage:
        return self.lies_in

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """What was seen to be kept. Raises UnknownMemoryError where nobody looked."""
        return self._unknown("keeps for its backward pass") if self.keeps is None else self.keeps

    def output_width(self, read: int, dtype: int) -> int:
        if isinstance(self.width, int):
            return self.width
        return read if self.width == "read" else dtype

    def keeps_output(self, *inputs: Shape) -> bool:
        """Taken to, where it is not known."""
        return self.keeps is None or any(saved.of == "output" for saved in self.keeps)

    def saved_compiled(self, *inputs: Shape) -> tuple[Saved, ...]:
        self._unknown("keeps under torch.compile")

    def alive(self, *inputs: Shape) -> tuple[tuple[Extra, ...], ...]:
        """Its output and its copies. Raises UnknownMemoryError where it may need more."""
        if not self.is_plain:
            self._unknown("needs while it runs")
        copies = (Extra("factors in one piece", self.copies),) if self.copies else ()
        return ((*copies, Extra("output", values(self.makes))),)

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        self._unknown("needs in its backward pass")

    def torch_module(self, *inputs: Shape) -> TorchModule:
        self._unknown("is as a torch module")

    def _unknown(self, what: str) -> NoReturn:
        raise UnknownMemoryError(f"vggstat does not know what {self.operation} {what}")


def weight_values(tensors: Iterable[Param]) -> int:
    """Values of the learned tensors."""
    return sum(param.elements for param in tensors if param.role != "buffer")
