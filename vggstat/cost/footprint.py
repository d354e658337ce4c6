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

__all__ = ["Footprint", "PartBytes", "Point", "measure", "moments_of", "refuse_untrainable"]

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
    """The footprint of a graph; in inference ``as_written``, each map there until Python lets go of it.

    Raises UsageError where it cannot be run like that, and UnknownMemoryError where nobody knows what it takes.
    """
    refuse_untrainable(graph, workload)
    moments = tuple(moments_of(graph, workload, as_written=as_written))
    return Footprint(graph=graph, workload=workload, moments=moments, peak=largest(moments))


def moments_of(graph: Graph, workload: Workload, *, as_written: bool = False) -> Iterator[Moment]:
    """The moments that could be the peak. Each is a fixed number of bytes and so many more per image."""
    if workload.mode == "training":
        return training_moments(graph, workload)
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
