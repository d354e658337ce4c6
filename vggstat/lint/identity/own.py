"""The rows themselves as a network, where each follows from the one before."""

from __future__ import annotations

from math import isqrt, prod
from typing import Final

from vggstat.lint.identity.agreement import Identity, align_with
from vggstat.lint.identity.evidence import Evidence
from vggstat.lint.identity.heads import find_units, stated_units
from vggstat.lint.identity.images import image_of_bytes, squared_image
from vggstat.lint.identity.own_layers import own_items
from vggstat.lint.network import Changes, Network, build, make_item, own_spec
from vggstat.net.spec import Item
from vggstat.shapes import Shape

MAX_PAIRS: Final = 90_000
"""Rows times layers that are aligned; a table with more is no network that anybody drew up."""
MAX_IMAGES: Final = 3
"""Images that are tried, where the rows leave several."""
MAX_SIDE: Final = 64
"""Of a map that enters FC layers."""


def fit_own(evidence: Evidence, best: Identity | None) -> Identity | None:
    """The rows themselves as a network; None where they say too little. ``best``: the shipped network that comes
    nearest, whose image is taken where the rows leave several."""
    nearest = best.network if best is not None else None
    image = nearest.image if nearest is not None and evidence.images else evidence.image
    if image is None or not any(obs.kind == "conv" for obs in evidence.observations):
        return None
    fitted: Identity | None = None
    for size in dict.fromkeys((image, *evidence.images[:MAX_IMAGES])):
        found = _fit_at(evidence, size)
        if found is None:
            continue
        if fitted is None or found.compared - found.agreed < fitted.compared - fitted.agreed:
            fitted = found
        if fitted.agreed == fitted.compared:
            break
    return fitted


def _fit_at(evidence: Evidence, image: Shape) -> Identity | None:
    """The rows as a network that begins at this image, or at the one that its size in bytes tells."""
    image = squared_image(evidence, image)
    guessed = image_of_bytes(evidence, image)
    image = guessed or image
    items = own_items(evidence, image)
    if items is None:
        return None
    network = _built(evidence, items, image)
    if network is None or len(network.targets) * len(evidence.observations) > MAX_PAIRS:
        return None
    found = align_with(evidence, network).replace(own=True, image_guessed=guessed is not None)
    names = {t: evidence.observations[o].row.name for o, t in found.matched}
    targets = tuple(t._replace(name=names.get(i, t.name)) for i, t in enumerate(network.targets))
    return found.replace(network=network.replace(targets=targets))


def _built(evidence: Evidence, items: list[Item], image: Shape) -> Network | None:
    """The network of these layers, with the FC layers that the rows show."""
    spec = own_spec([items], image)
    plain = build(spec, image, "none")
    if plain is None or not evidence.fc:
        return plain
    end = plain.targets[-1].shape
    side = 0 if evidence.pooled else _unseen_pool(evidence, end)
    if side:
        spec = own_spec([[*items, make_item("adaptive-avgpool", output=side)]], image)
        end = (end[0], side, side)
    units = find_units(evidence.fc, end[0] if evidence.pooled else prod(end), spec)
    changes = Changes(units=tuple(units), pooled=evidence.pooled)
    return build(spec, image, "flatten", None, changes) if units else None


def _unseen_pool(evidence: Evidence, end: Shape) -> int:
    """The side of the map that an average pool's row, or the first FC layer's parameters, show to enter the FC
    layers, where it is not the last map's; 0 where it is."""
    for obs in evidence.observations:
        three = obs.dims.oriented(evidence.layout) if obs.kind == "avgpool" and obs.dims else None
        if three is not None and three[0] == end[0] and three[1] == three[2] != end[1]:
            return three[1]
    first = evidence.fc[0]
    if first.whole is None or not evidence.adds_up:
        return 0
    for unit in stated_units(first):
        for biases in (unit, 0):
            inputs, rest = divmod(first.whole - biases, unit)
            area, more = divmod(inputs, end[0])
            side = isqrt(area)
            if not rest and not more and side * side == area and 0 < side <= MAX_SIDE:
                return 0 if inputs == prod(end) else side
    return 0


def is_plain(own: Identity) -> bool:
    """Whether no convolution strides: one that seems to stands where a pool is missing."""
    return all(target.stride == 1 for target in own.targets if target.kind == "conv")


def has_groups(own: Identity) -> bool:
    """Whether a convolution has the parameters that groups of its channels would leave it."""
    return any(
        obs.whole in (target.weights // groups, target.weights // groups + target.biases)
        for obs, target in own.matches
        if target.kind == "conv" and obs.whole != target.params
        for groups in (2, 4, 8, 16, 32, 64)
    )
