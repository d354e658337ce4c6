"""An operation that no kind of layer describes, as it was seen in somebody's model."""

from __future__ import annotations

from typing import ClassVar, final

from vggstat.net.ops.base import Mode, RowRule, Saved, Storage
from vggstat.net.ops.seen import Seen
from vggstat.net.work import Work
from vggstat.shapes import Shape, values

__all__ = ["Other", "Pointwise", "Rearranged"]


@final
class Other(Seen):
    """What is known of it is its name, what was set, the shape that it made and the tensors that it used.

    Its work is a kind of its own, which no counting rule names: totals with it are partial, not too small.
    """

    row_kind: ClassVar[str] = "other"
    stem: ClassVar[str] = "other"

    def ops(self, *inputs: Shape) -> Work:
        """Values that it made, under a name that no rule knows."""
        return Work(**{f"other {self.operation}": values(self.makes)})


@final
class Pointwise(Seen):
    """A function of each value, a reduction or a copy: work without a multiply-accumulate."""

    row_kind: ClassVar[str] = "pointwise"
    stem: ClassVar[str] = "pointwise"
    row: ClassVar[RowRule] = "never"

    def ops(self, *inputs: Shape) -> Work:
        return Work(pointwise_values=values(self.makes))


@final
class Rearranged(Seen):
    """Values in another order of memory or axes, or some of them: nothing is computed."""

    row_kind: ClassVar[str] = "layout"
    stem: ClassVar[str] = "layout"
    row: ClassVar[RowRule] = "never"

    def storage(self, mode: Mode) -> Storage:
        return self.lies_in

    def saved(self, *inputs: Shape) -> tuple[Saved, ...]:
        """Nothing, unless it was seen to keep something."""
        return self.keeps or ()
