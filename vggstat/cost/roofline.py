"""The roofline: how fast a pass could be on a device, from its operations and the bytes it has to move.

Each kernel takes at least the larger of FLOPs / peak and bytes / bandwidth (Williams, Waterman, Patterson 2009,
"Roofline"); kernels run one after another, so a pass takes at least their sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from vggstat.cost.counting import COUNTING_RULES, NotCounted
from vggstat.cost.traffic import Group, Kernel, Pass, Style, groups_of, kernels_of, step_kernels
from vggstat.cost.training import refuse_single_values
from vggstat.cost.workload import Workload
from vggstat.errors import UsageError
from vggstat.net.graph import Graph
from vggstat.records import Record

__all__ = ["Ceilings", "LayerBound", "Limit", "Roofline", "roofline"]

MACS: Final = COUNTING_RULES[0]
"""The rule that says which work is multiply-accumulates."""

Limit = Literal["compute", "memory"]


class Ceilings(Record):
    """What a device can do at most in one dtype."""

    name: str
    """The device as people call it: ``NVIDIA H200``."""
    dtype: str
    """The short name of the number format that the peak is of: ``bf16``."""
    flops_per_s: float
    """FLOPs a second of a large matrix product, dense; two per multiply-accumulate."""
    bytes_per_s: float
    """Bytes a second of a large copy, read plus written."""
    flops_source: str = ""
    bytes_source: str = ""

    @property
    def ridge(self) -> float:
        """FLOPs per byte from which on the peak binds, and not the memory."""
        return self.flops_per_s / self.bytes_per_s

    def seconds(self, flops: int, moved: int) -> float:
        """The least time of one kernel."""
        return max(flops / self.flops_per_s, moved / self.bytes_per_s)


class LayerBound(Record):
    """The bounds of one group of layers (a convolution with its bias and ReLU), for the whole batch."""

    name: str
    kind: str
    kernels: tuple[Kernel, ...]
    ceilings: Ceilings
    is_counted: bool = True
    """Whether all of its work is known; its bounds are of the known part, and so lower ones all the same."""

    def flops_of(self, direction: Pass = "forward") -> int:
        """FLOPs of convolutions and FC layers, two per multiply-accumulate."""
        return sum(kernel.flops for kernel in self.kernels if kernel.direction == direction)

    def bytes_of(self, direction: Pass = "forward", style: Style = "fused") -> int:
        """Bytes moved: fused, weights, input and output; else those of the kernels that the style has besides."""
        return sum(
            kernel.bytes
            for kernel in self.kernels
            if kernel.direction == direction and style in kernel.styles
        )

    @property
    def flops(self) -> int:
        """FLOPs of the forward pass."""
        return self.flops_of()

    @property
    def bytes(self) -> int:
        """Ideal bytes of the forward pass."""
        return self.bytes_of()

    @property
    def intensity(self) -> float | None:
        """FLOPs per ideal byte of the forward pass; None where nothing is multiplied, or not all of it is known."""
        return self.flops / self.bytes if self.is_counted and self.flops and self.bytes else None

    @property
    def compute_s(self) -> float:
        """The forward pass at the peak, if moving bytes took no time."""
        return self.flops / self.ceilings.flops_per_s

    @property
    def memory_s(self) -> float:
        """The forward pass at the bandwidth, if computing took no time; ideal bytes."""
        return self.bytes / self.ceilings.bytes_per_s

    def seconds(self, direction: Pass = "forward", style: Style = "fused") -> float:
        """The least time of one direction."""
        return _seconds(self.kernels, self.ceilings, direction, style)

    @property
    def fused_s(self) -> float:
        return self.seconds()

    @property
    def eager_s(self) -> float:
        return self.seconds(style="eager")

    @property
    def limit(self) -> Limit:
        """What binds the fused forward pass, of the work that is known."""
        return "compute" if self.compute_s >= self.memory_s and self.flops else "memory"


class Roofline(Record):
    """The bounds of a whole network under a workload."""

    graph: Graph
    workload: Workload
    ceilings: Ceilings
    layers: tuple[LayerBound, ...]
    beside: tuple[Kernel, ...]
    """What belongs to no layer: autocast's weight copies, the optimizer."""
    not_counted: tuple[NotCounted, ...] = ()
    """The nodes whose multiply-accumulates are not known; what they take besides their traffic is in no bound."""

    def seconds(self, direction: Pass, style: Style) -> float:
        """The least time of one part of a step. Autocast's copies are not in it: see ``cast_s``."""
        total = sum(layer.seconds(direction, style) for layer in self.layers)
        beside = tuple(kernel for kernel in self.beside if kernel.direction == "optimizer")
        return total + _seconds(beside, self.ceilings, direction, style)

    @property
    def cast_s(self) -> float:
        """Copying the weights into autocast's lower format, once a pass; it is part of every bound."""
        casts = tuple(kernel for kernel in self.beside if kernel.direction == "forward")
        return _seconds(casts, self.ceilings, "forward", "eager")

    def total_s(self, style: Style) -> float:
        """The least time of the pass, or in training of the step."""
        directions: tuple[Pass, ...] = ("forward", "backward", "optimizer")
        return self.cast_s + sum(self.seconds(direction, style) for direction in directions)

    def mixed_s(self, styles: Mapping[str, Style]) -> float:
        """The least time of a forward pass whose layers are run in several styles, each by its name; others fused."""
        return self.cast_s + sum(
            layer.seconds(style=styles.get(layer.name, "fused")) for layer in self.layers
        )

    @property
    def fused_s(self) -> float:
        """With everything fused that can be: a lower bound of any implementation with these algorithms."""
        return self.total_s("fused")

    @property
    def eager_s(self) -> float:
        """With bias, ReLU and pool indices as kernels of their own: a lower bound of torch's eager mode."""
        return self.total_s("eager")

    @property
    def flops(self) -> int:
        """FLOPs of the pass or the step, two per multiply-accumulate."""
        return sum(kernel.flops for layer in self.layers for kernel in layer.kernels)

    def utilisation(self, style: Style) -> float:
        """The largest share of the peak that the bound allows; 0 where nothing is multiplied."""
        seconds = self.total_s(style)
        return self.flops / self.ceilings.flops_per_s / seconds if seconds else 0.0

    def images_per_s(self, style: Style) -> float | None:
        """The most images a second that the bound allows; None where nothing takes time (dropouts in inference)."""
        seconds = self.total_s(style)
        return self.workload.batch / seconds if seconds else None

    def flops_per_s(self, style: Style) -> float | None:
        """The most FLOPs a second that the bound allows; None where nothing takes time."""
        seconds = self.total_s(style)
        return self.flops / seconds if seconds else None


