"""The styles of ``vggstat table``: one file a style, holding ``render(report, options) -> Page`` and a SUMMARY.

A file in this folder with a ``render`` is a style; there is no other registration.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import cast

from vggstat.cost.report import Report
from vggstat.errors import UsageError
from vggstat.present.page import Page
from vggstat.present.styles.base import TableOptions

__all__ = ["Style", "find_style", "style_names"]

Style = Callable[[Report, TableOptions], Page]

_SHARED = {"__init__", "base"}


def style_names() -> tuple[str, ...]:
    """Every style, by name."""
    stems = (path.stem for path in Path(__file__).parent.glob("*.py"))
    return tuple(sorted(stem.removesuffix("_") for stem in stems if stem not in _SHARED))


def find_style(name: str) -> Style:
    """The style of that name. Raises UsageError with the known ones."""
    if name.lower() not in style_names():
        raise UsageError(f"unknown style {name!r}: expected one of {', '.join(style_names())}")
    return cast(Style, import_module(f"vggstat.present.styles.{_module(name.lower())}").render)


def _module(name: str) -> str:
    return "torch_" if name == "torch" else name
