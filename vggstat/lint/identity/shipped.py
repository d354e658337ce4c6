"""The shipped networks, each made to fit the document, and the one that agrees with most of it."""

from __future__ import annotations

from typing import Final

from vggstat.lint.identity.agreement import Identity, align_with
from vggstat.lint.identity.evidence import Evidence
from vggstat.lint.identity.heads import with_head
from vggstat.lint.names import find_names
from vggstat.lint.network import Changes, Network, build, load_spec, shipped_names
from vggstat.net.spec import Spec, items_of
from vggstat.shapes import Shape

HINT: Final = 0.5
"""What it counts that the words above name the network: less than a cell."""
MAX_LAYERS_OFF: Final = 4
"""Convolutions by which a listing may differ from a network that it is tried on."""


def best_shipped(evidence: Evidence, forced: Spec | None = None) -> Identity | None:
    """The shipped network that agrees best, at any of the images that the rows may mean; ``forced`` is the only one
    to try. None where none can be built."""
    best = _best_at(evidence, evidence.image, forced)
    if best is not None and not best.distance and best.agreed == best.compared:
        return best
    for image in evidence.images[1:3]:
        other = _best_at(evidence, image, forced)
        if other is not None and (best is None or _merit(other) > _merit(best)):
            best = other
    return best


def _best_at(evidence: Evidence, image: Shape | None, forced: Spec | None) -> Identity | None:
    """The network that agrees best at this image, or at its own where the rows name none."""
    best: Identity | None = None
    names: tuple[str | Spec, ...] = (forced,) if forced else shipped_names()
    hinted = _named(f"{evidence.table.title}\n{evidence.table.context}") if not forced else None
    convs = sum(obs.kind == "conv" for obs in evidence.observations)
    # one order for all documents, so that what is named does not depend on those before
    order = names if forced else sorted(names, key=lambda name: name != hinted)
    for name in order:
        spec = load_spec(name) if isinstance(name, str) else name
        if forced is None and not evidence.table.gaps and abs(_convs(spec) - convs) > MAX_LAYERS_OFF:
            continue
        fitted = _fit(evidence, spec, image or spec.input)
        if fitted is None:
            continue
        if best is None or _merit(fitted) + HINT * (name == hinted) > _merit(best) + HINT * (
            best.name == hinted
        ):
            best = fitted
        # a listing without its pools fits deeper networks as well
        whole = not (evidence.table.gaps and _lacks_pools(fitted)) or _convs(spec) == convs
        if whole and not fitted.distance and fitted.agreed == fitted.compared and fitted.compared > 3:
            break
    return best


def _convs(spec: Spec) -> int:
    return sum(item.kind.name == "conv" for block in spec.blocks for item in items_of(block))


def _named(words: str) -> str | None:
    """The shipped network that the words name last (``VGG-16 (D)``, ``vgg19_bn``, ``configuration E``)."""
    found = [name.spec for name in find_names(words) if name.spec in shipped_names()]
    return found[-1] if found else None


def _merit(identity: Identity) -> float:
    """The more of two the better: a missing layer weighs as much as several cells. Of networks that agree equally
    with a listing without pools the one of as many layers is meant."""
    merit = identity.agreed - identity.compared - 2 * identity.distance + 0.01 * identity.agreed
    return merit - 0.001 * len(identity.missing) if _lacks_pools(identity) else merit


def _lacks_pools(identity: Identity) -> bool:
    return not any(obs.kind == "pool" for obs in identity.observations)


def _fit(evidence: Evidence, spec: Spec, image: Shape) -> Identity | None:
    """The shipped network with an image, and the document's norm and head, aligned with the rows."""
    changes = Changes(norm=evidence.norm)
    plain = build(spec, image, "none", None, changes)
    if plain is None:
        return None
    if evidence.norm and _without_bias(evidence, plain):
        changes = changes._replace(bias=False)
        plain = build(spec, image, "none", None, changes) or plain
    network = with_head(evidence, spec, plain, image, changes)
    if network is None:
        return None
    return align_with(evidence, network)


def _without_bias(evidence: Evidence, plain: Network) -> bool:
    """Whether more convolutions are printed without biases than with them."""
    convs = [t for t in plain.targets if t.kind == "conv"]
    rows = [obs for obs in evidence.observations if obs.kind == "conv" and obs.params]
    weights = {t.weights for t in convs}
    params = {t.params for t in convs}
    return sum(obs.whole in weights for obs in rows) > sum(obs.whole in params for obs in rows)
