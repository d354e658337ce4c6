"""The rows as a sequence: layers that are missing, too many, or in another order than the network's; and a listing that
is consistent, and of another network than the one that it names."""

from __future__ import annotations

from typing import Final

from vggstat.lint.identity.agreement import Identity
from vggstat.lint.model import ClaimTable
from vggstat.lint.names import find_names
from vggstat.lint.network import Network, Target, build, load_spec
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts

LEAST: Final = 4
"""Layers with weights that are compared with those of the named network."""
STEP: Final = 8
"""What widths of layers are multiples of."""


def judge_structure(table: ClaimTable, identity: Identity, verdicts: Verdicts) -> None:
    """Findings about rows as such, at the row after which something is missing, or at the row too many."""
    network = identity.network
    if network is None or table.gaps or identity.own:
        return
    missing = list(_closed(table, identity))
    extra = list(identity.extra)
    title = network.report.graph.spec.title or network.name
    for o in extra:
        row = identity.observations[o].row
        twin = next((t for t in missing if network.targets[t].kind == row.kind), None)
        if twin is not None:
            missing.remove(twin)
            verdicts.fail(
                "V703",
                row.flow.cut(0, min(len(row.name), len(row.flow)) or 1),
                f"{row.name} stands in another place than in {title}: {network.targets[twin].name} "
                f"follows {network.targets[twin - 1].name}",
                layer=network.targets[twin].name,
                claim=False,
            )
            continue
        verdicts.fail(
            "V702",
            row.flow.cut(0, min(len(row.name), len(row.flow)) or 1),
            f"{title} has no such layer here: {row.name}",
            claim=False,
        )
    for t in missing:
        target = network.targets[t]
        before = [o for o, u in identity.matched if u < t]
        row = identity.observations[before[-1]].row if before else identity.observations[0].row
        verdicts.fail(
            "V701",
            row.flow.cut(0, min(len(row.name), len(row.flow)) or 1),
            f"after this row {title} has {target.label} ({target.name}), which is missing",
            layer=target.name,
            claim=False,
        )


def _closed(table: ClaimTable, identity: Identity) -> tuple[int, ...]:
    """The missing layers, but for those at an end of the listing that nothing closes."""
    missing = list(identity.missing)
    shown = [t for _, t in identity.matched]
    if not shown:
        return ()
    if not table.totals:
        missing = [t for t in missing if t < max(shown)]
    return tuple(
        t for t in missing if t > min(shown) or identity.observations[0].kind == "input" or table.totals
    )


def judge_another(table: ClaimTable, identity: Identity, verdicts: Verdicts) -> None:
    """One warning where the named network's layers are all there, but for widths that look like slips: FC 4094.

    A head of somebody's own is no slip, nor are widths that somebody has chosen.
    """
    named = [name.spec for name in find_names(f"{table.title}\n{table.context}") if name.spec]
    name = identity.name or (named[-1] if named else "")
    if identity.network is None or name not in named:
        return
    spec = load_spec(name)
    meant = build(spec, spec.input, spec.head)
    shown = _weighted(identity.network)
    wanted = _weighted(meant)[-len(shown) :] if meant else []
    if len(shown) < LEAST or len(shown) != len(wanted):
        return  # a listing may begin inside the network, and ends with it
    pairs = list(zip(shown, wanted, strict=True))
    others = [(own, right) for own, right in pairs if own.shape[0] != right.shape[0]]
    if not others or not all(_is_slip(own.shape[0], right.shape[0]) for own, right in others[:-1] or others):
        return
    own, right = others[0]
    rows = {t: identity.observations[o].row for o, t in identity.matched}
    row = rows.get(identity.network.targets.index(own))
    if row is None:
        return
    more = f", and {len(others) - 1} more like it" if len(others) > 1 else ""
    verdicts.fail(
        "V705",
        row.flow,
        f"this is not {spec.title}: {right.name} has {right.shape[0]:,} outputs there, and {own.shape[0]:,} here{more}",
        severity="warning",
        layer=right.name,
        claim=False,
    )


def _weighted(network: Network) -> list[Target]:
    return [target for target in network.targets if target.kind in ("conv", "fc")]


def _is_slip(own: int, right: int) -> bool:
    return own % STEP != 0 and bool(digit_slip(str(own), str(right)))
