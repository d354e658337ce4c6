"""Which network a listing of layers means: from its rows, never from the first name in the text.

Each shipped network is made to fit the document (image, batch norm, head, classes as the rows say), its layers are
aligned with the rows, and the one that agrees with most cells is meant, if it agrees with nearly all. Otherwise
the rows themselves are taken for a network; where they do not even agree with one another, none is named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from math import prod
from typing import Final

from vggstat.claims.align import align
from vggstat.claims.model import ClaimTable
from vggstat.claims.network import (
    Changes,
    Network,
    Target,
    build,
    load_spec,
    make_item,
    own_spec,
    shipped_names,
)
from vggstat.claims.numbers import Number, claim_parts, clean
from vggstat.claims.observe import Layout, Obs, find_layout, observe
from vggstat.records import Record
from vggstat.shapes import Shape
from vggstat.spec.model import Head, Item, Spec

__all__ = ["Identity", "identify", "named_spec"]

HARD: Final = frozenset({"conv", "pool", "fc", "bn", "lrn"})
NEARLY_ALL: Final = 0.75
"""The part of the cells that has to agree before a network is named."""
GAP: Final = 1.5
"""What a missing or extra layer costs in the alignment; a pair that differs in everything costs less."""
MAX_LAYERS_OFF: Final = 4
"""Convolutions by which a listing may differ from a network that it is tried on."""
MAX_PAIRS: Final = 90_000
"""Rows times layers that are aligned; a table with more is no network that anybody drew up."""
SOFT_GAP: Final = 0.2
"""The same for layers that change nothing: dropout, ReLU, the image."""


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
    no_conv_bias: bool = False
    norm: bool = False

    @property
    def name(self) -> str:
        return self.network.name if self.network else ""

    @property
    def missing(self) -> tuple[int, ...]:
        """Layers of the network that no row shows, but for those that listings leave out."""
        if self.network is None:
            return ()
        return tuple(
            t for o, t in self.pairs if o is None and t is not None and self.network.targets[t].is_hard
        )

    @property
    def extra(self) -> tuple[int, ...]:
        """Rows that are no layer of the network."""
        return tuple(
            o for o, t in self.pairs if t is None and o is not None and self.observations[o].kind in HARD
        )


def identify(table: ClaimTable, forced: Spec | None = None) -> Identity:
    """The network of a ``layers`` table. ``forced`` settles which."""
    observations = observe(table)
    reading = _Reading(table, observations)
    if not any(obs.kind == "conv" for obs in observations) and forced is None:
        return Identity(
            network=None, observations=tuple(observations), layout=reading.layout, batch=reading.batch
        )
    best = _best_shipped(reading, forced)
    if best is None or best.distance or best.agreed < best.compared:
        best = _with_other_image(reading, forced, best)
    if best is not None and (forced is not None or _is_known(best, reading)):
        if forced is None and best.distance and not table.gaps:
            own = _fit_own(reading)
            if (
                own is not None
                and _is_plain(own)
                and own.agreed == own.compared
                and _total_agrees(reading, own)
            ):
                return own.replace(nearest=best.name)
        if forced is not None or not _is_another(best, reading):
            return best
    own = _fit_own(reading)
    nearest = best.name if best else ""
    fits_own = own is not None and own.compared >= 6 and own.agreed >= 0.9 * own.compared
    if own is not None and fits_own and not reading.foreign:
        another = _has_groups(own) or (own.compared - own.agreed > 1 and not _total_agrees(reading, own))
        if not (another and _adds_up(reading)):
            return own.replace(nearest=nearest)
    return Identity(
        network=None,
        observations=tuple(observations),
        layout=reading.layout,
        batch=reading.batch,
        nearest=nearest,
    )


def named_spec(words: str) -> str | None:
    """The shipped network that the words name last (``VGG-16 (D)``, ``vgg19_bn``, ``configuration E``)."""
    from vggstat.claims.names import find_names

    found = [name.spec for name in find_names(words) if name.spec]
    return found[-1] if found else None


def _with_other_image(reading: _Reading, forced: Spec | None, best: Identity | None) -> Identity | None:
    """The best network over all images that the rows may mean."""
    chosen = reading.image
    for image in reading.images[1:3]:
        reading.image = image
        other = _best_shipped(reading, forced)
        if other is not None and (best is None or _merit(other) > _merit(best)):
            best, chosen = other, image
    reading.image = chosen
    return best


class _Reading:
    """What the rows say of image, batch, norm and head, before any network is tried."""

    def __init__(self, table: ClaimTable, observations: Sequence[Obs]) -> None:
        self.table = table
        self.observations = observations
        self.layout = find_layout(observations)
        self.batch = self._batch()
        self.images = self._images()
        self.image = self.images[0] if self.images else None
        kinds = Counter(obs.kind for obs in observations)
        self.norm = kinds["bn"] >= max(1, kinds["conv"] // 2)
        self.kinds = set(kinds)
        self.fc = [obs for obs in observations if obs.kind == "fc"]
        self.foreign = sum(bool(obs.kind == "other" and (obs.whole or 0) > 0) for obs in observations)
        self.pooled = any(self._is_global(obs) for obs in observations)

    def _batch(self) -> int:
        shown = [obs.dims for obs in self.observations if obs.dims]
        votes = Counter(dims.batch for dims in shown if dims.batch)
        if votes.total() < sum(dims.open_batch for dims in shown):
            return 1  # one number among rows of -1 is a slip in its row
        if not votes:
            votes = Counter(
                obs.memory_product[0] for obs in self.observations if len(obs.memory_product) == 4
            )
        return votes.most_common(1)[0][0] or 1 if votes else 1

    def _is_global(self, obs: Obs) -> bool:
        if obs.kind == "gap":
            return True
        size = next((cell.flow.text for cell in obs.row.cells if cell.quantity == "size"), "")
        if obs.kind == "avgpool" and size and set(re.findall(r"\d+", size)) == {"1"}:
            return True
        if obs.kind != "avgpool" or obs.dims is None:
            return False
        three = obs.dims.oriented(self.layout)
        return len(obs.dims.without_batch) == 1 or (three is not None and three[1:] == (1, 1))

    def _images(self) -> list[Shape]:
        """Images that rows agree with, most of them first: each row, taken back through the pools before it, names
        one. Where a pool is missing they name several."""
        votes: Counter[tuple[int, int]] = Counter()
        seen: list[tuple[int, int, int]] = []
        depth, channels = 0, 0
        for obs in self.observations:
            three = obs.dims.oriented(self.layout) if obs.dims else None
            if obs.kind == "pool":
                depth += 1
            if obs.kind == "input" and three:
                channels = channels or three[0]
                votes[three[1:]] += 1
                seen.append((0, *three[1:]))
            if obs.kind in ("conv", "pool") and three and depth < 12:
                votes[three[1] << depth, three[2] << depth] += 1
                seen.append((depth, *three[1:]))
                if len(obs.memory_product) == 3 and depth == 0 and len(set(obs.memory_product)) < 3:
                    side = Counter(obs.memory_product).most_common(1)[0][0]
                    votes[side, side] += 1
            if obs.kind in ("fc", "flatten", "gap") and seen:
                break
        if not votes:
            return self._image_of_head()

        def support(size: tuple[int, int]) -> int:
            return sum((size[0] >> d, size[1] >> d) == (h, w) for d, h, w in seen)

        candidates = sorted((size for size, _ in votes.most_common(6)), key=support, reverse=True)
        first = next(((h, w) for d, h, w in seen if d == 0), candidates[0])
        if support(candidates[0]) * 2 < len(seen):
            candidates.insert(0, first)
        planes = self._image_channels(channels)
        return [(planes, *size) for size in dict.fromkeys((candidates[0], first, *candidates[1:3]))]

    def _image_of_head(self) -> list[Shape]:
        """The square image whose last map the first FC layer takes, for a listing without shapes."""
        first = next((obs for obs in self.observations if obs.kind == "fc"), None)
        convs = [obs for obs in self.observations if obs.kind == "conv" and obs.channels]
        if first is None or not first.in_channels or not convs or any((obs.stride or 1) > 1 for obs in convs):
            return []
        pools = sum(obs.kind == "pool" for obs in self.observations)
        area, rest = divmod(first.in_channels, convs[-1].channels or 1)
        side = round(area**0.5)
        if rest or side * side != area or not 0 < side <= 64 or pools > 8:
            return []
        if any(obs.kind == "avgpool" for obs in self.observations):
            return []
        return [(self._image_channels(0), side << pools, side << pools)]

    def _image_channels(self, stated: int) -> int:
        """Those that the first convolution's parameters say, of 3, 1 and what the image's own row says."""
        first = next((obs for obs in self.observations if obs.kind == "conv"), None)
        three = first.dims.oriented(self.layout) if first and first.dims else None
        filters = (first.channels or (three[0] if three else 0)) if first else 0
        kernel = (first.kernel if first else None) or 3
        for channels in dict.fromkeys((stated or 3, 3, 1, 4)):
            weights = kernel * kernel * channels * filters
            if first and first.whole and first.whole in (weights, weights + filters):
                return channels
        return stated if 0 < stated <= 16 else 3


def _best_shipped(reading: _Reading, forced: Spec | None) -> Identity | None:
    best: Identity | None = None
    names: tuple[str | Spec, ...] = (forced,) if forced else shipped_names()
    hinted = named_spec(f"{reading.table.title}\n{reading.table.context}") if not forced else None
    convs = sum(obs.kind == "conv" for obs in reading.observations)
    # Of the networks that are loaded already those of as many convolutions come first: most often one of them fits.
    order = sorted(names, key=lambda name: (name != hinted, _loaded.get(name, convs) != convs))
    for name in order:
        spec = load_spec(name) if isinstance(name, str) else name
        if isinstance(name, str):
            _loaded[name] = _convs(spec)
        if forced is None and not reading.table.gaps and abs(_convs(spec) - convs) > MAX_LAYERS_OFF:
            continue
        fitted = _fit(reading, spec)
        if fitted is None:
            continue
        if best is None or _merit(fitted) > _merit(best):
            best = fitted
        if not fitted.distance and fitted.agreed == fitted.compared and fitted.compared > 3:
            break
    return best


_loaded: dict[object, int] = {}
"""Shipped networks that have been read so far, with their number of convolutions."""


def _convs(spec: Spec) -> int:
    return sum(item.kind.name == "conv" for block in spec.blocks for item in block)


def _merit(identity: Identity) -> float:
    return identity.agreed - identity.compared - 2 * identity.distance + 0.01 * identity.agreed


def _is_known(best: Identity, reading: _Reading) -> bool:
    hard = sum(obs.kind in HARD for obs in reading.observations)
    if best.compared and best.agreed < NEARLY_ALL * best.compared:
        return False
    if reading.foreign > 0.1 * len(reading.observations):
        return False
    missing = best.missing
    if not reading.table.totals:  # what stands beyond either end of an open listing is not missing
        shown = [
            t for o, t in best.pairs if o is not None and t is not None and best.observations[o].kind in HARD
        ]
        missing = tuple(t for t in missing if shown and min(shown) < t < max(shown))
    gaps = max(len(best.extra), len(missing))  # a row in another place is one of each
    if reading.table.gaps:
        return best.compared > 0 and len(best.extra) <= 0.1 * hard
    return gaps <= max(1, 0.15 * hard) and hard >= 3


def _fit(reading: _Reading, spec: Spec) -> Identity | None:
    """The shipped network with the document's image, norm and head, aligned with the rows."""
    image = reading.image or spec.input
    no_bias = False
    changes = Changes(norm=reading.norm)
    plain = build(spec, image, "none", None, changes)
    if plain is None:
        return None
    if reading.norm and _without_bias(reading, plain):
        no_bias = True
        changes = changes._replace(bias=False)
        plain = build(spec, image, "none", None, changes) or plain
    network = _with_head(reading, spec, plain, image, changes)
    if network is None:
        return None
    return _aligned(reading, network, no_bias)


