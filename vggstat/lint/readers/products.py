"""Products with their values in running text: ``3*3*64*64 = 36,864``, ``14*14*512*512*9 = 462 MFLOPs``.

One is read whole or not at all: a term before it, a power of ten or a unit after it that is not understood makes it none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.numbers import Expression, Number, claim_parts
from vggstat.lint.slips import digit_slip
from vggstat.lint.text import Flow, Line, join

_SCALED: Final = r"\s?[KMG]B?(?![A-Za-z])|\s?[KMGT](?=-?(?:FLOP|MAC|OP|mult|param))|\s(?:thousand|million|billion)(?![a-z])"
_ROUNDED: Final = r"(?:\s?+[KMG](?![A-Za-z]))?+"
"""The unit of a term."""
_NO_MORE: Final = (
    r"(?!`?\s?[万亿億萬千百만억천]|-?[A-Za-z_^]|[\s\\,;]{0,3}\\(?:text|mathrm|rm)\b"
    r"|\s?[kKMGT](?:i?[Bb]|bytes?|bits?|ops|FLOP|MAC)|\s?(?:[Mm]ill?i?|mio|Mio|mln|bn|Mrd))"
)
"""What a bare value may not be followed by: the rest of it."""
_DIGITS: Final = r"\d(?:[\d,.]*\d)?+(?:(?:\{,\}|\\,)\d{3})*+"
"""A number; LaTeX groups its digits by ``{,}`` and ``\\,``."""
_TERM_NUMBER: Final = rf"(?:\(\d{{1,6}}\s?-\s?\d{{1,6}}\)|{_DIGITS}[²³]?+)"
_VALUE: Final = r"(?:\d{1,3}(?: \d{3})++(?!\d|[,.]\d)|\d[\d,.']*+(?:(?:\{,\}|\\,)\d{3})*+(?! \d{3}(?!\d)))"
_PRODUCT: Final = re.compile(
    rf"(?<![A-Za-z0-9_.^/])(?<!(?<!\*)\*)(?<![eE][-+])(?!0x)(?P<claim>[(\[]*+{_TERM_NUMBER}{_ROUNDED}"
    rf"(?:\s?+[)\]]*+\s?+(?:\\?[*x]|\\times|\\cdot|[+])\s?+(?:{_TERM_NUMBER}|[(\[]*+\s?+{_TERM_NUMBER}){_ROUNDED}[)\]]*+){{1,12}}+\s?+[)\]]*+"
    rf"\s?(?:=|~=|~)\s?\$?{_VALUE}(?:{_SCALED}|{_NO_MORE})"
    rf"(?:\s?(?:~=|~)\s?{_VALUE}(?:{_SCALED}|{_NO_MORE}))?)"
    r"(?!\s?[-*x/^+]\s?\d)"
)
"""A product with its value. A value of which only a part could be read (``4.6 * 10^8``, ``560 kbytes``) is none.

Nothing that a term has taken is given back: a blank between two terms could be read in two ways at either side of
the sign, and thirteen terms without a value in a million.
"""
_REVERSED: Final = re.compile(
    rf"(?<![A-Za-z0-9_.,^/*x+=-])(?<![*x+=/^-]\s)(?P<claim>{_DIGITS}\s?=\s?[(\[]*+{_DIGITS}"
    rf"(?:\s?+[)\]]*+\s?+(?:\\?[*x]|\\times|\\cdot|[+])\s?+[(\[]*+\s?+{_DIGITS}[)\]]*+){{1,12}}+)"
    r"(?!\s?[-*x/^+=~]\s?\d|[A-Za-z_^.]|\s?[KMGT](?![A-Za-z]))"
)
"""A value before its product: ``36928 = 3*3*64*64+64``."""
_BEFORE: Final = re.compile(
    r"[\w)\]]\s{0,3}[+*]\s{0,3}[(\[]{0,2}$|(?:(?<![\w.])|(?<=\dx))\d[\d.,]{0,16}[KMGkmg]?[)\]²³]{0,3}\s{0,3}(?:\*\*|[-*x/^])\s{0,3}[(\[]{0,2}$"
)
"""A term that belongs to the product's sum: ``400k + 20000 * 8 = 560 kbytes``, ``5x5 - 4x4 = 9``."""
_CUT: Final = re.compile(r"\d{3}(?!\d)")
_GROUP: Final = re.compile(r"(?<![\d.,])\d{1,3} $")
"""A group of digits before a number of three."""
_TERMS: Final = (
    r"\s?\((?:weights?|bias(?:es)?|权重|偏置|偏差|重み|バイアス|가중치|편향)\)"
    r"|(?<=\d)\s?(?:bytes|B|weights?|bias(?:es)?|param(?:eter)?s?|values)(?=\s*(?:[~=≈*x+]|\\times))"
)
_TERM: Final = re.compile(_TERMS)
"""What a term of a sum is, in brackets after it: ``128x3x3x256 (weights) + 256 (biases) = 295,168``."""
_RESULT: Final = (
    r"(?<=[\d)])\s{0,3}(?:=>|->|→|⇒)\s{0,3}(?=\d{1,3}(?:,\d{3})+(?![\d,]))"
    r"|(?<=[\d)])\s{0,4}(?:\s#|;\s?//)\s{0,2}=?\s{0,2}(?=\d[\d,_]*\s{0,2}(?:params?|parameters|weights)?\s*$)"
)
"""What stands for an equals sign: an arrow before a grouped number, a comment that holds nothing but a number."""
_ARROW: Final = re.compile(_RESULT)
REACH: Final = 24
"""Characters before a product in which a term of its sum stands."""


