"""What a column of counts is judged by, and a cell of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vggstat.lint.conventions import Rule
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.model import Cell
from vggstat.lint.network import Target
from vggstat.lint.policy import ConventionPolicy
from vggstat.lint.verdicts import Verdicts
from vggstat.records import Record


class Judged(NamedTuple):
    """A cell with the layer it is about: what the columns vote on."""

    cell: Cell
    target: Target


class Column(Record):
    """Cells that are counted in one way, and all that one of them is judged by."""

    name: str
    """``params``, ``memory`` or ``ops``."""
    rule: Rule
    rules: Sequence[Rule]
    """The rules that are known for it."""
    permitted: Sequence[Rule]
    """Those of them that the settings leave."""
    policy: ConventionPolicy
    family: str
    """The tool whose listing it is."""
    identity: Identity
    verdicts: Verdicts
    is_exact: bool
    """Whether its bare numbers are exact, so that a 0 at the end is a digit."""
    is_indian: bool
    """Whether it is grouped as in India: 13,83,57,544."""
