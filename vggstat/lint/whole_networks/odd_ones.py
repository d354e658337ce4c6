"""A column of parameters that is right but for one number: whatever that comes from, it is not its network's.

Alone it may be of a variant that the table does not name; among numbers that are all as published it hardly is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from vggstat.lint.elsewhere import find_elsewhere
from vggstat.lint.model import Cell, Row
from vggstat.lint.names import find_names
from vggstat.lint.network import build, load_spec
from vggstat.lint.numbers import Number, format_like
from vggstat.lint.qualifiers import leaves_it
from vggstat.lint.verdicts import Verdicts

LEAST: Final = 4
"""Numbers of a column that have to be right."""
MOST_WRONG: Final = 5
"""For each that is wrong, so many have to be."""
FAR: Final = 0.09
"""By how much a number has to be off from every published count: versions of a network differ by less."""
LEAST_DIGITS: Final = 2


class _Entry(NamedTuple):
    """A number of a column, with the counts that its network has by any source."""

    cell: Cell
    number: Number
    name: str
    counts: tuple[tuple[int, str], ...]

    def admits(self, number: Number) -> bool:
        """Whether a number may be one of the counts."""
        return any(number.admits_in(count) for count, _ in self.counts)

    @property
    def is_right(self) -> bool:
        return self.admits(self.number)

    @property
    def is_far(self) -> bool:
        return all(abs(self.number.approximate / count - 1) > FAR for count, _ in self.counts)


def judge_odd_ones(rows: Sequence[Row], verdicts: Verdicts) -> None:
    """Judge the parameters of which nothing else was said, where those of nearly all networks of their column are right."""
    columns: dict[str, list[_Entry]] = defaultdict(list)
    for entry in _entries(rows) if verdicts.unchecked else ():
        columns[entry.cell.label].append(entry)
    for column in columns.values():
        right = [entry for entry in column if entry.is_right]
        far = [entry for entry in column if not entry.is_right and entry.is_far]
        known = {entry.name for entry in right}
        if len(known) < max(LEAST, MOST_WRONG * len(far)) or len(right) + len(far) < len(column):
            continue
        for entry in far:
            if len(entry.number.digits.strip("0")) >= LEAST_DIGITS and verdicts.retract(entry.cell):
                _enter(entry, column, verdicts)


def _entries(rows: Sequence[Row]) -> Iterator[_Entry]:
    for row in rows:
        for cell in row.cells:
            number = cell.number if cell.quantity == "params" else None
            if number is None or number.hedge or cell.bound:
                continue
            name, counts = _counts(row.name)
            if counts:
                yield _Entry(cell, number, name, counts)


@lru_cache(maxsize=256)
def _counts(words: str) -> tuple[str, tuple[tuple[int, str], ...]]:
    """The parameters of the network that a label names with nothing else beside it, and of all but its last layers."""
    elsewhere = find_elsewhere(words)
    counts = list(elsewhere.params) if elsewhere is not None else []
    names = [name for name in find_names(words) if name.spec and not name.is_letter]
    if len(names) == 1 and leaves_it(words[: names[0].start] + " " + words[names[0].end :]):
        spec = load_spec(names[0].spec)
        network = build(spec, spec.input, spec.head)
        if network is not None:
            report = network.report
            trunk = report.total.params - sum(row.params or 0 for row in report.rows if row.kind == "fc")
            counts += [(report.total.params, ""), (trunk, "")]
    return words.strip(), tuple(counts)


def _enter(entry: _Entry, column: Sequence[_Entry], verdicts: Verdicts) -> None:
    count, source = entry.counts[0]
    others = (one for one in column if one.name != entry.name and one.admits(entry.number))
    other = next((one.name for one in others), "")
    stated = f" ({source})" if source else ""
    verdicts.wrong_part(
        "V210",
        entry.cell,
        entry.number,
        f"{entry.name} has {count:,} parameters{stated}, not {entry.number.text.strip()}",
        severity="warning",
        expected=format_like(entry.number, count),
        notes=(f"that is the figure of {other}" if other else "",),
    )
