"""The names that modules have in torch code: those of the graph, and others for what has none there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from vggstat.net.graph import Node
from vggstat.net.torch_names import TAKEN
from vggstat.sources.export.modules import is_function

__all__ = ["module_paths", "unnameable"]

Path = tuple[str, ...]


def unnameable(nodes: Iterable[Node]) -> Iterator[tuple[Node, str]]:
    """The nodes whose module cannot have a name that fits their weights, and why."""
    nodes = list(nodes)
    containers = _containers(nodes)
    seen: set[str] = set()
    for node in nodes:
        name = node.torch_name
        if is_function(node):
            continue
        taken = next((part for part in (name or "").split(".") if part in TAKEN), None)
        if taken is not None:
            yield (
                node,
                f"torch modules have something of their own called {taken}: give the unit another name",
            )
        elif node.params and (name is None or name in seen):
            yield node, "its weights are those of another layer"
        elif node.params and _split(name) in containers:
            yield node, "its weights lie in a module that holds others"
        seen.add(name or "")


def module_paths(nodes: Sequence[Node]) -> dict[int, Path]:
    """For each node, by its index, the names of the modules that it stands in, and its own: empty for a function."""
    containers = _containers(nodes)
    paths: dict[int, Path] = {}
    used: set[Path] = set(containers)
    for node in nodes:
        path = _split(node.torch_name)
        if not is_function(node) and path and path not in used:
            paths[node.index] = path
            used.add(path)
    numbers: Counter[Path] = Counter()
    before, after = _neighbours(nodes, paths), _neighbours(nodes[::-1], paths)
    for node in nodes:
        if node.index in paths:
            continue
        holder = max(
            _within(_split(node.torch_name) or node.scope, containers),
            _common(before[node.index], after[node.index]),
            key=len,
        )
        paths[node.index] = (
            *holder,
            "" if is_function(node) else _free(node.layer.stem, holder, used, numbers),
        )
    return paths


def _split(name: str | None) -> Path:
    return tuple(name.split(".")) if name else ()


def _containers(nodes: Iterable[Node]) -> set[Path]:
    """The modules that hold others, the network itself among them."""
    paths = [_split(node.torch_name) for node in nodes if not is_function(node)]
    return {(), *(path[:length] for path in paths for length in range(len(path)))}


def _neighbours(nodes: Sequence[Node], paths: dict[int, Path]) -> dict[int, Path]:
    """For each node where the module lies that was named last before it."""
    found: dict[int, Path] = {}
    last: Path = ()
    for node in nodes:
        last = paths[node.index][:-1] if node.index in paths else last
        found[node.index] = last
    return found


def _within(scope: Path, containers: set[Path]) -> Path:
    """The innermost module that a scope names."""
    return next(scope[:length] for length in range(len(scope), -1, -1) if scope[:length] in containers)


def _common(one: Path, other: Path) -> Path:
    length = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    return one[:length]


def _free(stem: str, holder: Path, used: set[Path], numbers: Counter[Path]) -> str:
    """A name that nothing else has there."""
    while True:
        numbers[(*holder, stem)] += 1
        number = numbers[(*holder, stem)]
        name = stem if number == 1 else f"{stem}_{number}"
        if (*holder, name) not in used:
            used.add((*holder, name))
            return name
