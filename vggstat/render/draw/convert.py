"""SVG as PNG or PDF, where vl-convert is installed: no browser, no network."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Final

from vggstat.errors import MissingExtraError, UsageError

__all__ = ["converter"]

PNG_SCALE: Final = 2
"""Pixels of a PNG for each of the layout's, so that text is sharp on a slide."""


def converter(output: str | None) -> Callable[[str], bytes] | None:
    """What turns SVG into what the file's ending asks for; None where that is SVG itself, or stdout.

    Raises UsageError for any other ending, MissingExtraError where vl-convert would be needed and is not there.
    """
    if output is None or output.lower().endswith(".svg") or output.startswith("/dev/"):
        return None
    convert = {".png": _png, ".pdf": _pdf}.get(output[-4:].lower())
    if convert is None:
        raise UsageError(f"cannot tell what to draw into {output}: give a name ending in .svg, .png or .pdf")
    if find_spec("vl_convert") is None:
        raise MissingExtraError(
            f"drawing {output[-3:].upper()} needs vl-convert, which is not installed here: "
            "pip install 'vggstat[plot]'\n"
            "Without it: draw an .svg; browsers and slides show it as it is, rsvg-convert and Inkscape convert it."
        )
    return convert


def _png(svg: str) -> bytes:
    import vl_convert

    return vl_convert.svg_to_png(svg, scale=PNG_SCALE)


def _pdf(svg: str) -> bytes:
    import vl_convert

    return vl_convert.svg_to_pdf(svg)
