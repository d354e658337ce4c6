"""Plain text of a fixed width: the default when the output is piped."""

from __future__ import annotations

from collections.abc import Iterator

from vggstat.render.formats._layout import lines
from vggstat.render.page import Page, Target

__all__ = ["pieces"]


def pieces(page: Page, target: Target) -> Iterator[str]:
    """The page as lines of plain text without trailing blanks."""
    return ("".join(text for text, _ in line).rstrip(" ") + "\n" for line in lines(page, target))
