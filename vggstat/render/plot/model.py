"""What a picture is before it is drawn: rows of plain data, and the Vega-Lite description of their drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

from vggstat.cost.bench import BenchFile
from vggstat.cost.convention import Convention
from vggstat.cost.report import Report
from vggstat.cost.snapshot import snapshot_of
from vggstat.errors import UsageError
from vggstat.records import Record
from vggstat.render.page import Column
from vggstat.render.views.compare import network_names

__all__ = ["Kind", "Mode", "Plot", "Request", "Row", "View", "unique_names", "with_unknown"]

Row = Mapping[str, Any]
"""One row of data, by column key. Counts and bytes are integers; ``not_known`` lists the keys of figures that nobody knows,
where there are any, and whose place is empty."""

View = dict[str, Any]
"""A Vega-Lite view, or a part of one."""

Mode = Literal["inference", "training"]


class Request(Record):
    """What a picture is asked for: networks, conventions, and what some kinds need besides."""

    reports: tuple[Report, ...]
    convention: Convention = Convention()
    mode: Mode = "inference"
    """How the networks are run, for live bytes."""
    bench: BenchFile | None = None
    """Measurements, of these networks only, for the kinds that show them."""
    device: str | None = None
    """The device whose ceilings are shown, by name."""
    against: str = "operations"
    """What accuracies are shown against: ``operations`` or ``depth``."""

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each network, no two alike."""
        return unique_names(self.reports)

    def one(self, kind: str) -> Report:
        """The only network. Raises UsageError where there are several."""
        if len(self.reports) != 1:
            raise UsageError(f"the plot {kind} shows one network, not {len(self.reports)}: give one SPEC")
        return self.reports[0]


def with_unknown(row: Row, keys: Iterable[str]) -> Row:
    """The row, in which an empty place under one of these keys stands for a figure that is not known."""
    unknown = [key for key in keys if row[key] is None]
    return {**row, "not_known": unknown} if unknown else row


class Plot(Record):
    """A picture: data rows, how they read as text, and how they are drawn.

    ``view`` gives the Vega-Lite view of the rows, without data, title and theme; fields that it needs besides
    the columns (labels) are in ``labels``, a row's under the row's place.
    """

    kind: str
    title: str
    subtitle: tuple[str, ...] = ()
    """What was run, and the conventions of all axes."""
    columns: tuple[Column, ...]
    bars: tuple[str, ...] = ()
    """Keys of the columns that text shows as bars too."""
    rows: tuple[Row, ...]
    labels: tuple[Row, ...] = ()
    view: View
    notes: tuple[str, ...] = ()


class Kind(Record):
    """A kind of picture. ``build`` makes it of a request, or raises UsageError."""

    name: str
    summary: str
    build: Callable[[Request], Plot]
    options: tuple[str, ...] = ()
    """Names of the settings of a request that it heeds; another one that is given is a mistake."""


def unique_names(reports: tuple[Report, ...]) -> tuple[str, ...]:
    """A name for each report that tells it from the others, numbered where the same is given twice."""
    names: list[str] = []
    for name in network_names(tuple(map(snapshot_of, reports))):
        number = 1
        candidate = name
        while candidate in names:
            number += 1
            candidate = f"{name} ({number})"
        names.append(candidate)
    return tuple(names)