def roofline(graph: Graph, workload: Workload, ceilings: Ceilings) -> Roofline:
    """The bounds of a graph on a device. Raises UsageError where there is nothing to run, or torch refuses to."""
    if workload.mode == "training":
        refuse_single_values(graph, workload.batch)
    groups = groups_of(graph)
    left = tuple(
        NotCounted(node.name, unknown, node.place.line_words)
        for node in graph.nodes
        if (unknown := MACS.unknown_in(node.ops))
    )
    if not groups:
        raise UsageError(f"{graph.spec.name} has no layer that runs, so it takes no time")
    return Roofline(
        graph=graph,
        workload=workload,
        ceilings=ceilings,
        layers=tuple(_bound(group, workload, ceilings) for group in groups),
        beside=step_kernels(graph, workload),
        not_counted=left,
    )


def _bound(group: Group, workload: Workload, ceilings: Ceilings) -> LayerBound:
    return LayerBound(
        name=group.name,
        kind=group.kind,
        kernels=kernels_of(group, workload),
        ceilings=ceilings,
        is_counted=not any(MACS.unknown_in(node.ops) for node in group.nodes),
    )


def _seconds(kernels: tuple[Kernel, ...], ceilings: Ceilings, direction: Pass, style: Style) -> float:
    return sum(
        ceilings.seconds(kernel.flops, kernel.bytes)
        for kernel in kernels
        if kernel.direction == direction and style in kernel.styles
    )
