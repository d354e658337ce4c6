"""Listings in the manner of the CS231n lecture: ``CONV3-64: [224x224x64] memory: 224*224*64=3.2M params: ...``.

People paste them wrapped, run together, behind bullets and comment signs, with words cut by a line's end. So
the lines of a listing are joined and cut again at the heads of rows; a line's end counts only where it cuts a
number in two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row, RowKind
from vggstat.lint.readers.accountings import accounting_of_total
from vggstat.lint.text import Flow, Section, join

__all__ = ["read"]


def _loose(word: str) -> str:
    """A pattern for a word that a line's end may have cut."""
    return r"\s{0,2}".join(word)


_NUMBER: Final = r"\d+(?:\n\d+(?=\s*[:\[]))?"
HEAD: Final = re.compile(
    rf"(?<![A-Za-z_])(?:(?P<input>{_loose('INPUT')})"
    rf"|(?P<conv>{_loose('CONV')})\s{{0,2}}(?P<kernel>\d+)\s?(?:x\s?\d+\s?)?-\s{{0,2}}(?P<filters>{_NUMBER})"
    rf"|(?P<pool>(?:{_loose('MAX')}\s{{0,2}})?{_loose('POOL')}(?:ING)?)\s?-?(?P<window>\d+)?"
    r"|(?P<avgpool>(?:GLOBAL[-_ ]?)?(?:AVG|AVERAGE)[-_ ]?POOL(?:ING)?\d?)|(?P<lrn>LRN|NORM\d?)|(?P<bn>BN"
    r"|BATCH[-_ ]?NORM)"
    r"|(?P<relu>RELU)|(?P<dropout>DROP-?OUT)|(?P<softmax>SOFT-?MAX)|(?P<flatten>FLATTEN)"
    rf"|(?P<fc>F\s{{0,2}}C)(?:\s?-?\s?(?P<features>{_NUMBER}))?"
    rf"|(?P<total>{_loose('TOTAL')})\s+(?P<of>{_loose('memory')}|{_loose('params')}|{_loose('parameters')}"
    rf"|{_loose('weights')})"
    r")\s*(?:\([^()\n]{0,40}\)\s*)?(?::|(?=\[))",
    re.IGNORECASE,
)
"""The head of a row: a layer's name and a colon, or a name right before the shape in brackets."""

FIELD: Final = re.compile(
    rf"(?P<memory>{_loose('memory')})\s*:|(?P<params>{_loose('weights')}|{_loose('params')}"
    rf"|{_loose('parameters')})\s*:",
    re.IGNORECASE,
)
SHAPE: Final = re.compile(r"\[[^\[\]]{1,60}\]")
CLAIM: Final = re.compile(
    r"\s*[~$]*[\d(](?:[\d.,'*x+()=~ \n\\$^{}]|\s?[KMGB](?![a-zA-Z])|[KMG]i?B\b)*", re.IGNORECASE
)
CORE: Final = re.compile(
    r"(?:INPUT|CONV|POOL|\bF\s?C|TOTAL|LRN|\bBN|RELU|DROPOUT|SOFTMAX)[^:\[]{0,24}:?\s*\["
    r"|(?:memory|weights|param\w{0,20})\s*:|TOTAL\s+(?:mem|par|wei)",
    re.I,
)
PREFIX: Final = re.compile(r"^\s*(?:(?:#+|//+|>+|\|+|%+|--)\s?|(?:[-*+]|\d{1,3}[.)])\s+(?=[A-Za-z]))+")
NO_BIASES: Final = re.compile(
    r"(?:not counting|without|no|excluding|ignoring)\s+(?:the\s+)?bias", re.IGNORECASE
)
_CUT_GROUP: Final = (
    r"(?<=\d,)\n(?=\d{3}(?!\d))|(?<=\d)\n(?=,\d{3}(?!\d))|(?<=,\d)\n(?=\d\d(?!\d))|(?<=,\d\d)\n(?=\d(?!\d))"
)
MAX_GAP: Final = 3
"""Lines that may stand between two lines of one listing: wrapped rests, empty lines."""