_PLAIN_SUM: Final = re.compile(r"[\d\s+=~$]*")
LEAST_SUM: Final = 1_000
"""The value of a sum of bare numbers that may be of a network: ``2 + 2 = 5`` is of anything."""
_GOES_ON: Final = re.compile(r"[\s&$]*=\s?[\d(\[]")
"""What a line begins with that goes on with the formula of the line above."""
_OPEN: Final = re.compile(r"\d[)\]]*[\s&\\$]*$")
_MARKS: Final = r"&|\\\\\s*$|\\\\\[[^\]]*\]\s*$"
"""LaTeX's marks between the parts of an aligned formula."""
MOST_LINES: Final = 4


def _is_whole(claim: str, *, commented: bool) -> bool:
    """Whether an equation is one: its brackets are closed, no comma of a list stands in a number, and a number that is nothing
    but a comment (``commented``) is its value, or one slip away."""
    if (
        claim.count("(") != claim.count(")")
        or claim.count("[") != claim.count("]")
        or _TWO_NUMBERS.search(claim)
    ):
        return False
    parts = claim_parts(claim)
    product = next((part for part in parts if isinstance(part, Expression)), None)
    number = next((part for part in parts if isinstance(part, Number)), None)
    if product is None or number is None or product.value is None:
        return not commented
    telling = len(str(product.value)) >= TELLING
    if number.admits(product.value) or (telling and digit_slip(number.digits, str(product.value))):
        return True
    return not commented and not is_label(product, number.approximate)


def is_label(product: Expression, value: float) -> bool:
    """Whether an expression that does not come to a value is no equation with it: a size and what is measured at it
    (``224x224 = 71.6``), parts that are named by numbers (``layers 1 + 2 = 38,720``), or what has nothing to do with each other."""
    exact = float(product.exact)
    ratio = value / exact if exact > 0 else 0.0
    if _SUM.fullmatch(product.text):
        return max(product.atoms, default=0) < LEAST_SUM and not 1 / NEAR < ratio < NEAR
    return _SIZE.fullmatch(product.text) is not None or not 1 / FAR < ratio < FAR


TELLING: Final = 3
"""Digits of a result of which a slip is one."""
NEAR: Final = 3
FAR: Final = 100
"""How many times a value may be what it should be, for the two to have to do with each other."""
_SIZE: Final = re.compile(r"\W*\d+\s?x\s?\d+\W*")
_SUM: Final = re.compile(r"[\s\d.,+]+")
_TWO_NUMBERS: Final = re.compile(r"\.\d+,\d+\.")
_COMMENT: Final = re.compile(r"\s#|;\s?//")


def continued(lines: Sequence[Line], index: int) -> tuple[Flow, int]:
    """A line with those below it that go on with its formula, and how many they are: ``(3 * 3 * 3 + 1) * 64``, ``= 28 * 64``,
    ``= 1,792`` are three."""
    flows = [lines[index].flow]
    for line in lines[index + 1 : index + MOST_LINES]:
        if not _GOES_ON.match(line.text) or not _OPEN.search(flows[-1].text):
            break
        flows.append(line.flow)
    if len(flows) == 1:
        return flows[0], 1
    return join((flow.sub(_MARKS, " ").strip() for flow in flows), " "), len(flows)


def find_products(line: Flow) -> Iterator[tuple[Flow, tuple[int, int] | None]]:
    """Each product with its value, and where it stands in the line; None where words were taken out of the line."""
    plain = line.sub(_TERMS, "") if _TERM.search(line.text) else line
    plain = plain.sub(_RESULT, " = ") if _ARROW.search(plain.text) else plain
    reversed_ = list(_REVERSED.finditer(plain.text))
    for match in reversed_:
        if not _is_whole(match["claim"], commented=False):
            continue
        yield plain.group(match, "claim"), match.span("claim") if plain is line else None
    for match in _PRODUCT.finditer(plain.text):
        if any(other.start() <= match.start() < other.end() for other in reversed_):
            continue
        if _PLAIN_SUM.fullmatch(match["claim"]) and int(re.findall(r"\d+", match["claim"])[-1]) < LEAST_SUM:
            continue
        if _CUT.match(match["claim"]) and _GROUP.search(
            plain.text, max(match.start() - REACH, 0), match.start()
        ):
            continue  # 25 088 * 4096: its digits are grouped by blanks
        if not _is_whole(
            match["claim"], commented=plain is not line and _COMMENT.search(line.text) is not None
        ):
            continue
        if not _BEFORE.search(plain.text, max(match.start() - REACH, 0), match.start()):
            yield plain.group(match, "claim"), match.span("claim") if plain is line else None
