"""A long number that is one slip away from what the numbers beside it come to, in any form of text.

No reader has to know what the number is. The rival is chance: how many results are tried, and how many numbers are one slip
away from one of them, says how often a document of this size would show as much by accident.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from vggstat.lint.model import Evidence, Finding
from vggstat.lint.pages import Page
from vggstat.lint.readers.headers import is_total
from vggstat.lint.slips import SWAPPED, digit_slip
from vggstat.lint.text import Flow
from vggstat.lint.unread import Stretches

__all__ = ["find_near_results"]

LEAST: Final = 5
"""Digits of a number that is long enough for two that are swapped; zeros at its end do not count."""
LONG: Final = 7
"""Digits of one that is long enough for one that differs: few of its neighbours are results by chance, but many by design,
such as those with a bias or a class more."""
LEAST_OFF: Final = 100
FINE: Final = 100_000
"""By what part of it one that differs has to be off: what is rounded up to blocks of memory is off by less."""
PART: Final = 4
"""Digits of a number whose sum or difference with another is tried, wherever the two stand."""
NUMBERS: Final = 600
"""Numbers of a section from which on it is data: so much is tried there that nothing of it means anything."""
TERMS: Final = 40
"""Terms of a column's sum."""
LINES: Final = 6
"""Lines above a number in which its parts may stand."""
CHANCE: Final = 0.02
"""The most accidents that a section may be expected to hold."""
CONFIDENCE: Final = 0.9
LEFT_OUT: Final = 0.6
"""Confidence in a total that lacks a row: it may be meant so, for a reason that the table does not say."""
ROWS: Final = 3
_MAX_LINE: Final = 2_000
_NUMBER: Final = re.compile(
    r"(?<![\w.,'])(?:\d{1,3}(?:,\d{3}){1,4}|\d{1,3}(?:\.\d{3}){2,4}|\d{1,3}(?:[ ']\d{3}){1,4}|\d{1,12})"
    r"(?![\d%]|[.,']\d|\s?%|[A-Za-wyz_]|x(?!\s?\d))"
)
"""A whole number, with separators or without: no part of a name, and without a unit."""
_CSV_NUMBER: Final = re.compile(r"(?<![^,;\t\"])\d{1,12}(?![^,;\t\"\s])")
"""One that is all of a cell."""
_TIMES: Final = re.compile(r"\s{0,2}(?:[x*]|\\times|\\cdot)\s{0,2}")
_PLUS: Final = re.compile(r"[\s)]{0,2}\+\s{0,2}")
_ARROW: Final = re.compile(r"\s?(?:-{1,2}>|=>|→|⇒)\s?")
_Result = tuple[int, str]
"""A number, and how it comes about."""


class _Number(NamedTuple):
    """A whole number of a line."""

    value: int
    flow: Flow
    line: int
    """Which of those lines that have numbers it stands in."""
    cell: int
    """Which cell of a table's row; below 0 in a line of text."""
    is_total: bool
    """Whether its line is called a total."""

    @property
    def digits(self) -> int:
        """Without the zeros at its end."""
        return len(str(self.value).rstrip("0"))


def find_near_results(pages: Iterable[Page], judged: Stretches) -> Iterator[Finding]:
    """What numbers of a document are one slip away from, other than those of which something was said already."""
    for page in pages:
        yield from _near_results(list(_lines(page)), judged)


def _lines(page: Page) -> Iterator[list[_Number]]:
    """The numbers of each line that has some, up to the most that are looked at."""
    pattern = _CSV_NUMBER if page.kind in ("csv", "tsv") else _NUMBER
    count = line = 0
    for text in page.lines:
        found = [
            _Number(
                int(re.sub(r"\D", "", match[0])),
                text.cut(*match.span()),
                line,
                _cell(text.text, match.start(), line, code=page.kind == "code"),
                is_total=is_total(text.text) != "",
            )
            for match in (pattern.finditer(text.text) if len(text) <= _MAX_LINE else ())
        ]
        count += len(found)
        if count > NUMBERS:
            return
        if found:
            yield found
            line += 1


def _cell(text: str, at: int, line: int, *, code: bool) -> int:
    sign = next(
        (sign for sign in "|\t;&" if sign in text), "," if text.count(", ") < text.count(",") - 2 else ""
    )
    if sign:
        return text.count(sign, 0, at)
    return -1 - line if code else -1  # numbers in lines of code are no column


