"""The one place where a finding is held against its rival: *I misread*.

A judge compares numbers with the network and the reading that fit best. Here the document testifies: a table whose rows come to
its printed total is right about them, a column of which most cells disagree is no such column, and what stands alone is
at most a warning. Every form of document comes through here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final, NamedTuple, TypeVar

from vggstat.lint.judge import Judgement
from vggstat.lint.model import Cell, ClaimTable, Evidence, Finding, Support
from vggstat.lint.numbers import Expression, Number, claim_parts, clean
from vggstat.lint.ops_words import CLOSE
from vggstat.lint.place import Place
from vggstat.lint.slips import ANOTHERS, digit_slip

__all__ = ["BY_THE_ROWS", "LEAST", "printed_sum", "weighed"]

LEAST: Final = 0.65
"""Confidence from which on a finding is an error."""
UNEXPLAINED: Final = 0.9
"""The same for a finding that no slip of the hand explains: of documents that nobody had looked at, two of three such errors
were true, and nine of ten of the others."""
BY_THE_ROWS: Final = 0.85
"""Confidence in what the rows of a table say of a number of theirs, where the network is not known."""
MANY: Final = 10
"""Numbers that agree, against which a single finding is no sign of a misreading."""
ENOUGH: Final = 6
"""Numbers that agree before an unnamed listing is of a network."""
COLUMN: Final = 3
"""Judged cells that a column needs to be heard about what it is."""
FEW: Final = 3
_OF_COUNTS: Final = ("V201", "V203", "V501", "V601", "V7")
"""Findings that a table answers whose rows come to its total."""
_OF_NETWORKS: Final = ("V210", "V211", "V310", "V410")
_ROW_A_LINE: Final = ("markdown", "csv", "tsv", "columns")
"""Dialects whose rows stand one below the other."""
_STRUCTURE: Final = ("V6", "V7")
_ARITHMETIC: Final = ("V202", "V302", "V402")
_CHOSEN: Final = ("V502", "V602", "V603", "V604", "V605", "V705")
"""Findings about what a number is called, or that settings asked for: what they say of the number is that it is right."""
_OF_COLUMNS: Final = ("V502", "V602")
"""What is said of a way to count, which a whole column shares."""
_PARAMS: Final = ("params", "weights", "trainable_params")


Column = tuple[str, str]
"""A quantity and the words of the header over it."""
_Key = TypeVar("_Key", Column, int)


class _Entry(NamedTuple):
    """A cell of a table with where it stands."""

    cell: Cell
    row: int
    """-1 for a total."""
    column: Column


def weighed(judgement: Judgement, *, forced: bool = False) -> Judgement:
    """The judgement with those of its findings that stand, each with its confidence and evidence. ``forced``: the user says
    which network is meant."""
    if not judgement.findings:
        return judgement
    sheet = _Sheet(judgement)
    if sheet.is_guessed and not forced:
        return judgement.replace(findings=())
    findings = _once(sheet, sheet.without_false_columns(sheet.without_testified(judgement.findings)))
    return judgement.replace(findings=tuple(sheet.weigh(finding) for finding in findings))


def _once(sheet: _Sheet, findings: Sequence[Finding]) -> Sequence[Finding]:
    """What is said of a column's label, said once."""
    kept: list[Finding] = []
    first: dict[Column, int] = {}
    more: dict[int, int] = defaultdict(int)
    for finding in findings:
        at = sheet.at(finding.place) if finding.code in _OF_COLUMNS and sheet.table.form != "facts" else None
        column = sheet.entries[at].column if at is not None else None
        if column in first:
            more[first[column]] += 1
            continue
        if column is not None:
            first[column] = len(kept)
        kept.append(finding)
    for index, count in more.items():
        note = f"{count} more of this column {'is' if count == 1 else 'are'} counted so"
        kept[index] = kept[index].replace(notes=(*kept[index].notes, note))
    return kept


