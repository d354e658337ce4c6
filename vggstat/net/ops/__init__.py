"""The layer kinds: one file a kind, holding its fields of the language and all its formulas.

A file in this folder with a ``KIND`` is a layer kind; there is no other registration. Files are imported when
a spec first uses their kind.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from vggstat.net.ops.base import Kind

__all__ = ["all_kinds", "find_kind", "fold", "kind_called"]

_SHARED = {"__init__", "activation", "base", "following", "geometry", "pooling"}
_UNWRITTEN = {"add", "concat", "given", "multiply", "other", "part", "product", "seen", "token_norm"}
"""Layers that no short form or field names: what joins several maps, what takes a part of one, and what was seen in
somebody's model."""


def fold(word: str) -> str:
    """A name as it is compared: without regard to case, ``-``, ``_`` and spaces."""
    return word.lower().replace("-", "").replace("_", "").replace(" ", "")


@cache
def _modules() -> dict[str, str]:
    names = (path.stem for path in sorted(Path(__file__).parent.glob("*.py")))
    return {fold(name): name for name in names if name not in _SHARED | _UNWRITTEN}


@cache
def _kind_of(module: str) -> Kind:
    return cast(Kind, import_module(f"vggstat.net.ops.{module}").KIND)


@cache
def all_kinds() -> tuple[Kind, ...]:
    """Every layer kind of the language, by name."""
    return tuple(_kind_of(module) for module in _modules().values())


def kind_called(word: str) -> Kind | None:
    """The kind of this very name, or None; no other kind is imported."""
    module = _modules().get(fold(word))
    return None if module is None else _kind_of(module)


def find_kind(word: str) -> Kind | None:
    """The kind that ``word`` names (``conv``, ``Soft-Max``), or None."""
    folded = fold(word)
    named = kind_called(word)
    if named is not None:
        return named
    for kind in all_kinds():
        if folded in map(fold, kind.spellings):
            return kind
    return None
