"""What is benchmarked, as far as a session has to know: how it is built, checked, and cut into rows."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import torch

from vggstat.cost.bench import Counted
from vggstat.cost.report import Report
from vggstat.measure.bench.passes import TimedPass
from vggstat.measure.bench.stopwatch import Mark

__all__ = ["Benchmarked", "Checked", "Rows", "Section"]


class Section(NamedTuple):
    """A row of a layer table: its name, its kind, and the groups of the graph that are run in it."""

    name: str
    kind: str
    groups: tuple[str, ...]


class Rows(Protocol):
    """The pass in rows, which add up to it."""

    @property
    def sections(self) -> tuple[Section, ...]: ...

    @property
    def words(self) -> str:
        """Where a row begins, if that is not where a group of layers does."""
        ...

    def watched(self) -> AbstractContextManager[None]:
        """Entered around many runs."""
        ...

    def run(self, mark: Mark) -> None:
        """The pass with a mark at the end of each section."""
        ...


class Checked(NamedTuple):
    """What agrees between what is timed and what was counted."""

    counted: tuple[Counted, ...] = ()
    unlike: str = ""
    """Why the figures of the graph are not those of the pass, where something that can be timed all the same differs."""
    note: str = ""
    """What could not be checked."""


class Benchmarked(Protocol):
    """What is benchmarked. It is asked once for each configuration and device."""

    @property
    def channels_last(self) -> bool:
        """Whether its maps have their channels innermost if nobody says otherwise."""
        ...

    @property
    def refused(self) -> Mapping[str, str]:
        """What it cannot be run as, or held against, by its option's word; with what can be had in its place."""
        ...

    def open(self, report: Report, device: torch.device, *, channels_last: bool) -> TimedPass:
        """On the device, with random weights and inputs. Raises UsageError where it cannot be built."""
        ...

    def check(self, timed: TimedPass) -> Checked:
        """Before anything has run on the device. Raises DifferentModelError where its times would be another's."""
        ...

    def check_output(self, timed: TimedPass) -> Checked:
        """The same after the cold call."""
        ...

    def rows(self, timed: TimedPass) -> Rows:
        """Raises UsageError where there are none."""
        ...

    def place_of(self, error: BaseException) -> str:
        """What went wrong and at which line, where that is a line of somebody's model; else nothing."""
        ...
