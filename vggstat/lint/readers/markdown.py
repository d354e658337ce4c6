"""Tables of Markdown, and pipe tables without a rule: rows of cells between ``|``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import ClaimTable
from vggstat.lint.readers.grid import Grid
from vggstat.lint.readers.headings import Headings
from vggstat.lint.readers.interpret import interpret
from vggstat.lint.text import Flow, Line, Section

__all__ = ["read", "split_cells"]

MAX_LINE: Final = 20_000
_RULE: Final = re.compile(r"[\s>|+:=_-]*")
_COLUMNS: Final = re.compile(r"(?<!\\)\|")
_PREFIX: Final = re.compile(r"^\s{0,12}(?:(?:>|[*+-]|\d{1,3}\.|#+|//+|%+)\s+)?(?=\|)|^\s*(?:>\s?)+")


def read(section: Section) -> Iterator[ClaimTable]:
    """Every table of pipes that is about layers or networks."""
    headings = Headings(section)
    for start, end in _blocks(section):
        for first, last in _tables(section, start, end):
            grid = _grid(section, first, last, headings)
            tables = list(interpret(grid, "markdown")) if grid else []
            if tables:
                section.take(first, last)
                yield from tables


def _blocks(section: Section) -> Iterator[tuple[int, int]]:
    """Ranges of lines with a pipe in them; an empty line between two rows is allowed once, as pasted text has it."""
    start: int | None = None
    end = 0
    for index in section.free():
        text = section.lines[index].text
        if not _is_row(text):
            continue
        if start is not None and (
            index > end + 1
            or any(i in section.taken for i in range(end, index))
            or (index > end and section.lines[end].text.strip())
        ):
            yield start, end
            start = None
        start = index if start is None else start
        end = index + 1
    if start is not None:
        yield start, end


def _is_row(text: str) -> bool:
    if "|" not in text or len(text) > MAX_LINE:
        return text.startswith(("+-", "+="))
    return True


def _is_rule(text: str) -> bool:
    return _RULE.fullmatch(text) is not None and ("-" in text or "=" in text)


def _tables(section: Section, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts of a block: a new table begins one row before each rule under a header, after an empty line."""
    cuts = [start]
    for index in range(start + 1, end):
        if (
            not section.lines[index].text.strip()
            and index + 2 < end
            and _is_rule(section.lines[index + 2].text)
        ):
            cuts.append(index + 1)
    for first, last in zip(cuts, [*cuts[1:], end], strict=True):
        if last - first >= 2:
            yield first, last


def _grid(section: Section, start: int, end: int, headings: Headings) -> Grid | None:
    rows: list[tuple[Flow, ...]] = []
    headers: int | None = None
    boxed = False
    for index in range(start, end):
        line = section.lines[index]
        if _is_rule(line.text):
            boxed = boxed or line.text.lstrip().startswith("+") or headers is not None
            if rows and headers is None:
                headers = len(rows)
            continue
        if not line.text.strip():
            continue
        rows.append(tuple(split_cells(line)))
    if len(rows) < 2 or max(map(len, rows)) < 2:
        return None
    if headers is not None and (headers > 3 or headers >= len(rows)):
        headers = None
    return Grid(
        rows=tuple(rows),
        start=section.lines[start].flow,
        headers=headers,
        caption=_caption(section, start, end),
        owner=headings.owner(start) if max(map(len, rows)) == 2 else "",
    )


def split_cells(line: Line) -> list[Flow]:
    """The cells of a row, without the pipes at either end."""
    flow = line.flow
    prefix = _PREFIX.match(flow.text)
    if prefix:
        flow = flow.cut(prefix.end())
    flow = flow.strip()
    if flow.text.startswith("|"):
        flow = flow.cut(1)
    if flow.text.endswith("|") and not flow.text.endswith("\\|"):
        flow = flow.cut(0, len(flow) - 1)
    parts, start = [], 0
    for match in _COLUMNS.finditer(flow.text):
        parts.append(flow.cut(start, match.start()))
        start = match.end()
        if len(parts) > 400:
            break
    return [strip_inline(part) for part in [*parts, flow.cut(start)]]


_INLINE: Final = (
    r"(?i:</?(?:b|i|u|em|strong|code|span|sub|sup|font|center|br|p|small|kbd|div|a)\b"
    r"[^<>|]{0,200}/?>|&nbsp;|&emsp;)"
)


def strip_inline(flow: Flow) -> Flow:
    """A cell without the HTML that people put into Markdown."""
    return flow.sub(_INLINE, " ") if "<" in flow.text or "&" in flow.text else flow


def _caption(section: Section, start: int, end: int) -> str:
    """The line before a table, and the one after it where it is called a table's caption."""
    before = [
        section.lines[i].text.strip() for i in range(max(0, start - 3), start) if i not in section.taken
    ]
    lines = [text for text in before if text and len(text) < 300 and "|" not in text][-1:]
    for index in range(end, min(end + 2, len(section.lines))):
        text = section.lines[index].text.strip()
        if (
            re.match(
                r"[*_]*(?:table|tab\.|表|표|tabelle|tableau|tabla|tabela|таблица)\b|^表\s?\d|^표\s?\d",
                text,
                re.IGNORECASE,
            )
            and len(text) < 300
        ):
            lines.append(text)
    return " ".join(lines)
