"""An operation that the language has no kind for, as it was seen in somebody's model."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn, final

from vggstat.errors import UsageError
from vggstat.net.ops.base import Backward, Extra, Layer, Mode, Param, Saved, Storage, TorchModule
from vggstat.net.work import Work
from vggstat.shapes import Shape, values

__all__ = ["Other"]


@final
class Other(Layer):
    """What is known of it is its name, what was set, the shape that it made and the tensors that it used.

    Its work is a kind of its own, which no counting rule names: totals with it are unknown, not too small. What it needs
    of memory is not known at all, and asking for it raises UsageError.
    """

    row_kind: ClassVar[str] = "other"
    stem: ClassVar[str] = "other"

    operation: str
    """The name of torch's function, or a kind of the language with settings that the language does not write."""
    settings: tuple[tuple[str, Any], ...] = ()
    makes: Shape
    tensors: tuple[Param, ...] = ()
    reorders: bool = False
    """Whether it only brings values into another order of memory or axes."""

    @property
    def label(self) -> str:
        return self.operation

    def out_shape(self, *inputs: Shape) -> Shape:
        """The shape that was seen."""
        return self.makes

    def params(self, *inputs: Shape) -> tuple[Param, ...]:
        return self.tensors

    def ops(self, *inputs: Shape) -> Work:
        """Values that it made, under a name that no rule knows."""
        return Work() if self.reorders else Work(**{f"other {self.operation}": values(self.makes)})

    def windows(self) -> None:
        return None

    def storage(self, mode: Mode) -> Storage:
        return "view" if self.reorders else "new"

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        return () if self.reorders else self._unknown()

    def keeps_output(self, *inputs: Shape) -> bool:
        """Taken to, since it is not known."""
        return True

    def alive(self, *inputs: Shape) -> tuple[tuple[Extra, ...], ...]:
        self._unknown()

    def backward(self, *inputs: Shape) -> tuple[Backward, ...]:
        self._unknown()

    def torch_module(self, *inputs: Shape) -> TorchModule:
        self._unknown()

    def _unknown(self) -> NoReturn:
        raise UsageError(
            f"vggstat does not know what memory {self.operation} needs, nor a torch module for it"
        )
