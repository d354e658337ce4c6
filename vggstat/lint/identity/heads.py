"""Which FC layers the rows show, how many outputs each has, and how the last maps join them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import prod

from vggstat.lint.identity.evidence import Evidence
from vggstat.lint.identity.observe import Obs
from vggstat.lint.network import Changes, Network, build
from vggstat.net.spec import Head, Spec
from vggstat.shapes import Shape


def with_head(
    evidence: Evidence, spec: Spec, plain: Network, image: Shape, changes: Changes
) -> Network | None:
    """The network with the FC layers that the rows show."""
    if not evidence.fc:
        if spec.classifier and _is_dense(evidence, plain):
            return build(spec, image, "conv", _dense_classes(evidence), changes)
        return plain
    end = plain.targets[-1].shape
    head, inputs = _joint(evidence, spec, end)
    units = find_units(evidence.fc, inputs, spec)
    if not units:
        return plain
    own = [item.fields.get("features") for item in spec.classifier if item.kind.name == "fc"]
    if head != "gap" and _lacks_one(units, own):
        whole = build(spec, image, head, units[-1] if units[-1] != own[-2] else None, changes)
        if whole is not None and not _explains_total(evidence, plain, units, inputs):
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


def _explains_total(evidence: Evidence, plain: Network, units: Sequence[int], inputs: int) -> bool:
    """Whether a stated total of parameters is that of the FC layers as shown, so that none is missing."""
    weights, biases = plain.report.total.weights, plain.report.total.biases
    for unit in units:
        weights, biases, inputs = weights + inputs * unit, biases + unit, unit
    counts = (weights, weights + biases)
    return any(number.admits_in(count) for number in evidence.totals for count in counts)


def _is_dense(evidence: Evidence, plain: Network) -> bool:
    """Whether the last rows are FC layers written as convolutions."""
    convs = [obs for obs in evidence.observations if obs.kind == "conv"]
    own = sum(target.kind == "conv" for target in plain.targets)
    tail = convs[own:] or convs[-3:]
    return any(
        obs.kernel == 7
        or (obs.channels or 0) >= 1000
        or (obs.dims is not None and max(obs.dims.numbers) >= 1000)
        or re.match(r"fc|pred", obs.row.name, re.IGNORECASE)
        for obs in tail
    )


def _dense_classes(evidence: Evidence) -> int | None:
    """The outputs of the last of such convolutions."""
    last = [obs for obs in evidence.observations if obs.kind == "conv"][-1]
    three = last.dims.oriented(evidence.layout) if last.dims else None
    return last.channels or (three[0] if three else None)


def _joint(evidence: Evidence, spec: Spec, end: Shape) -> tuple[Head, int]:
    """How the maps join the FC layers, and how many values enter the first one."""
    flat = prod(end)
    adaptive = end[0] * _adaptive_area(spec)
    stated = _stated_inputs(evidence)
    if evidence.pooled or (flat != end[0] and end[0] in stated and flat not in stated):
        return "gap", end[0]
    first = evidence.fc[0]
    count = first.whole or 0
    units = [unit for unit in stated_units(first) if unit]
    claims = {first.in_channels or 0, *(n // u for u in units for n in (count, count - u))}
    if _takes(first, end[0]) and not _takes(first, flat) and not _takes(first, adaptive):
        return "gap", end[0]
    if any(obs.kind == "avgpool" for obs in evidence.observations):
        if end[0] in claims and not {flat, adaptive} & claims:
            return "gap", end[0]
        if spec.head == "adaptive":
            return "adaptive", adaptive
    if spec.head == "adaptive" and adaptive in claims and flat not in claims:
        return "adaptive", adaptive
    return "flatten", flat


def _takes(first: Obs, inputs: int) -> bool:
    """Whether the first FC layer prints the parameters of one with so many inputs."""
    number = first.params
    units = [unit for unit in stated_units(first) if unit]
    return number is not None and any(
        number.admits(inputs * unit) or number.admits((inputs + 1) * unit) for unit in units
    )


def _adaptive_area(spec: Spec) -> int:
    """Values a channel that an adaptive pool leaves: the last map at the spec's own image."""
    own = build(spec, spec.input, "none")
    return 0 if own is None else prod(own.targets[-1].shape[1:])


def _stated_inputs(evidence: Evidence) -> set[int]:
    """How many values enter the first FC layer, as its arguments or the row that flattens say."""
    found = {evidence.fc[0].in_channels or 0}
    for obs in evidence.observations:
        if obs.kind == "flatten" and obs.dims and len(obs.dims.without_batch) <= 2:
            found.add(obs.dims.without_batch[-1])
    return found - {0}


def stated_units(obs: Obs) -> list[int]:
    """The outputs of an FC layer that its shape and its name say."""
    found = []
    if obs.dims and obs.dims.without_batch:
        sides = [side for side in obs.dims.without_batch if side != 1] or [1]
        found.append(sides[-1])
    if obs.channels:
        found.append(obs.channels)
    return found


def find_units(rows: Sequence[Obs], inputs: int, spec: Spec) -> list[int]:
    """The sizes of the FC layers, as most of what is printed has them; empty where a row says nothing.

    ``inputs``: how many values enter the first one."""
    own: list[int] = [item.fields.get("features", 0) for item in spec.classifier if item.kind.name == "fc"]
    units: list[int] = []
    for index, obs in enumerate(rows):
        after = rows[index + 1] if index + 1 < len(rows) else None
        votes = _votes_for_units(obs, inputs, after)
        if len(own) == len(rows) and own[index] is not None:
            votes[own[index] or 0] += 9
        if not votes:
            return []
        inputs = votes.most_common(1)[0][0]
        units.append(inputs)
    return units


def _votes_for_units(obs: Obs, inputs: int, after: Obs | None) -> Counter[int]:
    """What the shape, the name, the row's own parameters and those of the next layer say of its size."""
    votes: Counter[int] = Counter()
    for unit in stated_units(obs):
        votes[unit] += 10
    for extra in (1, 0):
        if obs.whole and obs.whole % (inputs + extra) == 0:
            votes[obs.whole // (inputs + extra)] += 11
    if after is not None and after.in_channels:
        votes[after.in_channels] += 10
    if after is not None and after.whole:
        for unit in stated_units(after):
            for bias in (unit, 0):
                if unit and after.whole > bias and (after.whole - bias) % unit == 0:
                    votes[(after.whole - bias) // unit] += 10
    return votes
