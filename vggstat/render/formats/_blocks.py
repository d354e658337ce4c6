"""Paragraphs and the like, with an empty line between two of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

__all__ = ["apart"]


def apart(blocks: Iterable[str]) -> Iterator[str]:
    """The blocks that are not empty, an empty line before each but the first, and a newline at the end."""
    before = ""
    for block in blocks:
        if block:
            yield before + block
            before = "\n\n"
    yield "\n"
