"""The whole that a listing's totals are compared with: its layers, its rows, its units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from vggstat.lint.contradictions import (
    enter_binary,
    enter_other_convention,
    enter_other_mega,
    is_plain_binary,
    is_precise,
)
from vggstat.lint.conventions import FLOAT32, Rule, param_rules
from vggstat.lint.identity.agreement import Identity
from vggstat.lint.identity.observe import is_torch_summary, printed_counts
from vggstat.lint.model import Cell, ClaimTable
from vggstat.lint.network import Network, Target
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.slips import digit_slip
from vggstat.lint.verdicts import Verdicts
from vggstat.records import Record

PART: Final = "rows are left out, so the total may be of more than is shown"
PARTS: Final = ("trainable_params", "frozen_params", "trainable_bytes", "frozen_bytes")
"""Parts of the total, which are judged together."""
SIZES: Final = ("input_bytes", "pass_bytes", "param_bytes")
"""What torchsummary and torchinfo add up to the estimated total size."""


def printed_sizes(table: ClaimTable) -> list[Number]:
    """The numbers of the three sizes, those of them that are printed."""
    cells = (cell for cell in table.totals if cell.quantity in SIZES)
    return [number for cell in cells if (number := cell.number) is not None]


def _is_in_mebibytes(number: Number, values: int) -> bool:
    """Whether the number is the bytes of so many values, in MiB that are called MB."""
    unit, size = number.unit, FLOAT32 * values
    return bool(unit.bytes and unit.binary) and number.admits(size, unit.binary) and not number.admits(size)


Kind = Literal["right", "other", "binary"]


class Match(Record):
    """A rule that gives a number: right, excluded by the settings, or in units that nothing announces."""

    kind: Kind
    rule: Rule
    exact: int


class Whole:
    """A network as its listing shows it. ``shown``: the layers of its rows; ``columns``: their conventions."""

    def __init__(
        self,
        table: ClaimTable,
        identity: Identity,
        network: Network,
        shown: Sequence[Target],
        columns: dict[str, Rule | None],
        verdicts: Verdicts,
    ) -> None:
        self.table, self.identity, self.network = table, identity, network
        self.shown, self.columns, self.verdicts = shown, columns, verdicts
        made = [t for t in shown if not any(t is own for own in network.targets)]
        self.targets = [*network.targets, *(t for t in made if t.params)]
        """The network's layers, and those of the rows that learn something besides."""
        self.rows = [*shown, *(network.targets[t] for t in identity.missing)]
        """The layers that have a row, or should have."""
        self.is_part = table.gaps or table.wrapped or identity.begins_inside
        """Whether the totals may be of more than the rows that are shown."""

    @property
    def params(self) -> int:
        """The parameters of all layers, as the tool whose listing it is counts them."""
        return self.sum(param_rules(self.table.family)[0]) or 0

    @property
    def is_torch_summary(self) -> bool:
        """Whether torchinfo's forerunner printed it, which leaves the batch open, prints MiB and counts otherwise."""
        return is_torch_summary(self.table, self.identity.observations)

    def sum(self, rule: Rule, rows: Sequence[Target] | None = None) -> int | None:
        """The count of all layers, or of some rows; None where the rule is not known for one of them."""
        return rule.total(self.targets if rows is None else rows, self.identity.batch)

    def match(
        self,
        number: Number,
        rules: Sequence[Rule],
        permitted: Sequence[Rule],
        column: Rule | None,
        rows: Sequence[Target] | None = None,
    ) -> Match | None:
        """The first rule that gives the number, of those that are permitted and whose units are known.

        ``column``: the rule of the rows; ``rows``: the layers that are counted, if not all.
        """
        found: Match | None = None
        for rule in rules:
            exact = self.sum(rule, rows)
            if exact is None or not rule.fits(number, exact):
                continue
            if rule not in permitted:
                kind: Kind = "other"
            elif self._is_binary(number, exact, rule, column):
                kind = "binary"
            else:
                return Match(kind="right", rule=rule, exact=exact)
            found = found or Match(kind=kind, rule=rule, exact=exact)
        return found

    def _is_binary(self, number: Number, exact: int, rule: Rule, column: Rule | None) -> bool:
        """Whether it is a count in units of 1024 that neither the rows nor another total explain."""
        if not rule.binary or not is_plain_binary(number, exact):
            return False
        if self.table.policy.binary or (column is not None and column.binary):
            return False
        others = [other for cell in self.table.totals for other in cell.numbers]
        return not any(other.whole == exact or _is_in_mebibytes(other, exact) for other in others)

    def scales(self, number: Number) -> tuple[int, ...]:
        """The bases that the tool uses for MB, or the one that is settled."""
        return self.table.scales_of_size(number, mebi=self.is_torch_summary)

    def expect(self, cell: Cell, number: Number, exact: int, code: str, words: str) -> None:
        """Enter the verdict on a number that has one right value."""
        scales = self.scales(number)
        if number.admits_in(exact, scales):
            self.verdicts.passed(cell, words)
        elif not enter_other_mega(self.table.policy, cell, number, exact, self.verdicts):
            self.fail(cell, number, exact, code, words, scales[0])

    def contradict(self, cell: Cell, number: Number, match: Match, rule: Rule, code: str, noun: str) -> None:
        """Enter a number that only an excluded rule gives, or one in units that nothing announces.

        ``rule``: the one that should give it; ``code``: that of a wrong one.
        """
        if match.kind == "other":
            exact = match.exact if rule.name == match.rule.name else self.sum(rule)
            expected = "" if exact is None else format_like(number, exact, rule.scale(number))
            wanted = self.table.policy.words(cell.quantity)
            enter_other_convention(cell, number, match.rule.words, wanted, self.verdicts, expected=expected)
        elif is_precise(number) and not self.is_part:
            enter_binary(cell, number, match.exact, noun, self.verdicts)
        else:
            self.verdicts.binary.add(match.exact)
            self.fail(cell, number, match.exact, code, noun, number.unit.decimal)

    def fail(self, cell: Cell, number: Number, exact: int, code: str, words: str, scale: int) -> None:
        """Enter a wrong total, unless it may be of more than is shown."""
        if self.is_part:
            self.verdicts.skip(cell, PART)
        else:
            self.enter_wrong(cell, number, exact, code, words, scale)

    def enter_wrong(self, cell: Cell, number: Number, exact: int, code: str, words: str, scale: int) -> None:
        """Enter a wrong total, with the slip that leads to it and what the printed rows come to."""
        slip = digit_slip(number.digits, str(exact)) if number.is_exact else ""
        printed = sum(printed_counts(self.identity.observations)) if cell.quantity == "params" else 0
        note = f"its printed rows add up to {printed:,}" if printed and printed != exact else ""
        self.verdicts.wrong_part(
            code,
            cell,
            number,
            f"{exact:,} {words}, not {number.text.strip()}",
            expected=format_like(number, exact, scale),
            notes=(slip, note),
        )
