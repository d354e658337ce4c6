"""A network's figures as comparisons read them: of a report at hand, or as a file has kept them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from vggstat.cost.accounting import find_accounting
from vggstat.cost.counting import COUNTING_RULES, find_counting_rule
from vggstat.cost.facts import exact
from vggstat.cost.report import FROZEN, Report, Row
from vggstat.cost.workload import Workload
from vggstat.errors import UsageError
from vggstat.net.graph import Graph
from vggstat.net.settings import Settings, settings_of
from vggstat.net.spec import Published
from vggstat.records import Record
from vggstat.shapes import Shape

__all__ = ["STEPS", "Between", "KnownPart", "SavedRow", "Snapshot", "between_rows", "is_saved", "snapshot_of"]


STEPS: Final = ("training_flops", "backward_flops")
"""Figures that are not known where MACs are not."""

NOTHING: Final = ("flatten", "layout")
"""Kinds of rows that compute nothing."""


class SavedRow(Row):
    """A row that a file has kept: its layer is gone, and what that set is written down."""

    written: Settings

    @property
    def settings(self) -> Settings:
        """As written down."""
        return self.written


class Between(NamedTuple):
    """A layer that is no row (a ReLU, a dropout): the row that it follows, what it is, and what it sets."""

    after: str
    label: str
    settings: Settings


class KnownPart(NamedTuple):
    """How much of a total is known, and the names of the layers that it does not hold."""

    known: int = 0
    not_counted: tuple[str, ...] = ()


class Snapshot(Record):
    """What a comparison reads of one network."""

    name: str
    title: str
    origin: str = ""
    """The file that kept it; empty for a network at hand."""
    image: Shape
    head: str | None
    """What joins the maps to the FC layers; None where its code says it."""
    classes: int | None
    """Outputs of the last FC layer; None where there is none."""
    left_out: tuple[str, ...]
    """Layers of the spec that its head leaves out."""
    workload: Workload
    rows: tuple[Row, ...]
    between: tuple[Between, ...]
    figure: Callable[[str], int | None]
    """The figure of the whole network under a key of ``facts.WHOLE``; None where it is not known."""
    part: Callable[[str], KnownPart]
    """What is known of that figure where not all of it is."""
    published: tuple[Published, ...] = ()
    """What others state of it; nothing of a network that is not as its spec has it."""

    @property
    def is_spec(self) -> bool:
        """Whether a spec says how its maps reach the FC layers, and not a model's code."""
        return self.head is not None

    def not_counted(self, key: str) -> tuple[str, ...]:
        """The names of the layers for which a figure is not known; none where it is not known for another reason."""
        return self.part(key).not_counted

    @property
    def trained_params(self) -> int:
        """Parameters that training changes."""
        return sum(row.params - int(dict(row.settings).get(FROZEN, 0)) for row in self.rows)

    @property
    def further_inputs(self) -> tuple[tuple[str, Shape], ...]:
        """What is given to it beside the image: names and shapes."""
        return tuple((row.name, row.output_shape) for row in self.rows[1:] if row.kind == "input")


def is_saved(argument: str) -> bool:
    """Whether an argument names a saved report: a file whose name ends in .json."""
    return argument.lower().endswith(".json")


def snapshot_of(report: Report) -> Snapshot:
    """The report as a comparison reads it. Figures are computed when they are asked for."""
    graph = report.graph
    return Snapshot(
        name=report.name,
        title=graph.spec.title,
        image=graph.image,
        head=graph.head,
        classes=graph.classes,
        left_out=graph.left_out,
        workload=report.workload,
        rows=report.rows,
        between=tuple(between_rows(graph)),
        figure=partial(exact, report),
        part=partial(_part, report),
        published=graph.spec.published if _as_published(graph) else (),
    )


def between_rows(graph: Graph) -> Iterator[Between]:
    """The layers that are no rows, in order."""
    at = "input"
    for node in graph.nodes:
        if node.is_row:
            at = node.name
        elif node.layer.row != "always" and node.layer.row_kind not in NOTHING:
            yield Between(at, node.layer.label, settings_of(node.layer))


def _part(report: Report, key: str) -> KnownPart:
    family, _, name = key.partition(":")
    try:
        if family == "memory":
            found = report.memory_counted(find_accounting(name))
        elif family == "operations":
            found = report.counted(find_counting_rule(name))
        elif family in STEPS:
            found = report.counted(COUNTING_RULES[0]).replace(known=0)
        else:
            return KnownPart()
    except UsageError:  # a run that torch refuses
        return KnownPart()
    if found.status == "complete":
        return KnownPart()
    return KnownPart(found.known, tuple(one.name for one in found.not_counted))


def _as_published(graph: Graph) -> bool:
    """Whether the network is as its spec has it, so that what was published about it holds."""
    spec = graph.spec
    last = next((item for item in reversed(spec.classifier) if "features" in item.fields), None)
    classes = last.fields["features"] if last else None
    return (graph.image, graph.head, graph.classes) == (spec.input, spec.head, classes)
