"""Plain text of a fixed width: the default when the output is piped."""

from __future__ import annotations

from vggstat.present.formats._layout import lines
from vggstat.present.page import Page, Target

__all__ = ["render"]


def render(page: Page, target: Target) -> str:
    """The page as lines of plain text without trailing blanks."""
    return "".join("".join(text for text, _ in line).rstrip(" ") + "\n" for line in lines(page, target))
