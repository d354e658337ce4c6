"""Claims from patterns: a group that is named like a quantity is a claim of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from vggstat.lint.model import QUANTITIES, Cell, Quantity
from vggstat.lint.text import Flow

_QUANTITY_OF: Final[dict[str, Quantity]] = {name: name for name in QUANTITIES}  # type: ignore[misc]
_NONE: Final[Mapping[str, str]] = MappingProxyType({})


def claims(
    text: Flow, match: re.Match[str], labels: Mapping[str, str], units: Mapping[str, str] = _NONE
) -> Iterator[Cell]:
    """A cell for each group of a match in ``text`` that is named like a quantity: ``params``, ``kernel_2`` for a second one.

    ``labels`` and ``units`` are by group; without a label, the group's name is it.
    """
    for group, printed in match.groupdict().items():
        quantity = _QUANTITY_OF.get(group.rstrip("_23456789"))
        if quantity and printed:
            claim = text.group(match, group).strip(" ,.'")
            yield Cell(
                quantity=quantity, flow=claim, unit=units.get(group, ""), label=labels.get(group, group)
            )
