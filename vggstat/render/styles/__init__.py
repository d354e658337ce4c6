"""The styles of ``vggstat table``: one file a style, with ``render(report, options) -> Page``, SUMMARY and TAKES.

``TAKES`` names the options that change what the style shows; any other is refused rather than passed over.

A file in this folder with a ``render`` is a style; there is no other registration.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import cast

from vggstat.cost.report import Report
from vggstat.errors import UsageError
from vggstat.render.page import Page
from vggstat.render.styles.base import TableOptions

__all__ = ["Style", "find_style", "refuse_unused", "style_names"]

Style = Callable[[Report, TableOptions], Page]

_SHARED = {"__init__", "base"}


def style_names() -> tuple[str, ...]:
    """Every style, by name."""
    stems = (path.stem for path in Path(__file__).parent.glob("*.py"))
    return tuple(sorted(stem.removesuffix("_") for stem in stems if stem not in _SHARED))


def find_style(name: str) -> Style:
    """The style of that name. Raises UsageError with the known ones."""
    return cast(Style, _module(name).render)


def refuse_unused(name: str, options: TableOptions) -> None:
    """Raises UsageError where an option was given that the style has no use for."""
    takes = _module(name).TAKES
    for option in options.given:
        if option not in takes:
            raise UsageError(
                f"{option} changes nothing in the style {name.lower()}: leave it out, or use {_uses(option)}"
            )


def _uses(option: str) -> str:
    """The styles that an option is for."""
    styles = [style for style in style_names() if option in _module(style).TAKES]
    return " or ".join(f"--style {style}" for style in styles)


def _module(name: str) -> ModuleType:
    if name.lower() not in style_names():
        raise UsageError(f"unknown style {name!r}: expected one of {', '.join(style_names())}")
    stem = "torch_" if name.lower() == "torch" else name.lower()
    return import_module(f"vggstat.render.styles.{stem}")
