"""Tables of LaTeX: ``tabular`` and its kin, rows ended by ``\\\\`` and cells by ``&``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from vggstat.lint.model import ClaimTable
from vggstat.lint.readers.grid import Grid
from vggstat.lint.readers.interpret import interpret
from vggstat.lint.text import Flow, Section, join

__all__ = ["read"]

_BEGIN: Final = re.compile(
    r"\\begin\s?\{(?P<name>tabular[xy*]?|longtable\*?|tabu|array|longtblr|tblr|NiceTabular)\}"
)
_RULES: Final = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|centering|noindent|small|footnotesize|scriptsize|tiny|endhead"
    r"|endfirsthead|endfoot|endlastfoot|hfill)(?![A-Za-z])"
    r"|\\(?:cline|cmidrule|addlinespace|rowcolor|cellcolor|rule|vspace|hspace"
    r"|specialrule)\*?(?:\([^()]{0,20}\))?(?:\[[^\[\]]{0,30}\])?(?:\{[^{}]{0,40}\}){0,3}"
)
_ROW_END: Final = re.compile(r"\\\\\*?(?:\[[^\[\]]{0,20}\])?|\\tabularnewline(?![A-Za-z])")
_CELL_END: Final = re.compile(r"(?<!\\)&")
_MULTI: Final = re.compile(
    r"\\(?P<which>multicolumn"
    r"|multirow)\*?(?:\[[^\[\]]{0,20}\])?\{(?P<count>-?\d{1,3})\}(?:\[[^\[\]]{0,20}\])?\{(?P<format>(?:[^{}]"
    r"|\{[^{}]{0,40}\}){0,80})\}(?:\[[^\[\]]{0,20}\])?\{"
)
_CAPTION: Final = re.compile(
    r"\\caption(?:of\{table\})?\s?(?:\[[^\[\]]{0,200}\])?\{(?P<text>[^{}]{0,400}(?:\{[^{}]{0,100}\}[^{}]{0,300}){0,6})\}"
)
MAX_LINES: Final = 3_000

_PLAIN: Final[tuple[tuple[str, str, str], ...]] = (
    ("\\", r"\$?\s?\\(?:times|ast)(?![A-Za-z])\s?\{?\}?\s?\$?", "x"),
    ("\\", r"\\(?:approx|sim|thicksim|thickapprox)(?![A-Za-z])\s?", "~"),
    ("\\c", r"\\cdot(?![A-Za-z])", "*"),
    ("dash", r"\\text(?:en|em)dash(?:\{\})?", "-"),
    ("$", r"(?<!\\)\$", ""),
    ("\\_", r"\\_", "_"),
    ("\\", r"\\(?=[%#&$])", ""),
    ("{,}", r"\{,\}", ","),
    ("{[}", r"\{\[\}", "["),
    ("{]}", r"\{\]\}", "]"),
    ("\\", r"\\[,;:! ]", " "),
    ("~", r"(?<=[\w.])~(?=\w)", " "),
    ("\\", r"\\(?:num|numprint|SI|qty)\{(?=\d)", ""),
    ("\\", r"\\(?:left|right|rm|bf|it|sf|tt|bfseries|itshape|displaystyle|quad|qquad)(?![A-Za-z])\s?", " "),
    (
        "\\",
        r"\\(?:textbf|textit|texttt|textsc|textrm|textsf|emph|mathbf|mathrm|mathit|text|underline|bm|makecell"
        r"|shortstack|thead|bold|uline)(?:\[[a-z]{0,3}\])?\s?\{",
        "",
    ),
    ("dots", r"\\(?:ll?dots|cdots|vdots|ddots|dots)(?![A-Za-z])(?:\{\})?", "..."),
    ("{", r"[{}]", ""),
    ("}", r"\}", ""),
)
"""What LaTeX's marks become: a text that must be there, a pattern, and what stands for it."""


def read(section: Section) -> Iterator[ClaimTable]:
    """Every table that is about layers or networks."""
    index = 0
    while index < len(section.lines):
        match = _BEGIN.search(section.lines[index].text[:20_000]) if index not in section.taken else None
        if match is None:
            index += 1
            continue
        end, cut = _end(section, index, match["name"])
        grid = _grid(section, index, end, match, cut)
        tables = list(interpret(grid, "latex")) if grid is not None else []
        if tables:
            section.take(index, end + 1)
            yield from tables
        index = end + 1


