"""The specs that ship with vggstat: where they are, and what they are called."""

from __future__ import annotations

import os
from functools import cache

from vggstat.errors import InputError, UsageError
from vggstat.net.ops import fold
from vggstat.sources.spec.problems import nearest, quote

__all__ = ["aliases", "find", "names", "specs_folder"]

_HEAD = 512
"""Bytes at the beginning of a shipped spec that hold its one line of aliases."""


@cache
def specs_folder() -> str:
    """The folder of the shipped specs.

    ``specs/`` beside the package where a ``pyproject.toml`` stands there too (a checkout, or an editable
    install of one), else ``specs/`` inside the package (a wheel), else ``specs/`` beside it (a bare copy of
    the sources). A checkout comes first because an editable install can leave an older copy behind.
    """
    package = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    beside = os.path.join(os.path.dirname(package), "specs")
    inside = os.path.join(package, "specs")
    checkout = os.path.isfile(os.path.join(os.path.dirname(package), "pyproject.toml"))
    for folder in (beside, inside) if checkout else (inside, beside):
        if os.path.isfile(os.path.join(folder, "D.yaml")):
            return folder
    raise InputError(f"the shipped specs are missing from {inside}: install vggstat again")


@cache
def _files() -> dict[str, str]:
    """Folded name -> name, for every shipped spec."""
    files = sorted(os.listdir(specs_folder()), key=lambda name: os.path.splitext(name)[0].lower())
    return {fold(file[:-5]): file[:-5] for file in files if file.endswith(".yaml")}


def names() -> tuple[str, ...]:
    """The names of the shipped specs, in alphabetical order."""
    return tuple(_files().values())


@cache
def aliases() -> dict[str, str]:
    """Alias -> name, for every shipped spec."""
    # By searching the text: reading all files as YAML takes 20 ms, this 0.2. A test compares the two.
    found = {}
    for name in names():
        with open(_path(name), "rb", buffering=0) as file:
            head = file.read(_HEAD)
        line = head.partition(b"\naliases: [")[2].partition(b"]")[0].decode()
        found.update(dict.fromkeys((word.strip() for word in line.split(",") if line), name))
    return found


def _path(name: str) -> str:
    return os.path.join(specs_folder(), f"{name}.yaml")


def find(name: str) -> str:
    """The path of the shipped spec called ``name``, without regard to case, ``-`` and ``_``.

    Raises UsageError, with the nearest names, where there is none.
    """
    folded = fold(name)
    if folded in _files():
        return _path(_files()[folded])
    for alias, target in aliases().items():
        if fold(alias) == folded:
            return _path(target)
    raise UsageError(f"no spec is called {quote(name)}{_advice(name)}")


def _advice(name: str) -> str:
    close = nearest(name, [*names(), *aliases()], count=3)
    meant = f": did you mean {' or '.join(close)}?" if close else ""
    if os.path.isfile(name):
        meant = f": to read the file of that name, write ./{name}"
    return f"{meant}\n`vggstat list` shows all; a path needs a / or ends in .yaml"
