"""Lists of steps out of the graph of a spec: along the scopes of its nodes."""

from __future__ import annotations

from vggstat.net.graph import Node
from vggstat.net.scopes import SHORTCUT, is_branch
from vggstat.net.spec import UnitForm
from vggstat.sources.spec.writing.endings import CLASSIFIER
from vggstat.sources.spec.writing.outline import Path
from vggstat.sources.spec.writing.parsing import Parser
from vggstat.sources.spec.writing.regions import Region, region_of
from vggstat.sources.spec.writing.tree import Steps, WrittenLayer, WrittenStep, WrittenUnit

__all__ = ["ScopeParser"]


class ScopeParser(Parser):
    """Along the scopes of a spec's graph: every unit has its own, and joins outside of units are of named values."""

    def layer(self, at: int, end: int) -> WrittenLayer:
        main = self.wiring.nodes[at]
        taken, least = [at], 0
        for node in self.behind(at, end):
            goes = _goes_with(main, node)
            if goes is False:
                break
            taken.append(node.index)
            least = len(taken) - 1 if goes else least
        return WrittenLayer(nodes=tuple(taken), least=least)

    def parse(self, start: int, end: int, current: int, path: Path) -> Steps:
        """The steps of the list of a part of the spec, from the first position to the last (exclusive)."""
        steps: list[WrittenStep] = []
        at = start
        while at < end:
            inner = self.wiring.nodes[at].scope[: len(path) + 1]
            if len(inner) > len(path):
                steps.append(self._part(at, self._end_of(inner, at, end), current, inner))
            else:
                steps += self.plain_step(at, end, current)
            at = current = steps[-1].end
        return tuple(steps)

    def _end_of(self, path: Path, at: int, end: int) -> int:
        return next(
            (
                position
                for position in range(at, end)
                if self.wiring.nodes[position].scope[: len(path)] != path
            ),
            end,
        )

    def _part(self, start: int, end: int, current: int, path: Path) -> WrittenUnit:
        name = "" if path[-1].rstrip("0123456789") == "unit" else path[-1]
        unit = self._branched(start, end, current, path)
        if unit is None:
            inner = self.parse(start, end, current, path)
            unit = WrittenUnit(form="layers", branches=(inner,), start=start, end=end)
        return unit.replace(name=name)

    def _branched(self, start: int, end: int, current: int, path: Path) -> WrittenUnit | None:
        """The part as a unit of branches; None where its scopes say that it is a list."""
        nodes = self.wiring.nodes
        last = end - 1
        activated = last > start and not nodes[last].is_row and self.is_activation(last)
        join = last - activated
        region = region_of(self.wiring, start, join, current, strict=False)
        if region is None or nodes[join].scope != path:
            return None
        paths = self._paths(region, start, path)
        if paths is None:
            return None
        lists = tuple(
            self.parse(first, last, first if region.split else current, inner)
            if first < last
            else self.empty_branch(region, number, first if region.split else current, first)
            for number, ((first, last), inner) in enumerate(zip(region.branches, paths, strict=True))
        )
        form: UnitForm = "residual" if paths[0] == path else "branches"
        unit = self.unit(region, start, lists, form)
        return self.activated(unit) if activated else unit

    def _paths(self, region: Region, start: int, path: Path) -> list[Path] | None:
        """The scopes of the branches; None where the nodes do not stand in them."""
        branched = [(*path, f"branch{number + 1}") for number in range(len(region.branches))]
        if region.kind == "add" and len(region.branches) == 2 and not region.split:
            residual = [path, (*path, SHORTCUT)]
            if start < region.branches[0][1] and self._stand_in(region, residual):
                return residual
        return branched if self._stand_in(region, branched) else None

    def _stand_in(self, region: Region, paths: list[Path]) -> bool:
        return all(
            node.scope[: len(path)] == path and not _is_part_of(node.scope, path)
            for (start, end), path in zip(region.branches, paths, strict=True)
            for node in self.wiring.nodes[start:end]
        )


def _is_part_of(scope: Path, path: Path) -> bool:
    """Whether a node stands in a branch or shortcut right in a part, and not in a unit of it."""
    return len(scope) > len(path) and is_branch(scope[: len(path) + 1])


def _goes_with(main: Node, node: Node) -> bool | None:
    """Whether a node has to be a field of the layer before it, to keep its name and its row; None where either will do."""
    if node.name == f"{main.name}_{node.layer.stem}":
        return True
    in_classifier = main.scope == (CLASSIFIER,)
    if in_classifier or (main.scope[-1:] == (SHORTCUT,) and main.name.endswith(f"_{SHORTCUT}")):
        return False
    return None if node.layer.row == "always" else not node.is_row
