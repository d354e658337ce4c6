"""Horizontal bars of block characters."""

from __future__ import annotations

__all__ = ["bar"]

EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(part: int, whole: int, width: int) -> str:
    """A bar of ``width`` characters for all of ``whole``, in eighths; a sliver at least."""
    if part <= 0 or whole <= 0:
        return ""
    steps = max(1, (2 * part * width * 8 + whole) // (2 * whole))
    full, rest = divmod(steps, 8)
    return "█" * full + (EIGHTHS[rest] if rest else "")