def _without_bias(reading: _Reading, plain: Network) -> bool:
    convs = [t for t in plain.targets if t.kind == "conv"]
    rows = [obs for obs in reading.observations if obs.kind == "conv" and obs.params]
    weights = {t.weights for t in convs}
    params = {t.params for t in convs}
    return sum(obs.whole in weights for obs in rows) > sum(obs.whole in params for obs in rows)


def _with_head(
    reading: _Reading, spec: Spec, plain: Network, image: Shape, changes: Changes
) -> Network | None:
    """The network with the FC layers that the rows show."""
    if not reading.fc:
        if spec.classifier and _is_dense(reading, plain):
            return build(spec, image, "conv", _dense_classes(reading), changes)
        return plain
    end = plain.targets[-1].shape
    head, inputs = _joint(reading, spec, end)
    units = _units(reading.fc, inputs, spec)
    if not units:
        return plain
    own = [item.fields.get("features") for item in spec.classifier if item.kind.name == "fc"]
    if head != "gap" and _lacks_one(units, own):
        whole = build(spec, image, head, units[-1] if units[-1] != own[-2] else None, changes)
        if whole is not None and not _explains_total(reading, plain, units, inputs):
            return whole
    if head == "gap" or units[:-1] != own[:-1]:
        changes = changes._replace(units=tuple(units), pooled=head == "gap")
        return build(spec, image, "flatten" if head == "gap" else head, None, changes)
    return build(spec, image, head, units[-1], changes)


