"""What a cell of a column claims, if it is plain what it claims: the number alone, without the words around it."""

from __future__ import annotations

import re
from typing import Final

from vggstat.lint.model import Quantity
from vggstat.lint.text import Flow
from vggstat.units.reading import UNITS

__all__ = ["cut_claim", "cut_kernel", "cut_shape", "cut_small", "dims_of", "is_empty", "is_formula"]

_EMPTY: Final = re.compile(
    r"[\s\-~*.|/\\·–—$_:]*(?:n/?a|none|null|nan|无|なし|없음|textendash|same|valid"
    r"|\\textendash\{\})?[\s\-~*.|/\\·$_{}:]*",
    re.IGNORECASE,
)
_WORDS: Final = "|".join(
    sorted((re.escape(word) for word in UNITS if len(word) > 1 or not word.isascii()), key=len, reverse=True)
)
CLAIM: Final = re.compile(
    r"(?P<claim>[~<>$]*\s?(?:\\(?:approx|sim)\s?)?[\d(](?:\\times|\\cdot|\\left|\\right|[\d.,'*x+()=~ ^{}\\$]"
    r"|-(?=\s?\d)|[²³]|/(?=\s?\d)|->?(?=\s?\d)"
    rf"|[eE]\+?(?=\d)|\s?(?:{_WORDS})(?![a-z])|\s?[KMGTB](?![A-Za-z])|\s?[KMGT](?=-?(?:flops?|macs?|ops|madds?|mult"
    rf"|params?)))*)",
    re.IGNORECASE,
)
_RANGE: Final = re.compile(r"\d[KMGB]?\s?(?:-|~|to|bis|à|до|至|到)\s?\d(?!\d*\s?=)", re.IGNORECASE)
_REST: Final = re.compile(
    r"\s*(?:\([^()\d]{0,80}\)|\([^()]{0,40}%[^()]{0,20}\)|\(\s?~?[\d.,]{1,12}\s?[KMG]i?B\s?\)|\[\^?\d{1,3}\]"
    r"|[^\d%]{0,60})\s*"
)
"""What may follow a claim: words without numbers, a share in brackets, a footnote's mark."""
_BESIDE: Final = re.compile(r"\d\s?(?:[KMGTB]|[万亿億만억])?\s?(\()\s?[=~+]?\s?\d")
"""A number with a bracket beside it and no sign between: ``1,792 (3*3*3*64+64)``."""
_EXPLAINED: Final = re.compile(r"\s*\(\s?=?[\d\s.,+()]*\d\s?[x*][\d\s.,x*+()]{1,100}\)\s*")
_TWO: Final = re.compile(r"(?:[KMGTB]|[万亿億만억千천百백])\s?\d|\d\s\d{1,2}(?!\d)")
_OPS: Final = re.compile(r"[*x+/^]|\\times|\\cdot|=")
_TUPLE: Final = re.compile(r"\(\s?\d+\s?,\s?(?:\d|\))|,\s\d|^\[")


_ABOUT: Final = re.compile(
    r"(?:about|approx\w*\.?|around|ca\.?|circa|env\.|约|約|大约|약|rund|около|up to)\s?", re.IGNORECASE
)
_SHARE: Final = re.compile(r"\W{0,3}[\d.,]+\s?%")
_DIGIT: Final = re.compile(r"\d")


def is_empty(text: str) -> bool:
    """Whether a cell says nothing: a dash, ``N/A``, nothing."""
    return _EMPTY.fullmatch(text) is not None


def cut_claim(flow: Flow) -> Flow | None:
    """The number or expression of a cell; None where it is not one alone."""
    flow = flow.strip(" \n")
    text = flow.text
    if not _DIGIT.search(text) or len(text) > 300 or _SHARE.match(text):
        return None
    start = _ABOUT.match(text)
    begin = start.end() if start else 0
    match = CLAIM.match(text, begin)
    if match is None:
        return None
    claim = flow.group(match, "claim")
    beside = _BESIDE.search(claim.text)
    claim = _trimmed(claim.cut(0, beside.start(1)) if beside else claim)
    rest = (
        text[begin + len(claim) :] if claim.text == text[begin : begin + len(claim)] else text[match.end() :]
    )
    if not claim.text or not (_REST.fullmatch(rest[:160]) or _EXPLAINED.fullmatch(rest[:160])):
        return None
    if _TUPLE.search(claim.text) or _TWO.search(claim.text):
        return None
    if _RANGE.search(claim.text) and "=" not in claim.text and not _OPS.search(claim.text):
        return None
    return flow.cut(0, begin + len(claim)) if start and begin and start[0].strip() in "约約약" else claim


