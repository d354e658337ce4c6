"""Claims from patterns: a group that is named like a quantity is a claim of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
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
    for group, quantity in _claiming(match.re):
        if match[group]:
            claim = text.group(match, group).strip(" ,.'")
            yield Cell(
                quantity=quantity, flow=claim, unit=units.get(group, ""), label=labels.get(group, group)
            )


@lru_cache(maxsize=256)
def _claiming(pattern: re.Pattern[str]) -> tuple[tuple[str, Quantity], ...]:
    """The groups of a pattern that are claims, with their quantities."""
    names = ((group, group.rstrip("_23456789")) for group in pattern.groupindex)
    return tuple((group, _QUANTITY_OF[name]) for group, name in names if name in _QUANTITY_OF)
