"""From a table of claims to findings: which network, under which convention, and what is wrong."""

from __future__ import annotations

from vggstat.lint.identity.agreement import Identity
from vggstat.lint.identity.identify import identify
from vggstat.lint.listings.passing import with_passing
from vggstat.lint.listings.rows import judge_rows
from vggstat.lint.listings.structure import judge_another, judge_structure
from vggstat.lint.listings.totals import judge_totals
from vggstat.lint.model import ClaimTable, Finding
from vggstat.lint.place import Place
from vggstat.lint.relations import judge_relations
from vggstat.lint.verdicts import Verdicts
from vggstat.net.spec import Spec
from vggstat.records import Record


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
    binary: frozenset[int] = frozenset()
    """Exact counts that are printed in units of 1024 without a word; they have a finding each."""
    decimal: frozenset[int] = frozenset()
    """Exact counts that are printed in units of 1000."""


def judge(table: ClaimTable, forced: Spec | None = None) -> Judgement:
    """Judge one table. ``forced`` settles which network is meant."""
    verdicts = Verdicts()
    if table.form == "counts":
        for cell in (cell for row in table.rows for cell in row.cells):
            verdicts.skip(cell, "of no layer and no network that is known")
        judge_relations(table, verdicts)
        return _judgement(table, verdicts, None, "")
    if table.family == "lightning":
        from vggstat.lint.listings.rounded import judge_rounded

        judge_rounded(table, verdicts)
        return _judgement(table, verdicts, None, "")
    if table.form != "layers":
        from vggstat.lint.whole_networks.rows import judge_networks

        name = judge_networks(table, forced, verdicts)
        judge_relations(table, verdicts)
        return _judgement(table, verdicts, None, name)
    identity = identify(table, forced)
    if identity.network is None:
        from vggstat.lint.by_name import judge_by_name
        from vggstat.lint.listings.unknown import judge_unknown

        judge_unknown(table, identity, verdicts)
        if any(obs.kind == "fc" for obs in identity.observations):
            from vggstat.lint.dense import judge_dense

            judge_dense(identity, verdicts)
        if table.groups:
            from vggstat.lint.groups import judge_printed_groups

            judge_printed_groups(table, verdicts)
        name = judge_by_name(table, verdicts)
        judge_relations(table, verdicts)
        return _judgement(table, verdicts, None if name else identity, name)
    if table.groups:
        from vggstat.lint.groups import batch_of, judge_groups

        if identity.batch == 1:
            identity = identity.replace(batch=batch_of(table, identity))
    columns = judge_rows(table, identity, verdicts)
    if table.groups:
        judge_groups(table, identity, columns, verdicts)
    shown = [
        target for obs, target in with_passing(identity) if target is not None and obs.row.type != "container"
    ]
    judge_structure(table, identity, verdicts)
    judge_another(table, identity, verdicts)
    if identity.batch == 1:
        identity = identity.replace(batch=verdicts.batch)
    judge_totals(table, identity, shown, columns, verdicts)
    judge_relations(table, verdicts)
    return _judgement(table, verdicts, identity, identity.name)


def _judgement(table: ClaimTable, verdicts: Verdicts, identity: Identity | None, name: str) -> Judgement:
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
        convention=dict(verdicts.conventions),
        claims=verdicts.claims,
        right=verdicts.right,
        unchecked=tuple(verdicts.unchecked),
        passes=tuple(verdicts.passes),
        findings=tuple(sorted(verdicts.findings, key=lambda f: (f.place.line, f.place.column, f.code))),
        nearest=identity.nearest if identity else "",
        certain=agreed,
        binary=frozenset(verdicts.binary),
        decimal=frozenset(verdicts.decimal),
    )
