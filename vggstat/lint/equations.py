"""Equations of plain numbers, whatever they are about: ``5+(2-1)*2=6``, ``25,557,032 - 53,120 (BN) = 25,503,912``.

One is read whole or not at all, from a sign that is of no term to the end of its value; one that is rounded is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final

from vggstat.lint.model import Evidence, Finding
from vggstat.lint.numbers.products import Expression, read_expression
from vggstat.lint.pages import Page
from vggstat.lint.readers.products import is_label
from vggstat.lint.slips import digit_slip
from vggstat.lint.text import Flow
from vggstat.lint.unread import Stretches
from vggstat.units.reading import UNITS

__all__ = ["find_wrong_equations"]

CONFIDENCE: Final = 0.9
REACH: Final = 8
"""Characters before an expression that tell whether it is read whole."""
_MAX_LINE: Final = 2_000
_INTEGER: Final = r"(?:[1-9]\d{0,2}(?:(?:[,' ]|\\,|\{,\})\d{3})+|[1-9]\d{0,11}|0)(?![\d.,']\d)"
_WORDS: Final = r"(?:\s?\([A-Za-z][A-Za-z ]{0,30}\))"
"""What a term is, in brackets after it."""
_TERM: Final = rf"[(\[]{{0,3}}+\s?+{_INTEGER}[)\]]{{0,3}}+{_WORDS}?+"
_SIGN: Final = r"\s{0,2}(?:\\?[*]|[-+/x]|\\times|\\cdot)\s{0,2}"
_EQUATION: Final = re.compile(
    rf"(?<![\w.,'])(?P<left>{_TERM}(?:{_SIGN}{_TERM}){{1,12}}+)\s{{0,8}}=\s{{0,2}}(?P<value>{_INTEGER})"
    r"(?![`$*)]*\s?[百千万萬亿億억만])(?=\s*(?:$|[|;)\]$&`\"，。；）]|[,.:](?!\d))|\s{1,3}[a-z]{4,}(?<!million)(?<!billion)(?<!thousand)\b)"
)
_EASTERN: Final = re.compile(r"[千万萬만亿億억]")
_UNIT: Final = r"[KkMGB]|million|billion|[百千]?[万萬만]|千|[亿億억]"
_AGAIN: Final = re.compile(
    rf"(?<![\w.,])(?P<number1>\d{{1,6}}(?:\.\d{{1,4}})?)\s?(?P<unit1>{_UNIT})(?![A-Za-z])个?\s?"
    rf"(?:[(（=]|[,，]?\s?(?:即|也就是|つまり|즉))\s?(?:约|約|大约|about )?"
    rf"(?P<number2>\d{{1,6}}(?:\.\d{{1,4}})?)\s?(?P<unit2>{_UNIT})(?![A-Za-z])"
)
_BEFORE: Final = re.compile(r"(?:[-+*/^=~<>%(\[{,.≈#]|(?<![A-Za-z])x|\\times|\\cdot)\s*$")
"""What an expression goes on from that was not read."""
_WRITTEN: Final = (("\\*", "*"), ("\\,", ""), ("{,}", ""), ("\\times", "*"), ("\\cdot", "*"))
"""Signs as Markdown and LaTeX write them, and what they are."""
_GROUPS: Final = re.compile(r"\d{1,3}(?: \d{3})+")
"""One number whose digits are grouped, or several in a row."""
_OPEN: Final = re.compile(r"[-+*/=(,x]\s*$|\\\\?\s*$")
"""The end of a line whose expression goes on in the next one."""


def find_wrong_equations(pages: Iterable[Page], judged: Stretches) -> Iterator[Finding]:
    """The equations of a document that do not hold, other than those of which something was said already."""
    for page in pages:
        goes_on = False
        for line in page.lines:
            if len(line.text) <= _MAX_LINE and not goes_on:
                yield from _wrong(line, judged)
            goes_on = _OPEN.search(line.text[-4:]) is not None or (goes_on and not line.text.strip())


def _wrong(line: Flow, judged: Stretches) -> Iterator[Finding]:
    yield from _restated(line, judged)
    for match in _EQUATION.finditer(line.text):
        left = list(_readings(match["left"]))
        value = int(re.sub(r"\D", "", match["value"]))
        if (
            left
            and not is_label(left[0], value)
            and not any(_comes_to(reading, value) for reading in left)
            and not _BEFORE.search(line.text, max(match.start() - REACH, 0), match.start())
            and not judged.cover(line.place(*match.span("value")))
        ):
            yield _finding(line.group(match, "value"), match["left"], left[0])


def _restated(line: Flow, judged: Stretches) -> Iterator[Finding]:
    """Numbers said once more in another unit, of which only the digits are right: ``138M(1380万)``."""
    for match in _AGAIN.finditer(line.text) if _EASTERN.search(line.text) else ():
        first, second = (_value(match[f"number{index}"], match[f"unit{index}"]) for index in (1, 2))
        place = line.place(match.start("number2"), match.end("unit2"))
        same = str(first.numerator).rstrip("0") == str(second.numerator).rstrip("0")
        if (
            first != second
            and first.denominator == second.denominator == 1
            and same
            and not judged.cover(place)
        ):
            text = line.cut(match.start("number2"), match.end("unit2"))
            right = f"{float(first / UNITS[match['unit2'].lower()].decimal):,.10g}{match['unit2']}"
            words = f"{match['number1']}{match['unit1']} is {right}, not {text.text}"
            yield _told(text, words, right, "the unit is another one than its digits")


def _value(number: str, unit: str) -> Fraction:
    return Fraction(number) * UNITS[unit.lower()].decimal


def _readings(text: str) -> Iterator[Expression]:
    """The left side, none where it is a fraction and nothing else; without what may be numbers of their own before it."""
    plain = re.sub(_WORDS, "", text)
    for written, sign in _WRITTEN:
        plain = plain.replace(written, sign)
    plain = plain.strip()
    groups = _GROUPS.match(plain)
    for start in (0, *(gap.end() for gap in re.finditer(" ", groups[0]))) if groups else (0,):
        rest = re.sub(r"(?<=\d)[ '](?=\d{3}(?!\d))", "", plain[start:])
        left = read_expression(rest, 0)
        if left is not None and left.text == rest and not re.fullmatch(r"\d+\s?/\s?\d+", rest):
            yield left


def _comes_to(left: Expression, value: int) -> bool:
    """Whether a value is that of an expression; a quotient may be rounded either way."""
    return abs(left.exact - value) < 1 if "/" in left.text else left.exact == value


def _finding(flow: Flow, words: str, left: Expression) -> Finding:
    value = f"{left.value:,}" if left.value is not None else f"{float(left.exact):,.2f}"
    found, right = (re.sub(r"\D", "", text) for text in (flow.text, value))
    slip = digit_slip(found, right) if left.value is not None else ""
    return _told(flow, f"{words.strip()} = {value}, not {flow.text}", "", slip)


def _told(flow: Flow, message: str, expected: str, slip: str) -> Finding:
    return Finding(
        code="V507",
        severity="error",
        place=flow.place(),
        text=flow.text,
        message=message,
        expected=expected,
        notes=(slip,) if slip else (),
        confidence=CONFIDENCE,
        evidence=Evidence(slip=slip),
    )