def _lacks_one(units: Sequence[int], own: Sequence[object]) -> bool:
    """Whether the FC layers are the spec's own but for one of the hidden ones, or the last."""
    if len(units) + 1 != len(own):
        return False
    return units == own[:-1] or list(units[:-1]) == list(own[:-2])


def _explains_total(reading: _Reading, plain: Network, units: Sequence[int], inputs: int) -> bool:
    """Whether a stated total of parameters is that of the FC layers as shown, so that none is missing."""
    block = plain.report.total
    weights, biases = block.weights, block.biases
    for unit in units:
        weights, biases, inputs = weights + inputs * unit, biases + unit, unit
    totals = [cell for cell in reading.table.totals if cell.quantity == "params"]
    numbers = [p for c in totals for p in claim_parts(clean(c.flow).text, c.unit) if isinstance(p, Number)]
    return any(n.admits(count, scale) for n in numbers for count in (weights, weights + biases)
               for scale in (n.unit.decimal, n.unit.binary or n.unit.decimal))  # fmt: skip


def _is_dense(reading: _Reading, plain: Network) -> bool:
    """Whether the last rows are FC layers written as convolutions."""
    convs = [obs for obs in reading.observations if obs.kind == "conv"]
    own = sum(target.kind == "conv" for target in plain.targets)
    tail = convs[own:] or convs[-3:]
    return any(
        obs.kernel == 7 or (obs.channels or 0) >= 1000 or (obs.dims is not None and max(obs.dims.numbers) >= 1000)
        or re.match(r"fc|pred", obs.row.name, re.IGNORECASE) for obs in tail
    )  # fmt: skip


