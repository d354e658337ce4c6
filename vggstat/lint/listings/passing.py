"""Layers of rows that no network holds as such: rows that only pass their map on, and modules that hold others."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Final

from vggstat.lint.identity.agreement import Identity, shape_agrees
from vggstat.lint.identity.observe import Obs
from vggstat.lint.network import Target
from vggstat.shapes import Shape


def with_passing(identity: Identity) -> Iterator[tuple[Obs, Target | None]]:
    """Each row with its layer. A row that only passes its map on (ReLU, dropout) gets a layer made for it."""
    targets = identity.targets
    current = targets[0]
    for at, (o, t) in enumerate(identity.pairs):
        if o is None:
            if t is not None and (targets[t].is_hard or targets[t].kind == "avgpool"):
                current = targets[t]
            continue
        obs = identity.observations[o]
        if obs.row.type == "container":
            yield obs, _container(o, identity)
            continue
        if t is not None:
            current = targets[t]
            yield obs, current
            continue
        current = _pool_before(at, obs, identity, current) or current
        made = _passing(obs, current, identity)
        if made is not None and obs.kind in ("flatten", "dropout", "avgpool", "gap"):
            current = made
        yield obs, made


def _container(index: int, identity: Identity) -> Target | None:
    """A module that holds others gives what the last of them gives."""
    depth = identity.observations[index].row.depth
    last = None
    for o, t in identity.pairs:
        if o is None or o <= index:
            continue
        if identity.observations[o].row.depth <= depth:
            break
        last = identity.targets[t] if t is not None else last
    if last is None:
        return None
    return Target("other", identity.observations[index].row.name, "module", last.shape, last.shape)


def _passing(obs: Obs, before: Target, identity: Identity) -> Target | None:
    """The layer of a row that no network holds as such: its shape follows from the one before."""
    shape: Shape | None = before.shape
    weights = 0
    if obs.kind == "flatten":
        shape = (prod(before.shape),)
    elif obs.kind == "bn":
        weights = before.shape[0]
    elif obs.kind == "zeropad" and len(before.shape) == 3:
        shape = _padded(obs, before.shape, identity)
    elif obs.kind in ("avgpool", "gap"):
        shape = _pooled(obs, before, identity)
    elif obs.kind in ("relu", "dropout", "softmax", "lrn"):
        shape = _passed(obs, before, identity)
    else:
        shape = None
    if shape is None:
        return None
    factors = (weights,) if weights else ()
    return Target(
        obs.kind, obs.row.name, obs.kind, shape, before.shape, weights, weights, 2 * weights, factors=factors
    )


MOST_ZEROS: Final = 15


def _padded(obs: Obs, before: Shape, identity: Identity) -> Shape:
    """A map with as many zeros on every side as its row shows, or with one."""
    channels, height, width = before
    shown = obs.dims.oriented(identity.layout) if obs.dims else None
    if shown is not None and shown[0] == channels:
        more = shown[1] - height
        if more == shown[2] - width and 0 < more <= 2 * MOST_ZEROS:
            return shown
    return (channels, height + 2, width + 2)


def _pooled(obs: Obs, before: Target, identity: Identity) -> Shape | None:
    """What an average pool gives that the network lacks: in a network of the document's own any map of as many
    channels, else one value a channel, or the map before it where it is the one that an adaptive pool gives in VGGs."""
    if obs.dims is None or len(before.shape) != 3:
        return None
    three = obs.dims.oriented(identity.layout)
    if three is not None and three[0] == before.shape[0] and identity.own:
        return three
    flat = before.shape[:1]
    if shape_agrees(obs, flat, identity.layout):
        return flat
    return before.shape if before.shape[1:] == (7, 7) else None


def _passed(obs: Obs, before: Target, identity: Identity) -> Shape:
    """What a row gives that passes its values on: all in one line, where it shows that and no row flattens."""
    flat = (prod(before.shape),)
    as_map = obs.dims is None or shape_agrees(obs, before.shape, identity.layout)
    return flat if not as_map and shape_agrees(obs, flat, identity.layout) else before.shape


def _pool_before(at: int, obs: Obs, identity: Identity, current: Target) -> Target | None:
    """The pool without a row of its own between the layers of the rows around the unpaired row at ``at``, if its map
    is the row's."""
    targets = identity.targets
    end = next((t for o, t in identity.pairs[at + 1 :] if o is not None and t is not None), len(targets))
    start = next((t for _, t in reversed(identity.pairs[:at]) if t is not None), 0)
    pools = (t for t in targets[start + 1 : end] if t.kind == "avgpool" and t.in_shape == current.shape)
    return next((pool for pool in pools if shape_agrees(obs, pool.shape, identity.layout)), None)
