"""Sizes beside an exact count of parameters: two digits swapped in what so many parameters take in bytes.

A size may be of a file that holds more, or that is compressed: only a swap is told, of a size that no count near it explains.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from vggstat.lint.conventions import PARAM_WIDTHS
from vggstat.lint.model import Evidence, Finding
from vggstat.lint.pages import Page
from vggstat.lint.slips import SWAPPED, digit_slip
from vggstat.lint.text import Flow
from vggstat.lint.unread import Stretches
from vggstat.units.reading import UNITS, Unit

__all__ = ["find_near_sizes"]

LINES: Final = 5
"""Lines between a size and the count that it is of."""
NEAR: Final = Fraction(1, 100)
"""By how much a size that is right may be off: a file has a header."""
SURE: Final = 4
"""Digits of a size from which on a swap is no chance."""
COUNTS: Final = 200
"""Counts of a page from which on it is data."""
_MAX_LINE: Final = 2_000
_COUNT: Final = re.compile(
    r"(?<![\w.,'/-])(?:\d{1,3}(?:[,.']\d{3}){2,3}|\d{1,3}(?: \d{3}){2,3}|\d{6,11})(?![\d%]|[.,']\d|\s?[A-Z]i?B\b|\s?(?:bytes|Byte))"
)
_SIZE: Final = re.compile(
    r"(?<![\w.,'/-])(?P<number>\d{1,4}(?:[.,]\d{1,2})?)\s?(?P<unit>[MG])(?P<binary>i?)(?:B|o|Б)(?![\w/])"
)
_PARAMS: Final = re.compile(
    r"param|weights|gewichte|参数|參數|パラメータ|파라미터|парам|paramètres|parámetros|parâmetros",
    re.IGNORECASE,
)


class _Size(NamedTuple):
    line: int
    flow: Flow
    digits: str
    decimals: int
    unit: Unit

    @property
    def scales(self) -> tuple[int, ...]:
        """What its unit may be: MiB as it says, MB of either kind."""
        return (self.unit.decimal, *([self.unit.binary] if self.unit.binary else ()))

    def of(self, count: int) -> Iterator[Fraction]:
        """What so many parameters may take, in its unit."""
        for width in PARAM_WIDTHS:
            for scale in self.scales:
                yield Fraction(width * count, scale)

    @property
    def value(self) -> Fraction:
        return Fraction(int(self.digits), 10**self.decimals)


def find_near_sizes(pages: Iterable[Page], judged: Stretches) -> Iterator[Finding]:
    """The sizes of a document of which two digits are swapped, other than those of which something was said already."""
    for page in pages:
        if _PARAMS.search(page.text):
            yield from _near_sizes(page, judged)


def _near_sizes(page: Page, judged: Stretches) -> Iterator[Finding]:
    counts: list[tuple[int, int]] = []
    sizes: list[_Size] = []
    for index, line in enumerate(page.lines):
        if len(line) > _MAX_LINE:
            continue
        counts += [(index, int(re.sub(r"\D", "", match[0]))) for match in _COUNT.finditer(line.text)]
        sizes += [_size(index, line, match) for match in _SIZE.finditer(line.text)]
    if not counts or len(counts) > COUNTS:
        return
    for size in sizes:
        near = [count for at, count in counts if abs(at - size.line) <= LINES]
        explained = any(abs(size.value - exact) <= NEAR * exact for count in near for exact in size.of(count))
        if len(size.digits) < SURE - 1 or explained or judged.cover(size.flow.place()):
            continue
        before = [count for at, count in counts if 0 <= size.line - at <= LINES]
        found = [(before[-1], exact) for exact in size.of(before[-1])] if before else []
        right = next(((count, text) for count, exact in found if (text := _swap(size, exact))), None)
        if right is not None:
            yield _finding(size, *right)


def _size(index: int, line: Flow, match: re.Match[str]) -> _Size:
    digits, _, part = match["number"].replace(",", ".").partition(".")
    unit = UNITS[f"{match['unit']}{match['binary']}b".lower()]
    return _Size(index, line.group(match, "number"), digits + part, len(part), unit)


def _swap(size: _Size, exact: Fraction) -> str:
    """What should stand there, where two swapped digits lead to the size from it."""
    right = f"{float(exact):.{size.decimals}f}"
    return right if digit_slip(size.digits, right.replace(".", "")) == SWAPPED else ""


def _finding(size: _Size, count: int, right: str) -> Finding:
    sure = len(size.digits) >= SURE
    text = size.flow.text
    return Finding(
        code="V211",
        severity="error" if sure else "warning",
        place=size.flow.place(),
        text=text,
        message=f"{count:,} parameters take {right} {size.unit.name}, not {text}",
        expected=right.replace(".", ",") if "," in text else right,
        quantity="param_bytes",
        notes=(SWAPPED,),
        confidence=0.9 if sure else 0.6,
        evidence=Evidence(slip=SWAPPED),
    )
