"""Code whose comments say what each layer gives: ``self.c1 = nn.Conv2d(1, 20, 5)  # 20x56x56, 520 weights``. It is read as
text, and never run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, cast

from vggstat.lint.model import Cell, ClaimTable, Quantity, Row, RowKind
from vggstat.lint.readers.engine import runs, take
from vggstat.lint.text import Flow, Section

GAP: Final = 4
"""Lines from one layer to the next, at most."""
LEAST: Final = 4
"""Layers with a comment that make a listing."""
_MAX_LINE: Final = 400
_LINE: Final = re.compile(r"^(?P<code>[^#]{0,200}[\w)\]},;])\s{0,40}(?:#+|//)\s{0,4}(?P<comment>\S.*)$")
_KINDS: Final[tuple[tuple[re.Pattern[str], RowKind], ...]] = (
    (re.compile(r"flatten|\.view\(|reshape", re.IGNORECASE), "flatten"),
    (re.compile(r"pool", re.IGNORECASE), "pool"),
    (re.compile(r"conv", re.IGNORECASE), "conv"),
    (re.compile(r"linear\(|dense\(|fully_connected|\bfc\w{0,8}\s?[(=]", re.IGNORECASE), "fc"),
)
_OTHER: Final = re.compile(
    r"transpose|upsampl|deconv|concat|\bcat\(|adaptive|global|depthwise|separable|\+", re.IGNORECASE
)
"""Code of a layer that the next one does not follow from as in a chain."""
_SHAPE: Final = re.compile(
    r"(?<![\w.*/-])[(\[]?(?:(?:-1|N|B|None|bs|batch)\s?[,x]\s?)?(?P<shape>\d{1,4}(?:\s?[x,]\s?\d{1,4}){2})[)\]]?(?![\w.]*\d|\s?[x*=+]|\s?params)"
)
_PARAMS: Final = re.compile(
    r"(?P<params>\d{1,3}(?:,\d{3})+|\d{2,9})\s(?P<noun>params?|parameters|weights)\b|,\s(?P<bare>\d{1,3}(?:,\d{3})+)\s*$",
    re.IGNORECASE,
)
_ARGUMENTS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"conv2d\(\s?(?P<in_channels>\d{1,5}),\s?(?P<channels>\d{1,5}),\s?(?:kernel_size=)?\(?(?P<kernel>\d{1,2})\b",
        r"conv2d\(\s?(?P<channels>\d{1,5}),\s?\(?(?P<kernel>\d{1,2})\b",
        r"linear\([^,()]{1,40},\s?(?P<channels>\d{1,5})",
        r"(?:conv|dense)\w{0,6}\(\s?\w{1,20},\s?(?P<channels>\d{1,5})\b",
    )
)
"""What stands in the call of a layer, of torch before Keras and others."""
_NAME: Final = re.compile(
    r"name\s?=\s?['\"](?P<name>[\w./-]{1,60})|(?:self\.)?(?P<left>[A-Za-z_]\w{0,40})\s?="
)
_CLASS: Final = re.compile(r"^\s*(?:class|def)\s+(?P<name>\w{1,60})")
TITLE_LINES: Final = 12


def read(section: Section) -> Iterator[ClaimTable]:
    """Every stretch of lines of which each is a layer with the shape that it gives behind it."""
    for run in runs(section, _row, GAP, lambda row, before: False):  # noqa: ARG005
        rows = tuple(row for _, row in run)
        if sum(row.kind in ("conv", "pool", "fc") for row in rows) < LEAST:
            continue
        take(section, run)
        first = run[0][0]
        above = [line.text for line in section.lines[max(0, first - TITLE_LINES) : first]]
        named = [match["name"] for text in above if (match := _CLASS.match(text))]
        yield ClaimTable(
            dialect="commented-code",
            form="layers",
            start=section.lines[first].flow,
            rows=rows,
            title=named[-1] if named else "",
            gaps=True,
        )


def _row(line: Flow) -> Row | None:
    """The layer of a line; None where it is none, or its comment says no shape."""
    match = _LINE.match(line.text) if len(line) <= _MAX_LINE else None
    if match is None:
        return None
    code, start = match["code"], match.start("comment")
    kind = next((kind for pattern, kind in _KINDS if pattern.search(code)), None)
    shapes = list(_SHAPE.finditer(line.text, start))
    if kind is None or not shapes or _OTHER.search(code):
        return None
    cells = [Cell(quantity="shape", flow=line.group(shapes[-1], "shape"), label="comment")]
    arguments = next((found for pattern in _ARGUMENTS if (found := pattern.search(code))), None)
    for argument, value in arguments.groupdict().items() if arguments and kind in ("conv", "fc") else ():
        if value and arguments:
            cells.append(
                Cell(
                    quantity=cast(Quantity, argument), flow=line.cut(*arguments.span(argument)), label="code"
                )
            )
    params = _PARAMS.search(line.text, start)
    if params:
        noun, group = (params["noun"], "params") if params["noun"] else ("comment", "bare")
        counted: Quantity = "weights" if noun.lower() == "weights" else "params"
        cells.append(Cell(quantity=counted, flow=line.group(params, group), label=noun))
    named = _NAME.search(code)
    name = (named["name"] or named["left"]) if named else code.strip()
    return Row(kind=kind, name=name, flow=line.cut(0, match.end("code")).strip(" "), cells=tuple(cells))