def read(section: Section) -> Iterator[ClaimTable]:
    """Every listing of the section."""
    for start, end in _clusters(section):
        lines = [section.lines[index].flow for index in range(start, end)]
        flow = join((_bare(line) for line in lines), "\n").sub(_CUT_GROUP, "")
        heads = list(HEAD.finditer(flow.text))
        if sum(match["total"] is None for match in heads) < 3:
            continue
        section.take(start, end)
        no_biases = NO_BIASES.search("\n".join(line.text for line in lines)) is not None
        for group in _tables(heads):
            yield _table(flow, group, no_biases)


def _clusters(section: Section) -> Iterator[tuple[int, int]]:
    """Ranges of lines that hold rows, with what stands between them."""
    found = [index for index in section.free() if CORE.search(section.lines[index].text[:20_000])]
    start = 0
    for position, index in enumerate(found):
        last = position + 1 == len(found)
        if last or found[position + 1] - index > MAX_GAP + 1:
            end = index + 1
            while end < min(index + MAX_GAP, len(section.lines)) and _is_rest(section.lines[end].text):
                end += 1
            yield max(found[start] - 1, 0) if _cut_head(section, found[start]) else found[start], end
            start = position + 1


def _is_rest(text: str) -> bool:
    """Whether a line after the last row looks like the wrapped rest of it."""
    return re.fullmatch(r"\s*[\d*x=+(),.KMG ]+\s*|\s*\(.*", text) is not None and bool(text.strip())


def _cut_head(section: Section, index: int) -> bool:
    """Whether the line before holds the beginning of a head that was cut (``CON`` / ``V3-64: ...``)."""
    return (
        index > 0
        and index - 1 not in section.taken
        and bool(re.fullmatch(r"\W*(?:I|IN|INP|INPU|C|CO|CON|CONV)\s*", section.lines[index - 1].text))
    )


def _bare(line: Flow) -> Flow:
    """The line without bullets and comment signs before it."""
    match = PREFIX.match(line.text)
    return line.cut(match.end()) if match else line


def _tables(heads: list[re.Match[str]]) -> Iterator[list[tuple[re.Match[str], int | None]]]:
    """The heads of each table, with the offset at which the row ends. A table ends before the next INPUT,
    or before a layer that follows a total."""
    group: list[tuple[re.Match[str], int | None]] = []
    for head, after in zip_longest(heads, heads[1:]):
        begins = head["input"] or (group and group[-1][0]["total"] and not head["total"])
        if begins and group:
            yield group
            group = []
        group.append((head, after.start() if after else None))
    if group:
        yield group


def _table(flow: Flow, heads: list[tuple[re.Match[str], int | None]], no_biases: bool) -> ClaimTable:
    rows: list[Row] = []
    totals: list[Cell] = []
    label = ""
    for head, end in heads:
        if head["total"]:
            totals.extend(_total(flow, head, end))
            continue
        row, words = _row(flow, head, end)
        label = label or words
        rows.append(row)
    text = flow.text[heads[0][0].start() : heads[-1][1]]
    cut = _is_cut(rows, totals)
    if cut:
        rows[-1] = rows[-1].replace(cells=rows[-1].cells[:-1])
    return ClaimTable(
        dialect="cs231n",
        form="layers",
        start=flow.cut(heads[0][0].start(), heads[0][0].end()),
        rows=tuple(rows),
        totals=tuple(totals),
        params_are="weights" if no_biases else "",
        accounting=next(
            (
                name
                for head, end in heads
                if head["total"] and (name := accounting_of_total(flow.text[head.end() : end]))
            ),
            "",
        ),
        gaps=cut or re.search(r"^\W*(?:\.\.\.|…)", text, re.MULTILINE) is not None,
    )


def _is_cut(rows: list[Row], totals: list[Cell]) -> bool:
    """Whether the text breaks off within the last row: it lacks the parameters that all others have."""
    if totals or len(rows) < 3 or not rows[-1].cells:
        return False
    have = [any(cell.quantity == "params" for cell in row.cells) for row in rows]
    return all(have[:-1]) and not have[-1]


