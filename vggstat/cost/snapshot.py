"""A network's figures as comparisons read them: of a report at hand, or as a file has kept them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from vggstat.cost.counting import COUNTING_RULES
from vggstat.cost.facts import exact
from vggstat.cost.report import Report, Row
from vggstat.cost.workload import Workload
from vggstat.net.graph import Graph
from vggstat.net.settings import Settings, settings_of
from vggstat.net.spec import Published
from vggstat.records import Record
from vggstat.shapes import Shape

__all__ = ["Between", "SavedRow", "Snapshot", "between_rows", "is_saved", "snapshot_of"]


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
    not_counted: Callable[[str], tuple[str, ...]]
    """The names of the layers for which that figure is not known; none where it is not known for another reason."""
    published: tuple[Published, ...] = ()
    """What others state of it; nothing of a network that is not as its spec has it."""

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
        not_counted=partial(_not_counted, report),
        published=graph.spec.published if _as_published(graph) else (),
    )


def between_rows(graph: Graph) -> Iterator[Between]:
    """The layers that are no rows, in order."""
    at = "input"
    for node in graph.nodes:
        if node.is_row:
            at = node.name
        elif node.layer.row == "own":
            yield Between(at, node.layer.label, settings_of(node.layer))


def _not_counted(report: Report, key: str) -> tuple[str, ...]:
    rule = next((rule for rule in COUNTING_RULES if key == f"operations:{rule.name}"), None)
    return () if rule is None else tuple(one.name for one in report.counted(rule).not_counted)


def _as_published(graph: Graph) -> bool:
    """Whether the network is as its spec has it, so that what was published about it holds."""
    spec = graph.spec
    last = next((item for item in reversed(spec.classifier) if "features" in item.fields), None)
    classes = last.fields["features"] if last else None
    return (graph.image, graph.head, graph.classes) == (spec.input, spec.head, classes)
