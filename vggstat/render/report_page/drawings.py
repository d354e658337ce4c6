"""Drawings inside the page: their colours follow the page's theme, not only the screen's."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vggstat.cost.report import Report
from vggstat.render.draw import DrawOptions, draw
from vggstat.render.draw.theme import style_sheet
from vggstat.render.report_page.markup import escaped

__all__ = ["drawing", "drawing_styles"]


NARROW = 370
"""Width of the drawing for a phone: the texts are as large, and the blocks stand in several rows."""


def drawing(reports: Sequence[Report], style: str, ident: str, caption: str) -> str:
    """A figure with the drawing; of one network a second time, laid out for narrow screens."""
    wide = _plain(draw(reports, DrawOptions(style=style, theme="light", ident=ident)))
    narrow = ""
    if len(reports) == 1:
        narrow = _plain(
            draw(reports, DrawOptions(style=style, theme="light", ident=f"{ident}-narrow", width=NARROW))
        )
        narrow = f'<div class="narrow">{narrow}</div>'
    name = "wide has-narrow" if narrow else "wide"
    return (
        f'<figure class="drawing"><div class="{name}" role="region" aria-label="{escaped(caption)}" tabindex="0">'
        f"{wide}</div>{narrow}<figcaption>{escaped(caption)}</figcaption></figure>"
    )


def _plain(svg: str) -> str:
    """The drawing without its own style sheet: the page has one for all of them."""
    return re.sub(r"<style>.*?</style>\n?", "", svg, flags=re.DOTALL)


def drawing_styles() -> str:
    """The colours of all drawings: light, and dark where the page is."""
    dark = style_sheet("dark")
    return (
        f"{style_sheet('light')}\n"
        f"@media screen {{ :root[data-theme=dark] {{\n{dark}\n}} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{\n{dark}\n}} }}"
    )