def _end(section: Section, start: int, name: str) -> tuple[int, bool]:
    """The line that ends the table, and whether the text is cut before it."""
    closing = "\\end{" + name + "}"
    last = min(len(section.lines), start + MAX_LINES)
    for index in range(start, last):
        if closing in section.lines[index].text.replace("\\end {", "\\end{"):
            return index, False
    return last - 1, True


def _grid(section: Section, start: int, end: int, begin: re.Match[str], cut: bool) -> Grid | None:
    lines = []
    for index in range(start, end + 1):
        line = section.lines[index].flow
        if len(line) > 20_000:
            return None
        if index == start:
            line = line.cut(begin.end())
        if index == end and not cut:
            line = line.cut(0, max(line.text.rfind("\\end"), 0))
        comment = re.search(r"(?<!\\)%", line.text)
        lines.append(line.cut(0, comment.start()) if comment else line)
    body = _without_format(join(lines, "\n"))
    rows: list[list[Flow]] = []
    below: dict[tuple[int, int], Flow] = {}
    headers = None
    for part in body.split(_ROW_END.pattern):
        ruled = (
            re.search(
                r"\\(?:hline|midrule|endhead|cmidrule)",
                part.text[: len(part.text) - len(part.text.lstrip()) + 20],
            )
            is not None
        )
        if ruled and rows and headers is None:
            headers = len(rows)
        row = _cells(part.sub(_RULES.pattern, " ").sub(r"\n", " ").strip())
        if any(cell.text for cell, _, _ in row):
            rows.append(_placed(row, len(rows), below))
    if len(rows) < 2 or max(map(len, rows)) < 2:
        return None
    if headers is not None and not 0 < headers < min(len(rows), 4):
        headers = None
    return Grid(
        rows=tuple(map(tuple, rows)),
        start=section.lines[start].flow.cut(begin.start()),
        headers=headers,
        caption=_caption(section, start, end),
        gaps=cut,
    )


def _without_format(flow: Flow) -> Flow:
    """The body, without ``[t]``, ``{0.9\\textwidth}`` and ``{lrr}`` after the beginning."""
    for _ in range(3):
        text = flow.text
        start = len(text) - len(text.lstrip())
        if text[start : start + 1] == "[":
            end = text.find("]", start)
            if not 0 < end < start + 40:
                break
            flow = flow.cut(end + 1)
        elif text[start : start + 1] == "{":
            depth = 0
            for at in range(start, min(len(text), start + 600)):
                depth += (text[at] == "{") - (text[at] == "}")
                if not depth:
                    break
            flow = flow.cut(at + 1)
        else:
            break
    return flow


def _cells(row: Flow) -> list[tuple[Flow, int, int]]:
    """Cells with the columns and rows that they are merged over."""
    return [_cell(part) for part in row.split(_CELL_END.pattern)[:401]]


def _cell(part: Flow) -> tuple[Flow, int, int]:
    across = down = 1
    part = part.strip(" \n")
    for _ in range(2):
        match = _MULTI.match(part.text)
        if match is None:
            break
        count = max(1, min(abs(int(match["count"])), 400))
        across, down = (count, down) if match["which"] == "multicolumn" else (across, count)
        part = part.cut(match.end()).strip(" \n")
    return _plain(part), across, down


def _plain(part: Flow) -> Flow:
    if not re.search(r"[\\${}~]", part.text):
        return part
    for needle, pattern, replacement in _PLAIN:
        if needle in part.text:
            part = part.sub(pattern, replacement)
    return part.strip(" \n")


def _placed(row: list[tuple[Flow, int, int]], number: int, below: dict[tuple[int, int], Flow]) -> list[Flow]:
    """The row with its merged cells in every place. ``multirow`` leaves its places below empty."""
    cells: list[Flow] = []
    for cell, across, down in row:
        if not cell.text and (number, len(cells)) in below:
            cell = below[number, len(cells)]
        for _ in range(across):
            for step in range(1, down):
                below[number + step, len(cells)] = cell
            cells.append(cell)
        if len(cells) > 400:
            break
    return cells


def _caption(section: Section, start: int, end: int) -> str:
    """The caption of the float around the table."""
    for index in [
        *range(start - 1, max(start - 9, -1), -1),
        *range(end + 1, min(end + 8, len(section.lines))),
    ]:
        match = _CAPTION.search(section.lines[index].text[:3_000])
        if match:
            return match["text"]
        if (
            re.search(r"\\begin\{table" if index < start else r"\\end\{table", section.lines[index].text)
            and index > end
        ):
            break
    return ""
