"""Somebody's model in rows: it runs as it is, and a row ends where the module of the next one begins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final

from torch import Tensor, nn

from vggstat.cost.traffic import Group, groups_of
from vggstat.errors import UsageError
from vggstat.measure.bench.benchmarked import Section
from vggstat.measure.bench.passes import BACKWARD, LOSS, OPTIMIZER, TimedPass
from vggstat.measure.bench.stopwatch import Mark
from vggstat.net.graph import Graph
from vggstat.sources.torch_module.returned import tensors_returned

__all__ = ["ModuleRows", "sections_of"]

NAMED: Final = 3
"""So many functions that are called after a module are named in its row; of more only their number."""


class ModuleRows:
    """A row for each module that heads a group of layers, with all that is called until the next one begins.

    A module that is called again is in the row that runs then. Backward rows begin where autograd reaches the last
    operation of a row, as far as it is seen: what a module returned, or what the next one was given.
    """

    words: Final = "a row begins where its module does, and has what is called between it and the next"

    def __init__(self, timed: TimedPass) -> None:
        self.timed = timed
        paths = {path: section for section, path in sections_of(timed.report.graph)}
        self.sections = tuple(section for section, _ in sections_of(timed.report.graph))
        self._names = {
            timed.model.get_submodule(path): section.name for path, section in paths.items() if path
        }
        self._mark: Mark = _unmarked
        self._now = ""
        self._run: list[str] = []
        """Rows that have begun."""
        self._last: Any = None
        """The operation that autograd comes to first of those of the row, as far as any was seen."""
        self._before = -1
        """The number of the last operation of the rows before."""
        self._pending: list[str] = []
        self._check_order()

    def _check_order(self) -> None:
        """Raises UsageError where the rows do not run one after the other, each of them."""
        with self.watched(), self.timed.context():
            self.run(_unmarked)
        if self._run != [section.name for section in self.sections]:
            raise UsageError("its modules run in another order than they were traced in")

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Hooks on the modules that head rows."""
        with ExitStack() as stack:
            for module in self._names:
                stack.callback(module.register_forward_pre_hook(self._enter, with_kwargs=True).remove)
                if self.timed.is_training:
                    stack.callback(module.register_forward_hook(self._leave).remove)
            yield

    def run(self, mark: Mark) -> None:
        """The pass with a mark at the end of each row, in training in both directions."""
        timed = self.timed
        first = self.sections[0].name
        self._mark, self._now, self._run = mark, first, [first]
        self._last, self._before, self._pending = None, -1, [BACKWARD + LOSS]
        with timed.autocast():
            output = timed.inputs.given_to(timed.model)
            self._finish(output)
            if not timed.is_training:
                return
            loss = timed.chosen_loss.of(output, timed.targets)
            del output
        mark(LOSS)
        loss.backward()  # type: ignore[no-untyped-call]
        del loss
        mark(self._pending[0])
        timed.update()
        mark(OPTIMIZER)

    def _enter(self, module: nn.Module, args: Any, named: Any) -> None:
        name = self._names[module]
        if name in self._run:
            return
        self._finish((args, named))
        self._now = name
        self._run.append(name)

    def _leave(self, module: nn.Module, args: Any, output: Any) -> None:
        self._see(output)

    def _finish(self, tree: Any) -> None:
        """The row ends; what is in ``tree`` was made in it, or before."""
        if self.timed.is_training:
            self._see(tree)
            if self._last is not None:
                self._last.register_prehook(partial(self._reached, self._now))
                self._before = max(self._before, self._last._sequence_nr())
            self._last = None
        self._mark(self._now)

    def _see(self, tree: Any) -> None:
        """The latest operation that made one of the tensors, if it is of this row."""
        for tensor in tensors_returned(tree):
            made = tensor.grad_fn
            newest = self._before if self._last is None else self._last._sequence_nr()
            if made is not None and made._sequence_nr() > newest:
                self._last = made

    def _reached(self, name: str, _: tuple[Tensor, ...]) -> None:
        self._mark(self._pending[0])
        self._pending[0] = BACKWARD + name


def sections_of(graph: Graph) -> list[tuple[Section, str]]:
    """The rows, each with the path of the module that it begins with; the first of them may begin without one."""
    found: list[tuple[list[Group], str]] = []
    path = ""
    """Of the last module that was called."""
    for group in groups_of(graph):
        head = group.nodes[0]
        path = head.torch_name or path
        # What a module calls is named as it is: norm, norm_2.
        begins = head.torch_name or (path and re.fullmatch(rf"{re.escape(path)}(_\d+)?", head.name))
        if not found or (begins and path != found[-1][1]):
            found.append(([group], path if begins else ""))
        else:
            found[-1][0].append(group)
        path = next((node.torch_name for node in reversed(group.nodes) if node.torch_name), path)
    return [(_section(groups), path) for groups, path in found]


def _section(groups: list[Group]) -> Section:
    first, *others = groups
    kinds = {group.kind for group in groups}
    names = [re.sub(r"_\d+$", "", group.name.rpartition(".")[2]) for group in others]
    added = names if len(names) <= NAMED else [f"{len(names)} more"]
    return Section(
        name=" + ".join((first.name, *added)),
        kind=first.kind if len(kinds) == 1 else "several",
        groups=tuple(group.name for group in groups),
    )


def _unmarked(name: str) -> None:
    """A mark that nobody reads."""
