"""The rows as a sequence: layers that are missing, too many, or in another order than the network's."""

from __future__ import annotations

from vggstat.lint.identity.agreement import Identity
from vggstat.lint.model import ClaimTable
from vggstat.lint.network import Target
from vggstat.lint.verdicts import Verdicts


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
        twin = next((t for t in missing if _like(network.targets[t], row.kind)), None)
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
        before = [o for o, u in identity.pairs if o is not None and u is not None and u < t]
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
    shown = [t for o, t in identity.pairs if o is not None and t is not None]
    if not shown:
        return ()
    if not table.totals:
        missing = [t for t in missing if t < max(shown)]
    return tuple(
        t for t in missing if t > min(shown) or identity.observations[0].kind == "input" or table.totals
    )


def _like(target: Target, kind: str) -> bool:
    return target.kind == kind
