"""Equations of plain numbers, whatever they are about: ``5+(2-1)*2=6``, ``25,557,032 - 53,120 (BN) = 25,503,912``.

One is read whole or not at all, from a sign that is of no term to the end of its value; one that is rounded is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from vggstat.lint.model import Evidence, Finding
from vggstat.lint.numbers.products import Expression, read_expression
from vggstat.lint.slips import digit_slip
from vggstat.lint.text import Flow, Section
from vggstat.lint.unread import Stretches, plain_lines, speaks_of_figures

__all__ = ["find_wrong_equations"]

CONFIDENCE: Final = 0.9
REACH: Final = 8
"""Characters before an expression that tell whether it is read whole."""
_MAX_LINE: Final = 2_000
_INTEGER: Final = r"(?:[1-9]\d{0,2}(?:[,' ]\d{3})+|[1-9]\d{0,11}|0)(?![\d.,']\d)"
_WORDS: Final = r"(?:\s?\([A-Za-z][A-Za-z ]{0,30}\))"
"""What a term is, in brackets after it."""
_TERM: Final = rf"[(\[]{{0,3}}+\s?+{_INTEGER}[)\]]{{0,3}}+{_WORDS}?+"
_SIGN: Final = r"\s{0,2}(?:[-+*/x]|\\times|\\cdot)\s{0,2}"
_EQUATION: Final = re.compile(
    rf"(?<![\w.,'])(?P<left>{_TERM}(?:{_SIGN}{_TERM}){{1,12}}+)\s{{0,8}}=\s{{0,2}}(?P<value>{_INTEGER})"
    r"(?![`$*)]*\s?[百千万萬亿億억만])(?=\s*(?:$|[|;)\]$&`\"，。；）]|[,.:](?!\d))|\s{1,3}[a-z]{4,}(?<!million)(?<!billion)(?<!thousand)\b)"
)
_BEFORE: Final = re.compile(r"(?:[-+*/^=~<>%(\[{,.≈#]|(?<![A-Za-z])x|\\times|\\cdot)\s*$")
"""What an expression goes on from that was not read."""
_CONVOLUTION: Final = re.compile(
    r"receptive|感受野|感受視野|受容野|수용|conv|卷积|畳み込み|합성곱", re.IGNORECASE
)
_GROUPS: Final = re.compile(r"\d{1,3}(?: \d{3})+")
"""One number whose digits are grouped, or several in a row."""
_OPEN: Final = re.compile(r"[-+*/=(,x]\s*$|\\\\?\s*$")
"""The end of a line whose expression goes on in the next one."""


def find_wrong_equations(sections: Iterable[Section], judged: Stretches) -> Iterator[Finding]:
    """The equations of a document that do not hold, other than those of which something was said already."""
    for section in sections:
        if not (speaks_of_figures(section.text) or _CONVOLUTION.search(section.text)):
            continue
        goes_on = False
        for line in plain_lines(section):
            if "=" in line.text and len(line.text) <= _MAX_LINE and not goes_on:
                yield from _wrong(line, judged)
            goes_on = _OPEN.search(line.text[-4:]) is not None or (goes_on and not line.text.strip())


def _wrong(line: Flow, judged: Stretches) -> Iterator[Finding]:
    for match in _EQUATION.finditer(line.text):
        left = list(_readings(match["left"]))
        value = int(re.sub(r"\D", "", match["value"]))
        places = [line.place(*match.span(group)) for group in ("left", "value")]
        if (
            left
            and not any(_comes_to(reading, value) for reading in left)
            and not _BEFORE.search(line.text, max(match.start() - REACH, 0), match.start())
            and not any(map(judged.cover, places))
        ):
            yield _finding(line.group(match, "value"), match["left"], left[0])


def _readings(text: str) -> Iterator[Expression]:
    """The left side, none where it is a fraction and nothing else; without what may be numbers of their own before it."""
    plain = re.sub(_WORDS, "", text).replace("\\times", "*").replace("\\cdot", "*").strip()
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
    slip = (
        digit_slip(re.sub(r"\D", "", flow.text), re.sub(r"\D", "", value)) if left.value is not None else ""
    )
    return Finding(
        code="V507",
        severity="error",
        place=flow.place(),
        text=flow.text,
        message=f"{words.strip()} = {value}, not {flow.text}",
        notes=(slip,) if slip else (),
        confidence=CONFIDENCE,
        evidence=Evidence(slip=slip),
    )
