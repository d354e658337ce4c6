"""All memory of one forward pass or one training step: the parameters, and what comes and goes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from vggstat.cost.inference import inference_moments
from vggstat.cost.items import PARTS, MemoryItem, Part, Phase, parameter_items
from vggstat.cost.moments import Moment, largest
from vggstat.cost.training import refuse_single_values, training_moments
from vggstat.cost.workload import Workload
from vggstat.errors import UsageError
from vggstat.net.graph import Graph
from vggstat.records import Record

__all__ = [
    "Footprint",
    "PartBytes",
    "Point",
    "all_moments",
    "footprints",
    "measure",
    "moments_of",
    "refuse_untrainable",
]

TRAINABLE = ("float32", "tf32", "float16", "bfloat16")


class PartBytes(NamedTuple):
    """What the items of one part add up to."""

    part: Part
    bytes: int
    items: tuple[MemoryItem, ...]


class Point(NamedTuple):
    """The most that is alive while one layer runs."""

    node: str
    phase: Phase
    bytes: int


class Footprint(Record):
    """Memory of a graph under a workload, from moment to moment."""

    graph: Graph
    workload: Workload
    as_written: bool = False
    """Whether each map is there until the model's own code lets go of it, and not just until its last reader has run."""
    moments: tuple[Moment, ...]
    """In order of time; the parameters are in each of them."""
    peak: Moment
    """The first of the fullest."""

    @property
    def parts(self) -> tuple[PartBytes, ...]:
        """The peak by what the bytes are for: the parts that are there, which add up to it."""
        found: dict[Part, list[MemoryItem]] = {part: [] for part in PARTS}
        for item in self.peak.items:
            if item.bytes:
                found[item.part].append(item)
        return tuple(
            PartBytes(part, sum(item.bytes for item in items), tuple(items))
            for part, items in found.items()
            if items
        )

    @property
    def timeline(self) -> tuple[Point, ...]:
        """The fullest moment of each layer in each direction, in order of time."""
        points = []
        for (node, phase), group in groupby(self.moments, key=lambda moment: (moment.node, moment.phase)):
            points.append(Point(node, phase, max(moment.bytes for moment in group)))
        return tuple(points)


def measure(graph: Graph, workload: Workload, *, as_written: bool = False) -> Footprint:
    """The footprint of a graph; ``as_written`` with each map there until Python lets go of it.

    Raises UsageError where it cannot be run like that, and UnknownMemoryError where nobody knows what it takes.
    """
    refuse_untrainable(graph, workload)
    moments = tuple(moments_of(graph, workload, as_written=as_written))
    return Footprint(
        graph=graph, workload=workload, as_written=as_written, moments=moments, peak=largest(moments)
    )


def footprints(graph: Graph, workload: Workload) -> tuple[Footprint, ...]:
    """The footprint of a graph; of somebody's model both, the larger first: see ``measure``."""
    found = [measure(graph, workload, as_written=way) for way in _ways(graph)]
    return tuple(sorted(found, key=lambda footprint: -footprint.peak.bytes))


def all_moments(graph: Graph, workload: Workload) -> Iterator[Moment]:
    """The moments of each way in which the graph may hold its maps: any of them could be the peak."""
    for way in _ways(graph):
        yield from moments_of(graph, workload, as_written=way)


def _ways(graph: Graph) -> tuple[bool, ...]:
    """Whether maps are held as they are written: both, where a model's code is known to hold them."""
    return (False,) if graph.held_until is None else (False, True)


def moments_of(graph: Graph, workload: Workload, *, as_written: bool = False) -> Iterator[Moment]:
    """The moments that could be the peak. Each is a fixed number of bytes and so many more per image."""
    if workload.mode == "training":
        return training_moments(graph, workload, as_written=as_written)
    held = parameter_items(graph, workload)
    return inference_moments(graph, workload, held=held, as_written=as_written)


def refuse_untrainable(graph: Graph, workload: Workload) -> None:
    """Raises UsageError where torch has no such run."""
    name = graph.spec.name
    if workload.autocast is not None and workload.dtype.name not in ("float32", "tf32"):
        raise UsageError(
            f"autocast keeps the parameters in float32, but the dtype is {workload.dtype.name}: give "
            f"--autocast without --dtype, or --dtype {workload.dtype.short} without --autocast"
        )
    if workload.mode != "training":
        return
    if workload.dtype.name not in TRAINABLE:
        raise UsageError(f"nothing is trained in {workload.dtype.name}: use fp32, tf32, fp16 or bf16")
    if not any(node.params for node in graph.nodes):
        raise UsageError(f"{name} has no parameters, so there is nothing to train: use --mode inference")
    refuse_single_values(graph, workload.batch)
