"""Where something stands in a document."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Place"]


class Place(NamedTuple):
    """Where something stands in a file: 1-based, ``end_column`` exclusive; cell and output of a notebook."""

    line: int
    column: int = 1
    end_column: int = 2
    cell: int | None = None
    output: int | None = None