class _Sheet:
    """A table's cells, by place, with the verdict on each."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        self.table = judgement.table
        self.entries = list(_entries(self.table))
        self._lines: dict[tuple[int, int | None, int | None], list[tuple[int, int, int]]] = defaultdict(list)
        for index, entry in enumerate(self.entries):
            place = entry.cell.flow.place()
            self._lines[_line(place)].append((place.column, place.end_column, index))
        for found in self._lines.values():
            found.sort()
        right = [place for place, *_ in judgement.passes]
        # right under another name is right
        right += [f.place for f in judgement.findings if f.code in _OF_COLUMNS and f.quantity == "ops"]
        self.right = {at for place in right if (at := self.at(place)) is not None}
        self.wrong = {
            at
            for finding in judgement.findings
            if not finding.code.startswith(_CHOSEN) and (at := self.at(finding.place)) is not None
        }

        self.explained = {
            self.at(finding.place) for finding in judgement.findings if _slip(finding) or _is_close(finding)
        }
        """The entries that a slip of the hand explains, or a way to count that is not known."""

    def at(self, place: Place) -> int | None:
        """The index of the entry that a place lies in."""
        found = self._lines.get(_line(place), [])
        after = bisect_right(found, (place.column, 1 << 60, 0))
        if not after:
            return None
        _, end, index = found[after - 1]
        return index if place.column < end else None

    @property
    def is_guessed(self) -> bool:
        """Whether a listing that names no network was taken for one on too little."""
        listed = self.table.form == "layers" and bool(self.judgement.spec)
        return listed and not self._is_named and len(self.right) < ENOUGH

    @cached_property
    def _is_named(self) -> bool:
        """Whether the words of and above the table name the network that it was taken for."""
        return bool(self.judgement.spec) and _names(self.table, self.judgement.spec)

    # the document testifies ---------------------------------------------------------------------------------------

    def without_testified(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Without what is said of parameters and structure where the rows come to the printed total."""
        if self.table.form != "layers" or not self._adds_up():
            return findings
        doubted = [finding for finding in findings if self._is_answered(finding)]
        if not doubted:
            return findings
        kept = [finding for finding in findings if not self._is_answered(finding)]
        first = doubted[0]
        name = self.judgement.spec
        if not self._is_named:
            return kept
        return [*kept, _another(first, self.judgement.title or name, len(doubted))]

    def _is_answered(self, finding: Finding) -> bool:
        """Whether the sum speaks against a finding: not against one about a total that is another, and not against a
        single layer too few or too many where everything else agrees."""
        if not finding.code.startswith(_OF_COUNTS) or (
            finding.code == "V601" and finding.quantity not in _PARAMS
        ):
            return False
        at = self.at(finding.place)
        if at is not None and self.entries[at].row < 0:
            return _whole(self.entries[at].cell) == self._sum
        if _slip(finding).startswith(ANOTHERS) and len(self.right) >= MANY:
            return False  # two rows that have changed places come to the same total
        alone = len(self.judgement.findings) == 1 and len(self.right) >= MANY
        return not (finding.code.startswith("V7") and alone)

    @cached_property
    def _sum(self) -> int | None:
        return printed_sum(self.table)

    def _adds_up(self) -> bool:
        """Whether the parameters of the rows are one of the printed totals."""
        totals = {
            _whole(entry.cell) for entry in self.entries if entry.row < 0 and entry.cell.quantity in _PARAMS
        }
        total = self._sum
        return total is not None and total in totals

    def without_false_columns(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """One finding about the header in place of those about a column of which most cells disagree."""
        doubted = self._doubted()
        kept: list[Finding] = []
        told: set[Column] = set()
        for finding in findings:
            if finding.code == "V601" and self._is_no_mixture(finding):
                continue
            if (
                self._is_rounding(finding)
                or self._is_answered_by_its_product(finding)
                or self._has_unread_row(finding)
            ):
                continue
            if finding.code.startswith("V5") and self.table.gaps and not _slip(finding):
                continue  # the rows that are left out may be what is missing
            at = self.at(finding.place)
            key = self.entries[at].column if at is not None and self.entries[at].row >= 0 else None
            if key not in doubted and self._stands_alone(finding):
                continue
            if key is None or key not in doubted or finding.code.startswith((*_ARITHMETIC, *_CHOSEN)):
                kept.append(finding)
            elif key not in told:
                told.add(key)
                kept.append(_header(finding, key, doubted[key]))
        return kept

    def _is_no_mixture(self, finding: Finding) -> bool:
        """Whether a number may well be counted otherwise than the rest: of few digits, which fit several rules, or the
        only one of its kind of layer, as FC layers have biases where convolutions before batch norms have none."""
        if len(re.sub(r"\D", "", finding.text)) <= FEW:
            return True
        at = self.at(finding.place)
        if at is None or self.table.form != "layers" or finding.quantity not in _PARAMS:
            return False
        entry = self.entries[at]
        if entry.row < 0:
            return False
        return (entry.column, self.table.rows[entry.row].kind) not in self._right_kinds

    @cached_property
    def _right_kinds(self) -> set[tuple[Column, str]]:
        """The kinds of layer of which a column has a number that agrees."""
        right = (self.entries[index] for index in self.right)
        return {(entry.column, self.table.rows[entry.row].kind) for entry in right if entry.row >= 0}

    @cached_property
    def _row_lines(self) -> list[int]:
        return sorted({row.flow.place().line for row in self.table.rows})

    def _is_rounding(self, finding: Finding) -> bool:
        """Whether a pool of an unnamed network rounds a side up where it was taken to round down, or the other way."""
        at = self.at(finding.place)
        if at is None or finding.code != "V101" or self.judgement.spec or self.entries[at].row < 0:
            return False
        found, right = (
            sorted(map(int, re.findall(r"\d{1,6}", text))) for text in (finding.text, finding.expected)
        )
        kind = self.table.rows[self.entries[at].row].kind
        return (
            kind in ("pool", "avgpool")
            and len(found) == len(right)
            and all(abs(a - b) <= 1 for a, b in zip(found, right, strict=True))
        )

    def _has_unread_row(self, finding: Finding) -> bool:
        """Whether a layer that is said to be missing may be in a row that was not read, right below."""
        if not finding.code.startswith("V7") or self.table.dialect not in _ROW_A_LINE:
            return False
        lines = self._row_lines
        after = bisect_right(lines, finding.place.line)
        return after < len(lines) and lines[after] > finding.place.line + 1

    def _is_answered_by_its_product(self, finding: Finding) -> bool:
        """Whether the row of an unnamed network has a product that comes to its value: then that is what the layer is."""
        at = self.at(finding.place)
        if at is None or self.table.form != "layers" or self.judgement.spec or self.entries[at].row < 0:
            return False
        row = self.table.rows[self.entries[at].row]
        return any(_comes_to_its_value(cell) for cell in row.cells if cell.quantity in (*_PARAMS, "biases"))

    def _stands_alone(self, finding: Finding) -> bool:
        """Whether a figure of a network in a table has nothing that speaks for it: most likely it is of another network."""
        at = (
            self.at(finding.place) if self.table.form == "networks" and finding.code in _OF_NETWORKS else None
        )
        if at is None or _slip(finding):
            return False
        entry = self.entries[at]
        column = self._columns[entry.column]
        if _is_close(finding):
            # as likely counted in a way that is not known, unless the column tells how it is counted
            return column.agree < COLUMN
        return not column.agree and not self._rows[entry.row].agree

    def _doubted(self) -> dict[Column, Support]:
        """The columns of which more cells differ than agree, as neither a slip nor another rule would make them."""
        rows = ((i, entry) for i, entry in enumerate(self.entries) if entry.row >= 0)
        seen = _counted(
            (entry.column, Support(int(i in self.right), int(i in self.wrong and i not in self.explained)))
            for i, entry in rows
        )
        return {
            key: support
            for key, support in seen.items()
            if sum(support) >= COLUMN and support.differ > support.agree and key[0] != "arithmetic"
        }

    # confidence ---------------------------------------------------------------------------------------------------

    def weigh(self, finding: Finding) -> Finding:
        """The finding with what stands for it; an error only where that is enough."""
        if finding.code.startswith(("V9", *_CHOSEN)):
            return finding
        evidence = self._evidence(finding)
        confidence = _confidence(
            finding, evidence, 4 if finding.code.startswith(_ARITHMETIC) else 3 * evidence.bound
        )
        if self._may_be_either and not finding.code.startswith(_ARITHMETIC):
            confidence = min(confidence, BY_THE_ROWS)
        least = LEAST if evidence.slip or _is_explained(finding) else UNEXPLAINED
        severity = finding.severity if confidence >= least else "warning"
        return finding.replace(evidence=evidence, confidence=confidence, severity=severity)

    @cached_property
    def _may_be_either(self) -> bool:
        """Whether shapes of the document's own network contradict each other: then either may be the wrong one, and what
        follows from it."""
        own = self.table.form == "layers" and not self.judgement.spec and not _names_any(self.table)
        return own and any(finding.code.startswith("V1") for finding in self.judgement.findings)

    def _evidence(self, finding: Finding) -> Evidence:
        at = self.at(finding.place)
        every = Support(len(self.right), len(self.wrong))
        slip = _slip(finding)
        bound = self._is_bound(at)
        if at is None:
            return Evidence(table=every, slip=slip, bound=bound)
        entry = self.entries[at]
        column = self._columns[entry.column]
        row = self._rows[entry.row] if entry.row >= 0 else Support()
        return Evidence(column=column, row=row, table=every, slip=slip, bound=bound)

    @cached_property
    def _columns(self) -> dict[Column, Support]:
        """For each column how many of its cells agree and differ; totals are a column of their own."""
        return _counted((entry.column, self._verdict(i)) for i, entry in enumerate(self.entries))

    @cached_property
    def _rows(self) -> dict[int, Support]:
        return _counted((entry.row, self._verdict(i)) for i, entry in enumerate(self.entries))

    def _verdict(self, index: int) -> Support:
        return Support(int(index in self.right), int(index in self.wrong))

    def _is_bound(self, at: int | None) -> bool:
        """Whether the network is named with the number: in its line, or for a listing where it begins."""
        if self.table.form == "layers":
            return self._is_named
        if at is None or self.entries[at].row < 0:
            return True
        row = self.table.rows[self.entries[at].row]
        return self.table.dialect != "prose" or (bool(row.name) and row.name in row.flow.text)


def _confidence(finding: Finding, evidence: Evidence, base: int) -> float:
    """Support against doubt, as odds: one for each number that agrees, up to a few; a slip of the hand counts twice."""
    support = base + min(evidence.column.agree, 4) + min(evidence.row.agree, 2) + min(evidence.table.agree, 4)
    support += 3 if evidence.slip else 0
    doubt = 1 + 2 * max(evidence.column.differ - 1, 0) + max(evidence.row.differ - 1, 0)
    if finding.code.startswith(_STRUCTURE) and not finding.code.startswith(_CHOSEN):
        doubt += max(evidence.table.differ - 1, 0)
    confidence = (1 + support) / (2 + support + doubt)
    if confidence >= LEAST and evidence.table.agree >= MANY * evidence.table.differ > 0:
        confidence = (1 + support + MANY) / (2 + support + MANY + doubt)  # nearly all else is right
    return round(confidence, 2)


def printed_sum(table: ClaimTable) -> int | None:
    """The parameters of a table's rows, each once; None where one of them prints no count."""
    cells = [cell for row in table.rows for cell in row.cells if cell.quantity in _PARAMS]
    counts = [count for count in map(_whole, cells) if count is not None]
    return sum(counts) if len(counts) == len(cells) > 1 else None


def _counted(seen: Iterable[tuple[_Key, Support]]) -> dict[_Key, Support]:
    """The sums for each key."""
    found: dict[_Key, Support] = {}
    for key, one in seen:
        before = found.get(key, Support())
        found[key] = Support(before.agree + one.agree, before.differ + one.differ)
    return found


def _entries(table: ClaimTable) -> Iterable[_Entry]:
    for index, row in enumerate(table.rows):
        for cell in row.cells:
            yield _Entry(cell, index, (cell.quantity, cell.label))
    for cell in (*table.totals, *(group.cell for group in table.groups)):
        yield _Entry(cell, -1, (cell.quantity, ""))


def _line(place: Place) -> tuple[int, int | None, int | None]:
    return place.line, place.cell, place.output


def _whole(cell: Cell) -> int | None:
    """The exact count that a cell prints last; None where it prints none."""
    parts = claim_parts(clean(cell.flow).text, cell.unit)
    numbers = [part.whole for part in parts if isinstance(part, Number)]
    return numbers[-1] if numbers else None


def _comes_to_its_value(cell: Cell) -> bool:
    """Whether a cell is a product with its value, and right."""
    parts = claim_parts(clean(cell.flow).text, cell.unit)
    product = next((part for part in parts if isinstance(part, Expression)), None)
    numbers = [part for part in parts if isinstance(part, Number)]
    return (
        product is not None
        and product.value is not None
        and bool(numbers)
        and numbers[-1].admits(product.value)
    )


def _names(table: ClaimTable, spec: str) -> bool:
    """Whether the table, its caption or what stands above it names the network."""
    from vggstat.lint.names import find_names

    bare = spec.removesuffix("-BN")
    return any(name.spec == bare for words in (table.title, table.context) for name in find_names(words))


def _names_any(table: ClaimTable) -> bool:
    """Whether a shipped network is named there, as whose its layers are judged."""
    from vggstat.lint.names import find_names

    return any(name.spec for words in (table.title, table.context) for name in find_names(words))


def _is_close(finding: Finding) -> bool:
    """Whether a count of operations is nearly the right one, in MACs or in FLOPs."""
    if finding.code != "V410":
        return False
    found, right = (
        [part.approximate for part in claim_parts(text, "") if isinstance(part, Number)]
        for text in (finding.text, finding.expected)
    )
    if not found or not right or not right[-1]:
        return False
    return any(abs(times * found[-1] / right[-1] - 1) < CLOSE for times in (0.5, 1, 2))


def _is_explained(finding: Finding) -> bool:
    """Whether something else than a slip says what went wrong: arithmetic, layers that are not there, an error that is copied
    from document to document."""
    copied = any(note.startswith("known erratum") for note in finding.notes)
    return finding.code.startswith((*_ARITHMETIC, "V7")) or copied


def _slip(finding: Finding) -> str:
    """How a slip of the hand leads from what is right to what is printed; nothing of numbers of a few digits."""
    found, right = (re.sub(r"\D", "", text) for text in (finding.text, finding.expected))
    slip = digit_slip(found, right) if len(right) > 2 else ""
    return slip or next((note for note in finding.notes if note.startswith(ANOTHERS)), "")


def _another(finding: Finding, title: str, count: int) -> Finding:
    """One warning for a table that is right in itself, and of another network than it names."""
    differs = f"{finding.message}" + (f", and {count - 1} more like it" if count > 1 else "")
    return finding.replace(
        code="V705",
        severity="warning",
        message=f"this is not {title}, though its rows come to its total: {differs}",
        expected="",
        notes=(),
    )


def _header(finding: Finding, key: Column, seen: Support) -> Finding:
    """One warning for a column that is not what its header says."""
    quantity, label = key
    words = {"ops": "operations", "params": "parameters"}.get(quantity, quantity.replace("_", " "))
    few = f"only {seen.agree} of {seen.agree + seen.differ} cells" if seen.agree else "none of the cells"
    return finding.replace(
        code="V605",
        severity="warning",
        message=f"{few} of this column ({label or words}) agree with the {words} that belong there: is the header right?",
        expected="",
        notes=(),
    )
