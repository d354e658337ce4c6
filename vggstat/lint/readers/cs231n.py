"""Listings in the manner of the CS231n lecture: ``CONV3-64: [224x224x64] memory: 224*224*64=3.2M params: ...``.

People paste them wrapped, run together, behind bullets and comment signs, with words cut by a line's end. So
the lines of a listing are joined and cut again at the heads of rows; a line's end counts only where it cuts a
number in two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from vggstat.lint.model import ClaimTable
from vggstat.lint.readers.accountings import accounting_of_total
from vggstat.lint.readers.engine import Layout, begins_with_input, without
from vggstat.lint.readers.layer_words import find_kind
from vggstat.lint.text import Flow, join


def _loose(*words: str) -> str:
    """A pattern for words that a line's end may have cut."""
    return "|".join(r"\s{0,2}".join(word) for word in words)


_NUMBER: Final = r"\d+(?:\n\d+(?=\s*[:\[]))?"
_MEMORY: Final = _loose("memory")
_PARAMS: Final = _loose("params", "parameters")
_WEIGHTS: Final = _loose("weights")
_LAYER: Final = (
    rf"(?P<type>{_loose('INPUT')})"
    rf"|(?P<type_2>{_loose('CONV')})\s{{0,2}}(?P<kernel>\d+)\s?(?:x\s?\d+\s?)?-\s{{0,2}}(?P<channels>{_NUMBER})"
    rf"|(?P<type_3>(?:{_loose('MAX')}\s{{0,2}})?{_loose('POOL')}(?:ING)?)\s?-?(?P<kernel_2>\d+)?"
    r"|(?P<type_4>(?:GLOBAL[-_ ]?)?(?:AVG|AVERAGE)[-_ ]?POOL(?:ING)?\d?|LRN|NORM\d?|BN|BATCH[-_ ]?NORM|RELU|DROP-?OUT"
    r"|SOFT-?MAX|FLATTEN)"
    rf"|(?P<type_5>F\s{{0,2}}C)(?:\s?-?\s?(?P<channels_2>{_NUMBER}))?"
)
_COLON: Final = r"\s*(?:\([^()\n]{0,40}\)\s*)?(?::|(?=\[))"
"""What ends a head: a colon, or the shape in brackets."""
_CLAIM: Final = r"[~$]*[\d(](?:[\d.,'*x+()=~ \n\\$^{}]|\s?[KMGB](?![a-zA-Z])|[KMG]i?B\b)*(?<![\s(*+=~x,.])"
_BYTES: Final = r"[\d.,]+\s?[KMG]?i?B"
_TOTAL: Final = (
    rf"(?<![A-Za-z_])(?:{_loose('TOTAL')})\s+(?:(?:{_MEMORY}){_COLON}\s*(?:(?P<memory_3>~?\s?{_BYTES}\b)"
    rf"|(?P<values>~?\s?[\d.,]+\s?[KMG]?)(?:\s*[*x]\s*\d+\s*bytes?)?(?:\s*[~=]+\s*(?P<memory_4>{_BYTES}))?)"
    rf"(?:[^\n]*?training keeps (?P<saved_bytes>{_BYTES}))?"
    rf"|(?:{_PARAMS}){_COLON}\s*(?P<params_3>{_CLAIM})|(?:{_WEIGHTS}){_COLON}\s*(?P<params_4>{_CLAIM}))"
)
_NO_BIASES: Final = re.compile(
    r"(?:not counting|without|no|excluding|ignoring)\s+(?:the\s+)?bias", re.IGNORECASE
)
_PREFIX: Final = re.compile(r"^\s*(?:(?:#+|//+|>+|\|+|%+|--)\s?|(?:[-*+]|\d{1,3}[.)])\s+(?=[A-Za-z]))+")
_CUT_GROUP: Final = (
    r"(?<=\d,)\n(?=\d{3}(?!\d))|(?<=\d)\n(?=,\d{3}(?!\d))|(?<=,\d)\n(?=\d\d(?!\d))|(?<=,\d\d)\n(?=\d(?!\d))"
)


def _joined(lines: Iterable[Flow]) -> Flow:
    """The lines without bullets and comment signs before them, and without ends that cut a number in two."""
    return join((without(line, _PREFIX) for line in lines), "\n").sub(_CUT_GROUP, "")


def _finish(table: ClaimTable, text: Flow) -> ClaimTable:
    """A text that breaks off within the last row lacks the parameters that all others have."""
    have = [any(cell.quantity == "params" for cell in row.cells) for row in table.rows]
    last = table.rows[-1]
    cut = bool(not table.totals and last.cells and all(have[:-1]) and not have[-1])
    return table.replace(
        rows=(*table.rows[:-1], last.replace(cells=last.cells[:-1])) if cut else table.rows,
        gaps=table.gaps or cut,
        params_are="weights" if _NO_BIASES.search(text.text) else "",
        accounting=accounting_of_total(text.text),
    )


read: Final = Layout(
    name="cs231n",
    row=re.compile(rf"(?<![A-Za-z_])(?P<name>{_LAYER}){_COLON}", re.IGNORECASE),
    fields=(
        re.compile(r"(?P<shape>\[[^\[\]]{1,60}\])"),
        re.compile(rf"(?:{_MEMORY})\s*:\s*(?P<memory>{_CLAIM})", re.IGNORECASE),
        re.compile(rf"(?:{_PARAMS})\s*:\s*(?P<params>{_CLAIM})", re.IGNORECASE),
        re.compile(rf"(?:{_WEIGHTS})\s*:\s*(?P<params_2>{_CLAIM})", re.IGNORECASE),
    ),
    labels={
        **dict.fromkeys(("kernel", "kernel_2", "channels", "channels_2"), "name"),
        **dict.fromkeys(("values", "memory_3", "memory_4", "saved_bytes"), "TOTAL memory"),
        "shape": "size",
        "params_2": "weights",
        "params_3": "TOTAL params",
        "params_4": "TOTAL weights",
    },
    kind=lambda word: find_kind(re.sub(r"\s", "", word)),
    total=re.compile(_TOTAL, re.IGNORECASE),
    line=re.compile(
        r"(?:INPUT|CONV|POOL|\bF\s?C|TOTAL|LRN|\bBN|RELU|DROPOUT|SOFTMAX)[^:\[]{0,24}:?\s*\["
        r"|(?:memory|weights|param\w{0,20})\s*:|TOTAL\s+(?:mem|par|wei)|^\W*(?:I|IN|INP|INPU|C|CO|CON|CONV)\s*$",
        re.IGNORECASE,
    ),
    rest=re.compile(r"(?=.*\S)(?:[\d*x=+(),.KMG\s]+|\s*\(.*)"),
    gap=4,
    least=3,
    again=begins_with_input,
    join=_joined,
    finish=_finish,
).read
