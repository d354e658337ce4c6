"""Colours and hatches: what a role looks like in light and in dark.

Hue is never alone: the kinds of layers differ in lightness too and are hatched differently, changes carry a
sign, and every box is labelled. Colours are plain values of classes, as several programs that show SVG know
neither variables nor ``light-dark()``; those that know no media queries see the light picture.
"""

from __future__ import annotations

from typing import Final

from vggstat.errors import UsageError

__all__ = ["HATCHES", "KINDS", "PALETTES", "THEMES", "find_theme", "style_sheet"]

THEMES: Final = ("auto", "light", "dark")
"""``auto`` is light, and dark where the reader's screen is."""

KINDS: Final = ("input", "conv", "pool", "fc", "sheet")
"""The kinds of layers that look different. A ``sheet`` keeps the shape of its map (batch norm, LRN, ...)."""

PALETTES: Final = {
    "light": {
        "paper": "#ffffff", "text": "#16191d", "muted": "#4d545c", "axis": "#868e96", "edge": "#2b3138",
        "hatch": "#16191d", "added": "#0a6b2d", "removed": "#a3232f", "changed": "#7a4d00",
        "input": ("#f3f4f5", "#ffffff", "#dfe2e5"), "conv": ("#bcd6f2", "#dceafa", "#8fb8e4"),
        "pool": ("#f0a37a", "#f7c7ad", "#dc8250"), "fc": ("#a5d3a0", "#cbe7c7", "#7fb87a"),
        "sheet": ("#7d5fb2", "#9c83c8", "#644899"),
        "label-conv": "#dceafa", "label-pool": "#f9d5c1", "label-fc": "#d3ebd0", "label-sheet": "#e4dcf2",
        "label-input": "#f3f4f5",
    },
    "dark": {
        "paper": "#14171b", "text": "#eceff2", "muted": "#b4bcc4", "axis": "#7b848d", "edge": "#0a0c0e",
        "hatch": "#f4f6f8", "added": "#7fdc9c", "removed": "#ff9aa2", "changed": "#f2c46d",
        "input": ("#c9ced3", "#e4e7ea", "#aab1b8"), "conv": ("#5b8fc9", "#86b0de", "#3f70a8"),
        "pool": ("#b4572a", "#d0784c", "#8f411b"), "fc": ("#4f9a58", "#76b87d", "#38793f"),
        "sheet": ("#b79fe6", "#cdbcf0", "#9a80cf"),
        "label-conv": "#23405f", "label-pool": "#633019", "label-fc": "#234a29", "label-sheet": "#41326b",
        "label-input": "#2b3138",
    },
}  # fmt: skip
"""Per theme the colour of each role; a kind of layer has three: front, top and side of its block."""

HATCHES: Final = {
    "hatch-pool": (6, "M-1 1L1-1M0 6L6 0M5 7L7 5"),
    "hatch-fc": (6, "M3 1.5L3 4.5M1.5 3L4.5 3"),
}
"""Side of the tile and what is drawn on it; conv and input are plain, sheets are thin."""

_LINES: Final = """\
.v-hatch{fill:none;stroke-width:.8;stroke-opacity:.55}
.v-axis{fill:none;stroke-width:1.5}
.v-frame,.v-added-box,.v-changed-box,.v-removed-box{fill:none}
.v-frame{stroke-width:1}
.v-added-box,.v-changed-box{stroke-width:2.5}
.v-changed-box{stroke-dasharray:6 2}
.v-removed-box{stroke-width:1.2;stroke-dasharray:2 3}"""


_ALIASES: Final = {"arrow": "axis", "frame": "axis", "ruler": "text"}
"""Roles painted in another's colour."""


def find_theme(name: str) -> str:
    """The theme of that name. Raises UsageError with the known ones."""
    if name not in THEMES:
        raise UsageError(f"unknown theme {name!r}: expected {', '.join(THEMES[:-1])} or {THEMES[-1]}")
    return name


def style_sheet(theme: str) -> str:
    """The CSS of a picture in this theme."""
    if theme != "auto":
        return f"{_LINES}\n{_colours(theme)}"
    return f"{_LINES}\n{_colours('light')}\n@media (prefers-color-scheme:dark){{\n{_colours('dark')}\n}}"


def _colours(theme: str) -> str:
    palette = PALETTES[theme]
    rules = []
    for role in ("paper", "text", "muted", "added", "removed", "changed", "arrow", "ruler"):
        rules.append(f".v-{role}{{fill:{palette[_ALIASES.get(role, role)]}}}")
    for role in ("axis", "hatch", "frame"):
        rules.append(f".v-{role}{{stroke:{palette[_ALIASES.get(role, role)]}}}")
    for role in ("added", "removed", "changed"):
        rules.append(f".v-{role}-box{{stroke:{palette[role]}}}")
    edge = palette["edge"]
    for kind in KINDS:
        for face, colour in zip(("front", "top", "side"), palette[kind], strict=True):
            rules.append(
                f".v-{kind}-{face}{{fill:{colour};stroke:{edge};stroke-width:.6;stroke-linejoin:round}}"
            )
        rules.append(
            f".v-{kind}-label{{fill:{palette[f'label-{kind}']};stroke:{palette['axis']};stroke-width:.8}}"
        )
    return "\n".join(rules)
