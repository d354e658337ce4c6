"""The decision: a shipped network, the document's own, or none."""

from __future__ import annotations

from typing import Final

from vggstat.lint.identity.agreement import Identity
from vggstat.lint.identity.evidence import Evidence
from vggstat.lint.identity.observe import observe
from vggstat.lint.identity.shipped import best_shipped
from vggstat.lint.model import ClaimTable
from vggstat.lint.names import find_names
from vggstat.lint.network import HARD
from vggstat.lint.slips import digit_slip
from vggstat.net.spec import Spec

NEARLY_ALL: Final = 0.75
"""The part of the cells that has to agree before a network is named."""


def identify(table: ClaimTable, forced: Spec | None = None) -> Identity:
    """The network of a ``layers`` table. ``forced`` settles which."""
    evidence = Evidence(table, observe(table))
    if not any(obs.kind == "conv" for obs in evidence.observations) and forced is None:
        return _nameless(evidence, "")
    best = best_shipped(evidence, forced)
    if best is not None and forced is not None:
        return best
    if best is not None and _is_known(best, evidence):
        known = _known(best, evidence)
        if known is not None:
            return known
    from vggstat.lint.identity.own import fit_own

    nearest = best.name if best else ""
    own = fit_own(evidence, best)
    return own.replace(nearest=nearest) if own and _holds(own, evidence) else _nameless(evidence, nearest)


def _nameless(evidence: Evidence, nearest: str) -> Identity:
    return Identity(
        network=None,
        observations=tuple(evidence.observations),
        layout=evidence.layout,
        batch=evidence.batch,
        nearest=nearest,
    )


def _known(best: Identity, evidence: Evidence) -> Identity | None:
    """The shipped network that most rows are of, or the document's own where that explains all of them; None where
    the document adds up to something else."""
    if best.distance and not evidence.table.gaps:
        from vggstat.lint.identity.own import fit_own, is_plain

        own = fit_own(evidence, best)
        complete = own is not None and is_plain(own) and own.agreed == own.compared
        if own is not None and own.network is not None and complete and evidence.has_total_of(own.network):
            return own.replace(nearest=best.name)
    return None if _is_another(best, evidence) else best


def _holds(own: Identity, evidence: Evidence) -> bool:
    """Whether the rows agree with one another, as layers of the kinds that are known here."""
    from vggstat.lint.identity.own import has_groups

    assert own.network is not None
    total = evidence.has_total_of(own.network)
    off = own.compared - own.agreed
    few = off <= 0.1 * own.compared or (off == 1 and (total or _is_one_slip(own)))
    if own.compared < 6 or evidence.foreign or not few:
        return False
    # Rows that come to the printed total are right, whatever follows from the map before: some layer has no row.
    return not ((has_groups(own) or (off and not total)) and evidence.adds_up)


def _is_one_slip(own: Identity) -> bool:
    """Whether what differs is a slip of the hand: a digit in a count or in a side of a shape."""
    for obs, target in own.matches:
        if obs.whole is not None and digit_slip(str(obs.whole), str(target.params)):
            return True
        three = obs.dims.oriented(own.layout) if obs.dims else None
        if three is not None and len(target.shape) == 3:
            sides = [(a, b) for a, b in zip(three, target.shape, strict=True) if a != b]
            if len(sides) == 1 and digit_slip(str(sides[0][0]), str(sides[0][1])):
                return True
    return False


def _is_known(best: Identity, evidence: Evidence) -> bool:
    """Whether the rows are those of this network, but for a few cells and about one layer."""
    hard = sum(obs.kind in HARD for obs in evidence.observations)
    if best.compared and best.agreed < NEARLY_ALL * best.compared:
        return False
    if evidence.foreign > 0.1 * len(evidence.observations):
        return False
    if not _has_trunk(best, evidence):
        return False
    missing = best.missing
    if not evidence.table.totals:  # what stands beyond either end of an open listing is not missing
        shown = [t for o, t in best.matched if best.observations[o].kind in HARD]
        missing = tuple(t for t in missing if shown and min(shown) < t < max(shown))
    gaps = max(len(best.extra), len(missing))  # a row in another place is one of each
    if evidence.table.gaps:
        return best.compared > 0 and len(best.extra) <= 0.1 * hard
    return gaps <= max(1, 0.15 * hard) and hard >= 3


LEAST_CONVS: Final = 2


def _has_trunk(best: Identity, evidence: Evidence) -> bool:
    """Whether convolutions speak for the network, or its name: FC layers are made as the rows have them, and fit any."""
    assert best.network is not None
    targets = best.network.targets
    convs = sum(o is not None and t is not None and targets[t].kind == "conv" for o, t in best.pairs)
    names = find_names(f"{evidence.table.title}\n{evidence.table.context}")
    return convs >= LEAST_CONVS or any(name.spec == best.name for name in names)


def _is_another(best: Identity, evidence: Evidence) -> bool:
    """Whether the document adds up, and to another network than the one that some of its rows look like."""
    assert best.network is not None
    differs = best.compared - best.agreed > 1
    return differs and evidence.adds_up and not evidence.has_total_of(best.network)
