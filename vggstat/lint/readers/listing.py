"""Layers line by line, each with the shape that leaves it: ``Conv3x3(64) + ReLU  (batch, 64, 224, 224)``.

Without columns or headers, as bullets, with arrows. Only lines that name one kind of layer and show one shape (or
two with an arrow between) are rows, and only several of them near one another are a listing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from vggstat.lint.model import Cell, ClaimTable, Row
from vggstat.lint.readers.engine import begins_with_input, count_layers, runs, take, without
from vggstat.lint.readers.layer_words import attributes, find_kind, find_repeats
from vggstat.lint.text import Flow, Section

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
_SPOKEN: Final = re.compile(r"(?P<name>[^:,|]{2,40}?)\s?(?::|\s-\s|,|->|→)\s?(?P<rest>.*)")
MAX_LINE: Final = 200
MAX_GAP: Final = 3
LEAST: Final = 5
LEAST_COUNTS: Final = 3
"""Lines with a number of parameters that are a listing without shapes."""


def read(section: Section) -> Iterator[ClaimTable]:
    """Every listing of the section."""
    for run in runs(section, _row, MAX_GAP, begins_with_input):
        rows = tuple(row for _, row in run)
        layers = count_layers(rows)
        shapes, counts = (
            sum(any(cell.quantity == quantity for cell in row.cells) for row in rows)
            for quantity in ("shape", "params")
        )
        enough = min(layers, shapes) >= LEAST or min(layers, counts) >= LEAST_COUNTS
        if enough and any(row.kind == "conv" for row in rows):
            take(section, run)
            start = section.lines[run[0][0]].flow
            yield ClaimTable(dialect="listing", form="layers", start=start, rows=rows, gaps=True)


def _row(line: Flow) -> Row | None:
    if len(line) > MAX_LINE or _EXPRESSION.search(line.text):
        return None
    shapes = list(SHAPE.finditer(line.text))
    outputs = [] if shapes else list(_OUTPUTS.finditer(line.text))
    if not shapes and not outputs:
        return _counted(line)
    row = _shaped(line, shapes or outputs)
    return row if shapes or (row and row.kind == "fc") else None


def _shaped(line: Flow, found: Sequence[re.Match[str]]) -> Row | None:
    """A line that shows the shape that leaves a layer, or the one that enters it and an arrow before."""
    first, last = found[0], found[-1]
    if len(found) > 2 or (len(found) == 2 and not _ARROW.fullmatch(line.text[first.end() : last.start()])):
        return None
    words = without(line.cut(0, first.start()), _PREFIX).strip(" :-=>~|*,(")
    rest = line.cut(last.end())
    kind, params = find_kind(words.text), _PARAMS.search(rest.text)
    unclear = params is None and re.search(r"\d{3}", rest.text)
    if kind is None or unclear or len(words) > 80 or find_repeats(words.text) > 1:
        return None
    cells = [Cell(quantity="shape", flow=line.group(last).strip(), label="output")]
    if len(found) == 2 and not first[0].startswith("("):
        cells.insert(0, Cell(quantity="in_shape", flow=line.group(first).strip(), label="input"))
    if params:
        cells.append(_count(rest, params))
    cells.extend(attributes(words, kind))
    return Row(kind=kind, name=words.text[:60], flow=line.strip(), cells=tuple(cells))


def _counted(line: Flow) -> Row | None:
    """A line that begins with a layer's name and says how many parameters it has: ``conv1_2: 3x3, 64 filters: 36,928 params``."""
    body = without(line, _PREFIX)
    match = _SPOKEN.match(body.text)
    params = list(_PARAMS.finditer(body.text, match.start("rest"))) if match else []
    if match is None or len(params) != 1:
        return None
    kind = find_kind(match["name"])
    if kind not in ("conv", "fc", "pool", "bn"):
        return None
    cells = (_count(body, params[0]), *attributes(body.cut(0, params[0].start()), kind))
    return Row(kind=kind, name=match["name"].strip(), flow=line.strip(), cells=cells)


def _count(text: Flow, params: re.Match[str]) -> Cell:
    return Cell(quantity="params", flow=text.group(params, params.lastgroup or 0), label="params")