def _trimmed(flow: Flow) -> Flow:
    """Without what hangs over at either end: spaces, operators, a bracket that is not closed."""
    text = flow.text
    while True:
        end = len(text.rstrip(" *+=~x.,^\\<>-"))
        if text[:end].endswith("(") or text[:end].endswith("{"):
            end -= 1
        elif text[:end].count("(") > text[:end].count(")") and "(" in text[1:end]:
            end = text.rindex("(", 0, end)
        elif text[:end].count(")") > text[:end].count("(") and text[:end].endswith(")"):
            end -= 1
        if end == len(text):
            return flow.cut(0, end)
        text = text[:end]


_POWER: Final = re.compile(r"\s?(?:[*x]|\\times|\\cdot)\s?10\s?\^\s?\{?\d{1,2}\}?")
"""What makes a number of ``1.38``, and no product: ``x 10^8``."""


def is_formula(flow: Flow) -> bool:
    """Whether a claim is an expression rather than one number."""
    text = _POWER.sub("", flow.text)
    return re.search(r"\d\)?\s*(?:[*x+]|\\times|\\cdot)\s*\(?\d", text) is not None


_DIM: Final = r"(?:None|N|B|-1|\?|batch(?:[-_ ]?size)?|\d{1,6}(?:,\d{3}(?!\d))?)"
_SHAPE: Final = re.compile(
    rf"[\[({{]?\s?{_DIM}(?:\s?(?:[x*]|,|\\times)\s?{_DIM}){{1,4}}\s?,?\s?[\])}}]?"
    r"|[\[({]\s?(?:(?:None|N|batch|-1|\?)\s?,\s?)?\d{1,6}\s?,?\s?[\])}]|\d{1,3}(?:,\d{3})+|\d{1,6}",
    re.IGNORECASE,
)


def cut_shape(flow: Flow) -> Flow | None:
    """The shape of a cell; None where something else stands before or after it."""
    flow = flow.strip(" \n$")
    if len(flow) > 120:
        return None
    text = flow.text
    words = re.match(
        r"(?:(?:output|shape|size|输出|torch\.size)\s?[:=]?\s?)?\(?(?=[\[({]|\d|N|B|-)", text, re.IGNORECASE
    )
    match = _SHAPE.match(text, words.end() if words and words[0] and words[0][-1] not in "([{" else 0)
    if (
        match is None
        or not _REST.fullmatch(text[match.end() :])
        or re.match(r"\s?[²^@]", text[match.end() :])
    ):
        return None
    shape = flow.group(match).strip(" ,")
    return None if shape.text.count("(") != shape.text.count(")") and "," not in shape.text else shape


def dims_of(flow: Flow) -> int:
    """How many numbers a shape has, the batch among them; ``25,088`` has one."""
    text = flow.text
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", text.strip()):
        return 1
    return len(
        re.findall(
            _DIM if not re.search(r",\s|\(|\[", text) else r"None|\bN\b|\bB\b|-1|\?|batch|\d+",
            text,
            re.IGNORECASE,
        )
    )


_SMALL: Final = re.compile(
    r"[\[(]?\s?(?P<one>\d{1,2})(?:\s?(?:[x*,]|\\times)\s?(?P<two>\d{1,2}))?\s?(?P<more>(?:[x*,]\s?\d+\s?)*)[\])]?"
)


def cut_kernel(flow: Flow) -> Flow | None:
    """A window's side, ``3x3`` or ``3``, also before channels: ``3x3x64``."""
    flow = flow.strip(" $")
    match = _SMALL.match(flow.text)
    if match is None or len(flow) > 80:
        return None
    sides = {match["one"], match["two"] or match["one"]}
    rest = flow.text[match.end() :]
    if len(sides) > 1 or int(match["one"]) > 15 or re.match(r"\s?[\d@.%]", rest):
        return None
    if match["more"] and not match["two"]:
        return None
    return flow.cut(match.start("one"), match.end("two") if match["two"] else match.end("one"))


def cut_small(flow: Flow, quantity: Quantity) -> Flow | None:
    """A stride, padding, or number of channels: one number, or two equal ones."""
    flow = flow.strip(" $")
    if quantity in ("stride", "padding"):
        found = re.match(
            r"(?:[sp]\s?=?\s?)?(?P<all>[\[(]?\s?\d{1,2}(?:\s?[x*, ]\s?\d{1,2}){0,3}\s?[\])]?)(?P<rest>.{0,60})",
            flow.text,
        )
        if found is None or re.search(r"\d", found["rest"]):
            return None
        return flow.group(found, "all").strip()
    match = re.match(
        r"(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6})(?![\d.]|\s?[x*@%(/-])(?P<rest>.{0,60})", flow.text
    )
    if match is None or re.search(r"\d", match["rest"]):
        return None
    return flow.group(match, "number")
