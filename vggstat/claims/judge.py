"""From a table of claims to findings: which network, under which convention, and what is wrong."""

from __future__ import annotations

from vggstat.claims.identify import Identity, identify
from vggstat.claims.judge_rows import judge_rows, with_passing
from vggstat.claims.ledger import Ledger
from vggstat.claims.model import ClaimTable, Finding, Place
from vggstat.claims.structure import judge_structure
from vggstat.claims.totals import judge_sums, judge_totals
from vggstat.records import Record
from vggstat.spec.model import Spec

__all__ = ["Judgement", "judge"]


class Judgement(Record):
    """What was made of one table."""

    table: ClaimTable
    spec: str
    title: str
    input: tuple[int, ...] | None
    classes: int | None
    convention: dict[str, str]
    claims: int
    right: int
    unchecked: tuple[tuple[Place, str], ...]
    passes: tuple[tuple[Place, str, str], ...]
    findings: tuple[Finding, ...]
    nearest: str = ""
    certain: str = ""


def judge(table: ClaimTable, forced: Spec | None = None) -> Judgement:
    """Judge one table. ``forced`` settles which network is meant."""
    ledger = Ledger()
    if table.form != "layers":
        from vggstat.claims.judge_networks import judge_networks

        name = judge_networks(table, forced, ledger)
        return _judgement(table, ledger, None, name)
    identity = identify(table, forced)
    if identity.network is None:
        from vggstat.claims.arithmetic import judge_arithmetic

        for obs in dict.fromkeys(id(o.row) for o in identity.observations):
            row = next(o.row for o in identity.observations if id(o.row) == obs)
            for cell in row.cells:
                if not judge_arithmetic(cell, ledger):
                    ledger.skip(cell, "the network is not known")
        judge_sums(table, identity, ledger)
        return _judgement(table, ledger, identity, "")
    columns = judge_rows(table, identity, ledger)
    shown = [
        target for obs, target in with_passing(identity) if target is not None and obs.row.type != "container"
    ]
    judge_structure(table, identity, ledger)
    if identity.batch == 1:
        identity = identity.replace(batch=ledger.batch)
    judge_totals(table, identity, shown, columns, ledger)
    return _judgement(table, ledger, identity, identity.name)


def _judgement(table: ClaimTable, ledger: Ledger, identity: Identity | None, name: str) -> Judgement:
    network = identity.network if identity else None
    graph = network.report.graph if network else None
    if network and identity and identity.norm and name:
        name += "-BN"
    agreed = f"{identity.agreed} of {identity.compared} cells agree" if identity and identity.compared else ""
    return Judgement(
        table=table,
        spec=name,
        title=graph.spec.title if graph else "",
        input=graph.image if graph else None,
        classes=graph.classes if graph else None,
        convention=dict(ledger.conventions),
        claims=ledger.claims,
        right=ledger.right,
        unchecked=tuple(ledger.unchecked),
        passes=tuple(ledger.passes),
        findings=tuple(sorted(ledger.findings, key=lambda f: (f.place.line, f.place.column, f.code))),
        nearest=identity.nearest if identity else "",
        certain=agreed,
    )