_KINDS: Final[dict[str, RowKind]] = {
    "input": "input", "conv": "conv", "pool": "pool", "fc": "fc", "avgpool": "avgpool", "lrn": "lrn", "bn": "bn", "relu": "relu",
    "dropout": "dropout", "softmax": "softmax", "flatten": "flatten",
}  # fmt: skip
_ATTRIBUTES: Final[dict[str, Quantity]] = {
    "kernel": "kernel", "filters": "channels", "window": "kernel", "features": "channels",
}  # fmt: skip


def _row(flow: Flow, head: re.Match[str], end: int | None) -> tuple[Row, str]:
    """One row, and the word that it calls parameters by."""
    kind = next(kind for key, kind in _KINDS.items() if head[key])
    cells = [
        Cell(quantity=quantity, flow=flow.group(head, group), label="name")
        for group, quantity in _ATTRIBUTES.items()
        if head[group]
    ]
    stop = len(flow.text) if end is None else end
    fields = list(FIELD.finditer(flow.text, head.end(), stop))
    shape = SHAPE.search(flow.text, head.end(), fields[0].start() if fields else stop)
    if shape:
        cells.append(Cell(quantity="shape", flow=flow.group(shape), label="size"))
    word = ""
    for field, after in zip_longest(fields, fields[1:]):
        claim = CLAIM.match(flow.text, field.end(), after.start() if after else stop)
        if claim is None:
            continue
        quantity: Quantity = "memory" if field["memory"] else "params"
        word = field["params"] or word
        cells.append(Cell(quantity=quantity, flow=_trimmed(flow.group(claim)), label=field[0].rstrip(": ")))
    row = Row(
        kind=kind,
        name=head[0].strip(" :\n").replace("\n", ""),
        flow=flow.cut(head.start(), end),
        cells=tuple(cells),
    )
    return row, word


def _trimmed(flow: Flow) -> Flow:
    """Without what hangs over at the end: punctuation, an opening bracket of a remark."""
    flow = flow.strip(" \n")
    match = re.search(r"[\s(*+=~x,.]+$", flow.text)
    return flow.cut(0, match.start()) if match else flow


_TOTAL_MEMORY: Final = re.compile(
    r"(?P<values>~?\s?[\d.,]+\s?[KMG]?)(?P<of>\s*[*x]\s*(?P<width>\d+)\s*bytes?)?"
    r"(?:\s*[~=]+\s*(?P<bytes>[\d.,]+\s?[KMG]?i?B))?",
    re.IGNORECASE,
)
_SAVED: Final = re.compile(r"training keeps (?P<bytes>[\d.,]+\s?[KMG]i?B)", re.IGNORECASE)


def _total(flow: Flow, head: re.Match[str], end: int | None) -> Iterator[Cell]:
    """The claims of a TOTAL line."""
    body = flow.cut(head.end(), end)
    label = "TOTAL " + re.sub(r"\s", "", head["of"])
    if not re.sub(r"\s", "", head["of"]).lower().startswith("mem"):
        claim = CLAIM.match(body.text)
        if claim:
            yield Cell(quantity="params", flow=_trimmed(body.group(claim)), label=label)
        return
    claim = _TOTAL_MEMORY.match(body.text, len(body.text) - len(body.text.lstrip()))
    if claim is None:
        return
    bytes_first = re.search(r"b$", claim["values"].strip() + body.text[claim.end() : claim.end() + 1], re.I)
    if bytes_first and not claim["bytes"]:
        yield Cell(quantity="memory", flow=_trimmed(body.cut(claim.start(), claim.end() + 1)), label=label)
    else:
        yield Cell(quantity="values", flow=body.group(claim, "values").strip(), label=label)
    if claim["bytes"]:
        yield Cell(quantity="memory", flow=body.group(claim, "bytes").strip(), label=label)
    saved = _SAVED.search(body.text)
    if saved:
        yield Cell(quantity="saved_bytes", flow=body.group(saved, "bytes"), label=label)