def _near_results(lines: Sequence[list[_Number]], judged: Stretches) -> Iterator[Finding]:
    """Those that stand once: what is written twice is meant."""
    numbers = [number for line in lines for number in line]
    times = Counter(number.value for number in numbers)
    long = [number for number in numbers if number.digits >= LEAST]
    terms = {term for number in long for term in _terms(number, lines)}
    for number in numbers:
        if number.is_total and number.digits >= LEAST and not judged.cover(number.flow.place()):
            yield from _left_out(number, lines, times)
            yield from _swapped_term(number, lines, judged)
    for number in long:
        if times[number.value] > 1 or number in terms or judged.cover(number.flow.place()):
            continue
        results = dict(_results(number, lines))
        near = [result for result in results if _slip(number, result) and result not in times]
        if number.value in results or len(near) != 1:
            continue
        slip = _slip(number, near[0])
        if len(long) * _accidents(number, results, slip) <= CHANCE:
            yield _finding(number, results[near[0]], slip)


def _slip(number: _Number, result: int) -> str:
    """The slip of the hand that leads from a result to a number long enough to tell it from chance."""
    slip = digit_slip(str(number.value), str(result))
    if slip == SWAPPED:
        one, two = str(number.value), str(result)
        at = [index for index, digits in enumerate(zip(one, two, strict=True)) if len(set(digits)) > 1]
        return slip if at[1] == at[0] + 1 else ""
    off = abs(number.value - result)
    far = off >= LEAST_OFF and off * FINE >= result
    return slip if far and len(str(result)) == len(str(number.value)) and number.digits >= LONG else ""


def _accidents(number: _Number, results: Collection[int], slip: str) -> float:
    """How many results are one such slip away from a number of so many digits that has nothing to do with them."""
    length = len(str(number.value))
    alike = sum(len(str(result)) == length for result in results)
    neighbours = number.digits - 1 if slip == SWAPPED else 9 * number.digits
    return alike * neighbours / (9 * float(10 ** (number.digits - 1)))


def _results(number: _Number, lines: Sequence[list[_Number]]) -> Iterator[_Result]:
    """What the numbers around one come to."""
    beside = [other for other in lines[number.line] if other is not number]
    yield from _of_line(beside)
    yield from _of_dense(beside)
    yield from _of_column(number, lines)
    around = [other for line in lines[max(0, number.line - LINES) : number.line + 1] for other in line]
    above = around[: around.index(number)]  # of three numbers that belong together the last is the result
    yield from _of_pairs([other.value for other in above if len(str(other.value)) >= PART])


def _of_line(numbers: Sequence[_Number]) -> Iterator[_Result]:
    """Sums of neighbours, products of those that signs join, and a number more where a plus follows."""
    for start, first in enumerate(numbers):
        total = product = first.value
        for end in range(start + 1, min(len(numbers), start + TERMS)):
            run, last = [number.value for number in numbers[start : end + 1]], numbers[end]
            total += last.value
            if _is_sum(run, total):
                yield total, _equation(run, "+", total)
            if not product or not _are_joined(_TIMES, numbers[end - 1], last):
                product = 0
                continue
            product *= last.value
            yield product, _equation(run, "x", product)
            if end + 1 < len(numbers) and _are_joined(_PLUS, last, numbers[end + 1]):
                more = product + numbers[end + 1].value
                yield more, f"{_equation(run, 'x', product)}, and {numbers[end + 1].value:,} make {more:,}"


def _of_dense(numbers: Sequence[_Number]) -> Iterator[_Result]:
    """What dense layers have whose widths stand in a row, parted by arrows: ``25088 -> 256 -> 1``."""
    count = 0
    widths: list[int] = []
    for before, after in pairwise(numbers):
        if not _are_joined(_ARROW, before, after):
            count, widths = 0, []
            continue
        widths = widths or [before.value]
        widths.append(after.value)
        count += (before.value + 1) * after.value
        yield count, f"dense layers {' -> '.join(f'{width:,}' for width in widths)} have {count:,} parameters"


