"""The parts of a network that its layers' names tell: blocks, units, branches and shortcuts."""

from __future__ import annotations

from typing import Final

__all__ = ["SHORTCUT", "is_branch", "is_ours", "part_name"]

SHORTCUT: Final = "shortcut"
"""The part of a scope that holds what brings a residual's input to the shape of its sum."""


def part_name(scope: tuple[str, ...]) -> str:
    """What the names of a part's layers begin with: its path, from a unit with a name of its own on."""
    start = next((at for at in range(len(scope) - 1, 0, -1) if not is_ours(scope[at])), 0)
    return "_".join(scope[start:])


def is_ours(part: str) -> bool:
    """Whether vggstat gave the name, and not who wrote the spec."""
    return part == SHORTCUT or part.rstrip("0123456789") in ("unit", "branch", "block")


def is_branch(scope: tuple[str, ...]) -> bool:
    """Whether a part is one of several that stand beside one another."""
    return scope[-1] == SHORTCUT or scope[-1].rstrip("0123456789") == "branch"
