"""The specs that ship with vggstat: where they are, what they are called, and the families that they belong to.

The paper's own family stands in the folder itself, each other one in a folder of its name.
"""

from __future__ import annotations

import os
from functools import cache

from vggstat.errors import InputError, UsageError
from vggstat.net.ops import fold
from vggstat.sources.spec.problems import nearest, quote

__all__ = ["aliases", "families", "find", "names", "specs_folder"]

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


OWN_FAMILY = "VGG"
"""The family whose specs are no folder's."""


@cache
def _files() -> dict[str, tuple[str, str]]:
    """Folded name -> family and name, for every shipped spec: the paper's family first, each in alphabetical order."""
    own, folders = _entries(specs_folder())
    found = [(OWN_FAMILY, name) for name in own]
    for family in folders:
        found += [(family, name) for name in _entries(os.path.join(specs_folder(), family))[0]]
    return {fold(name): (family, name) for family, name in found}


def _entries(folder: str) -> tuple[list[str], list[str]]:
    """The names of the specs in a folder, and the folders in it; the number in a name is sorted as one."""
    with os.scandir(folder) as entries:
        listed = [(entry.name, entry.is_dir()) for entry in entries]
    specs = [name[:-5] for name, is_folder in listed if name.endswith(".yaml") and not is_folder]
    folders = [name for name, is_folder in listed if is_folder and not name.startswith((".", "_"))]
    return sorted(specs, key=_by_number), sorted(folders, key=str.lower)


def _by_number(name: str) -> tuple[str, int, str]:
    stem = name.rstrip("0123456789")
    digits = name[len(stem) :]
    return stem.lower(), int(digits or 0), name.lower()


def names() -> tuple[str, ...]:
    """The names of the shipped specs, by family."""
    return tuple(name for _, name in _files().values())


def families() -> dict[str, tuple[str, ...]]:
    """Family -> the names of its specs."""
    found: dict[str, tuple[str, ...]] = {}
    for family, name in _files().values():
        found[family] = (*found.get(family, ()), name)
    return found


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
    family, name = _files()[fold(name)]
    return os.path.join(specs_folder(), "" if family == OWN_FAMILY else family, f"{name}.yaml")


def find(name: str) -> str:
    """The path of the shipped spec called ``name``, without regard to case, ``-`` and ``_``.

    Raises UsageError, with the nearest names, where there is none.
    """
    folded = fold(name)
    own = os.path.join(specs_folder(), f"{name}.yaml")
    if os.sep not in name and os.path.isfile(own):  # as it is written: no folder is listed
        return own
    if folded in _files():
        return _path(name)
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
