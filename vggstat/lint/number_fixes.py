"""Numbers of a document rewritten where nothing about them is in doubt; all else stays as it is.

A finding is certain where the document itself bears it out (``CERTAIN``) and one slip of the hand leads from what is right to
what is printed. The new number has the form of the old one, to the last separator, so that no cell, word or line can come or
go; and it is kept only where a second check of the whole document finds it right, and nothing else wrong that was not so before.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from vggstat.lint.markers import find_blocks
from vggstat.lint.model import Finding
from vggstat.lint.numbers import Number, claim_parts
from vggstat.lint.slips import digit_slip
from vggstat.lint.source import Document, join_lines, split_ends
from vggstat.units.reading import ZEROS_MAY_HIDE

if TYPE_CHECKING:
    from vggstat.lint.engine import FileResult

__all__ = ["CERTAIN", "Fixed", "fix_numbers"]

CERTAIN: Final = 0.9
"""Confidence from which on a number may be rewritten."""
CHECKS: Final = 60
"""How often a document is checked again at most; what has not been found safe by then stays."""
CHARACTERS: Final = 5_000_000
"""How many characters are checked again at most, so that a long document is checked fewer times."""
DIGITS: Final = "0123456789"
ENOUGH: Final = 3
"""Digits from which on a slip is told from another number."""
_SEPARATORS: Final = ("V203", "V303", "V403")
"""Findings about the place of a separator, whose digits are right."""
Check = Callable[[str], "FileResult"]
"""All that is found in a text of the document, whatever the settings leave out."""


class Fixed(NamedTuple):
    """A document's text, and how many of its numbers were rewritten."""

    text: str
    numbers: int


class _Edit(NamedTuple):
    """A number to be rewritten, on a 0-based line."""

    line: int
    start: int
    end: int
    text: str
    finding: Finding


def fix_numbers(document: Document, findings: Sequence[Finding], check: Check) -> Fixed:
    """The text with those numbers of ``findings`` rewritten that are certain and safe."""
    edits = list(_edits(document, findings))
    if not edits:
        return Fixed(document.text, 0)
    fixer = _Fixer(document.text, check)
    edits = [edit for edit in edits if fixer.is_only_one(edit)]
    kept = edits if edits and fixer.is_safe(edits) else fixer.one_by_one(edits)
    return Fixed(fixer.with_edits(kept), len(kept))


