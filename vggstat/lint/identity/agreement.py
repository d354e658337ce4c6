"""A network held against the rows: which row is which layer, and how many cells agree."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Final

from vggstat.lint.identity.evidence import MAX_PLANES, Evidence
from vggstat.lint.identity.observe import Layout, Obs
from vggstat.lint.network import HARD, Network, Target
from vggstat.net.alignment import align
from vggstat.records import Record
from vggstat.shapes import Shape

GAP: Final = 150
"""What a missing or extra layer costs in the alignment; a pair that differs in everything costs less."""
SOFT_GAP: Final = 20
"""The same for layers that change nothing: dropout, ReLU, the image."""
LEFT_OUT: Final = 30
"""What a missing layer costs where rows are left out."""
DIFFERENT: Final = 40
"""What a pair costs for each thing that differs; a tenth of it for layers that change nothing."""
OTHER_NAME: Final = 1
"""What a pair costs of other names, in a listing with the network's own: they tell equal neighbours apart."""
NO_PAIR: Final = 10 * GAP
"""What it would cost to take a row for a layer of another kind: more than to leave both without a partner."""


class Identity(Record):
    """What was recognised: the network, and which row is which of its layers."""

    network: Network | None
    observations: tuple[Obs, ...]
    pairs: tuple[tuple[int | None, int | None], ...] = ()
    """Indexes of (observation, target)."""
    layout: Layout = "hwc"
    batch: int = 1
    agreed: int = 0
    compared: int = 0
    distance: float = 0.0
    own: bool = False
    """Whether the network is the document's own, made of its rows."""
    nearest: str = ""
    """The nearest shipped network where none is named."""
    norm: bool = False
    image_guessed: bool = False
    """Whether the image follows from nothing but its size in bytes, which is rounded."""

    @property
    def name(self) -> str:
        return self.network.name if self.network else ""

    @property
    def targets(self) -> tuple[Target, ...]:
        """The layers of the network."""
        return self.network.targets if self.network is not None else ()

    @property
    def matched(self) -> list[tuple[int, int]]:
        """The pairs of a row and the layer that it is."""
        return [(o, t) for o, t in self.pairs if o is not None and t is not None]

    @property
    def matches(self) -> list[tuple[Obs, Target]]:
        """The same, as what the row says and the layer."""
        return [(self.observations[o], self.targets[t]) for o, t in self.matched]

    @property
    def begins_inside(self) -> bool:
        """Whether the first row is no first layer: it takes maps of one that is not shown."""
        return self.own and self.network is not None and self.network.image[0] > MAX_PLANES

    @property
    def missing(self) -> tuple[int, ...]:
        """Layers of the network that no row shows, but for those that listings leave out."""
        return tuple(t for o, t in self.pairs if o is None and t is not None and self.targets[t].is_hard)

    @property
    def extra(self) -> tuple[int, ...]:
        """Rows that are no layer of the network."""
        return tuple(
            o for o, t in self.pairs if t is None and o is not None and self.observations[o].kind in HARD
        )


def align_with(evidence: Evidence, network: Network) -> Identity:
    """The rows paired with the layers of a network, and how far they agree."""
    kinds = evidence.kinds | HARD
    wanted = [
        i for i, target in enumerate(network.targets) if target.kind in kinds or _as_shown(target, kinds)
    ]
    shown = {network.targets[i].kind for i in wanted}
    rows = range(len(evidence.observations))
    layout = evidence.layout

    named = not {obs.row.name for obs in evidence.observations}.isdisjoint(t.name for t in network.targets)

    def distance(row: int, layer: int) -> int:
        obs, target = evidence.observations[row], network.targets[layer]
        return _distance(obs, target, layout) + OTHER_NAME * (named and obs.row.name != target.name)

    def row_cost(row: int) -> int:
        kind = evidence.observations[row].kind
        return GAP if kind in HARD else SOFT_GAP if kind in shown else 0

    def layer_cost(layer: int) -> int:
        return (LEFT_OUT if evidence.table.gaps else GAP) if network.targets[layer].is_hard else 0

    found = align(rows, wanted, distance, row_cost, layer_cost)
    pairs = tuple((o, None if t is None else wanted[t]) for o, t in found.pairs)
    identity = Identity(
        network=network,
        observations=tuple(evidence.observations),
        pairs=pairs,
        layout=layout,
        batch=evidence.batch,
        norm=evidence.norm,
    )
    compared = [right for obs, target in identity.matches for right in _compare(obs, target, layout)]
    gaps = len(identity.extra) + (0 if evidence.table.gaps else len(identity.missing))
    return identity.replace(agreed=sum(compared), compared=len(compared), distance=GAP / 100 * gaps)


def _as_shown(target: Target, kinds: Iterable[str]) -> bool:
    return target.kind == "avgpool" and "gap" in kinds


_SAME: Final = {("gap", "avgpool"), ("avgpool", "pool"), ("pool", "avgpool")}


def _distance(obs: Obs, target: Target, layout: Layout) -> int:
    """What the pair costs: a part for each thing that differs."""
    if (
        obs.kind != target.kind
        and (obs.kind, target.kind) not in _SAME
        and not (obs.kind == "fc" and target.kind == "conv" and target.name.startswith(("fc", "pred")))
    ):
        return NO_PAIR
    if target.kind == "pool" and "adaptive" in f"{obs.row.type} {obs.row.name}".lower():
        return NO_PAIR
    if obs.kind == "bn" and target.kind != "bn":
        return NO_PAIR
    cost = DIFFERENT * sum(not right for right in _compare(obs, target, layout))
    return cost if obs.kind in HARD else cost // 10


def _compare(obs: Obs, target: Target, layout: Layout) -> Iterable[bool]:
    """Whether shape, parameters, filters and kernel agree, for each that is stated."""
    if obs.channels is not None and obs.kind in ("conv", "fc"):
        yield obs.channels == target.shape[0]
    if obs.kernel is not None and obs.kind == "conv":
        yield obs.kernel == target.kernel
    if obs.in_channels is not None and obs.kind in ("conv", "fc"):
        yield obs.in_channels in (target.in_shape[0], prod(target.in_shape))
    if obs.dims is not None:
        yield shape_agrees(obs, target.shape, layout)
    if obs.params is not None and target.kind in ("conv", "fc", "bn"):
        exact = (target.params, target.weights, target.params + target.buffers)
        yield any(obs.params.admits(count) for count in exact)


def shape_agrees(obs: Obs, shape: Shape, layout: Layout) -> bool:
    """Whether a printed shape is this one, in the table's order of axes."""
    if obs.dims is None:
        return False
    printed = obs.dims.without_batch
    if len(shape) == 3:
        if len(printed) == 3:
            return obs.dims.oriented(layout) == shape
        return len(printed) == 2 and printed == shape[1:]
    bare = tuple(side for side in printed if side != 1) or (1,)
    return (
        bare == tuple(side for side in shape if side != 1)
        or (len(printed) == 2 and printed[1:] == shape)
        or (shape == (1,) and bare == (1,))
    )
