"""Drawing a Vega-Lite description as SVG, PNG or PDF, by vl-convert: no browser, no network."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from vggstat.errors import MissingExtraError, UsageError
from vggstat.render.plot.model import Plot, View

__all__ = ["PICTURES", "draw", "refuse_large", "require_plot"]

PICTURES: Final = ("svg", "png", "pdf")

MOST_BARS: Final = 2_000
"""Rows of a picture: so many take vl-convert 15 seconds, and are 32,000 pixels one under the other."""

PNG_SCALE: Final = 2
"""Pixels of a PNG for each of the layout's, so that text is sharp on a slide."""


def require_plot(format_name: str) -> None:
    """Nothing where vl-convert can be imported; MissingExtraError with the command that installs it otherwise."""
    if find_spec("vl_convert") is None:
        raise MissingExtraError(
            f"drawing {format_name.upper()} needs vl-convert, which is not installed here: "
            "pip install 'vggstat[plot]'\n"
            "Without it there are text (no -o), --format csv and --format vega."
        )


def refuse_large(plot: Plot) -> None:
    """Raises UsageError for more layers than a picture can show; each has a bar, a row of the plot."""
    if len(plot.rows) > MOST_BARS:
        raise UsageError(
            f"a picture can show {MOST_BARS:,} layers, not {len(plot.rows):,}: leave -o out for text, or use "
            "--format csv or --format vega"
        )


def draw(view: View, format_name: str) -> bytes:
    """The picture in ``svg``, ``png`` or ``pdf``."""
    require_plot(format_name)
    import vl_convert

    # An empty list: whatever a description may ask for, nothing is fetched.
    nowhere: list[str] = []
    if format_name == "svg":
        return vl_convert.vegalite_to_svg(view, allowed_base_urls=nowhere).encode("utf-8")
    if format_name == "png":
        return vl_convert.vegalite_to_png(view, scale=PNG_SCALE, allowed_base_urls=nowhere)
    if format_name == "pdf":
        return vl_convert.vegalite_to_pdf(view, allowed_base_urls=nowhere)
    raise UsageError(f"cannot draw {format_name!r}: expected one of {', '.join(PICTURES)}")
