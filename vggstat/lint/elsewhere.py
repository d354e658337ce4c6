"""Parameters of networks that do not ship, as the libraries that hold them count them."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from vggstat.lint.qualifiers import without_qualifiers


class Elsewhere(NamedTuple):
    """A network of somebody else's library. ``params``: each count with the library that states it, the plainest first."""

    name: str
    params: tuple[tuple[int, str], ...]


def find_elsewhere(words: str) -> Elsewhere | None:
    """The network that a label names with nothing else beside it; None for any other."""
    known = _read()
    return known.get(_key(words)) or known.get(_key(without_qualifiers(words)))


def _key(words: str) -> str:
    return re.sub(r"[^a-z0-9]", "", words.lower())


@cache
def _read() -> dict[str, Elsewhere]:
    """The networks by each way to spell their names."""
    found: dict[str, Elsewhere] = {}
    text = (files("vggstat.lint") / "elsewhere.tsv").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name, keys, counts = line.split("\t")
        pairs = (entry.split(" ", 1) for entry in counts.split("; "))
        network = Elsewhere(name, tuple((int(count), source) for count, source in pairs))
        found.update(dict.fromkeys(keys.split(), network))
    return found
