"""Text for a terminal: the same lines as ``text``, with bold headings, dim rules and colour.

Only rich's ``Style`` is imported: a console and a table, which cost four times as much, have nothing to add
to lines that are laid out. Without colour (``NO_COLOR``) bold and dim stay; without a terminal nothing does.
"""

from __future__ import annotations

from collections.abc import Iterator

from vggstat.render.formats import text
from vggstat.render.formats._layout import lines
from vggstat.render.page import Page, Target

__all__ = ["pieces"]

STYLES = {
    "title": "bold",
    "header": "bold",
    "heading": "bold",
    "total": "bold",
    "label": "bold",
    "strong": "bold",
    "rule": "dim",
    "memory": "red",
    "params": "blue",
    "added": "green",
    "removed": "red",
    "changed": "yellow",
    "good": "green",
    "bad": "bold red",
    "unsure": "yellow",
}
"""How each role looks; a role that is not here looks like plain text. Of several, later ones win."""


def pieces(page: Page, target: Target) -> Iterator[str]:
    """The page as styled lines, or as plain ones where the target is no terminal."""
    if not (target.terminal or target.color):
        return text.pieces(page, target)
    from rich.color import ColorSystem
    from rich.style import Style

    styles = {role: Style.parse(style) for role, style in STYLES.items()}
    if not target.color:
        styles = {role: style.without_color for role, style in styles.items()}

    def styled(piece: tuple[str, str]) -> str:
        words, roles = piece
        found = [styles[role] for role in roles.split() if role in styles]
        return Style.combine(found).render(words, color_system=ColorSystem.STANDARD) if found else words

    return ("".join(map(styled, line)) + "\n" for line in lines(page, target))