class _Fixer:
    """A text that is checked anew with each change, a bounded number of times."""

    def __init__(self, text: str, check: Check) -> None:
        self._text = text
        self._check = check
        self._left = min(CHECKS, max(CHARACTERS // max(len(text), 1), 2))
        result = check(text)
        self._found, self._right = _found(result), _right(result)

    def with_edits(self, edits: Sequence[_Edit]) -> str:
        """The text with some numbers rewritten."""
        lines, ends = split_ends(self._text)
        for edit in sorted(edits, reverse=True):
            line = lines[edit.line]
            lines[edit.line] = line[: edit.start] + edit.text + line[edit.end :]
        return join_lines(lines, ends)

    def is_safe(self, edits: Sequence[_Edit]) -> bool:
        """Whether a check of the new text finds these numbers right, and nothing that was not found before."""
        if not self._left:
            return False
        self._left -= 1
        result = self._check(self.with_edits(edits))
        gone = Counter(_key(edit.finding) for edit in edits)
        return not _found(result) - (self._found - gone) and _right(result) >= self._right + len(edits)

    def one_by_one(self, edits: Sequence[_Edit]) -> list[_Edit]:
        """Those that are safe, each together with the ones before it."""
        kept: list[_Edit] = []
        for edit in edits:
            if self.is_safe([*kept, edit]):
                kept.append(edit)
        return kept

    def is_only_one(self, edit: _Edit) -> bool:
        """Whether no other number that is one slip from the printed one would be right as well.

        An exact count is the only one; a rounded number may have been rounded in another way.
        """
        right = _number(edit.text)
        if right is None or _is_exact(edit):
            return True
        others = [
            edit._replace(text=text)
            for text in sorted(_slips(edit.finding.text) - {edit.text, edit.finding.text})
            if (number := _number(text)) is not None and _may_both_be(number, right)
        ]
        return len(others) <= self._left and not any(self.is_safe([other]) for other in others)


def _edits(document: Document, findings: Sequence[Finding]) -> Iterator[_Edit]:
    """What is to be rewritten for the certain findings outside of blocks; nothing where two of them are about one number."""
    lines, _ = split_ends(document.text)
    blocked = _lines_in_blocks(document, lines)
    if blocked is None:
        return
    is_code = _code(document)
    marks = ".'" if document.kind == "csv" else ".,'"  # there a comma parts two cells
    made = [
        _Edit(place.line - 1, place.column - 1, place.end_column - 1, finding.expected, finding)
        for finding in findings
        if _is_certain(finding) and (place := finding.place).line - 1 not in blocked
    ]
    by_line: dict[int, list[_Edit]] = defaultdict(list)
    for edit in made:
        by_line[edit.line].append(edit)
    for edit in made:
        line = lines[edit.line]
        if is_code(edit.finding) and "#" not in line[: edit.start]:
            continue  # what a program does is not ours to change
        others = (other for other in by_line[edit.line] if other is not edit)
        apart = all(other.end <= edit.start or edit.end <= other.start for other in others)
        if apart and _fits(line, edit, marks):
            yield edit


def _lines_in_blocks(document: Document, lines: Sequence[str]) -> set[int] | None:
    """The 0-based lines of marked blocks, which hold what their commands print; None where the markers are not in order."""
    if "vggstat" not in document.text:
        return set()
    cells: list[tuple[Sequence[str], str, Sequence[int]]] = [(lines, document.kind, range(len(lines)))]
    if document.kind == "notebook":
        from vggstat.lint.notebook import marked_cells

        cells = [(cell.lines, cell.kind, cell.numbers) for cell in marked_cells(document.text)]
    blocked: set[int] = set()
    for held, kind, rows in cells:
        blocks, problems = find_blocks(held, kind)
        if problems:
            return None
        blocked.update(row for block in blocks for row in range(rows[block.start], rows[block.end] + 1))
    return blocked


def _code(document: Document) -> Callable[[Finding], bool]:
    """What says whether a finding stands in a program: in a file of one, or in a notebook's cell of one."""
    if document.kind != "notebook":
        return lambda _: document.kind == "code"
    import json

    try:
        cells = json.loads(document.text).get("cells", [])
        programs = {number for number, cell in enumerate(cells, start=1) if cell.get("cell_type") == "code"}
    except (ValueError, AttributeError, TypeError):
        return lambda _: True
    return lambda finding: finding.place.output is None and finding.place.cell in programs


def _is_certain(finding: Finding) -> bool:
    """Whether one slip of the hand explains the number, and the document bears the right one out."""
    if finding.severity != "error" or finding.confidence < CERTAIN or not finding.expected:
        return False
    printed, right = (re.sub(r"\D", "", text) for text in (finding.text, finding.expected))
    if finding.code in _SEPARATORS:
        return printed == right
    number = _number(finding.expected)
    if number is not None and number.readings[0].decimals and len(printed) != len(right):
        return False  # with a digit too few or too many nobody knows how many decimals there were
    return len(right) >= ENOUGH and digit_slip(printed, right) != ""


def _fits(line: str, edit: _Edit, marks: str) -> bool:
    """Whether the number stands alone where the finding says, and the new one has its form.

    ``marks``: those that join digits to a number.
    """
    printed = edit.finding.text
    return (
        line[edit.start : edit.end] == printed
        and _form(printed) == _form(edit.text)
        and re.search(rf"[A-Za-z0-9_]$|\d[{marks}]$", line[: edit.start]) is None
        and re.match(rf"\d|[{marks}]\d", line[edit.end :]) is None
        and re.search(r"\d\s+\d", printed) is None  # two numbers, or one: who knows
        and not _is_ambiguous(edit.text)
    )


def _form(text: str) -> str:
    """Its signs, words and separators, with one sign for each run of digits."""
    return re.sub(r"[0-9]+", "0", text)


def _is_ambiguous(text: str) -> bool:
    """Whether it is a number with a unit that may be read in two ways: ``1,792K``."""
    parts = claim_parts(text)
    return any(isinstance(part, Number) and bool(part.unit.name) and len(part.readings) > 1 for part in parts)


def _found(result: FileResult) -> Counter[tuple[str, int, str]]:
    return Counter(_key(finding) for finding in result.findings)


def _key(finding: Finding) -> tuple[str, int, str]:
    return finding.code, finding.place.line, finding.text


def _right(result: FileResult) -> int:
    return sum(judgement.right for judgement in result.judgements)


def _is_exact(edit: _Edit) -> bool:
    """Whether the new number is the count itself, to its last digit: the finding says it in its own words."""
    digits = re.sub(r"\D", "", edit.text)
    words = re.sub(r"(?<=\d),(?=\d)", "", f"{edit.finding.message} {edit.finding.derivation}")
    return digits in re.findall(r"\d+", words)


def _slips(text: str) -> set[str]:
    """Every text whose digits are one slip of the hand from those of this one."""
    at = [index for index, sign in enumerate(text) if sign in DIGITS]
    one = {text[:i] + sign + text[i + 1 :] for i in at for sign in DIGITS}
    more = {text[:i] + sign + text[i:] for start in at for i in (start, start + 1) for sign in DIGITS}
    less = {text[:i] + text[i + 1 :] for i in at}
    swapped = {text[:i] + text[j] + text[i + 1 : j] + text[i] + text[j + 1 :] for i, j in pairwise(at)}
    return one | more | less | swapped


def _number(text: str) -> Number | None:
    """The number that a text is; None for a shape or a product, and for what is no number."""
    parts = claim_parts(text)
    number = parts[0] if len(parts) == 1 else None
    return number if isinstance(number, Number) else None


def _may_both_be(one: Number, other: Number) -> bool:
    """Whether two numbers may be the same count, rounded to different digits, cut off, or with zeros in place of digits."""
    apart = abs(one.approximate - other.approximate)
    return apart <= _last_place(one) + _last_place(other) or (
        one.readings[0].mantissa % 10 == 0 and apart * ZEROS_MAY_HIDE <= other.approximate
    )


def _last_place(number: Number) -> float:
    """What one more in its last digit comes to."""
    return float(number.unit.decimal) / float(10 ** number.readings[0].decimals)