def _are_joined(sign: re.Pattern[str], before: _Number, after: _Number) -> bool:
    """Whether nothing but such a sign stands between two numbers of a line."""
    (line, start), (other, end) = before.flow.origins[0], after.flow.origins[0]
    return line is other and sign.fullmatch(line.text, start + len(before.flow), end) is not None


def _of_column(number: _Number, lines: Sequence[list[_Number]]) -> Iterator[_Result]:
    """Sums of the numbers above one that is called a total, or the last of its column."""
    below = lines[number.line + 1] if number.line + 1 < len(lines) else ()
    if not number.is_total and any(other.cell == number.cell for other in below):
        return
    total = most = 0
    for count, term in enumerate(_above(number, lines), 1):
        total, most = total + term.value, max(most, term.value)
        if _is_sum([most], total):
            yield total, f"the {count} numbers above add up to {total:,}"


def _terms(number: _Number, lines: Sequence[list[_Number]]) -> list[_Number]:
    """The numbers above one that it is the sum of."""
    terms = []
    total = 0
    for term in _above(number, lines):
        terms.append(term)
        total += term.value
        if total == number.value and len(terms) > 1:
            return terms
    return []


def _left_out(number: _Number, lines: Sequence[list[_Number]], times: Mapping[int, int]) -> Iterator[Finding]:
    """A total that lacks one of the numbers above it, or holds one twice, where that is no sum of the others itself."""
    above = list(_above(number, lines))
    counts = [term.value for term in above if term.value]
    total = sum(counts)
    off = abs(total - number.value)
    small = (
        number.cell < 0 and 100 * off < total
    )  # of lines of text, one that is no row has a small number as well
    if len(counts) < ROWS or counts.count(off) != 1 or off > total // 2 or small or times[number.value] > 1:
        return
    if any(_terms(term, lines) for term in above):
        return
    verb = "leaves out" if number.value < total else "holds twice"
    yield Finding(
        code="V501",
        severity="warning",
        place=number.flow.place(),
        text=number.flow.text,
        message=f"the {len(above)} numbers above add up to {total:,}; {number.flow.text} {verb} {off:,}",
        confidence=LEFT_OUT,
        evidence=Evidence(),
    )


def _swapped_term(number: _Number, lines: Sequence[list[_Number]], judged: Stretches) -> Iterator[Finding]:
    """The only number above a total that keeps the others from it by two swapped digits."""
    above = list(_above(number, lines))
    off = number.value - sum(term.value for term in above)
    found = [
        (term, right)
        for term in above
        if term.digits >= PART
        and _slip(term, right := term.value + off) == SWAPPED
        and not judged.cover(term.flow.place())
    ]
    if len(above) >= ROWS and len(found) == 1:
        term, right = found[0]
        words = f"the {len(above)} numbers above {number.flow.text} add up to it with {right:,}"
        yield _finding(term, words, SWAPPED)


def _above(number: _Number, lines: Sequence[list[_Number]]) -> Iterator[_Number]:
    """The numbers above one, upwards: in the same cell of their lines, or the last of each."""
    for line in reversed(lines[max(0, number.line - TERMS) : number.line]):
        in_cell = [other for other in line if other.cell == number.cell]
        if in_cell:
            yield in_cell[-1]


def _of_pairs(values: Sequence[int]) -> Iterator[_Result]:
    for index, one in enumerate(values):
        for two in values[index + 1 :]:
            high, low = max(one, two), min(one, two)
            if _is_sum((high, low), high + low):
                yield high + low, _equation([one, two], "+", high + low)
                yield high - low, _equation([high, low], "-", high - low)


def _is_sum(terms: Sequence[int], total: int) -> bool:
    """Whether it is more than its largest term: one to which next to nothing is added has all of that term's neighbours."""
    return 100 * max(terms) < 99 * total


def _equation(values: Sequence[int], sign: str, result: int) -> str:
    return f"{f' {sign} '.join(f'{value:,}' for value in values)} = {result:,}"


def _finding(number: _Number, words: str, slip: str) -> Finding:
    return Finding(
        code="V506",
        severity="error",
        place=number.flow.place(),
        text=number.flow.text,
        message=f"{words}, not {number.flow.text.strip()}",
        notes=(slip,),
        confidence=CONFIDENCE,
        evidence=Evidence(slip=slip),
    )