def _dense_classes(reading: _Reading) -> int | None:
    last = [obs for obs in reading.observations if obs.kind == "conv"][-1]
    three = last.dims.oriented(reading.layout) if last.dims else None
    return last.channels or (three[0] if three else None)


def _joint(reading: _Reading, spec: Spec, end: Shape) -> tuple[Head, int]:
    """How the maps join the FC layers, and how many values enter the first one."""
    flat = prod(end)
    adaptive = end[0] * 49
    if reading.pooled or (
        flat != end[0] and end[0] in _stated_inputs(reading) and flat not in _stated_inputs(reading)
    ):
        return "gap", end[0]
    if spec.head == "adaptive" and any(obs.kind == "avgpool" for obs in reading.observations):
        return "adaptive", adaptive
    if spec.head == "adaptive" and flat != adaptive:
        first = reading.fc[0]
        stated = first.in_channels or 0
        units = _stated_units(first)
        claims = (
            {stated}
            | {(first.whole or 0) // unit for unit in units if unit}
            | {((first.whole or 0) - unit) // unit for unit in units if unit}
        )
        if adaptive in claims and flat not in claims:
            return "adaptive", adaptive
    return "flatten", flat


def _stated_inputs(reading: _Reading) -> set[int]:
    """How many values enter the first FC layer, as its arguments or the row that flattens say."""
    found = {reading.fc[0].in_channels or 0}
    for obs in reading.observations:
        if obs.kind == "flatten" and obs.dims and len(obs.dims.without_batch) <= 2:
            found.add(obs.dims.without_batch[-1])
    return found - {0}


def _stated_units(obs: Obs) -> list[int]:
    found = []
    if obs.dims and obs.dims.without_batch:
        sides = [side for side in obs.dims.without_batch if side != 1] or [1]
        found.append(sides[-1])
    if obs.channels:
        found.append(obs.channels)
    return found


def _units(rows: Sequence[Obs], inputs: int, spec: Spec) -> list[int]:
    """The sizes of the FC layers: what most of shape, name, own parameters and next layer's parameters say."""
    own: list[int] = [item.fields.get("features", 0) for item in spec.classifier if item.kind.name == "fc"]
    units: list[int] = []
    for index, obs in enumerate(rows):
        votes: Counter[int] = Counter()
        for unit in _stated_units(obs):
            votes[unit] += 10
        for extra in (1, 0):
            if obs.whole and obs.whole % (inputs + extra) == 0:
                votes[obs.whole // (inputs + extra)] += 11
        after = rows[index + 1] if index + 1 < len(rows) else None
        if after is not None and after.in_channels:
            votes[after.in_channels] += 10
        if after is not None and after.whole:
            for unit in _stated_units(after):
                for bias in (unit, 0):
                    if unit and after.whole > bias and (after.whole - bias) % unit == 0:
                        votes[(after.whole - bias) // unit] += 10
        if len(own) == len(rows) and own[index] is not None:
            votes[own[index] or 0] += 9
        if not votes:
            return []
        inputs = votes.most_common(1)[0][0]
        units.append(inputs)
    return units


def _aligned(reading: _Reading, network: Network, no_bias: bool = False) -> Identity:
    kinds = reading.kinds | HARD
    wanted = [
        i for i, target in enumerate(network.targets) if target.kind in kinds or _as_shown(target, kinds)
    ]
    shown = {network.targets[i].kind for i in wanted}
    rows = [i for i, obs in enumerate(reading.observations)]
    layout = reading.layout

    def distance(row: int, layer: int) -> float | None:
        return _distance(reading.observations[row], network.targets[layer], layout)

    def row_cost(row: int) -> float:
        kind = reading.observations[row].kind
        return GAP if kind in HARD else SOFT_GAP if kind in shown else 0.0

    def layer_cost(layer: int) -> float:
        return (0.3 if reading.table.gaps else GAP) if network.targets[layer].is_hard else 0.0

    found = align(rows, wanted, distance, row_cost, layer_cost)
    pairs = tuple((o, None if t is None else wanted[t]) for o, t in found.pairs)
    agreed, compared = _agreement(reading.observations, network, pairs, layout)
    gaps = sum(
        GAP
        for o, t in pairs
        if (o is None and t is not None and network.targets[t].is_hard and not reading.table.gaps)
        or (t is None and o is not None and reading.observations[o].kind in HARD)
    )
    return Identity(
        network=network, observations=tuple(reading.observations), pairs=pairs, layout=layout, batch=reading.batch,
        agreed=agreed, compared=compared, distance=gaps, no_conv_bias=no_bias, norm=reading.norm,
    )  # fmt: skip


def _as_shown(target: Target, kinds: Iterable[str]) -> bool:
    return target.kind == "avgpool" and "gap" in kinds


_SAME: Final = {("gap", "avgpool"), ("avgpool", "pool"), ("pool", "avgpool")}


def _distance(obs: Obs, target: Target, layout: Layout) -> float | None:
    if (
        obs.kind != target.kind
        and (obs.kind, target.kind) not in _SAME
        and not (obs.kind == "fc" and target.kind == "conv" and target.name.startswith(("fc", "pred")))
    ):
        return None
    if obs.kind == "bn" and target.kind != "bn":
        return None
    cost = 0.4 * sum(not right for right in _compare(obs, target, layout))
    return cost if obs.kind in HARD else 0.1 * cost


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


def _agreement(
    observations: Sequence[Obs],
    network: Network,
    pairs: Iterable[tuple[int | None, int | None]],
    layout: Layout,
) -> tuple[int, int]:
    agreed = compared = 0
    for o, t in pairs:
        if o is None or t is None:
            continue
        for right in _compare(observations[o], network.targets[t], layout):
            agreed += right
            compared += 1
    return agreed, compared


def _is_plain(own: Identity) -> bool:
    """Whether no convolution strides: one that seems to stands where a pool is missing."""
    return own.network is not None and all(t.stride == 1 for t in own.network.targets if t.kind == "conv")


def _is_another(best: Identity, reading: _Reading) -> bool:
    """Whether the document adds up, and to another network than the one that some of its rows look like."""
    assert best.network is not None
    return (
        best.compared - best.agreed > 1
        and bool(best.missing or best.extra)
        and (_adds_up(reading) and not _total_agrees(reading, best))
    )


def _has_groups(own: Identity) -> bool:
    """Whether a convolution has the parameters that groups of its channels would leave it."""
    assert own.network is not None
    for o, t in own.pairs:
        if o is None or t is None or own.network.targets[t].kind != "conv":
            continue
        target, whole = own.network.targets[t], own.observations[o].whole
        if whole not in (None, target.params) and any(
            whole in (target.weights // groups, target.weights // groups + target.biases)
            for groups in (2, 4, 8, 16, 32, 64)
        ):
            return True
    return False


def _adds_up(reading: _Reading) -> bool:
    """Whether the rows, as printed, come to an exact total: then they are of layers of another make (groups)."""
    printed = [
        obs.whole for obs in reading.observations if obs.params is not None and obs.row.type != "container"
    ]
    totals = [cell for cell in reading.table.totals if cell.quantity == "params"]
    exact = [
        p.whole
        for c in totals
        for p in claim_parts(clean(c.flow).text, c.unit)
        if isinstance(p, Number) and p.is_exact
    ]
    return bool(exact) and None not in printed and sum(count or 0 for count in printed) in exact


def _total_agrees(reading: _Reading, own: Identity) -> bool:
    """Whether an exact total of the document is the sum of its own rows."""
    assert own.network is not None
    totals = [cell for cell in reading.table.totals if cell.quantity == "params"]
    exact = [
        p
        for c in totals
        for p in claim_parts(clean(c.flow).text, c.unit)
        if isinstance(p, Number) and p.is_exact
    ]
    block = own.network.report.total
    return any(number.whole in (block.params, block.weights) for number in exact)


def _fit_own(reading: _Reading) -> Identity | None:
    """The rows themselves as a network, where each follows from the one before."""
    image = reading.image
    if image is None or not any(obs.kind == "conv" for obs in reading.observations):
        return None
    items = _own_items(reading, image)
    if items is None:
        return None
    spec = own_spec([items], image)
    plain = build(spec, image, "none")
    if plain is None:
        return None
    network: Network | None = plain
    if reading.fc:
        units = _units(
            reading.fc, plain.targets[-1].shape[0] if reading.pooled else prod(plain.targets[-1].shape), spec
        )
        if not units:
            return None
        network = build(spec, image, "flatten", None, Changes(units=tuple(units), pooled=reading.pooled))
    if network is None or len(network.targets) * len(reading.observations) > MAX_PAIRS:
        return None
    found = _aligned(reading, network).replace(own=True)
    names = {t: reading.observations[o].row.name for o, t in found.pairs if o is not None and t is not None}
    targets = tuple(t._replace(name=names.get(i, t.name)) for i, t in enumerate(network.targets))
    return found.replace(network=network.replace(targets=targets))


def _own_items(reading: _Reading, image: Shape) -> list[Item] | None:
    """Each conv, pool and norm row as a layer of its own; None where one says too little."""
    items: list[Item] = []
    channels, height, width = image
    for obs in reading.observations:
        three = obs.dims.oriented(reading.layout) if obs.dims else None
        if obs.kind == "conv":
            filters = three[0] if three else obs.channels
            if not filters:
                return None
            kernel = obs.kernel or _kernel(obs.whole, channels, filters)
            padding, stride = _step(height, three[1] if three else height, kernel)
            stride = obs.stride or stride
            if obs.padding is not None and obs.kernel is not None:
                padding = obs.padding
            fields: dict[str, object] = {"filters": filters, "kernel": kernel, "stride": stride}
            if padding is not None:
                fields["padding"] = padding
            items.append(make_item("conv", **fields))
            channels = filters
            if three:
                height, width = three[1:]
        elif obs.kind == "pool":
            if three and three[1] and height // three[1] not in (1, 2, 3, 4):
                return None
            step = max(1, round(height / three[1])) if three and three[1] else 2
            items.append(make_item("maxpool", kernel=max(2, step), stride=step))
            height, width = (three[1], three[2]) if three else (height // step, width // step)
        elif obs.kind == "bn" and not any(item.kind.name == "fc" for item in items) and obs.dims and three:
            items.append(make_item("bn"))
        elif obs.kind in ("fc", "flatten", "gap"):
            break
    return items


def _kernel(count: int | None, inputs: int, filters: int) -> int:
    """The side of the window that the parameters tell; 3 where they tell none."""
    for kernel in (3, 1, 5, 7, 2, 4, 9, 11):
        weights = kernel * kernel * inputs * filters
        if count in (weights, weights + filters):
            return kernel
    return 3


def _step(before: int, after: int, kernel: int) -> tuple[int | None, int]:
    """``(padding, stride)`` of a convolution from the sizes around it."""
    if after == before:
        return None, 1
    if after == before - kernel + 1:
        return 0, 1
    if after and after == (before + 1) // 2:
        return (kernel - 1) // 2, 2
    return None, 1
