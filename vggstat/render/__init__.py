"""How things are shown: one page model, and formats that turn a page into text.

A format is a file in ``formats/`` with a ``pieces(page, target)``; it is imported only when it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module

from vggstat.errors import UsageError
from vggstat.render.page import Page, Target

__all__ = ["format_names", "pieces", "render"]

_PREFERRED = ("rich", "text", "markdown", "csv", "json", "latex", "html")


def format_names() -> tuple[str, ...]:
    """The names of all formats: one for each file in ``formats/``, a trailing underscore left out."""
    files = os.listdir(os.path.join(os.path.dirname(__file__), "formats"))
    names = [name[:-3].rstrip("_") for name in files if name.endswith(".py") and not name.startswith("_")]
    return tuple(sorted(names, key=lambda name: (name not in _PREFERRED, _rank(name), name)))


def _rank(name: str) -> int:
    return _PREFERRED.index(name) if name in _PREFERRED else 0


def render(page: Page, name: str, target: Target) -> str:
    """The page in the format of that name, ending in a newline; a ``UsageError`` where there is none."""
    return "".join(pieces(page, name, target))


def pieces(page: Page, name: str, target: Target) -> Iterator[str]:
    """The same bit by bit, so that a large page need not be in memory as one text."""
    if name not in format_names():
        raise UsageError(f"there is no format {name!r}; the formats are {', '.join(format_names())}")
    path = os.path.join(os.path.dirname(__file__), "formats", name + ".py")
    module = import_module("vggstat.render.formats." + (name if os.path.exists(path) else name + "_"))
    found: Iterator[str] = module.pieces(page, target)
    return found
