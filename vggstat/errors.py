"""What can go wrong, and the exit code it ends in.

    VggstatError                exit 2: wrong use or unreadable input, in words for the person who typed it
    ├── UsageError              a wrong argument or option
    │   └── UnknownMemoryError  memory of a layer that vggstat has no formula for
    ├── SpecError               a spec that cannot be read: all the problems of one file at once
    ├── ShapeError              a layer that cannot take the map it is given
    ├── InputError              a file that cannot be read
    ├── OutputError             a place that cannot be written
    ├── MissingExtraError       a part of vggstat that is not installed
    └── UnwritableError         exit 1: layers that the form which was asked for has no words for

Exit 0 means fine, 1 findings or differences (no exception), 3 a fault of vggstat's own (any other exception).
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "InputError",
    "MissingExtraError",
    "OutputError",
    "Problem",
    "ShapeError",
    "SpecError",
    "UnknownMemoryError",
    "Unwritable",
    "UnwritableError",
    "UsageError",
    "VggstatError",
]


class VggstatError(Exception):
    """A mistake in what vggstat was given; its text is one to three lines for the user."""

    exit_code = 2


class UsageError(VggstatError):
    """A wrong argument or option."""


class UnknownMemoryError(UsageError):
    """A figure needs what a layer takes of memory, and nobody knows that; the text says which layer's."""


class InputError(VggstatError):
    """A file that cannot be read."""


class OutputError(VggstatError):
    """A place that cannot be written."""


class MissingExtraError(VggstatError):
    """A part of vggstat that is not installed; the text says how to install it."""


class ShapeError(VggstatError):
    """A layer cannot take the map it is given; the text says what it needs and what it got."""


class Problem(NamedTuple):
    """One thing wrong with a spec: where (1-based; 0 where unknown), in which key, and what."""

    source: str
    line: int
    column: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.source}:{self.line}:{self.column}" if self.line else self.source
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class SpecError(VggstatError):
    """A spec that cannot be read. ``problems`` holds everything that is wrong with it, in order of place."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        self.problems = tuple(sorted(dict.fromkeys(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Unwritable(NamedTuple):
    """A layer of a graph that cannot be written: its name, what it is, and why."""

    name: str
    what: str
    why: str


class UnwritableError(VggstatError):
    """A network that cannot be written as asked. ``nodes`` are the layers that stand in the way, in order."""

    exit_code = 1

    def __init__(self, name: str, form: str, nodes: tuple[Unwritable, ...]) -> None:
        self.nodes = nodes
        count = "1 layer stands" if len(nodes) == 1 else f"{len(nodes):,} layers stand"
        super().__init__(
            "\n".join((f"{name} cannot be written as {form}: {count} in the way", *_alike(nodes)))
        )


MOST_NAMED = 10


def _alike(nodes: tuple[Unwritable, ...]) -> list[str]:
    """A line for all layers that stand in the way for the same reason."""
    held: dict[str, list[str]] = {}
    for node in nodes:
        held.setdefault(node.why, []).append(f"{node.name} ({node.what})")
    return [f"{_some(names)}: {why}" for why, names in held.items()]


def _some(names: list[str]) -> str:
    rest = len(names) - MOST_NAMED
    return ", ".join(names) if rest <= 0 else f"{', '.join(names[:MOST_NAMED])} and {rest:,} more"
