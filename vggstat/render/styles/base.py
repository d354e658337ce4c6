"""What a style of ``vggstat table`` is given."""

from __future__ import annotations

from typing import Literal

from vggstat.cost.convention import Convention
from vggstat.records import Record

__all__ = ["TableOptions"]


class TableOptions(Record):
    """What the user asked of a table."""

    convention: Convention = Convention()
    columns: tuple[str, ...] = ()
    """Keys of the columns to show, in that order; empty for the style's own."""
    memory_items: bool = False
    """Whether the items of the convention's memory accounting are shown, one by one."""
    names: Literal["paper", "torch"] = "paper"
    """Whose names the layers carry."""

    @property
    def given(self) -> tuple[str, ...]:
        """The options of the command line that say something else than the defaults."""
        said = {
            "--columns": bool(self.columns),
            "--torch-names": self.names != "paper",
            "--ops": self.convention.ops != Convention().ops,
            "--memory": self.memory_items,
        }
        return tuple(option for option, is_given in said.items() if is_given)
