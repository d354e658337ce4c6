"""What a result says: which layers are worst, the likely reason, and what separate kernels cost."""

from __future__ import annotations

from typing import Final, NamedTuple

from vggstat.cost.bench import BenchResult, LayerTime, MeasuredCeilings

__all__ = ["Advice", "Apart", "apart", "worst_layers"]

SHARE: Final = 0.02
"""A layer below this share of the time is never called the worst."""
POOR: Final = 0.7
"""The share of its bound below which a layer is worth a word."""
MOST: Final = 3
FAR: Final = 5
FEW_CHANNELS: Final = 8
MUCH_TRAFFIC: Final = 1.5
SHORT_S: Final = 20e-6


class Advice(NamedTuple):
    """One layer that falls short of its bound, and the likely reason."""

    layer: str
    reached: float
    reason: str


class Apart(NamedTuple):
    """Traffic of kernels that a compiler would fuse, and how long it takes at copy speed."""

    pointwise_bytes: int
    pointwise_s: float
    index_bytes: int
    index_s: float


def worst_layers(result: BenchResult) -> tuple[Advice, ...]:
    """The layers that lose the most time against their bounds, the worst first."""
    whole = result.layers_s
    candidates = [
        layer
        for layer in result.layers
        if layer.bound_s and layer.seconds > SHARE * whole and layer.reached < POOR
    ]
    candidates.sort(key=lambda layer: layer.all_bound_s - layer.seconds)
    return tuple(Advice(layer.name, layer.reached, _reason(layer)) for layer in candidates[:MOST])


def _reason(layer: LayerTime) -> str:
    apart_by = layer.eager_bytes / layer.bytes if layer.bytes else 1.0
    if layer.kind == "conv" and 0 < layer.input_channels < FEW_CHANNELS:
        text = f"{layer.input_channels} input channels leave most of each vector or tensor instruction empty"
        if apart_by > MUCH_TRAFFIC:
            text += f", and with bias and ReLU apart it moves {apart_by:.1f} times its ideal traffic"
        return text
    if layer.kind == "lrn":
        return f"torch computes it in seven steps that move {apart_by:.1f} times its ideal traffic"
    if layer.kind == "pool":
        return f"int64 indices are written beside the output, {apart_by:.1f} times the ideal traffic in all"
    if layer.kind == "optimizer":
        return "one pass over all parameters for each of the optimizer's operations"
    if layer.median_s < SHORT_S:
        return "so short that starting its kernels takes a large part of the time"
    if layer.seconds > FAR * layer.all_bound_s:
        return f"over {FAR} times its bound: likely an unsuitable algorithm or layout"
    if layer.limit == "memory":
        return "bound by memory, whose full speed small or strided accesses do not reach"
    if apart_by > MUCH_TRAFFIC:
        return f"with bias and ReLU apart it moves {apart_by:.1f} times its ideal traffic"
    return "its shape fits the matrix units worse than the large square product of the ceiling"


def apart(result: BenchResult, ceilings: MeasuredCeilings) -> Apart:
    """What bias, ReLU and pool indices move as kernels of their own in the forward pass."""
    pools = [layer for layer in result.layers if layer.kind == "pool"]
    others = [layer for layer in result.layers if layer.kind not in ("pool", "optimizer", "loss")]
    pointwise = sum(max(0, layer.eager_bytes - layer.bytes) for layer in others)
    indices = sum(max(0, layer.eager_bytes - layer.bytes) for layer in pools)
    speed = ceilings.bytes_per_s
    return Apart(pointwise, pointwise / speed, indices, indices / speed)
