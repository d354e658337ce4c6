"""Claims about several rows together: the parameters of a block, of ``conv3-64 x 2``, of all FC layers.

A number is compared with the sum over the rows' layers under the rule of its column. Nothing is held to be wrong
before something of the same column is right: then it is known what the column counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from vggstat.lint.contradictions import enter_mixture
from vggstat.lint.conventions import Rule, rules_of, voted_images
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.listings.columns import heading_of
from vggstat.lint.listings.passing import with_passing
from vggstat.lint.model import Cell, ClaimTable, Group
from vggstat.lint.network import Target
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts

CODES: Final = {"params": "V501", "weights": "V501", "ops": "V504"}
ROWS: Final = 3
"""Rows whose sum is told from a number by chance."""
MOST_GROUPS: Final = 300
"""Groups of a table that are looked at."""


class _Claim(NamedTuple):
    """A group with its number, and the layers that it is the sum of."""

    group: Group
    number: Number
    targets: tuple[Target, ...]
    whole: bool
    """Whether no layer of the network stands between its rows without a row of its own."""
    network: tuple[Target, ...] = ()
    """All layers of the network, where the group is all rows: a total may be of those that are left out, too."""

    def sum(self, rule: Rule, batch: int = 1) -> int | None:
        return rule.total(self.targets, batch)

    @property
    def cell(self) -> Cell:
        return self.group.cell

    def rules(self, family: str) -> tuple[Rule, ...]:
        """The ways to count that it may follow. ``family``: the tool whose listing it is."""
        return rules_of(self.cell.quantity, family, in_bytes=self.number.unit.bytes)

    def admits(self, rule: Rule, batch: int = 1) -> bool:
        return any(
            exact is not None and rule.fits(self.number, exact)
            for exact in (self.sum(rule, batch), rule.total(self.network, batch))
        )

    def is_of_one(self, rule: Rule) -> bool:
        """Whether the number is that of each single layer: some tables print that beside ``x 3``."""
        return any(rule.admits(self.number, target) for target in self.targets)


def batch_of(table: ClaimTable, identity: Identity) -> int:
    """For how many images most groups are: 1 where they have no number in common. Parameters are for none."""
    claims = (claim for claim in _claims(table, identity, None) if claim.cell.quantity in ("ops", "values"))
    return voted_images(
        (claim.number, [claim.sum(rule) for rule in claim.rules(table.family)]) for claim in claims
    )


def judge_groups(
    table: ClaimTable, identity: Identity, rules: Mapping[str, Rule | None], verdicts: Verdicts
) -> None:
    """Judge every group of a listing whose network is known. ``rules``: the conventions of its columns."""
    columns: dict[tuple[str, str], list[_Claim]] = {}
    for claim in _claims(table, identity, verdicts):
        cell = claim.cell
        columns.setdefault((cell.quantity, heading_of(cell)), []).append(claim)
    for (quantity, heading), claims in columns.items():
        own = rules.get(f"{quantity} {heading}") or rules.get(quantity)
        _judge_column(claims, own if quantity in CODES else None, table, identity, verdicts)


def _claims(table: ClaimTable, identity: Identity, verdicts: Verdicts | None) -> Iterator[_Claim]:
    layers = _layers(table, identity)
    shown = frozenset(index for row in layers.values() for index, _ in row)
    for group in table.groups[:MOST_GROUPS]:
        claim = _claim(group, layers, shown, identity)
        if claim is not None:
            yield claim
        elif verdicts is not None:
            verdicts.skip(group.cell, "not all of its layers are known")


def _layers(table: ClaimTable, identity: Identity) -> dict[int, list[tuple[int, Target | None]]]:
    """For each row the layers that it stands for, with their index in the network (-1 for none)."""
    places = {id(target): index for index, target in enumerate(identity.targets)}
    numbers = {id(row): index for index, row in enumerate(table.rows)}
    found: dict[int, list[tuple[int, Target | None]]] = {}
    for obs, target in with_passing(identity):
        index = -1 if target is None else places.get(id(target), -1)
        found.setdefault(numbers[id(obs.row)], []).append((index, target))
    return found


def _claim(
    group: Group,
    layers: Mapping[int, Sequence[tuple[int, Target | None]]],
    all_shown: frozenset[int],
    identity: Identity,
) -> _Claim | None:
    number = group.cell.number
    entries = [entry for row in group.rows for entry in layers.get(row, ())]
    targets = [target for _, target in entries if target is not None]
    if number is None or not targets or len(targets) < len(entries):
        return None
    shown = {index for index, _ in entries if index >= 0}
    between = range(min(shown, default=0), max(shown, default=-1) + 1)
    missing = [
        i for i in between if i not in all_shown and identity.targets[i].params
    ]  # fmt: skip
    everything = identity.targets if set(layers) <= set(group.rows) else ()
    return _Claim(group, number, tuple(targets), not missing, everything)


def _judge_column(
    claims: Sequence[_Claim], own: Rule | None, table: ClaimTable, identity: Identity, verdicts: Verdicts
) -> None:
    """Judge the groups of one column under the rule that most of them follow. ``own``: that of its single rows."""
    rules = claims[0].rules(table.family)
    ordered = [own, *rules] if own is not None else list(rules)
    batch = identity.batch
    rule = max(ordered, key=lambda rule: sum(claim.admits(rule, batch) for claim in claims))
    right = sum(claim.admits(rule, batch) for claim in claims)
    single = sum(claim.is_of_one(rule) and not claim.admits(rule, batch) for claim in claims)
    # of a network that was made of the rows a sum proves nothing against a number
    known = (own is not None or 2 * right > len(claims)) and not identity.own and single <= right
    for claim in claims:
        cell = claim.cell
        if claim.admits(rule, batch):
            verdicts.passed(cell, f"{rule.words}, {len(claim.targets)} layers together")
        elif not known or not claim.whole:
            verdicts.skip(cell, "it is not known what it is the sum of")
        elif claim.is_of_one(rule) and not claim.number.is_exact:
            verdicts.skip(cell, "it may be of one of the layers")
        elif not _in_another_way(claim, rules, rule, batch, verdicts):
            _fail(claim, rule, batch, verdicts)


def _in_another_way(claim: _Claim, rules: Iterable[Rule], rule: Rule, batch: int, verdicts: Verdicts) -> bool:
    """Whether the number is right under another rule than its column's; then that is what is wrong with it."""
    other = next((r for r in rules if claim.admits(r, batch) and r.of is not rule.of), None)
    if other is None:
        return False
    expected = format_like(claim.number, claim.sum(rule, batch) or 0, rule.scale(claim.number))
    enter_mixture(claim.cell, claim.number, other.words, rule.words, expected, verdicts)
    return True


