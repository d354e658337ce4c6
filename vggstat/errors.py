"""What can go wrong, and the exit code it ends in.

    VggstatError                exit 2: wrong use or unreadable input, in words for the person who typed it
    ├── UsageError              a wrong argument or option
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
    "UnwritableError",
    "UsageError",
    "VggstatError",
]


class VggstatError(Exception):
    """A mistake in what vggstat was given; its text is one to three lines for the user."""

    exit_code = 2


class UsageError(VggstatError):
    """A wrong argument or option."""


class InputError(VggstatError):
    """A file that cannot be read."""


class OutputError(VggstatError):
    """A place that cannot be written."""


class MissingExtraError(VggstatError):
    """A part of vggstat that is not installed; the text says how to install it."""


class UnwritableError(VggstatError):
    """A network with layers that cannot be written as asked. ``nodes`` says of each, in a line, which and why."""

    exit_code = 1

    def __init__(self, nodes: tuple[str, ...]) -> None:
        self.nodes = nodes
        super().__init__("\n".join(("these layers cannot be written:", *nodes)))


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
