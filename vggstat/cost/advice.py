"""What a result says: which layers fall short, what of that is computed, and what separate kernels cost.

A cause is what can be computed: the traffic of kernels that a fused pass would not have. Everything else that makes a
layer slow is not measured here, and so it is not named.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from vggstat.cost.bench import BenchResult, Execution, LayerTime, MeasuredCeilings
from vggstat.cost.statistics import ratio_of

__all__ = ["Advice", "Apart", "Verdict", "apart", "saved_by_compiling", "worst_layers"]

SHARE: Final = 0.02
"""A layer below this share of the time is never called the worst."""
POOR: Final = 0.7
"""The share of its bound below which a layer is worth a word."""
MOST: Final = 3
LITTLE: Final = 0.05
"""Separate kernels that take less than this share of a layer's time at copy speed are no cause."""
NOISE: Final = 1.03
"""A layer that is faster than its bound with the separate kernels by more than this did not run them all."""

Verdict = Literal["separate kernels", "separate kernels in part", "not measured", "doubtful"]


class Advice(NamedTuple):
    """One layer that falls short of its bound, and what of it is computed."""

    layer: str
    kind: str
    reached: float
    """The bound over the time, of the directions that were measured."""
    verdict: Verdict
    """``doubtful`` where the whole result is: nothing is said of causes then."""
    traffic: float | None = None
    """With the separate kernels, the bytes of the forward pass over the ideal ones."""
    reached_apart: float | None = None
    """The forward pass's bound with the separate kernels over its time."""
    both_ways: bool = False
    """Whether the backward pass was measured too, whose separate kernels are not in the two above."""


class Apart(NamedTuple):
    """Traffic of kernels that a compiler would fuse, and how long it takes at copy speed."""

    pointwise_bytes: int
    pointwise_s: float
    index_bytes: int
    index_s: float


def worst_layers(result: BenchResult, ceilings: MeasuredCeilings) -> tuple[Advice, ...]:
    """The layers that lose the most time against their bounds, the worst first; the ceilings are the bounds'."""
    whole = result.layers_s
    candidates = [
        layer
        for layer in result.layers
        if layer.bound_s and layer.seconds > SHARE * whole and layer.reached < POOR
    ]
    candidates.sort(key=lambda layer: (layer.all_bound_s or 0.0) - layer.seconds)
    return tuple(_advice(layer, result, ceilings) for layer in candidates[:MOST])


def _advice(layer: LayerTime, result: BenchResult, ceilings: MeasuredCeilings) -> Advice:
    plain = Advice(layer.name, layer.kind, layer.reached, "not measured")
    if result.warnings:
        return plain._replace(verdict="doubtful")
    extra_s = _apart_bytes(layer, result) / ceilings.bytes_per_s
    if extra_s < LITTLE * layer.median_s or not layer.bytes or layer.eager_bytes is None:
        return plain
    # The separate kernels multiply nothing, so that each takes its bytes at copy speed.
    reached = ((layer.bound_s or 0.0) + extra_s) / layer.median_s
    if reached > NOISE:
        return plain
    both_ways = bool(layer.backward_samples_s)
    backward_s = layer.backward_s or 0.0
    enough = reached >= POOR and (not both_ways or (layer.backward_bound_s or 0.0) >= POOR * backward_s)
    return plain._replace(
        verdict="separate kernels" if enough else "separate kernels in part",
        traffic=layer.eager_bytes / layer.bytes,
        reached_apart=reached,
        both_ways=both_ways,
    )


def _apart_bytes(layer: LayerTime, result: BenchResult) -> int:
    """Bytes of the separate kernels that are known to run: on a CPU the library adds the bias itself."""
    if result.device == "cpu" and layer.kind not in ("pool", "lrn"):
        return 0
    return _more_bytes(layer)


def _more_bytes(layer: LayerTime) -> int:
    """Bytes of its separate kernels; none that are known of where its bytes are not."""
    if layer.eager_bytes is None or layer.bytes is None:
        return 0
    return max(0, layer.eager_bytes - layer.bytes)


def apart(result: BenchResult, ceilings: MeasuredCeilings) -> Apart:
    """What bias, ReLU and pool indices move as kernels of their own in the forward pass."""
    pools = [layer for layer in result.layers if layer.kind == "pool"]
    others = [layer for layer in result.layers if layer.kind not in ("pool", "optimizer", "loss")]
    pointwise = sum(map(_more_bytes, others))
    indices = sum(map(_more_bytes, pools))
    speed = ceilings.bytes_per_s
    return Apart(pointwise, pointwise / speed, indices, indices / speed)


COMPILED: Final[tuple[tuple[Execution, Execution], ...]] = (
    ("graph", "compiled+graph"),
    ("eager", "compiled"),
)
"""Pairs that differ in nothing but that one is compiled."""


def saved_by_compiling(result: BenchResult, results: Sequence[BenchResult]) -> float | None:
    """Seconds that the compiled pass takes less than the same one not compiled, where both were measured.

    None where they were not, where one of them is doubtful, or where the difference is within the noise.
    """
    alike = {
        other.execution: other
        for other in results
        if other.is_beside(result) and other.channels_last == result.channels_last
    }
    for plain, compiled in COMPILED:
        one, other = alike.get(plain), alike.get(compiled)
        if one is None or other is None or one.warnings or other.warnings:
            continue
        if one.timing and other.timing and ratio_of(one.samples_s, other.samples_s).differs:
            saved = one.timing.median_s - other.timing.median_s
            return saved if saved > 0 else None
    return None