def _fail(claim: _Claim, rule: Rule, batch: int, verdicts: Verdicts) -> None:
    number, cell, exact = claim.number, claim.cell, claim.sum(rule, batch) or 0
    code = CODES.get(cell.quantity, "V503")
    names = " + ".join(target.name or target.label for target in claim.targets if rule.exact(target))
    noun = f"operations ({rule.name})" if code == "V504" else rule.name
    verdicts.wrong_part(
        code,
        cell,
        number,
        f"{exact:,} {noun} together, not {number.text.strip()}",
        expected=format_like(number, exact, rule.scale(number)),
        derivation=names if len(names) < 100 else "",
        notes=(digit_slip(number.digits, str(exact)),) if number.is_exact else (),
    )


def judge_printed_groups(table: ClaimTable, verdicts: Verdicts) -> None:
    """The groups of a network that is not known: right where they are the sum of the rows' own numbers."""
    for group in table.groups[:MOST_GROUPS]:
        counts = list(_printed(table, group))
        number = group.cell.number
        exact = sum(count or 0 for count in counts) if None not in counts else 0
        slip = digit_slip(number.digits, str(exact)) if number is not None and number.is_exact else ""
        if number is not None and exact and number.whole == exact:
            verdicts.passed(group.cell, "sum of the rows")
        elif number is not None and slip and len(counts) >= ROWS and len(group.rows) == len(table.rows):
            message = f"the rows add up to {exact:,}, not to {number.text.strip()}"
            expected = format_like(number, exact)
            notes = (slip, "either this total or one of the rows is wrong")
            verdicts.wrong_part("V501", group.cell, number, message, expected=expected, notes=notes)
        else:
            verdicts.skip(group.cell, "the network is not known")


def _printed(table: ClaimTable, group: Group) -> Iterator[int | None]:
    """The exact numbers of a group's rows, each smaller group taken as one."""
    inner = [g for g in table.groups[:MOST_GROUPS] if g is not group and set(g.rows) < set(group.rows)]
    outer = [g for g in inner if not any(set(g.rows) < set(other.rows) for other in inner)]
    covered = {row for g in outer for row in g.rows}
    yield from (g.cell.whole for g in outer)
    for row in group.rows:
        if row in covered:
            continue
        cells = [cell for cell in table.rows[row].cells if cell.quantity == group.cell.quantity]
        if cells or table.rows[row].kind in ("conv", "fc", "bn"):
            yield cells[0].whole if cells else None
