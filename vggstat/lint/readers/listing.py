"""Layers line by line, each with the shape that leaves it: ``Conv3x3(64) + ReLU  (batch, 64, 224, 224)``.

Without columns or headers, as bullets, with arrows. Only lines that name one kind of layer and show one shape (or
two with an arrow between) are rows, and only several of them near one another are a listing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Row
from vggstat.lint.readers.layer_words import attributes, find_kind, find_repeats
from vggstat.lint.text import Flow, Section

__all__ = ["read"]

_D: Final = r"\d{1,5}"
_BATCH: Final = r"(?:None|N|B|batch(?:_size)?|-1|\?|1)\s?,\s{0,4}"
SHAPE: Final = re.compile(
    rf"(?P<bracket>[\[(]\s?(?:{_BATCH})?{_D}\s?,\s{{0,4}}{_D}\s?,\s{{0,4}}{_D}\s?[\])]|[\[(]\s?{_BATCH}{_D}\s?[\])])"
    rf"|(?<![\d.x*])(?P<plain>\[?\(?{_D}\s?[x*]\s?{_D}\s?[x*]\s?{_D}\)?\]?)(?!\s?[x*]?\s?\d|\s?(?:conv|filter"
    rf"|kernel|卷积|核|pool|max))",
    re.IGNORECASE,
)
_OUTPUTS: Final = re.compile(r"(?<=: )\d{2,6}(?=\s{0,4}\(\s?param)", re.IGNORECASE)
"""The outputs of an FC layer before its parameters: ``fc6: 4096 (params 102764544)``."""
_ARROW: Final = re.compile(r"\s*(?:-+>|=+>|→|⇒|➜|to)\s*", re.IGNORECASE)
_COUNT: Final = r"\d{1,3}(?:,\d{3})+|\d+"
_NOUN: Final = r"params?|parameters|参数|パラメータ|파라미터"
_PARAMS: Final = re.compile(
    rf"(?<![\w.,])(?P<count>{_COUNT})\s?(?:{_NOUN})(?!\w)|(?<!\w)(?:{_NOUN})\s?[:=]?\s?(?P<after>{_COUNT})(?![\d.,]*\d)",
    re.IGNORECASE,
)
_PREFIX: Final = re.compile(
    r"^[\s*+>#/|.-]*(?:\d{1,2}\s?[.):]\s*)?(?:(?:layer|第)\s?\d{1,2}\s?层?\s?[:.-]\s*)?", re.IGNORECASE
)
_EXPRESSION: Final = re.compile(r"=|\d\s?\+\s?\d")
MAX_LINE: Final = 200
MAX_GAP: Final = 3
LEAST: Final = 5
LEAST_COUNTS: Final = 3
"""Lines with a number of parameters that are a listing without shapes."""


def read(section: Section) -> Iterator[ClaimTable]:
    """Every listing of the section."""
    rows: list[tuple[int, Row]] = []
    for index in [*section.free(), len(section.lines) + MAX_GAP + 1]:
        row = (
            _row(section.lines[index].flow)
            if index < len(section.lines) and len(section.lines[index].text) <= MAX_LINE
            else None
        )
        again = row is not None and row.kind == "input" and len(rows) > 1
        if rows and (index - rows[-1][0] > MAX_GAP or again):
            yield from _finish(section, rows)
            rows = []
        if row is not None:
            rows.append((index, row))
    yield from _finish(section, rows)


def _finish(section: Section, rows: list[tuple[int, Row]]) -> Iterator[ClaimTable]:
    hard = sum(row.kind in ("conv", "pool", "fc") for _, row in rows)
    shapes = sum(any(cell.quantity == "shape" for cell in row.cells) for _, row in rows)
    counts = sum(any(cell.quantity == "params" for cell in row.cells) for _, row in rows)
    enough = (hard >= LEAST and shapes >= LEAST) or (hard >= LEAST_COUNTS and counts >= LEAST_COUNTS)
    if not enough or not any(row.kind == "conv" for _, row in rows):
        return
    for index, _ in rows:
        section.take(index, index + 1)
    yield ClaimTable(
        dialect="listing",
        form="layers",
        start=section.lines[rows[0][0]].flow,
        rows=tuple(row for _, row in rows),
        gaps=True,
    )


def _row(line: Flow) -> Row | None:
    text = line.text
    found = list(SHAPE.finditer(text)) or list(_OUTPUTS.finditer(text))
    if not found:
        return _counted_row(line)
    if not 1 <= len(found) <= 2 or _EXPRESSION.search(text):
        return None
    if len(found) == 2 and not _ARROW.fullmatch(text[found[0].end() : found[1].start()]):
        return None
    words = line.cut(0, found[0].start())
    prefix = _PREFIX.match(words.text)
    words = words.cut(prefix.end() if prefix else 0).strip(" :-=>~|*,(")
    kind = find_kind(words.text)
    if kind != "fc" and SHAPE.match(text, found[0].start()) is None:
        return None
    if kind is None or len(words) > 80 or find_repeats(words.text) > 1:
        return None
    cells = []
    if len(found) == 2 and text[found[0].start()] != "(":
        cells.append(Cell(quantity="in_shape", flow=line.group(found[0]).strip(), label="input"))
    cells.append(Cell(quantity="shape", flow=line.group(found[-1]).strip(), label="output"))
    rest = line.cut(found[-1].end())
    params = _PARAMS.search(rest.text)
    if params:
        group = "count" if params["count"] else "after"
        cells.append(Cell(quantity="params", flow=rest.group(params, group), label="params"))
    elif re.search(r"\d{3}", rest.text):
        return None
    cells.extend(attributes(words, kind))
    return Row(kind=kind, name=words.text[:60], flow=line.strip(), cells=tuple(cells))


_SPOKEN: Final = re.compile(r"(?P<name>[^:,|]{2,40}?)\s?(?::|\s-\s|,|->|→)\s?(?P<rest>.*)")


def _counted_row(line: Flow) -> Row | None:
    """A line that begins with a layer's name and says how many parameters it has: ``conv1_2: 3x3, 64 filters: 36,928 params``."""
    match = _SPOKEN.match(line.text, _PREFIX.match(line.text).end())  # type: ignore[union-attr]
    if match is None or _EXPRESSION.search(line.text):
        return None
    params = list(_PARAMS.finditer(match["rest"]))
    kind = find_kind(match["name"])
    if len(params) != 1 or kind not in ("conv", "fc", "pool", "bn"):
        return None
    rest = line.group(match, "rest")
    count = rest.group(params[0], "count" if params[0]["count"] else "after")
    words = line.cut(match.start("name"), match.start("rest") + params[0].start())
    cells = (Cell(quantity="params", flow=count, label="params"), *attributes(words, kind))
    return Row(kind=kind, name=match["name"].strip(), flow=line.strip(), cells=cells)
