"""Which layers of a graph somebody has put together: in blocks and units of a spec, or in modules of a model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from vggstat.net.graph import Node

__all__ = ["Outline", "Path", "module_paths", "runs"]

Path = tuple[str, ...]


class Outline:
    """Runs of nodes under one path, by the position that they begin at, the longest first."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = paths
        self._ends: dict[int, list[int]] = {}
        for depth in range(1, max(map(len, paths), default=0) + 1):
            for start, end in runs(path[:depth] if len(path) >= depth else () for path in paths):
                if len(paths[start]) >= depth:
                    self._ends.setdefault(start, []).append(end)

    def ends(self, start: int, end: int) -> list[int]:
        """The ends of the runs that begin at a position and do not pass ``end``, the longest first."""
        return [at for at in self._ends.get(start, ()) if at <= end]


def runs(keys: Iterable[object]) -> list[tuple[int, int]]:
    """First and last position (exclusive) of each run of equal keys."""
    found, at = [], 0
    for _, held in groupby(keys):
        count = sum(1 for _ in held)
        found.append((at, at + count))
        at += count
    return found


def module_paths(nodes: Sequence[Node]) -> list[Path]:
    """For each node of somebody's model the path of the modules that it was called in."""
    holders = {node.scope[:depth] for node in nodes for depth in range(len(node.scope) + 1)}
    return [_holder(node, holders) for node in nodes]


def _holder(node: Node, holders: set[Path]) -> Path:
    """A function that a module calls itself is named after that module, the second of it with a number."""
    prefix = "".join(f"{part}." for part in node.scope)
    last = node.name.removeprefix(prefix)
    for word in (last, re.sub(r"_[0-9]+$", "", last)):
        if (*node.scope, word) in holders:
            return (*node.scope, word)
    return node.scope
