"""The picture in the README: what ``vggstat table vgg16`` shows on a terminal, as SVG.

    python -m tests.readme_picture > .github/table.svg

A test holds the file against this.
"""

from __future__ import annotations

import io
import sys

from rich.console import Console
from rich.text import Text

from tests.networks import report_of
from vggstat.render import render
from vggstat.render.page import Target
from vggstat.render.styles import find_style
from vggstat.render.styles.base import TableOptions

__all__ = ["picture"]

WIDTH = 110

# Unlike rich's own frame this one asks no server for a font.
FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
    <title>vggstat table vgg16: layers, shapes, parameters, MACs and activations of VGG-16</title>
    <style>
    .{unique_id}-matrix {{
        font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
        font-size: {char_height}px;
        line-height: {line_height}px;
        font-variant-east-asian: full-width;
    }}
    {styles}
    </style>
    <defs>
    <clipPath id="{unique_id}-clip-terminal">
      <rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
    </clipPath>
    {lines}
    </defs>
    <rect fill="#101418" x="0" y="0" width="{width}" height="{height}" rx="8"/>
    <g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
    {backgrounds}
    <g class="{unique_id}-matrix">
    {matrix}
    </g>
    </g>
</svg>
"""


def picture() -> str:
    """The SVG."""
    page = find_style("layers")(report_of("vgg16"), TableOptions())
    shown = render(page, "rich", Target(width=WIDTH, color=True, terminal=True))
    console = Console(
        record=True,
        width=WIDTH,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        _environ={},
    )
    console.print(Text.from_ansi(f"$ vggstat table vgg16\n{shown}"), no_wrap=True)
    return console.export_svg(title="vggstat table vgg16", code_format=FRAME, unique_id="vggstat")


if __name__ == "__main__":
    sys.stdout.write(picture())
