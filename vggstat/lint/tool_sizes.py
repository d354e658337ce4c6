"""What MB means in the listings of each tool: one place, for finding the image as for judging sizes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from vggstat.lint.model import ClaimTable
from vggstat.lint.numbers import Number

if TYPE_CHECKING:
    from vggstat.lint.identity.observe import Obs

FLOAT32: Final = 4
"""Bytes of a value, in which these tools count."""


def is_torch_summary(table: ClaimTable, observations: Iterable[Obs]) -> bool:
    """Whether torchinfo's forerunner printed it, which leaves the batch open, prints MiB and counts otherwise."""
    return table.family == "torchinfo" and any(obs.dims and obs.dims.open_batch for obs in observations)


def mega_of(table: ClaimTable, number: Number, *, mebi: bool = False) -> tuple[int, ...]:
    """The bases that MB may have in a table: the settled one, its tool's, or both. ``mebi``: its tool prints MiB."""
    unit = number.unit
    if unit.bytes and table.policy.size:
        return table.policy.scales(number)
    if mebi or table.family in ("keras", "torchsummary"):
        return (unit.binary or unit.decimal,)
    return (unit.decimal,) if table.family == "torchinfo" else (unit.decimal, unit.binary or unit.decimal)
