"""How wide a text is, never less than it turns out on the screen.

A picture is laid out before anybody knows which font will show it. The advance widths below are, for each
character, the larger of DejaVu Sans (as wide as Verdana, its model) and Liberation Sans (metrically Arial and
Helvetica), rounded up to a hundredth of the font size. So a box computed here holds its text in every font of
``FONTS``, with some 10 % to spare in all but DejaVu Sans; other systems' sans-serifs are narrower than that.
Only a screen that moves glyphs to whole pixels can add a fraction of a pixel (seen in Chromium: half of one).

A letter with an accent is as wide as without. A text with any other character is told in the SVG how long to be
(``textLength``), so that its box holds whatever the font does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["ASCENT", "DESCENT", "FONTS", "LEADING", "fitted", "is_measured", "text_width", "wrapped"]

FONTS: Final = "Helvetica Neue, Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"
ASCENT: Final = 0.93
"""The box of a text reaches so far above its baseline, in font sizes (DejaVu Sans: 0.928)."""
DESCENT: Final = 0.24
"""And so far below it (0.236)."""
LEADING: Final = 1.28
"""From one baseline to the next."""

_REGULAR: Final = {
    28: "'ijl", 30: "I", 32: " ,.\u00a0·", 34: "/:;\\|", 36: "f", 37: "-", 40: "()[]t", 41: "!²³", 42: "r",
    46: '"', 50: "*J`°", 53: "sz", 55: "c", 56: "?L_–", 58: "k", 60: "vxy", 62: "FTaeo",
    64: "$0123456789bdghnpqu{}√µ", 67: "EKPSY", 69: "ABVXZΔ", 72: "∝", 73: "CR", 74: "U", 75: "N", 76: "H",
    78: "&DG", 79: "OQ", 82: "w", 84: "#+<=>^~×−≈≤≥✓", 87: "M", 96: "%", 98: "m", 99: "W", 100: "—→←…⋯", 102: "@",
}  # fmt: skip
_BOLD: Final = {
    31: "'", 35: " ijl\u00a0", 37: "/\\|", 38: ",.I·", 40: ":;", 42: "-", 44: "f²³", 46: "!()[]", 48: "t",
    50: "`r°", 53: '"*', 56: "J_–", 59: "z", 60: "cs", 62: "?", 64: "L", 65: "x", 66: "vy", 67: "k√", 68: "ae",
    69: "EFTo", 70: "$0123456789", 72: "bdghnpqu{}∝", 73: "SYZ", 74: "CPµ", 77: "B", 78: "AKRVXΔ", 82: "U",
    83: "G", 84: "#+<=>DHN^~×−≈≤≥✓", 86: "OQ", 88: "&", 93: "w", 100: "@M—→←…⋯", 101: "%", 105: "m", 111: "W",
}  # fmt: skip


def _by_character(groups: dict[int, str]) -> dict[str, int]:
    return {character: width for width, characters in groups.items() for character in characters}


_WIDTHS: Final = (_by_character(_REGULAR), _by_character(_BOLD))
_UNKNOWN: Final = 100
"""An em for any other character: right for East Asian ones, and made true by ``textLength`` for the rest."""


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """The width that the text takes at most, in the units of ``size``."""
    widths = _WIDTHS[bold]
    total = 0
    for character in text:
        width = widths.get(character)
        total += _width_of_other(character, widths) if width is None else width
    return total * size / 100


def _width_of_other(character: str, widths: dict[str, int]) -> int:
    return widths.get(_base(character), _UNKNOWN)


def _base(character: str) -> str:
    """The letter without its accent."""
    import unicodedata

    return unicodedata.normalize("NFD", character)[:1]


def is_measured(text: str) -> bool:
    """Whether the tables know every character of the text."""
    widths = _WIDTHS[False]
    return all(character in widths or _base(character) in widths for character in text)


def fitted(text: str, size: float, limit: float, *, bold: bool = False) -> str:
    """The text, cut with ``…`` where it is wider than ``limit``."""
    if text_width(text, size, bold=bold) <= limit:
        return text
    room = limit - text_width("…", size, bold=bold)
    end = len(text)
    while end and text_width(text[:end], size, bold=bold) > room:
        end -= 1
    return text[:end].rstrip() + "…"


def wrapped(
    parts: Sequence[str], size: float, limit: float, *, joint: str = " ", bold: bool = False
) -> list[str]:
    """The parts joined to lines no wider than ``limit``; a part that is wider alone is cut with ``…``."""
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}{joint}{part}" if lines else ""
        if lines and text_width(longer, size, bold=bold) <= limit:
            lines[-1] = longer
        else:
            lines.append(fitted(part, size, limit, bold=bold))
    return lines
