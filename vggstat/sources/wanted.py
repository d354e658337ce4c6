"""What every source of a network offers, and what can be wanted of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from vggstat.net.graph import Graph
from vggstat.net.spec import Head
from vggstat.records import Record
from vggstat.shapes import Shape

__all__ = ["Source", "Wanted"]


class Wanted(Record):
    """What a graph is wanted of; None where the source's own holds."""

    image: tuple[int | None, int, int] | None = None
    """``(channels, height, width)``; channels None where the source's own are meant."""
    inputs: Mapping[str, Shape] = {}
    """Shapes of several inputs by name, or of one that is no image."""
    head: Head | None = None
    classes: int | None = None


class Source(Protocol):
    """Something that a graph can be read from."""

    @property
    def name(self) -> str: ...

    def graph(self, wanted: Wanted) -> Graph:
        """The graph on the images that are wanted. Raises a VggstatError that says what cannot be had."""
        ...
